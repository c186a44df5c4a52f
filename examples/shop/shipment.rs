//! Parcels, and the carrier who takes them.

use factum::prelude::*;
use factum::{SendError, WeakApp};

use super::dice::roll;

#[derive(Event, Clone, Debug, PartialEq)]
pub enum ShipmentEvent {
    #[event("shipment.started")]
    Started,
    #[event("shipment.handed_over")]
    HandedOver,
    #[event("shipment.stopped")]
    Stopped,
}
use ShipmentEvent::*;

/// The most pieces that the carrier takes in a parcel.
const HEAVIEST: u32 = 4;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ShipmentError {
    #[error("the carrier takes no parcel of {0} pieces")]
    TooHeavy(u32),
    #[error("there is no parcel")]
    Missing,
    #[error("the parcel was stopped")]
    Stopped,
    #[error("the carrier has the parcel")]
    Gone,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("shipment.start")]
pub struct StartShipping {
    #[id]
    pub order: String,
    pub pieces: u32,
}

#[derive(Command, Debug, Serialize, Deserialize)]
#[command("shipment.hand_over")]
pub struct HandOver {
    #[id]
    pub order: String,
}

/// Stops a parcel that the carrier does not have yet; one that was not started is never started.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("shipment.stop")]
pub struct StopShipping {
    #[id]
    pub order: String,
}

/// The parcel of an order.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "shipment", event = ShipmentEvent, error = ShipmentError,
            commands(StartShipping, HandOver, StopShipping))]
pub struct Shipment {
    last: Option<ShipmentEvent>,
}

impl Apply<ShipmentEvent> for Shipment {
    fn apply(&mut self, event: &ShipmentEvent) {
        self.last = Some(event.clone());
    }
}

impl Handle<StartShipping> for Shipment {
    fn handle(&self, cmd: &StartShipping, _: &Context) -> Decision<Self> {
        require!(self.last != Some(Stopped), ShipmentError::Stopped);
        require!(cmd.pieces <= HEAVIEST, ShipmentError::TooHeavy(cmd.pieces));
        emit(self.last.is_none().then_some(Started))
    }
}

impl Handle<HandOver> for Shipment {
    fn handle(&self, _: &HandOver, _: &Context) -> Decision<Self> {
        match self.last {
            None => Err(ShipmentError::Missing),
            Some(Stopped) => Err(ShipmentError::Stopped),
            Some(HandedOver) => emit(None),
            Some(Started) => emit(HandedOver),
        }
    }
}

impl Handle<StopShipping> for Shipment {
    fn handle(&self, _: &StopShipping, _: &Context) -> Decision<Self> {
        require!(self.last != Some(HandedOver), ShipmentError::Gone);
        emit((self.last != Some(Stopped)).then_some(Stopped))
    }
}

/// Takes each parcel that is ready, but for those that nobody finds.
pub struct Carrier {
    pub app: WeakApp,
    pub seed: u64,
}

impl Subscribe<ShipmentEvent> for Carrier {
    type Error = SendError<ShipmentError>;
    async fn on(&self, event: &ShipmentEvent, at: &Origin) -> Result<(), Self::Error> {
        let lost = roll(self.seed, &format!("parcel/{}", at.id()), 8) == 0;
        let (Started, false, Some(app)) = (event, lost, self.app.upgrade()) else { return Ok(()) };
        match app.send(HandOver { order: at.id().to_owned() }).await {
            // It was too late, and knows that.
            Ok(_) | Err(SendError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
