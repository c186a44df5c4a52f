//! A bank that moves money between accounts: its events, commands and rules, and the process that leads
//! a transfer from one account to the other.
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
    /// Money left, and is on its way.
    #[event("account.transfer_started")]
    TransferStarted { to: String, cents: u32 },
}
use AccountEvent::*;

/// Why an account does not do what is asked.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct AccountError(pub &'static str);

/// Opens an account, once.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.open", id = account)]
pub struct Open {
    pub account: String,
    pub owner: String,
}

/// Puts money in.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.deposit", id = account)]
pub struct Deposit {
    pub account: String,
    pub cents: u32,
}

/// Moves money to another account, if there is enough.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("account.transfer", id = account)]
pub struct Transfer {
    pub account: String,
    pub to: String,
    pub cents: u32,
}

/// An account: the cents in it, once it is open.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError, commands(Open, Deposit, Transfer))]
pub struct Account(pub Option<u64>);

impl Apply<AccountEvent> for Account {
    fn apply(&mut self, event: &AccountEvent) {
        match event {
            Opened { .. } => self.0 = Some(0),
            Deposited { cents } => self.0 = self.0.map(|had| had + u64::from(*cents)),
            TransferStarted { cents, .. } => self.0 = self.0.map(|had| had - u64::from(*cents)),
        }
    }
}

impl Handle<Open> for Account {
    fn handle(&self, cmd: &Open, _: &Context) -> Decision<Self> {
        emit(self.0.is_none().then(|| Opened { owner: cmd.owner.clone() }))
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, cmd: &Deposit, _: &Context) -> Decision<Self> {
        require!(self.0.is_some(), AccountError("the account was never opened"));
        emit(Deposited { cents: cmd.cents })
    }
}

impl Handle<Transfer> for Account {
    fn handle(&self, cmd: &Transfer, _: &Context) -> Decision<Self> {
        require!(self.0 >= Some(cmd.cents.into()), AccountError("there is not enough money"));
        emit(TransferStarted { to: cmd.to.clone(), cents: cmd.cents })
    }
}

/// The money arrives, or comes back.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "transfer", starts(AccountEvent::TransferStarted), sends(Deposit))]
pub struct Transfers;

impl React<AccountEvent> for Transfers {
    fn react(&mut self, event: &AccountEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let TransferStarted { to, cents } = event else { return nothing() };
        let deposit = |account: &str| Deposit { account: account.to_owned(), cents: *cents };
        undo(deposit(at.id())).send(deposit(to)).complete()
    }
}
