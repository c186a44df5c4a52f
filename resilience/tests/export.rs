//! What a recorder of the `metrics` facade gets.
#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{breaker, record, small};
use factum_resilience::Verdict;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

#[test]
fn the_figures_are_published_by_name() {
    let (breaker, _clock) = breaker(small());
    record(&breaker, [Verdict::Success, Verdict::Failure]);
    breaker.admit().unwrap_err();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || breaker.publish());
    let mut published = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        let value = match value {
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(_) => continue,
        };
        published.push(format!("{}{} {value}", key.name(), labels.collect::<String>()));
    }
    for expected in [
        "breaker_calls_total name=payments outcome=success 1",
        "breaker_calls_total name=payments outcome=failure 1",
        "breaker_denied_total name=payments 1",
        "breaker_opened_total name=payments 1",
        "breaker_failure_rate name=payments 0.5",
        "breaker_state name=payments state=open 1",
        "breaker_state name=payments state=closed 0",
    ] {
        assert!(published.iter().any(|line| line == expected), "{expected}: {published:#?}");
    }
}
