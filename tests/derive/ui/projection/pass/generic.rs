//! A row and its events' types may have parameters, and fields may hold what lives for ever.
#![deny(warnings)]

use std::borrow::Cow;
use std::marker::PhantomData;

use factum::prelude::*;
use factum::projection::Sources;

#[derive(Event, Clone)]
enum PurseEvent {
    #[event("purse.filled")]
    Filled { cents: u64, currency: Cow<'static, str> },
}

trait Currency: Clone + Default + Send + Sync + 'static {
    const CODE: &'static str;
}
#[derive(Clone, Default)]
struct Euro;
impl Currency for Euro {
    const CODE: &'static str = "EUR";
}

#[derive(Projection, Default, Clone, Serialize, Deserialize)]
#[serde(bound = "")]
#[projection(name = "purses", from(PurseEvent))]
struct Row<C, const LIMIT: u64 = 100>
where
    C: Currency,
{
    #[key]
    purse: String,
    #[index]
    cents: u64,
    over: bool,
    currency: PhantomData<C>,
}

impl<C: Currency, const LIMIT: u64> Project<PurseEvent> for Row<C, LIMIT> {
    fn project(&mut self, event: &PurseEvent, _: &Origin) {
        let PurseEvent::Filled { cents, currency } = event;
        self.cents += if currency == C::CODE { *cents } else { 0 };
        self.over = self.cents > LIMIT;
    }
}

fn main() {
    let _ = (Row::<Euro>::CENTS.ge(1), Row::<Euro, 7>::CENTS.lt(2));
    assert_eq!(Sources::<Row<Euro>>::of().schemas().len(), 1);
}

