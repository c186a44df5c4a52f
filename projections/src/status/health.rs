use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::{ConsumerKind, ConsumerStatus, Life, LogEnd, SliceOwner, SliceStatus};

/// What is asked of a process that calls itself ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthBounds {
    /// The store answers within this time (two seconds unless set).
    pub store_within: Duration,
    /// No slice of a projection that this process works on, or that nobody does, is further behind than
    /// this (thirty seconds unless set).
    pub lag: Duration,
    /// No slice of a projection, whoever works on it, is behind by more events than this, where positions
    /// count events (no bound unless set).
    pub lag_events: Option<u64>,
    /// No subscriber that this process runs, or that nobody does, is further behind than this (no bound
    /// unless set). No query waits for a subscriber: a mail server that is away is no reason to send
    /// queries elsewhere.
    pub subscriber_lag: Option<Duration>,
}

impl HealthBounds {
    /// How far a consumer may be behind, in time and in events; `None` if it does not matter.
    fn of(&self, kind: ConsumerKind) -> Option<(Duration, Option<u64>)> {
        match kind {
            ConsumerKind::Projection => Some((self.lag, self.lag_events)),
            ConsumerKind::Subscriber => Some((self.subscriber_lag?, None)),
        }
    }
}

impl Default for HealthBounds {
    fn default() -> Self {
        let (store_within, lag) = (Duration::from_secs(2), Duration::from_secs(30));
        Self { store_within, lag, lag_events: None, subscriber_lag: None }
    }
}

/// Whether a process is alive and ready, as the probes of an orchestrator ask.
///
/// ```
/// # use factum_projections::{Health, HealthBounds, LogEnd};
/// # use factum_stores::MemoryStore;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let bounds = HealthBounds::default();
/// let end = LogEnd::read(&MemoryStore::new(), bounds.store_within).await;
/// let health = Health::of(&end, &[], &bounds);
/// assert!(health.live.ok && health.ready.ok);
/// assert_eq!(health.to_string(), "live, ready");
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// No consumer has died. If one has, starting the process again may help.
    pub live: HealthCheck,
    /// The store answers, every consumer is at work, and has caught up within the bounds. If not,
    /// queries had better go elsewhere; starting the process again is of no use.
    pub ready: HealthCheck,
}

/// A yes, or a no with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HealthCheck {
    /// Whether it is a yes.
    pub ok: bool,
    /// What is wrong, one sentence each.
    pub reasons: Vec<String>,
}

impl Health {
    /// The verdicts on these consumers of a log.
    pub fn of(end: &LogEnd, consumers: &[ConsumerStatus], bounds: &HealthBounds) -> Self {
        let (mut dead, mut unready) = (Vec::new(), Vec::new());
        unready.extend(end.problem.as_ref().map(|problem| format!("the log: {problem}")));
        for consumer in consumers {
            let name = consumer.title();
            match &consumer.life {
                // That the end of the log is unknown is a reason already.
                Life::Running if end.position.is_none() => {}
                Life::Running => unready.extend(
                    behind(consumer, bounds).into_iter().map(|why| format!("{name} {why}")),
                ),
                Life::Stopped => unready.push(format!("{name} was stopped")),
                Life::Ended(why) => unready.push(format!("{name} has ended: {why}")),
                Life::Died(why) => {
                    dead.push(format!("{name} has died: {why}"));
                    unready.push(format!("{name} has died: {why}"));
                }
            }
        }
        Self { live: HealthCheck::unless(dead), ready: HealthCheck::unless(unready) }
    }
}

impl HealthCheck {
    fn unless(reasons: Vec<String>) -> Self {
        Self { ok: reasons.is_empty(), reasons }
    }
}

/// Why a consumer does not count as caught up; one reason for each slice of which that is so.
fn behind(consumer: &ConsumerStatus, bounds: &HealthBounds) -> Vec<String> {
    let Some(most) = bounds.of(consumer.kind) else { return Vec::new() };
    let several = consumer.slices.len() > 1;
    let in_slice = |slice: &SliceStatus| match several {
        true => format!(", in slice {}", slice.slice),
        false => String::new(),
    };
    let slices = consumer.slices.iter();
    let late = slices.filter_map(|slice| Some(late(slice, most)? + &in_slice(slice)));
    let unknown = consumer.problem.iter().map(|problem| format!("cannot be judged: {problem}"));
    late.chain(unknown).collect()
}

fn late(slice: &SliceStatus, (most, most_events): (Duration, Option<u64>)) -> Option<String> {
    if let (Some(lag), Some(most)) = (slice.lag_events, most_events)
        && lag > most
    {
        return Some(format!("is {lag} events behind, {most} are allowed"));
    }
    let trouble = slice.work.as_ref().and_then(|work| work.trouble.as_ref());
    let why = trouble.map(|trouble| format!("; it tries again what fails: {trouble}"));
    let why = why.unwrap_or_default();
    match (&slice.owner, slice.lag_seconds) {
        (SliceOwner::Another(_) | SliceOwner::Unknown, _) => None,
        (_, Some(lag)) if lag > most.as_secs_f64() => {
            let most = most.as_secs_f64();
            Some(format!("is {lag:.1} s behind, {most:.1} are allowed{why}"))
        }
        (_, Some(_)) => None,
        (SliceOwner::Nobody, None) => Some("has not caught up, and nobody works on it".to_owned()),
        (SliceOwner::Here, None) => {
            Some(format!("has not caught up, and has taken nothing in since its start{why}"))
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says = |verdict: &HealthCheck, yes: &str| match verdict.ok {
            true => yes.to_owned(),
            false => format!("not {yes}: {}", verdict.reasons.join("; ")),
        };
        write!(f, "{}, {}", says(&self.live, "live"), says(&self.ready, "ready"))
    }
}
