//! What it costs that a commit changes a row of a view, too, against the commit alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use factum_benches::events::{STREAMS, commit, fresh, payload};
use factum_benches::load::{Load, Slot, Target};
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_core::store::{Commit, EventStore, Query, Recorded};
use factum_core::view::{
    ColumnSpec, InlineRows, Row, RowChanges, RowStore, Value, ValueKind, ViewId, ViewSpec,
};

use crate::open;

const SENDERS: [usize; 2] = [1, 64];
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_millis(1000);

const COUNTS: ViewSpec = ViewSpec::new(
    ViewId::new("counts", 1),
    &[ColumnSpec { name: "events", kind: ValueKind::Uint }],
);

pub(crate) async fn run(url: &str) -> Result<()> {
    let (without, with) = (open(url, "alone").await?, open(url, "inline").await?);
    with.open(COUNTS).await?;
    let counts: Arc<dyn InlineRows> = Arc::new(Counts(Query::context("ledger")));
    let target = |store, views| Carrying { store, views, payload: payload() };
    let mut alone = Load::new(target(Arc::new(without.clone()), Vec::new()), "ledger", STREAMS)?;
    let mut inline = Load::new(target(Arc::new(with.clone()), vec![counts]), "ledger", STREAMS)?;
    alone.touch().await?;
    inline.touch().await?;
    line("");
    line("events/s, one a commit, and a row of its stream: median (least-most) of 7 rounds");
    row("senders", ["events alone", "with their rows", "with / alone"]);
    for senders in SENDERS {
        let (mut limits, mut rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let limit = alone.rate(senders, TIME).await?;
            let rate = inline.rate(senders, TIME).await?;
            limits.push(limit);
            rates.push(rate);
            ratios.push(rate / limit);
        }
        row(&senders.to_string(), [spread(&limits, 0), spread(&rates, 0), spread(&ratios, 2)]);
        figure(&format!("postgres_inline_ratio_{senders}"), median(ratios), "ratio");
    }
    without.close().await;
    with.close().await;
    Ok(())
}

/// A store to which each commit carries these.
#[derive(Clone, Debug)]
struct Carrying {
    store: Arc<dyn EventStore>,
    views: Vec<Arc<dyn InlineRows>>,
    payload: Bytes,
}

impl Target for Carrying {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let commit = commit(slot, fresh(&self.payload), "ledger.note".into());
        let commit = Commit { views: self.views.clone(), ..commit };
        for outcome in self.store.append(vec![commit]).await? {
            if outcome?.views.len() < self.views.len() {
                return Err("a commit left the rows alone".into());
            }
        }
        Ok(())
    }
}

/// How many events each stream has.
#[derive(Debug)]
struct Counts(Query);

impl InlineRows for Counts {
    fn view(&self) -> ViewSpec {
        COUNTS
    }

    fn query(&self) -> &Query {
        &self.0
    }

    fn keys(&self, events: &[Recorded]) -> Option<Vec<String>> {
        let keys: BTreeSet<&str> = events.iter().map(|event| event.at.id()).collect();
        Some(keys.into_iter().map(str::to_owned).collect())
    }

    fn change(
        &self,
        events: &[Recorded],
        rows: Vec<(String, Option<Bytes>)>,
    ) -> Option<RowChanges> {
        let count = |body: Bytes| std::str::from_utf8(&body).ok()?.parse::<u64>().ok();
        let row = |(key, body): (String, Option<Bytes>)| {
            let new = events.iter().filter(|event| event.at.id() == key).count() as u64;
            let events = body.map_or(Some(0), count)? + new;
            let body = events.to_string().into();
            Some(Row { key, values: vec![Value::Uint(events)], body })
        };
        let puts = rows.into_iter().map(row).collect::<Option<_>>()?;
        Some(RowChanges { puts, ..RowChanges::default() })
    }
}
