use std::panic::{AssertUnwindSafe, catch_unwind};

use factum_core::codec::Seen;
use factum_core::panic;
use factum_core::store::{Direction, Mark, Range, Recorded};
use factum_core::{BadId, Projection};

use super::batch::apply;
use super::error::EventProblem;
use super::worker::Worker;
use super::{FailedEvent, ProjectionError};
use crate::parking::Keys;

/// How many events are read at once.
const PAGE: usize = 1024;

impl<P: Projection> Worker<P> {
    /// Builds one row anew from all events up to the checkpoint, which the slice waits for; whether it is
    /// there then.
    pub(super) async fn rebuild_row(&mut self, key: &str) -> Result<bool, ProjectionError> {
        let waits = Keys { rows: vec![key.to_owned()], stream: String::new() };
        if self.blocked.blocks_keys(&waits) {
            return Err(ProjectionError::RowWaits { view: self.view, key: key.to_owned() });
        }
        let (mut row, mut after) = (None, Range::ALL);
        while let Some(to) = self.known() {
            self.fold(key, &mut row, after, to).await?;
            after = Range::since(to);
            let is_there = row.is_some();
            self.changed.clear();
            self.changed.insert(key.to_owned(), row.clone());
            match self.commit_in_place().await {
                // What commands did meanwhile comes on top.
                Err(ProjectionError::Overtaken { .. }) => self.resume().await?,
                done => return done.map(|()| is_there),
            }
        }
        Ok(false)
    }

    /// Takes the events behind a place, up to a mark, into a row.
    async fn fold(
        &mut self,
        key: &str,
        row: &mut Option<P>,
        mut after: Range,
        to: Mark,
    ) -> Result<(), ProjectionError> {
        let (log, query) = (self.consumer.store(), self.work().sources.query());
        loop {
            let range = after.through(to.position);
            let page = log.read(query.clone(), range, Direction::Forward, PAGE).await;
            let page = page.map_err(|source| self.log(source))?;
            for event in &page.events {
                let taken = self.take_into(row, key, event);
                taken.map_err(|problem| {
                    let failed = FailedEvent::new(self.view, event, problem);
                    ProjectionError::Event(Box::new(failed))
                })?;
            }
            if !page.more {
                return Ok(());
            }
            after = Range::since(page.complete_to);
        }
    }

    fn take_into(
        &self,
        row: &mut Option<P>,
        key: &str,
        event: &Recorded,
    ) -> Result<(), EventProblem> {
        let sources = self.work().sources;
        let taken = catch_unwind(AssertUnwindSafe(|| {
            sources.project(Seen::alone(event), &mut |concerned, change| {
                if concerned == key { apply(row, key, change) } else { Ok::<_, BadId>(()) }
            })
        }));
        match taken {
            Ok(taken) => Ok(taken?),
            Err(panic) => Err(EventProblem::Panic(panic::message(&*panic))),
        }
    }
}
