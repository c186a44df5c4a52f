//! What the processes do: shipments take goods, and lose some.

use factum::prelude::*;
use factum::{Position, SendError};
use fastrand::Rng;

/// How many shipments and kinds of goods there are.
const SHIPMENTS: u32 = 30;
const GOODS: u32 = 50;

/// What happens to a shipment.
#[derive(Event, Clone, Debug, PartialEq)]
pub enum DepotEvent {
    /// It took these: an event of several rows.
    #[event("depot.loaded")]
    Loaded {
        /// Their names.
        goods: Vec<String>,
    },
    /// All that is known of these goods is void, in every shipment.
    #[event("depot.lost")]
    Lost {
        /// Their name.
        goods: String,
    },
}

/// Loads goods, three of them in one event.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("depot.load")]
pub struct Load {
    /// Into which shipment.
    #[id]
    pub shipment: String,
    /// Which.
    pub goods: Vec<String>,
}

/// Loses goods.
#[derive(Command, Debug, Serialize, Deserialize)]
#[command("depot.lose")]
pub struct Lose {
    /// From which shipment.
    #[id]
    pub shipment: String,
    /// Which.
    pub goods: String,
}

/// A shipment.
#[derive(Aggregate, Debug, Default)]
#[aggregate(name = "depot", event = DepotEvent, error = std::convert::Infallible, commands(Load, Lose))]
pub struct Depot;

impl Apply<DepotEvent> for Depot {
    fn apply(&mut self, _: &DepotEvent) {}
}

impl Handle<Load> for Depot {
    fn handle(&self, cmd: &Load, _: &Context) -> Decision<Self> {
        let loaded = |goods: &[String]| DepotEvent::Loaded { goods: goods.to_vec() };
        emit(cmd.goods.chunks(3).map(loaded).collect::<Vec<_>>())
    }
}

impl Handle<Lose> for Depot {
    fn handle(&self, cmd: &Lose, _: &Context) -> Decision<Self> {
        emit(DepotEvent::Lost { goods: cmd.goods.clone() })
    }
}

/// Sends one random command; the position of what it did.
///
/// # Errors
/// What the app says.
pub async fn work(
    app: &App,
    random: &mut Rng,
) -> Result<Position, SendError<std::convert::Infallible>> {
    let shipment = random.u32(..SHIPMENTS).to_string();
    let mut goods = || format!("goods {}", random.u32(..GOODS));
    let first = goods();
    let done = if first.ends_with('7') {
        app.send(Lose { shipment, goods: first }).await?
    } else {
        let goods = [first, goods(), goods(), goods()].into();
        app.send(Load { shipment, goods }).await?
    };
    Ok(done.position)
}
