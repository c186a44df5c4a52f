//! What undoes may come before what it undoes, where nobody leads: it has to hold then as well.

use factum::testing::given;

use crate::shop::shipment::ShipmentEvent::{HandedOver, Started, Stopped};
use crate::shop::shipment::{HandOver, Shipment, ShipmentError, StartShipping, StopShipping};
use crate::shop::stock::StockEvent::{Received, Released, Reserved};
use crate::shop::stock::{Release, Reserve, Stock, StockError};

fn order() -> String {
    "1".to_owned()
}

fn reserve(pieces: u32) -> Reserve {
    Reserve { item: "lamp".to_owned(), order: order(), pieces }
}

fn release() -> Release {
    Release { item: "lamp".to_owned(), order: order() }
}

#[test]
fn what_is_reserved_is_released_once_and_reserved_no_more() {
    given::<Stock>([Received { pieces: 3 }])
        .when(reserve(4))
        .then_rejected(StockError::SoldOut { pieces: 4, left: 3 })
        .when(reserve(2))
        .then([Reserved { order: order(), pieces: 2 }])
        .when(reserve(2))
        .then_nothing()
        .when(release())
        .then([Released { order: order(), pieces: 2 }])
        .when(release())
        .then_nothing()
        .when(reserve(1))
        .then_rejected(StockError::GivenUp);
}

#[test]
fn nothing_is_reserved_for_an_order_that_was_given_up_before() {
    given::<Stock>([Received { pieces: 3 }])
        .when(release())
        .then([Released { order: order(), pieces: 0 }])
        .when(reserve(1))
        .then_rejected(StockError::GivenUp);
}

#[test]
fn a_parcel_that_was_stopped_before_it_was_ready_is_never_sent() {
    given::<Shipment>([])
        .when(StopShipping { order: order() })
        .then([Stopped])
        .when(StartShipping { order: order(), pieces: 1 })
        .then_rejected(ShipmentError::Stopped)
        .when(HandOver { order: order() })
        .then_rejected(ShipmentError::Stopped);
}

#[test]
fn a_parcel_that_the_carrier_has_is_not_stopped() {
    given::<Shipment>([Started, HandedOver])
        .when(StopShipping { order: order() })
        .then_rejected(ShipmentError::Gone)
        .when(HandOver { order: order() })
        .then_nothing();
}
