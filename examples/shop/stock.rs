//! What lies in the warehouse.

use std::collections::BTreeMap;

use factum::prelude::*;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum StockEvent {
    #[event("stock.received")]
    Received { pieces: u32 },
    #[event("stock.reserved")]
    Reserved { order: String, pieces: u32 },
    #[event("stock.released")]
    Released { order: String, pieces: u32 },
}
use StockEvent::*;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum StockError {
    #[error("of {pieces} wanted only {left} are left")]
    SoldOut { pieces: u32, left: u32 },
    #[error("what was reserved for the order has been released")]
    GivenUp,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("stock.receive")]
pub struct Receive {
    #[id]
    pub item: String,
    pub pieces: u32,
}

/// Puts pieces aside for an order, once.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("stock.reserve")]
pub struct Reserve {
    #[id]
    pub item: String,
    pub order: String,
    pub pieces: u32,
}

/// Puts back what is reserved for an order. Nothing is reserved for it after that, also if nothing was
/// before: policies do not keep what undoes from overtaking what is undone.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("stock.release")]
pub struct Release {
    #[id]
    pub item: String,
    pub order: String,
}

/// One item.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "stock", event = StockEvent, error = StockError, commands(Receive, Reserve, Release))]
pub struct Stock {
    left: u32,
    /// What is reserved for each order; nothing for one that was given up.
    reserved: BTreeMap<String, Option<u32>>,
}

impl Apply<StockEvent> for Stock {
    fn apply(&mut self, event: &StockEvent) {
        match event {
            Received { pieces } => self.left += pieces,
            Reserved { order, pieces } => {
                self.left -= pieces;
                self.reserved.insert(order.clone(), Some(*pieces));
            }
            Released { order, pieces } => {
                self.left += pieces;
                self.reserved.insert(order.clone(), None);
            }
        }
    }
}

impl Handle<Receive> for Stock {
    fn handle(&self, cmd: &Receive, _: &Context) -> Decision<Self> {
        emit(Received { pieces: cmd.pieces })
    }
}

impl Handle<Reserve> for Stock {
    fn handle(&self, cmd: &Reserve, _: &Context) -> Decision<Self> {
        let Reserve { order, pieces, .. } = cmd;
        match self.reserved.get(order) {
            Some(Some(_)) => return emit(None),
            Some(None) => return Err(StockError::GivenUp),
            None => {}
        }
        require!(self.left >= *pieces, StockError::SoldOut { pieces: *pieces, left: self.left });
        emit(Reserved { order: order.clone(), pieces: *pieces })
    }
}

impl Handle<Release> for Stock {
    fn handle(&self, cmd: &Release, _: &Context) -> Decision<Self> {
        let pieces = match self.reserved.get(&cmd.order) {
            Some(None) => return emit(None),
            Some(Some(pieces)) => *pieces,
            None => 0,
        };
        emit(Released { order: cmd.order.clone(), pieces })
    }
}
