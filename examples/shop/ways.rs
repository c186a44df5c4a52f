//! What became of each order, as the log and the provider's books have it, whatever sagas believe.

use std::collections::BTreeMap;
use std::fmt;

use factum::codec;
use factum::store::{Direction, EventStore, Query, Range, Recorded};

use super::Outcome;
use super::order::OrderEvent;
use super::provider::Books;
use super::shipment::ShipmentEvent;
use super::stock::StockEvent;

/// The way of one order.
#[derive(Debug, Default)]
pub(crate) struct Way {
    pub(crate) item: String,
    pub(crate) pieces: u32,
    pub(crate) cents: u32,
    pub(crate) declined: bool,
    pub(crate) taken: u32,
    pub(crate) refunded: Option<u32>,
    pub(crate) reserved: u32,
    pub(crate) released: u32,
    pub(crate) started: bool,
    pub(crate) handed_over: bool,
    pub(crate) stopped: bool,
    pub(crate) completed: bool,
    /// Why it was cancelled.
    pub(crate) cancelled: Option<String>,
}

/// The ways of all orders, and what was put on stock, by the names of orders and items.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    pub(crate) orders: BTreeMap<String, Way>,
    pub(crate) received: BTreeMap<String, u32>,
}

pub(crate) async fn ways(store: &dyn EventStore, books: &Books) -> Outcome<Ways> {
    let (mut range, mut ways) = (Range::ALL, Ways::default());
    let query = Query::contexts(["order", "stock", "shipment"]);
    loop {
        let page = store.read(query.clone(), range, Direction::Forward, 1000).await?;
        for recorded in &page.events {
            ways.take(recorded)?;
        }
        if !page.more {
            break;
        }
        range = Range::since(page.complete_to);
    }
    for (order, way) in &mut ways.orders {
        way.declined = books.declined.contains(order);
        way.taken = books.taken_for(order);
        way.refunded = books.refunded.get(order).copied();
    }
    Ok(ways)
}

impl Ways {
    fn take(&mut self, recorded: &Recorded) -> Outcome {
        let id = recorded.at.id();
        match recorded.name.context() {
            "order" => self.order(id, decode(recorded)?),
            "stock" => self.stock(id, decode(recorded)?),
            _ => self.shipment(id, &decode(recorded)?),
        }
        Ok(())
    }

    fn order(&mut self, id: &str, event: OrderEvent) {
        let way = self.of(id);
        match event {
            OrderEvent::Placed { item, pieces, cents, .. } => {
                (way.item, way.pieces, way.cents) = (item, pieces, cents);
            }
            OrderEvent::Paid { .. } => {}
            OrderEvent::Completed => way.completed = true,
            OrderEvent::Cancelled { why, .. } => way.cancelled = Some(why),
        }
    }

    fn stock(&mut self, item: &str, event: StockEvent) {
        match event {
            StockEvent::Received { pieces } => {
                *self.received.entry(item.to_owned()).or_default() += pieces;
            }
            StockEvent::Reserved { order, pieces } => self.of(&order).reserved += pieces,
            StockEvent::Released { order, pieces } => self.of(&order).released += pieces,
        }
    }

    fn shipment(&mut self, order: &str, event: &ShipmentEvent) {
        let way = self.of(order);
        match event {
            ShipmentEvent::Started => way.started = true,
            ShipmentEvent::HandedOver => way.handed_over = true,
            ShipmentEvent::Stopped => way.stopped = true,
        }
    }

    fn of(&mut self, order: &str) -> &mut Way {
        self.orders.entry(order.to_owned()).or_default()
    }
}

fn decode<E: factum::Event>(recorded: &Recorded) -> Outcome<E> {
    codec::decode(recorded).map_err(|bad| bad.problem.to_string().into())
}

/// What was done, and after a bar what was undone.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (taken, given) = (self.taken > 0, self.refunded.unwrap_or_default() > 0);
        let done = [
            ("placed", true),
            ("card declined", self.declined),
            ("paid", taken),
            ("reserved", self.reserved > 0),
            ("shipping", self.started),
            ("handed over", self.handed_over),
            ("completed", self.completed),
        ];
        let undone = [
            ("parcel stopped", self.started && self.stopped),
            ("released", self.released > 0),
            ("refunded", given),
            ("cancelled", self.cancelled.is_some()),
        ];
        let told = |steps: &[(&'static str, bool)]| {
            let told = steps.iter().filter(|(_, is_so)| *is_so).map(|(step, _)| *step);
            told.collect::<Vec<_>>().join(" > ")
        };
        f.write_str(&told(&done))?;
        if self.cancelled.is_some() { write!(f, " | {}", told(&undone)) } else { Ok(()) }
    }
}
