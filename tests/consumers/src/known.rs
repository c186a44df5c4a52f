//! The log as the test reads it, and the rows that follow from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use factum::prelude::*;
use factum::projection::new_row;
use factum::store::{Direction, EventStore, Mark, Position, Query, Range, Recorded};
use factum::view::{Owner, RowStore, Select, Taken, ViewError, ViewSpec};
use factum::{Projection, View, codec};

use crate::{DepotEvent, GoodsRow, LONG, Lane, ShipmentRow, Spread, Tick};

/// A view whose rows the test computes by itself.
pub trait Folded: Projection + Project<Self::Of> + PartialEq + Debug {
    /// What it follows.
    type Of: Event;

    /// The rows that an event concerns: said once more than in the projection.
    fn concerned(event: &Self::Of, at: &Origin) -> BTreeSet<String>;
}

impl Folded for ShipmentRow {
    type Of = DepotEvent;

    fn concerned(_: &DepotEvent, at: &Origin) -> BTreeSet<String> {
        [at.id().to_owned()].into()
    }
}

impl Folded for GoodsRow {
    type Of = DepotEvent;

    fn concerned(event: &DepotEvent, _: &Origin) -> BTreeSet<String> {
        match event {
            DepotEvent::Loaded { goods } => goods.iter().cloned().collect(),
            DepotEvent::Lost { goods } => [goods.clone()].into(),
        }
    }
}

impl Folded for Lane {
    type Of = Tick;

    fn concerned(Tick::Ticked { writer, .. }: &Tick, _: &Origin) -> BTreeSet<String> {
        [writer.to_string()].into()
    }
}

impl Folded for Spread {
    type Of = Tick;

    fn concerned(Tick::Ticked { number, .. }: &Tick, _: &Origin) -> BTreeSet<String> {
        [(number % 64).to_string()].into()
    }
}

/// All events of a log.
#[derive(Debug, Default)]
pub struct Known {
    /// The events, in the order of the log.
    pub events: Vec<Recorded>,
    mark: Option<Mark>,
}

impl Known {
    /// Reads what is new in the log.
    ///
    /// # Panics
    /// If the log cannot be read, or is out of order.
    pub async fn read_on(&mut self, log: &dyn EventStore) {
        let mut range = self.mark.map_or(Range::ALL, Range::since);
        loop {
            let page = log.read(Query::All, range, Direction::Forward, 5_000).await.unwrap();
            self.events.extend(page.events);
            range = Range::since(page.complete_to);
            if !page.more {
                break;
            }
        }
        self.mark = range.seen;
        assert!(self.events.is_sorted_by_key(|event| event.at.position));
    }

    /// The position of the newest event.
    pub fn head(&self) -> Position {
        self.events.last().map_or(Position::START, |event| event.at.position)
    }

    /// The rows that follow from the events up to a position.
    ///
    /// # Panics
    /// If an event cannot be decoded.
    pub fn rows<V: Folded>(&self, to: Position) -> BTreeMap<String, V> {
        let mut rows: BTreeMap<String, V> = BTreeMap::new();
        for event in self.events.iter().take_while(|event| event.at.position <= to) {
            let decoded = codec::decode::<V::Of>(event).unwrap();
            for key in V::concerned(&decoded, &event.at) {
                let mut row = rows.remove(&key).unwrap_or_else(|| new_row(&key).unwrap());
                row.project(&decoded, &event.at);
                if !row.is_gone() {
                    rows.insert(key, row);
                }
            }
        }
        rows
    }

    /// Waits until a view is where the log is, and compares them.
    ///
    /// # Panics
    /// If they differ.
    pub async fn check_whole<V: Folded>(&mut self, log: &dyn EventStore, view: &View<V>) {
        self.read_on(log).await;
        let found = view.after(self.head()).within(LONG).all().await.unwrap();
        self.check_rows(&found);
    }

    /// Compares rows with those of the whole log.
    ///
    /// # Panics
    /// If they differ.
    pub fn check_rows<V: Folded>(&self, found: &[V]) {
        let wanted = self.rows::<V>(self.head());
        let found: BTreeMap<_, _> = found.iter().map(|row| (row.key().into_owned(), row)).collect();
        assert_eq!(found.len(), wanted.len(), "{}: the rows are others", V::NAME);
        for (key, row) in &wanted {
            assert_eq!(found.get(key), Some(&row), "{}", V::NAME);
        }
    }

    /// Looks at the rows that a killed process left: each slice is where its checkpoint says, neither
    /// before nor after. Nobody can write to them any more, as the slices are taken first. `None`: there
    /// is no such view yet; else where the first slice is.
    ///
    /// # Panics
    /// If rows and checkpoint have parted.
    pub async fn check_left<V: Folded>(
        &mut self,
        log: &dyn EventStore,
        rows: &dyn RowStore,
        view: ViewSpec,
    ) -> Option<Position> {
        let me = Owner::fresh();
        let mut reached = Vec::new();
        for slice in 0..view.slices {
            match rows.take(view, slice, me.clone(), None::<Duration>).await {
                Ok(Taken::Yours { checkpoint, .. }) => {
                    reached.push(checkpoint.map_or(Position::START, |mark| mark.position));
                }
                Err(ViewError::Missing { .. }) => return None,
                other => panic!("{other:?}"),
            }
        }
        self.read_on(log).await;
        let bodies = rows.select(view, Select::default()).await.unwrap();
        let found = bodies.iter().map(|body| V::form().read(body).unwrap());
        let found: BTreeMap<String, V> = found.map(|row| (row.key().into_owned(), row)).collect();
        let each: Vec<BTreeMap<String, V>> = reached.iter().map(|to| self.rows(*to)).collect();
        let keys = each.iter().flat_map(BTreeMap::keys).chain(found.keys());
        for key in keys.collect::<BTreeSet<_>>() {
            let is_so = each.iter().any(|wanted| wanted.get(key) == found.get(key));
            let wanted: Vec<_> = each.iter().map(|wanted| wanted.get(key)).collect();
            assert!(is_so, "{view:?} at {reached:?}: {:?}, not {wanted:?}", found.get(key));
        }
        reached.first().copied()
    }
}
