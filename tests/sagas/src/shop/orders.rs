use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum OrderEvent {
    #[event("order.placed")]
    Placed { item: String, cents: u64 },
    #[event("order.cancelled")]
    Cancelled,
    #[event("order.shipped")]
    Shipped,
    #[event("order.recalled")]
    Recalled,
}
use OrderEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum OrderError {
    #[error("the order was never placed")]
    Unknown,
    #[error("the order was cancelled")]
    Cancelled,
    #[error("the order was shipped")]
    Shipped,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.place")]
pub struct Place {
    #[id]
    pub order: String,
    pub item: String,
    pub cents: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.cancel")]
pub struct Cancel {
    #[id]
    pub order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.ship")]
pub struct Ship {
    #[id]
    pub order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("order.recall")]
pub struct Recall {
    #[id]
    pub order: String,
}

#[derive(Aggregate, Default)]
#[aggregate(name = "order", event = OrderEvent, error = OrderError,
            commands(Place, Cancel, Ship, Recall))]
pub struct Order {
    placed: bool,
    cancelled: bool,
    /// How often: a second time would be a mistake of whoever sent the command twice.
    pub shipped: u32,
    pub recalled: u32,
}

impl Apply<OrderEvent> for Order {
    fn apply(&mut self, event: &OrderEvent) {
        match event {
            Placed { .. } => self.placed = true,
            Cancelled => self.cancelled = true,
            Shipped => self.shipped += 1,
            Recalled => self.recalled += 1,
        }
    }
}

impl Handle<Place> for Order {
    fn handle(&self, cmd: &Place, _: &Context) -> Decision<Self> {
        let placed = Placed { item: cmd.item.clone(), cents: cmd.cents };
        emit((!self.placed).then_some(placed))
    }
}

impl Handle<Cancel> for Order {
    fn handle(&self, _: &Cancel, _: &Context) -> Decision<Self> {
        require!(self.placed, OrderError::Unknown);
        require!(self.shipped == 0, OrderError::Shipped);
        emit((!self.cancelled).then_some(Cancelled))
    }
}

impl Handle<Ship> for Order {
    fn handle(&self, _: &Ship, _: &Context) -> Decision<Self> {
        require!(!self.cancelled, OrderError::Cancelled);
        emit(Shipped)
    }
}

impl Handle<Recall> for Order {
    fn handle(&self, _: &Recall, _: &Context) -> Decision<Self> {
        emit(Recalled)
    }
}
