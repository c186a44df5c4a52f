//! The views: one row a stream, and rows by what an event says, several of them, which also go away.

use std::borrow::Cow;

use factum::codec::Form;
use factum::prelude::*;
use factum::projection::Sources;
use factum::view::{ColumnSpec, Value, ValueKind};

use crate::DepotEvent;

/// Which events a row has taken, in which order: a row that has taken one twice, missed one, or met two
/// the wrong way round has another digest than the one that is computed from the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// How many.
    pub events: u64,
    /// The position of the newest.
    pub last: u64,
    /// Follows from all of their positions.
    pub digest: u64,
    /// Whether one came at or before the position of the one before it.
    pub disorder: bool,
}

impl Seen {
    /// Takes note of an event.
    pub fn take(&mut self, at: &Origin) {
        let position = at.position.number();
        self.events += 1;
        self.disorder |= position <= self.last;
        self.last = position;
        self.digest = self.digest.wrapping_mul(0x0100_0000_01b3) ^ position;
    }
}

/// What happened to a shipment.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "shipments", from(DepotEvent))]
pub struct ShipmentRow {
    /// Its id.
    #[key]
    pub shipment: String,
    /// How many goods it has.
    #[index]
    pub goods: u64,
    /// The events.
    pub seen: Seen,
}

impl Project<DepotEvent> for ShipmentRow {
    fn project(&mut self, event: &DepotEvent, at: &Origin) {
        self.seen.take(at);
        match event {
            DepotEvent::Loaded { goods } => self.goods += goods.len() as u64,
            DepotEvent::Lost { .. } => self.goods = self.goods.saturating_sub(1),
        }
    }
}

/// What happened to goods since they were lost last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GoodsRow {
    /// Their name.
    pub goods: String,
    /// The shipment that took them last.
    pub shipment: String,
    /// Whether they are lost: the row is taken out.
    pub lost: bool,
    /// The events.
    pub seen: Seen,
}

/// Written by hand, for its rows go away.
impl Projection for GoodsRow {
    const NAME: &'static str = "goods";
    const VERSION: u32 = 1;
    const COLUMNS: &'static [ColumnSpec] =
        &[ColumnSpec { name: "shipment", kind: ValueKind::Text }];

    fn key(&self) -> Cow<'_, str> {
        self.goods.write()
    }

    fn set_key(&mut self, key: &str) -> Result<(), factum::BadId> {
        self.goods = String::read(key)?;
        Ok(())
    }

    fn form() -> Form<Self> {
        Form::serde()
    }

    fn values(&self, out: &mut Vec<Value>) {
        out.push(Value::Text(self.shipment.clone()));
    }

    fn is_gone(&self) -> bool {
        self.lost
    }

    fn sources(list: &mut Sources<Self>) {
        list.from_keyed::<DepotEvent, _>(|event, _| match event {
            DepotEvent::Loaded { goods } => goods.clone(),
            DepotEvent::Lost { goods } => vec![goods.clone()],
        });
    }
}

impl Project<DepotEvent> for GoodsRow {
    fn project(&mut self, event: &DepotEvent, at: &Origin) {
        self.seen.take(at);
        at.id().clone_into(&mut self.shipment);
        self.lost = matches!(event, DepotEvent::Lost { .. });
    }
}
