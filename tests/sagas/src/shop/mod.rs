//! Orders that are paid, reserved and shipped, by a saga that is written by hand.

mod orders;
mod payments;
mod saga;
mod stock;

pub use orders::{Cancel, Order, OrderError, OrderEvent, Place, Recall, Ship};
pub use payments::{Book, Charge, Payments, Provider, Refund};
pub use saga::{HOUR, Orders, SLOW};
pub use stock::{Release, Reserve, Restock, Stock, StockError, StockEvent};
