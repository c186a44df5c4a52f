//! What the bank shows: a row for each account.

use factum::prelude::*;

use super::domain::AccountEvent::{self, *};

/// What is in an account, and whose it is.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "balances", from(AccountEvent))]
pub struct Balance {
    #[key]
    pub account: String,
    #[index]
    pub owner: String,
    #[index]
    pub cents: u64,
}

impl Project<AccountEvent> for Balance {
    fn project(&mut self, event: &AccountEvent, _: &Origin) {
        match event {
            Opened { owner } => self.owner.clone_from(owner),
            Deposited { cents } => self.cents += u64::from(*cents),
            Withdrawn { cents } => self.cents -= u64::from(*cents),
        }
    }
}
