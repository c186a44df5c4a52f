//! A bank whose saga is written by hand.

use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{Hears, React, Reaction, Saga, Sends, SentBy, Starts, nothing, undo};

#[derive(Event, Clone, Debug, PartialEq)]
pub enum AccountEvent {
    #[event("account.opened")]
    Opened,
    #[event("account.deposited")]
    Deposited { cents: u64 },
    #[event("account.transfer_started")]
    TransferStarted { to: String, cents: u64 },
    #[event("account.closed")]
    Closed,
}
use AccountEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account was never opened")]
    NotOpen,
    #[error("only {0} cents are left")]
    Insufficient(u64),
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
pub struct Open {
    #[id]
    pub account: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
pub struct Deposit {
    #[id]
    pub account: String,
    pub cents: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.transfer")]
pub struct Transfer {
    #[id]
    pub account: String,
    pub to: String,
    pub cents: u64,
}

/// Until it is opened again no money comes in; what it has stays.
#[derive(Command, Serialize, Deserialize)]
#[command("account.close")]
pub struct Close {
    #[id]
    pub account: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError,
            commands(Open, Deposit, Transfer, Close))]
pub struct Account {
    open: bool,
    pub cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened => self.open = true,
            Deposited { cents } => self.cents += cents,
            TransferStarted { cents, .. } => self.cents -= cents,
            Closed => self.open = false,
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
        require!(self.cents >= cmd.cents, AccountError::Insufficient(self.cents));
        emit(TransferStarted { to: cmd.to.clone(), cents: cmd.cents })
    }
}

impl Handle<Close> for Account {
    fn handle(&self, _: &Close, _: &Context) -> Decision<Self> {
        emit(self.open.then_some(Closed))
    }
}

#[derive(Default, Serialize, Deserialize)]
pub struct Transfers;

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
