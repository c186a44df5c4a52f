use std::time::Duration;

use factum::codec::Form;
use factum::prelude::*;
use factum::saga::{
    Answer, Answered, Hears, React, Reaction, Saga, Sends, SentBy, Starts, cancel, fail, nothing,
    send,
};

use super::{Charge, OrderEvent, Recall, Refund, Release, Reserve, Ship};

/// The timer of an order that takes too long.
pub const SLOW: &str = "slow";
/// How long an order may take.
pub const HOUR: Duration = Duration::from_secs(3600);
/// What is sent instead of an item that is out of stock.
const SPARE: &str = "spare";

/// An order is paid, then reserved, the spare item if its own is out, then shipped.
#[derive(Default, Serialize, Deserialize)]
pub struct Orders {
    order: String,
}

impl Orders {
    fn reserve(&self, item: &str) -> Reaction<Self> {
        let (item, order) = (item.to_owned(), self.order.clone());
        send(Reserve { item: item.clone(), order: order.clone() })
            .undo_with(Release { item, order })
    }
}

impl Saga for Orders {
    const NAME: &'static str = "orders";
    const CATEGORY: &'static str = "saga.orders";
    const INBOX: &'static str = "saga.orders.inbox";

    fn begin() -> Self {
        Self::default()
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn hears(list: &mut Hears<Self>) {
        let is_one = |event: &_| matches!(event, OrderEvent::Placed { .. });
        let starts = Starts { variants: &["Placed"], is_one };
        list.from_keyed::<OrderEvent, _>(|_, at| Some(at.id().to_owned()), starts);
    }

    fn sends(list: &mut Sends<Self>) {
        list.calls::<Charge>().calls::<Refund>();
        list.to::<_, Reserve>().to::<_, Release>().to::<_, Ship>().to::<_, Recall>();
        list.answers::<Charge>().answers::<Reserve>().answers::<Ship>();
    }
}

impl SentBy<Orders> for Charge {}
impl SentBy<Orders> for Refund {}
impl SentBy<Orders> for Reserve {}
impl SentBy<Orders> for Release {}
impl SentBy<Orders> for Ship {}
impl SentBy<Orders> for Recall {}

impl React<OrderEvent> for Orders {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            OrderEvent::Placed { item, cents } => {
                self.order = at.id().to_owned();
                let (order, item, cents) = (self.order.clone(), item.clone(), *cents);
                send(Charge { order: order.clone(), item, cents })
                    .undo_with(Refund { order, cents })
                    .after(HOUR, SLOW, fail("it took an hour"))
            }
            OrderEvent::Cancelled => fail("the customer cancelled"),
            OrderEvent::Shipped | OrderEvent::Recalled => nothing(),
        }
    }
}

impl Answered<Charge> for Orders {
    fn answered(&mut self, cmd: &Charge, answer: &Answer, _: &Context) -> Reaction<Self> {
        match answer.problem() {
            None => self.reserve(&cmd.item),
            Some(problem) => fail(problem),
        }
    }
}

impl Answered<Reserve> for Orders {
    fn answered(&mut self, cmd: &Reserve, answer: &Answer, _: &Context) -> Reaction<Self> {
        match answer {
            Answer::Accepted => {
                let order = self.order.clone();
                send(Ship { order: order.clone() }).undo_with(Recall { order })
            }
            Answer::Refused(_) if cmd.item != SPARE => self.reserve(SPARE),
            Answer::Refused(problem) | Answer::Failed(problem) => fail(problem),
        }
    }
}

impl Answered<Ship> for Orders {
    fn answered(&mut self, _: &Ship, answer: &Answer, _: &Context) -> Reaction<Self> {
        match answer.problem() {
            None => cancel(SLOW).complete(),
            Some(problem) => fail(problem),
        }
    }
}
