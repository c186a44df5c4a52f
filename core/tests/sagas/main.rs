//! Instances of sagas: what is decided about them, and what they make of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

#[path = "../testing/shop.rs"]
mod shop;

mod flows;
mod operations;
mod persisted;
mod stalls;
mod timeline;

use factum_core::testing::{self, Led};

use crate::shop::OrderEvent::{Noted, Packed, Placed, Said};
use crate::shop::Orders;

/// An order that was placed: it is to be charged and reserved.
fn placed() -> Led<Orders> {
    testing::saga::<Orders>().when("order-7", Placed { item: "lamp".to_owned(), cents: 5 })
}

/// One whose goods are reserved, too: it waits to be packed.
fn reserved() -> Led<Orders> {
    placed().when_accepted().when_accepted()
}

/// One that is being undone, and whose first undo was refused.
fn stuck() -> Led<Orders> {
    reserved().when("order-7", Packed).when_refused("no").when_refused("too late")
}

trait Hear {
    fn hears(self, what: &str) -> Self;
    fn notes(self) -> Self;
}

impl Hear for Led<Orders> {
    #[track_caller]
    fn hears(self, what: &str) -> Self {
        self.when("order-7", Said { what: what.to_owned() })
    }

    #[track_caller]
    fn notes(self) -> Self {
        self.when("order-7", Noted)
    }
}
