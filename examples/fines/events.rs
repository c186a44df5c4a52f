//! What happens to a fine.

use factum::prelude::*;

use super::date::Date;
use super::figures::Figures;

/// What happened to a fine. Each event carries the shift that it causes in what fines add up to, so
/// that every view is a plain fold. Money is in cents.
#[derive(Event, Clone, Debug, PartialEq)]
pub(crate) enum FineEvent {
    #[event("fine.created")]
    Created { date: Date, amount: i64, article: String, vehicle: String, shift: Figures },
    #[event("fine.sent")]
    Sent { date: Date, expense: i64, shift: Figures },
    #[event("fine.notified")]
    Notified { date: Date, kind: String, shift: Figures },
    #[event("fine.penalty_added")]
    PenaltyAdded { date: Date, amount: i64, shift: Figures },
    #[event("fine.paid")]
    Paid { date: Date, total: i64, shift: Figures },
    #[event("fine.appealed_to_prefecture")]
    AppealedToPrefecture { date: Date, shift: Figures },
    #[event("fine.appeal_sent")]
    AppealSent { date: Date, dismissal: String, shift: Figures },
    #[event("fine.result_received")]
    ResultReceived { date: Date, shift: Figures },
    #[event("fine.result_notified")]
    ResultNotified { date: Date, shift: Figures },
    #[event("fine.appealed_to_judge")]
    AppealedToJudge { date: Date, dismissal: String, shift: Figures },
    #[event("fine.sent_for_collection")]
    SentForCollection { date: Date, shift: Figures },
}
use FineEvent::*;

impl FineEvent {
    /// When it happened, and the shift that it causes.
    pub(crate) fn effect(&self) -> (&Date, Figures) {
        match self {
            Created { date, shift, .. }
            | Sent { date, shift, .. }
            | Notified { date, shift, .. }
            | PenaltyAdded { date, shift, .. }
            | Paid { date, shift, .. }
            | AppealedToPrefecture { date, shift }
            | AppealSent { date, shift, .. }
            | ResultReceived { date, shift }
            | ResultNotified { date, shift }
            | AppealedToJudge { date, shift, .. }
            | SentForCollection { date, shift } => (date, *shift),
        }
    }
}
