//! Rows that are taken out, by a function or a method of the row.
#![deny(warnings, clippy::pedantic)]

use factum::prelude::*;

#[derive(Event, Clone)]
enum LoanEvent {
    #[event("loan.lent")]
    Lent,
    #[event("loan.returned")]
    Returned,
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "loans", from(LoanEvent), gone_if = Self::is_over)]
struct Loan {
    #[key]
    loan: String,
    over: bool,
}
impl Loan {
    fn is_over(&self) -> bool {
        self.over
    }
}
impl Project<LoanEvent> for Loan {
    fn project(&mut self, event: &LoanEvent, _: &Origin) {
        self.over = matches!(event, LoanEvent::Returned);
    }
}

mod rows {
    pub(crate) fn is_empty(row: &super::Pair) -> bool {
        row.left.is_none()
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "pairs", from(LoanEvent), gone_if = rows::is_empty)]
struct Pair {
    #[key]
    key: String,
    left: Option<String>,
}
impl Project<LoanEvent> for Pair {
    fn project(&mut self, _: &LoanEvent, _: &Origin) {}
}

fn main() {
    assert!(Loan { over: true, ..Loan::default() }.is_gone());
    assert!(!Loan::default().is_gone());
    assert!(Pair::default().is_gone());
}
