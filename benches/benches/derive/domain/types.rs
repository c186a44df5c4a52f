use factum::prelude::*;

use AccountEvent::*;

#[derive(Id, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountId(Uuid);

/// Something that an account is charged for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub line: Uuid,
    pub article: String,
    pub pieces: u32,
    pub cents: u64,
}

/// What happens to an account.
#[derive(Event, Clone, Debug, PartialEq)]
pub enum AccountEvent {
    /// Its owner has signed.
    #[event("account.opened")]
    Opened {
        owner: String,
        reference: Uuid,
        /// How far it may go below zero.
        limit_cents: u64,
        #[serde(default)]
        note: Option<String>,
        labels: Vec<String>,
    },
    #[event("account.renamed", version = 2, was = "account.retitled", upcast(1 => renamed_from_v1))]
    Renamed { name: String, by: Option<Uuid> },
    #[event("account.deposited")]
    Deposited { cents: u64, at: i64 },
    #[event("account.withdrawn")]
    Withdrawn {
        cents: u64,
        #[serde(rename = "why")]
        reason: Option<String>,
        by: Uuid,
    },
    /// It was charged.
    #[event("account.line_added")]
    LineAdded { line: Uuid, article: String, pieces: u32, cents: u64 },
    #[event("account.line_removed")]
    LineRemoved {
        line: Uuid,
        #[serde(default)]
        reason: String,
    },
    #[event("account.assigned")]
    Assigned { to: Vec<Uuid>, by: Uuid },
    #[event("account.commented")]
    Commented {
        author: String,
        text: String,
        /// Whom it concerns.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<String>,
    },
    #[event("account.paused")]
    Paused { until: Option<u64>, by: String },
    #[event("account.closed")]
    Closed { by: Uuid, at: i64, reason: String },
}

/// The form of a new name, before it was known who gave it.
#[derive(Deserialize)]
pub struct RenamedV1 {
    title: String,
}

pub fn renamed_from_v1(old: RenamedV1) -> AccountEvent {
    Renamed { name: old.title, by: None }
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    Open,
    #[error("the account is not open")]
    NotOpen,
    #[error("the account has {available} cents")]
    Insufficient { available: u64 },
    #[error("the account still has {lines} lines")]
    Charged { lines: usize },
}

/// Opens an account.
#[derive(Command, Serialize, Deserialize)]
#[command("account.open")]
pub struct Open {
    #[id]
    pub account: AccountId,
    pub owner: String,
    pub limit_cents: u64,
    pub labels: Vec<String>,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.rename")]
pub struct Rename {
    #[id]
    pub account: AccountId,
    pub name: String,
    pub by: Uuid,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.deposit")]
pub struct Deposit {
    #[id]
    pub account: AccountId,
    pub cents: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.withdraw")]
pub struct Withdraw {
    #[id]
    pub account: AccountId,
    pub cents: u64,
    /// What it is for, as the owner says.
    #[serde(default)]
    pub reason: Option<String>,
    pub by: Uuid,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.add_lines")]
pub struct AddLines {
    #[id]
    pub account: AccountId,
    pub lines: Vec<Line>,
}

#[derive(Command, Serialize, Deserialize)]
#[command("account.close")]
pub struct Close {
    #[id]
    pub account: AccountId,
    pub by: Uuid,
    pub reason: String,
}

#[derive(Aggregate, Default, Serialize, Deserialize)]
#[aggregate(name = "account", event = AccountEvent, error = AccountError,
            commands(Open, Rename, Deposit, Withdraw, AddLines, Close), snapshot(every = 200))]
pub struct Account {
    owner: Option<String>,
    name: String,
    cents: u64,
    limit_cents: u64,
    lines: Vec<Line>,
    closed_at: Option<i64>,
}

/// What an account looks like from outside.
#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "accounts", from(AccountEvent))]
pub struct AccountRow {
    #[key]
    account: AccountId,
    #[index]
    owner: String,
    #[index]
    cents: u64,
    name: String,
    comments: Vec<String>,
    closed_at: Option<i64>,
}
