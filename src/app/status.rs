use std::fmt;

use factum_core::Timestamp;
use factum_core::store::Position;
use factum_projections::{ConsumerStatus, Health, HealthBounds, LogEnd};
use futures_util::future::join_all;
use serde::Serialize;

use super::App;

/// How an app is: a plain value, to be shown or served as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AppStatus {
    /// The position of the newest event of the log; `None` if the store did not say.
    pub end: Option<Position>,
    /// When that was decided.
    pub newest: Option<Timestamp>,
    /// Why the store did not say.
    pub problem: Option<String>,
    /// What follows the log: the projections, then the subscribers, each in the order of their
    /// registration. [`kind`](ConsumerStatus::kind) tells them apart.
    pub consumers: Vec<ConsumerStatus>,
}

impl AppStatus {
    /// The consumer of this name.
    pub fn consumer(&self, name: &str) -> Option<&ConsumerStatus> {
        self.consumers.iter().find(|consumer| consumer.name == name)
    }
}

impl fmt::Display for AppStatus {
    /// A line for the log, and one for each consumer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.problem, self.end) {
            (Some(problem), _) => write!(f, "log: {problem}")?,
            (None, end) => write!(f, "log: ends at {}", end.unwrap_or_default())?,
        }
        self.consumers.iter().try_for_each(|consumer| write!(f, "\n{consumer}"))
    }
}

impl App {
    /// How every projection and every subscriber is: how far, how far behind, how fast, what fails, what
    /// is parked, who works on it. It costs one read of one event and, for each consumer that other
    /// processes share, one question to its row store; commands and consumers do not notice it. A store
    /// that does not answer within two seconds is a part of the status. Cancellation-safe.
    ///
    /// ```
    /// # use factum::{App, prelude::*};
    /// # #[derive(Event, Clone)]
    /// # enum LampEvent { #[event("lamp.lit")] Lit }
    /// # #[derive(Projection, Default, Clone, Serialize, Deserialize)]
    /// # #[projection(name = "lamps", from(LampEvent))]
    /// # struct LampRow { #[key] lamp: String, lit: u32 }
    /// # impl Project<LampEvent> for LampRow {
    /// #     fn project(&mut self, _: &LampEvent, _: &Origin) { self.lit += 1; }
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let app = App::memory().projection::<LampRow>().start().await?;
    /// let status = app.status().await;
    /// println!("{status}");
    /// let lamps = status.consumer("lamps").expect("it is registered");
    /// assert_eq!((lamps.lag_events(), lamps.parked()), (Some(0), 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn status(&self) -> AppStatus {
        let (end, consumers) = self.look(&HealthBounds::default()).await;
        AppStatus { end: end.position, newest: end.time, problem: end.problem, consumers }
    }

    /// Whether the app is alive and ready, within the usual bounds: see
    /// [`health_within`](Self::health_within).
    pub async fn health(&self) -> Health {
        self.health_within(&HealthBounds::default()).await
    }

    /// Whether the app is alive, which means that none of its consumers has died, and ready, which means
    /// that the store answers, that all consumers are at work, and that those have caught up for which
    /// there is a bound: projections, and subscribers if it is set. It costs what [`status`](Self::status) costs. Cancellation-safe.
    ///
    /// ```
    /// # use factum::App;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use factum::HealthBounds;
    ///
    /// let app = App::memory().start().await?;
    /// let bounds = HealthBounds { lag: Duration::from_secs(5), ..HealthBounds::default() };
    /// let health = app.health_within(&bounds).await;
    /// let (status, body) = if health.ready.ok { (200, String::new()) } else { (503, health.to_string()) };
    /// assert_eq!((status, &*body), (200, ""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn health_within(&self, bounds: &HealthBounds) -> Health {
        let (end, consumers) = self.look(bounds).await;
        Health::of(&end, &consumers, bounds)
    }

    async fn look(&self, bounds: &HealthBounds) -> (LogEnd, Vec<ConsumerStatus>) {
        let end = LogEnd::read(&*self.inner.store, bounds.store_within).await;
        let consumers = self.inner.monitors.iter().map(|monitor| monitor.status(&end));
        let consumers = join_all(consumers).await;
        (end, consumers)
    }
}
