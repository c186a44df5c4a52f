//! An order's way, told in one place: orchestration.

use std::time::Duration;

use factum::prelude::*;

use super::order::{Cancel, Complete, OrderEvent};
use super::payments::{Charge, Refund};
use super::shipment::{ShipmentEvent, StartShipping, StopShipping};
use super::stock::{Release, Reserve};

/// How long an order may take until the carrier has it.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What has to be known of an order once it is paid.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "order", starts(OrderEvent::Placed),
       from(OrderEvent by order_of, ShipmentEvent by parcel_of),
       sends(Reserve, Release, StartShipping, StopShipping, Complete, Cancel),
       calls(Charge, Refund), answers(Charge))]
pub struct Buying {
    item: String,
    pieces: u32,
}

fn order_of(_: &OrderEvent, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

fn parcel_of(_: &ShipmentEvent, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

impl React<OrderEvent> for Buying {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Placed { item, pieces, cents, card, spare } = event else {
            return nothing();
        };
        *self = Self { item: item.clone(), pieces: *pieces };
        let (card, spare, cents) = (card.clone(), spare.clone(), *cents);
        let order = || at.id().to_owned();
        // What is said first is undone last.
        undo(Cancel { order: order(), why: "see its saga".to_owned() })
            .send(Charge { order: order(), card, spare, cents })
            .undo_with(Refund { order: order() })
            .after(PATIENCE, "slow", fail("it was not shipped in time"))
    }
}

impl Answered<Charge> for Buying {
    fn answered(&mut self, cmd: &Charge, answer: &Answer, _: &Context) -> Reaction<Self> {
        let (order, item, pieces) = (|| cmd.order.clone(), || self.item.clone(), self.pieces);
        match (answer, cmd.spare.clone()) {
            (Answer::Accepted, _) => send(Reserve { item: item(), order: order(), pieces })
                .undo_with(Release { item: item(), order: order() })
                .send(StartShipping { order: order(), pieces })
                .undo_with(StopShipping { order: order() }),
            (Answer::Refused(_), Some(card)) => {
                send(Charge { order: order(), card, spare: None, cents: cmd.cents })
                    .undo_with(Refund { order: order() })
            }
            (Answer::Refused(why) | Answer::Failed(why), _) => fail(why),
        }
    }
}

impl React<ShipmentEvent> for Buying {
    fn react(&mut self, event: &ShipmentEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            ShipmentEvent::HandedOver => {
                cancel("slow").send(Complete { order: at.id().to_owned() }).complete()
            }
            ShipmentEvent::Started | ShipmentEvent::Stopped => nothing(),
        }
    }
}
