//! The read models: a row for each fine, and one row for all.

use factum::prelude::*;

use super::date::Date;
use super::events::FineEvent;
use super::figures::Figures;

/// One fine.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "fines", from(FineEvent))]
pub(crate) struct FineRow {
    #[key]
    pub(crate) fine: String,
    #[index]
    pub(crate) outstanding: i64,
    #[index]
    pub(crate) in_collection: bool,
    pub(crate) events: u64,
    pub(crate) newest: Option<Date>,
    pub(crate) figures: Figures,
}

impl Project<FineEvent> for FineRow {
    fn project(&mut self, event: &FineEvent, _: &Origin) {
        let (date, shift) = event.effect();
        self.figures += shift;
        self.events += 1;
        self.newest = Some(date.clone());
        self.outstanding = self.figures.outstanding;
        self.in_collection = self.figures.in_collection > 0;
    }
}

/// The key of the one row of [`Totals`].
pub(crate) const ALL: &str = "all";

/// All fines together.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "totals", from(FineEvent), keys = one_row)]
pub(crate) struct Totals {
    #[key]
    pub(crate) scope: String,
    pub(crate) events: u64,
    pub(crate) figures: Figures,
}

fn one_row(_: &FineEvent, _: &Origin) -> [&'static str; 1] {
    [ALL]
}

impl Project<FineEvent> for Totals {
    fn project(&mut self, event: &FineEvent, _: &Origin) {
        let (_, shift) = event.effect();
        self.figures += shift;
        self.events += 1;
    }
}
