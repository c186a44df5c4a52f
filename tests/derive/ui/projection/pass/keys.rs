//! Rows by keys that a function gives, for one enum or for one of several.
#![deny(warnings)]

use factum::prelude::*;
use factum::projection::Sources;

#[derive(Event, Clone)]
enum LoanEvent {
    #[event("loan.lent")]
    Lent { reader: String },
}
#[derive(Event, Clone)]
enum ReaderEvent {
    #[event("reader.joined")]
    Joined,
}

mod keys {
    pub(crate) fn reader(event: &super::LoanEvent, _: &factum::Origin) -> Option<String> {
        let super::LoanEvent::Lent { reader } = event;
        Some(reader.clone())
    }
    pub(crate) fn all(_: &super::LoanEvent, _: &factum::Origin) -> [&'static str; 1] {
        ["all"]
    }
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "readers", from(ReaderEvent, LoanEvent by keys::reader), version = 2)]
struct Reader {
    #[key]
    reader: String,
    #[index]
    loans: u32,
}
impl Project<LoanEvent> for Reader {
    fn project(&mut self, _: &LoanEvent, _: &Origin) {
        self.loans += 1;
    }
}
impl Project<ReaderEvent> for Reader {
    fn project(&mut self, _: &ReaderEvent, _: &Origin) {}
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[projection(name = "totals", from(LoanEvent), keys = keys::all)]
struct Total {
    #[key]
    key: String,
    loans: u32,
}
impl Project<LoanEvent> for Total {
    fn project(&mut self, _: &LoanEvent, _: &Origin) {
        self.loans += 1;
    }
}

fn main() {
    assert_eq!(Reader::VERSION, 2);
    assert_eq!(format!("{:?}", Sources::<Reader>::of()), r#"["reader", "loan"]"#);
    assert_eq!(format!("{:?}", Sources::<Total>::of()), r#"["loan"]"#);
}
