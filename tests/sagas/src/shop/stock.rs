use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum StockEvent {
    #[event("stock.restocked")]
    Restocked { pieces: u64 },
    #[event("stock.reserved")]
    Reserved { order: String },
    #[event("stock.released")]
    Released { order: String },
}
use StockEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum StockError {
    #[error("the item is out of stock")]
    Out,
}

#[derive(Command, Serialize, Deserialize)]
#[command("stock.restock")]
pub struct Restock {
    #[id]
    pub item: String,
    pub pieces: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command("stock.reserve")]
pub struct Reserve {
    #[id]
    pub item: String,
    pub order: String,
}

#[derive(Command, Serialize, Deserialize)]
#[command("stock.release")]
pub struct Release {
    #[id]
    pub item: String,
    pub order: String,
}

/// Pieces of an item. It knows no orders: one that reserves or releases twice has two pieces.
#[derive(Aggregate, Default)]
#[aggregate(name = "stock", event = StockEvent, error = StockError,
            commands(Restock, Reserve, Release))]
pub struct Stock {
    pub left: u64,
}

impl Apply<StockEvent> for Stock {
    fn apply(&mut self, event: &StockEvent) {
        match event {
            Restocked { pieces } => self.left += pieces,
            Reserved { .. } => self.left -= 1,
            Released { .. } => self.left += 1,
        }
    }
}

impl Handle<Restock> for Stock {
    fn handle(&self, cmd: &Restock, _: &Context) -> Decision<Self> {
        emit(Restocked { pieces: cmd.pieces })
    }
}

impl Handle<Reserve> for Stock {
    fn handle(&self, cmd: &Reserve, _: &Context) -> Decision<Self> {
        require!(self.left > 0, StockError::Out);
        emit(Reserved { order: cmd.order.clone() })
    }
}

impl Handle<Release> for Stock {
    fn handle(&self, cmd: &Release, _: &Context) -> Decision<Self> {
        emit(Released { order: cmd.order.clone() })
    }
}
