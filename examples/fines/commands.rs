//! What is recorded of a fine: one command for each activity of the file. Money is in cents.

use factum::prelude::*;

use super::date::Date;

#[derive(Command, Serialize, Deserialize)]
#[command("fine.create")]
pub(crate) struct Create {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) amount: i64,
    pub(crate) article: String,
    pub(crate) vehicle: String,
}

/// Sends the fine to the offender, at an expense that is added to it.
#[derive(Command, Serialize, Deserialize)]
#[command("fine.send")]
pub(crate) struct SendOut {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) expense: i64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.notify")]
pub(crate) struct Notify {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) kind: String,
}

/// Replaces the fine's amount with a higher one.
#[derive(Command, Serialize, Deserialize)]
#[command("fine.add_penalty")]
pub(crate) struct AddPenalty {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) amount: i64,
}

/// Takes a payment; `total` is what has been paid with it so far.
#[derive(Command, Serialize, Deserialize)]
#[command("fine.pay")]
pub(crate) struct Pay {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) total: i64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.appeal_to_prefecture")]
pub(crate) struct AppealToPrefecture {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.send_appeal")]
pub(crate) struct SendAppeal {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) dismissal: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.receive_result")]
pub(crate) struct ReceiveResult {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.notify_result")]
pub(crate) struct NotifyResult {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.appeal_to_judge")]
pub(crate) struct AppealToJudge {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
    pub(crate) dismissal: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("fine.send_for_collection")]
pub(crate) struct SendForCollection {
    #[id]
    pub(crate) fine: String,
    pub(crate) date: Date,
}
