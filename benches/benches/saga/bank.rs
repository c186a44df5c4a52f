//! Accounts, and the saga that takes money from one to another.

use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{Hears, React, Reaction, Saga, Sends, SentBy, Starts, nothing, undo};

#[derive(Event, Clone, Debug, PartialEq)]
pub(crate) enum AccountEvent {
    #[event("account.opened")]
    Opened,
    #[event("account.deposited")]
    Deposited { cents: u64 },
    #[event("account.transfer_started")]
    TransferStarted { to: String, cents: u64 },
}
use AccountEvent::*;

#[derive(Debug)]
pub(crate) enum AccountError {
    NotOpen,
    Insufficient,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
pub(crate) struct Open {
    #[id]
    pub(crate) account: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
pub(crate) struct Deposit {
    #[id]
    pub(crate) account: String,
    pub(crate) cents: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.transfer")]
pub(crate) struct Transfer {
    #[id]
    pub(crate) account: String,
    pub(crate) to: String,
    pub(crate) cents: u64,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError,
            commands(Open, Deposit, Transfer))]
pub(crate) struct Account {
    open: bool,
    cents: u64,
}

impl std::fmt::Display for AccountError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotOpen => "the account was never opened",
            Self::Insufficient => "there is not that much left",
        })
    }
}

impl std::error::Error for AccountError {}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened => self.open = true,
            Deposited { cents } => self.cents += cents,
            TransferStarted { cents, .. } => self.cents -= cents,
        }
    }
}

impl Handle<Open> for Account {
    fn handle(&self, _: &Open, _: &Context) -> Decision<Self> {
        emit((!self.open).then_some(Opened))
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        require!(self.open, AccountError::NotOpen);
        emit(Deposited { cents: cmd.cents })
    }
}

impl Handle<Transfer> for Account {
    fn handle(&self, cmd: &Transfer, _: &Context) -> Decision<Self> {
        require!(self.cents >= cmd.cents, AccountError::Insufficient);
        emit(TransferStarted { to: cmd.to.clone(), cents: cmd.cents })
    }
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Transfers;

impl Saga for Transfers {
    const NAME: &'static str = "transfer";
    const CATEGORY: &'static str = "saga.transfer";
    const INBOX: &'static str = "saga.transfer.inbox";

    fn begin() -> Self {
        Self
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn hears(list: &mut Hears<Self>) {
        list.from::<AccountEvent>(Starts {
            variants: &["TransferStarted"],
            is_one: |event| matches!(event, TransferStarted { .. }),
        });
    }

    fn sends(list: &mut Sends<Self>) {
        list.to::<_, Deposit>();
    }
}

impl SentBy<Transfers> for Deposit {}

impl React<AccountEvent> for Transfers {
    fn react(&mut self, event: &AccountEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            TransferStarted { to, cents } => {
                undo(Deposit { account: at.id().into(), cents: *cents })
                    .send(Deposit { account: to.clone(), cents: *cents })
                    .complete()
            }
            _ => nothing(),
        }
    }
}
