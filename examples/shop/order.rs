//! Orders of customers.

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum OrderEvent {
    #[event("order.placed")]
    Placed { item: String, pieces: u32, cents: u32, card: String, spare: Option<String> },
    /// Only in the style without a saga: there the next who has to do something hears of it.
    #[event("order.paid")]
    Paid { item: String, pieces: u32 },
    #[event("order.completed")]
    Completed,
    #[event("order.cancelled")]
    Cancelled { item: String, why: String },
}
use OrderEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("there is no such order")]
    Missing,
    #[error("the order is completed")]
    Completed,
    #[error("the order is cancelled")]
    Cancelled,
}

/// Places an order, once. A card that is declined has another tried, if there is one to spare.
#[derive(Command, Clone, Debug, Serialize, Deserialize)]
#[command("order.place")]
pub struct Place {
    #[id]
    pub order: String,
    pub item: String,
    pub pieces: u32,
    pub cents: u32,
    pub card: String,
    pub spare: Option<String>,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("order.note_paid")]
pub struct NotePaid {
    #[id]
    pub order: String,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("order.complete")]
pub struct Complete {
    #[id]
    pub order: String,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("order.cancel")]
pub struct Cancel {
    #[id]
    pub order: String,
    pub why: String,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    Missing,
    Open,
    Completed,
    Cancelled,
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "order", event = OrderEvent, error = OrderError,
            commands(Place, NotePaid, Complete, Cancel))]
pub struct Order {
    state: State,
    item: String,
    pieces: u32,
    paid: bool,
}

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, event: &OrderEvent) {
        match event {
            Placed { item, pieces, .. } => {
                (self.state, self.item, self.pieces) = (State::Open, item.clone(), *pieces);
            }
            Paid { .. } => self.paid = true,
            Completed => self.state = State::Completed,
            Cancelled { .. } => self.state = State::Cancelled,
        }
    }
}

impl Order {
    fn open(&self) -> Result<(), OrderError> {
        match self.state {
            State::Open => Ok(()),
            State::Missing => Err(OrderError::Missing),
            State::Completed => Err(OrderError::Completed),
            State::Cancelled => Err(OrderError::Cancelled),
        }
    }
}

impl Handle<Place> for Order {
    fn handle(&self, cmd: &Place, _: &Context) -> Decision<Self> {
        let Place { item, pieces, cents, card, spare, .. } = cmd.clone();
        emit((self.state == State::Missing).then_some(Placed { item, pieces, cents, card, spare }))
    }
}

impl Handle<NotePaid> for Order {
    fn handle(&self, _: &NotePaid, _: &Context) -> Decision<Self> {
        self.open()?;
        emit((!self.paid).then(|| Paid { item: self.item.clone(), pieces: self.pieces }))
    }
}

impl Handle<Complete> for Order {
    fn handle(&self, _: &Complete, _: &Context) -> Decision<Self> {
        self.open()?;
        emit(Completed)
    }
}

/// What is cancelled stays so: to cancel it once more is no mistake.
impl Handle<Cancel> for Order {
    fn handle(&self, cmd: &Cancel, _: &Context) -> Decision<Self> {
        if self.state == State::Cancelled {
            return emit(None);
        }
        self.open()?;
        emit(Cancelled { item: self.item.clone(), why: cmd.why.clone() })
    }
}
