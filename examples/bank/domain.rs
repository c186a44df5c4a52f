//! What happens at the bank, what can be asked for, and what decides.
//!
//! An amount has 32 bits and a balance 64, so no run of deposits that anybody lives to see overflows.

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum AccountEvent {
    /// The account was opened.
    #[event("account.opened")]
    Opened { owner: String },
    /// Money was put in.
    #[event("account.deposited")]
    Deposited { cents: u32 },
    /// Money was taken out.
    #[event("account.withdrawn")]
    Withdrawn { cents: u32 },
}
use AccountEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account was never opened")]
    NotOpen,
    #[error("only {available} cents are left")]
    Insufficient { available: u64 },
}
use AccountError::*;

/// Opens an account, once.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.open")]
pub struct Open {
    #[id]
    pub account: String,
    pub owner: String,
}

/// Puts money in.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.deposit")]
pub struct Deposit {
    #[id]
    pub account: String,
    pub cents: u32,
}

/// Takes money out, if there is enough.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.withdraw")]
pub struct Withdraw {
    #[id]
    pub account: String,
    pub cents: u32,
}

/// An account of one owner.
#[derive(Aggregate, Debug, Default, Serialize, Deserialize)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError,
            commands(Open, Deposit, Withdraw), snapshot(every = 200))]
pub struct Account {
    owner: Option<String>,
    cents: u64,
}

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened { owner } => self.owner = Some(owner.clone()),
            Deposited { cents } => self.cents += u64::from(*cents),
            Withdrawn { cents } => self.cents -= u64::from(*cents),
        }
    }
}

impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        emit(self.owner.is_none().then(|| Opened { owner: cmd.owner.clone() }))
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        require!(self.owner.is_some(), NotOpen);
        emit(Deposited { cents: cmd.cents })
    }
}

impl Handle<Withdraw> for Account {
    fn handle(&self, cmd: &Withdraw, _: &Context) -> Decision<Self> {
        require!(self.cents >= u64::from(cmd.cents), Insufficient { available: self.cents });
        emit(Withdrawn { cents: cmd.cents })
    }
}
