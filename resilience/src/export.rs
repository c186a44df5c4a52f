//! Figures for the `metrics` facade.

use metrics::{counter, gauge};

use crate::{Breaker, Registry, State};

impl Breaker {
    /// Publishes the figures of now to the recorder of the `metrics` facade, labelled with the name:
    /// the counters `breaker_calls_total` by `outcome`, `breaker_denied_total` and
    /// `breaker_opened_total`, the gauges `breaker_failure_rate` and `breaker_slow_call_rate`, and
    /// `breaker_state`, which is 1 for the state that it is in and 0 for the others. Calls pay nothing
    /// for it: call this when the figures are collected, or every few seconds.
    pub fn publish(&self) {
        let (metrics, name) = (self.metrics(), self.name().to_owned());
        let totals = metrics.totals;
        let outcomes = [
            ("success", totals.successes),
            ("failure", totals.failures),
            ("ignored", totals.ignored),
            ("stale", totals.stale),
        ];
        for (outcome, count) in outcomes {
            let label = [("name", name.clone()), ("outcome", outcome.to_owned())];
            counter!("breaker_calls_total", &label).absolute(count);
        }
        counter!("breaker_slow_calls_total", "name" => name.clone()).absolute(totals.slow);
        counter!("breaker_denied_total", "name" => name.clone()).absolute(totals.denied);
        counter!("breaker_opened_total", "name" => name.clone()).absolute(totals.opened);
        let rate = |rate: Option<f64>| rate.unwrap_or(0.0);
        gauge!("breaker_failure_rate", "name" => name.clone()).set(rate(metrics.failure_rate()));
        gauge!("breaker_slow_call_rate", "name" => name.clone())
            .set(rate(metrics.slow_call_rate()));
        for state in State::ALL {
            let label = [("name", name.clone()), ("state", state.to_string())];
            gauge!("breaker_state", &label).set(if state == metrics.state { 1.0 } else { 0.0 });
        }
    }
}

impl Registry {
    /// Publishes the figures of all its breakers.
    pub fn publish(&self) {
        self.all().iter().for_each(Breaker::publish);
    }
}
