//! The write model: one fine.
//!
//! The commands tell what has happened outside, so they are not refused for coming in an odd order:
//! a fine may be paid before it was ever created. Only sums that no fine can have are.

use factum::prelude::*;

use super::commands::*;
use super::events::FineEvent::{self, *};
use super::figures::Figures;

/// The most cents that one amount may have: ten billion euros. Millions of such fines still add up
/// exactly.
const MOST: i64 = 1_000_000_000_000;

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum FineError {
    #[error("no fine has an amount of {cents} cents: the most is {MOST}")]
    TooMuch { cents: i64 },
}

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
#[aggregate(name = "fine", event = FineEvent, error = FineError, commands(
    Create, SendOut, Notify, AddPenalty, Pay, AppealToPrefecture, SendAppeal, ReceiveResult,
    NotifyResult, AppealToJudge, SendForCollection
))]
pub(crate) struct Fine {
    known: bool,
    amount: i64,
    expenses: i64,
    paid: i64,
    in_collection: bool,
    appealed: bool,
}

impl Fine {
    fn figures(&self) -> Figures {
        let due = self.amount.saturating_add(self.expenses);
        Figures {
            fines: i64::from(self.known),
            due,
            paid: self.paid,
            outstanding: (due - self.paid).max(0),
            fully_paid: i64::from(self.known && self.paid >= due),
            in_collection: i64::from(self.in_collection),
            appealed: i64::from(self.appealed),
        }
    }

    /// Records an event, made with the shift that it causes.
    fn record(&self, event: impl Fn(Figures) -> FineEvent) -> Decision<Self> {
        let mut after = self.clone();
        after.apply(&event(Figures::default()));
        emit(event(after.figures() - self.figures()))
    }
}

fn check(cents: i64) -> Result<(), FineError> {
    require!((0..=MOST).contains(&cents), FineError::TooMuch { cents });
    Ok(())
}

impl Apply<FineEvent> for Fine {
    fn apply(&mut self, event: &FineEvent) {
        self.known = true;
        match event {
            Created { amount, .. } | PenaltyAdded { amount, .. } => self.amount = *amount,
            Sent { expense, .. } => self.expenses = self.expenses.saturating_add(*expense),
            Paid { total, .. } => self.paid = *total,
            AppealedToPrefecture { .. } | AppealedToJudge { .. } => self.appealed = true,
            SentForCollection { .. } => self.in_collection = true,
            Notified { .. } | AppealSent { .. } => {}
            ResultReceived { .. } | ResultNotified { .. } => {}
        }
    }
}

impl Handle<Create> for Fine {
    fn handle(&self, cmd: &Create, _: &Context) -> Decision<Self> {
        check(cmd.amount)?;
        self.record(|shift| Created {
            date: cmd.date.clone(),
            amount: cmd.amount,
            article: cmd.article.clone(),
            vehicle: cmd.vehicle.clone(),
            shift,
        })
    }
}

impl Handle<SendOut> for Fine {
    fn handle(&self, cmd: &SendOut, _: &Context) -> Decision<Self> {
        check(cmd.expense)?;
        self.record(|shift| Sent { date: cmd.date.clone(), expense: cmd.expense, shift })
    }
}

impl Handle<Notify> for Fine {
    fn handle(&self, cmd: &Notify, _: &Context) -> Decision<Self> {
        self.record(|shift| Notified { date: cmd.date.clone(), kind: cmd.kind.clone(), shift })
    }
}

impl Handle<AddPenalty> for Fine {
    fn handle(&self, cmd: &AddPenalty, _: &Context) -> Decision<Self> {
        check(cmd.amount)?;
        self.record(|shift| PenaltyAdded { date: cmd.date.clone(), amount: cmd.amount, shift })
    }
}

impl Handle<Pay> for Fine {
    fn handle(&self, cmd: &Pay, _: &Context) -> Decision<Self> {
        check(cmd.total)?;
        self.record(|shift| Paid { date: cmd.date.clone(), total: cmd.total, shift })
    }
}

impl Handle<AppealToPrefecture> for Fine {
    fn handle(&self, cmd: &AppealToPrefecture, _: &Context) -> Decision<Self> {
        self.record(|shift| AppealedToPrefecture { date: cmd.date.clone(), shift })
    }
}

impl Handle<SendAppeal> for Fine {
    fn handle(&self, cmd: &SendAppeal, _: &Context) -> Decision<Self> {
        let SendAppeal { date, dismissal, .. } = cmd;
        self.record(|shift| AppealSent { date: date.clone(), dismissal: dismissal.clone(), shift })
    }
}

impl Handle<ReceiveResult> for Fine {
    fn handle(&self, cmd: &ReceiveResult, _: &Context) -> Decision<Self> {
        self.record(|shift| ResultReceived { date: cmd.date.clone(), shift })
    }
}

impl Handle<NotifyResult> for Fine {
    fn handle(&self, cmd: &NotifyResult, _: &Context) -> Decision<Self> {
        self.record(|shift| ResultNotified { date: cmd.date.clone(), shift })
    }
}

impl Handle<AppealToJudge> for Fine {
    fn handle(&self, cmd: &AppealToJudge, _: &Context) -> Decision<Self> {
        let AppealToJudge { date, dismissal, .. } = cmd;
        self.record(|shift| AppealedToJudge {
            date: date.clone(),
            dismissal: dismissal.clone(),
            shift,
        })
    }
}

impl Handle<SendForCollection> for Fine {
    fn handle(&self, cmd: &SendForCollection, _: &Context) -> Decision<Self> {
        self.record(|shift| SentForCollection { date: cmd.date.clone(), shift })
    }
}
