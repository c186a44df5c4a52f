//! The same way without anybody who knows it: choreography. Each policy is a saga without a state that
//! hears of one thing and has one other done; the way of an order is what they come to together.

use factum::prelude::*;

use super::order::{Cancel, Complete, NotePaid, OrderEvent};
use super::payments::{Charge, Refund};
use super::saga::PATIENCE;
use super::shipment::{ShipmentEvent, StartShipping, StopShipping};
use super::stock::{Release, Reserve, StockEvent};

fn order_of(_: &OrderEvent, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

fn parcel_of(_: &ShipmentEvent, at: &Origin) -> Option<String> {
    Some(at.id().to_owned())
}

fn reserved_for(event: &StockEvent, _: &Origin) -> Option<String> {
    match event {
        StockEvent::Reserved { order, .. } => Some(order.clone()),
        StockEvent::Received { .. } | StockEvent::Released { .. } => None,
    }
}

fn cancel_order<S: Saga>(order: &str, why: &str) -> Reaction<S>
where
    Cancel: factum::saga::SentBy<S>,
{
    send(Cancel { order: order.to_owned(), why: why.to_owned() })
}

/// An order that is placed is to be paid.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "charging", starts(OrderEvent::Placed), from(OrderEvent by order_of), calls(Charge),
       sends(NotePaid, Cancel), answers(Charge))]
pub struct Charging;

impl React<OrderEvent> for Charging {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Placed { cents, card, spare, .. } = event else { return nothing() };
        let (order, card, spare) = (at.id().to_owned(), card.clone(), spare.clone());
        send(Charge { order, card, spare, cents: *cents }).complete()
    }
}

impl Answered<Charge> for Charging {
    fn answered(&mut self, cmd: &Charge, answer: &Answer, _: &Context) -> Reaction<Self> {
        let order = cmd.order.clone();
        match (answer, cmd.spare.clone()) {
            (Answer::Accepted, _) => send(NotePaid { order }),
            (Answer::Refused(_), Some(card)) => {
                send(Charge { order, card, spare: None, cents: cmd.cents })
            }
            (Answer::Refused(why) | Answer::Failed(why), _) => cancel_order(&order, why),
        }
    }
}

/// For an order that is paid, stock is reserved.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "reserving", starts(OrderEvent::Paid), from(OrderEvent by order_of),
       sends(Reserve, Cancel), answers(Reserve))]
pub struct Reserving;

impl React<OrderEvent> for Reserving {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Paid { item, pieces } = event else { return nothing() };
        let (item, order) = (item.clone(), at.id().to_owned());
        send(Reserve { item, order, pieces: *pieces }).complete()
    }
}

impl Answered<Reserve> for Reserving {
    fn answered(&mut self, cmd: &Reserve, answer: &Answer, _: &Context) -> Reaction<Self> {
        answer.problem().map_or_else(nothing, |why| cancel_order(&cmd.order, why))
    }
}

/// What is reserved is shipped.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "shipping", starts(StockEvent::Reserved), from(StockEvent by reserved_for),
       sends(StartShipping, Cancel), answers(StartShipping))]
pub struct Shipping;

impl React<StockEvent> for Shipping {
    fn react(&mut self, event: &StockEvent, _: &Origin, _: &Context) -> Reaction<Self> {
        let StockEvent::Reserved { order, pieces } = event else { return nothing() };
        send(StartShipping { order: order.clone(), pieces: *pieces }).complete()
    }
}

impl Answered<StartShipping> for Shipping {
    fn answered(&mut self, cmd: &StartShipping, answer: &Answer, _: &Context) -> Reaction<Self> {
        answer.problem().map_or_else(nothing, |why| cancel_order(&cmd.order, why))
    }
}

/// An order whose parcel the carrier has is completed.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "completing", starts(ShipmentEvent::HandedOver), from(ShipmentEvent by parcel_of),
       sends(Complete))]
pub struct Completing;

impl React<ShipmentEvent> for Completing {
    fn react(&mut self, event: &ShipmentEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let ShipmentEvent::HandedOver = event else { return nothing() };
        send(Complete { order: at.id().to_owned() }).complete()
    }
}

/// An order that takes too long is cancelled.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "patience", starts(OrderEvent::Placed), from(OrderEvent by order_of), sends(Cancel))]
pub struct Patience;

impl React<OrderEvent> for Patience {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        match event {
            OrderEvent::Placed { .. } => {
                let slow = cancel_order(at.id(), "it was not shipped in time").complete();
                after(PATIENCE, "slow", slow)
            }
            OrderEvent::Paid { .. } => nothing(),
            OrderEvent::Completed | OrderEvent::Cancelled { .. } => complete(),
        }
    }
}

/// Money goes back when an order is cancelled.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "refunding", starts(OrderEvent::Cancelled), from(OrderEvent by order_of), calls(Refund))]
pub struct Refunding;

impl React<OrderEvent> for Refunding {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Cancelled { .. } = event else { return nothing() };
        send(Refund { order: at.id().to_owned() }).complete()
    }
}

/// Stock is there for others when an order is cancelled.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "releasing", starts(OrderEvent::Cancelled), from(OrderEvent by order_of), sends(Release))]
pub struct Releasing;

impl React<OrderEvent> for Releasing {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Cancelled { item, .. } = event else { return nothing() };
        send(Release { item: item.clone(), order: at.id().to_owned() }).complete()
    }
}

/// The parcel of an order that is cancelled stays.
#[derive(Saga, Default, Serialize, Deserialize)]
#[saga(name = "stopping", starts(OrderEvent::Cancelled), from(OrderEvent by order_of),
       sends(StopShipping))]
pub struct Stopping;

impl React<OrderEvent> for Stopping {
    fn react(&mut self, event: &OrderEvent, at: &Origin, _: &Context) -> Reaction<Self> {
        let OrderEvent::Cancelled { .. } = event else { return nothing() };
        send(StopShipping { order: at.id().to_owned() }).complete()
    }
}
