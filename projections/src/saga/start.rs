use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use factum_core::pipeline::{Dispatcher, Settings as PipelineSettings};
use factum_core::saga::{Dispatch, Hears, Process, Receivers, Saga, Sends};
use factum_core::store::Durability;
use tokio::runtime::Handle;

use super::alarm::Alarm;
use super::driver::Driver;
use super::inbox::Inbox;
use super::{SagaError, SagaRow, SagaSettings, Sagas};
use crate::subscriber::{Deliver, Settings};
use crate::{Hub, Placement, Runner, SubscriberRunner};

/// A saga that is being run, in its parts: whoever stops it stops the inbox first, then the instances,
/// then the rows.
#[derive(Debug)]
pub struct RunningSaga<S: Saga> {
    /// Has it hear the log.
    pub inbox: SubscriberRunner,
    /// Takes what its instances are told.
    pub instances: Dispatcher<Process<S>>,
    /// Keeps a row of each instance.
    pub rows: Runner,
    /// For people.
    pub handle: Sagas<S>,
}

/// Starts a saga: its rows and how far it has heard are kept at the place, its instances in the log that
/// the hub reads. Nothing comes before the hub is started. Of the processes that share a place by leases
/// one runs it.
///
/// # Errors
/// [`SagaError`] if a receiver of its commands is missing, or the place cannot be opened.
pub async fn start<S: Saga>(
    hub: &Hub,
    place: Placement,
    pipeline: PipelineSettings,
    settings: SagaSettings,
    receivers: &Receivers<'_>,
) -> Result<RunningSaga<S>, SagaError> {
    let can = hub.store().capabilities();
    if place.rows.is_none() && can.durability != Durability::Volatile {
        return Err(SagaError::NoPlace { saga: S::NAME, backend: can.backend });
    }
    let (seat, routes) = (Arc::new(settings.seat::<S>()), routes::<S>(receivers)?);
    let clock = pipeline.clock.clone();
    let instances = Dispatcher::start(hub.store().clone(), pipeline, Handle::current());
    let driver = Arc::new(Driver::new(instances.clone(), seat, routes, clock));
    let (runner, rows) = Runner::start::<SagaRow<S>>(hub, place.clone()).await?;
    let inbox = settings.concurrency;
    let alarm = Alarm { driver: driver.clone(), rows: rows.clone(), inbox };
    let handler: Arc<dyn Deliver> =
        Arc::new(Inbox { driver: driver.clone(), alarm, barrier: AtomicU64::new(u64::MAX) });
    let contexts = Hears::<S>::of().contexts().map(|(context, _)| context).collect();
    let deliveries = Settings::for_saga(settings.concurrency, settings.from_now);
    let starting = SubscriberRunner::start(hub, place, S::INBOX, handler, contexts, deliveries);
    let (inbox, subscription) = starting.await?;
    let handle = Sagas::new(driver, rows, subscription, hub.store().clone());
    Ok(RunningSaga { inbox, instances, rows: runner, handle })
}

/// How each command that the saga may send is sent.
fn routes<S: Saga>(
    receivers: &Receivers<'_>,
) -> Result<HashMap<&'static str, Dispatch>, SagaError> {
    let bind = |listed: &factum_core::saga::Listed| match listed.bind(receivers) {
        Some(dispatch) => Ok((listed.command, dispatch)),
        None => Err(SagaError::NoReceiver {
            saga: S::NAME,
            command: listed.command,
            receiver: match listed.aggregate {
                Some(aggregate) => format!("aggregate {aggregate}"),
                None => "a step".to_owned(),
            },
        }),
    };
    Sends::<S>::of().listed().iter().map(bind).collect()
}
