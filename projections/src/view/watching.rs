use std::fmt;
use std::time::Duration;

use factum_core::Projection;
use futures_util::Stream;
use futures_util::stream;

use super::{Find, QueryError};
use crate::ProjectionError;
use crate::rows::spec;
use crate::runner::Current;

/// How often a view is looked at that other processes write to.
const LOOK: Duration = Duration::from_millis(100);
/// How long after one look the next one comes at the soonest, so that a busy view is not asked at every
/// commit.
const REST: Duration = Duration::from_millis(5);

/// The result of a query, and then each new one: what [`Find::watch`] gives. There is no gap: what was
/// committed after one result was read is in the next. Several commits may be seen as one.
///
/// ```
/// # use factum_core::{Position, Projection};
/// # use factum_core::view::Column;
/// # use factum_projections::{QueryError, View};
/// # async fn f<Balance: Projection + std::fmt::Debug>(
/// #     view: View<Balance>, CENTS: Column<Balance, u64>,
/// # ) -> Result<(), QueryError> {
/// let mut richest = view.order_by(CENTS.desc()).limit(3).watch();
/// loop {
///     println!("{:?}", richest.next().await?);
/// }
/// # }
/// ```
#[must_use = "nothing is watched unless `next` is awaited"]
pub struct Watch<V> {
    find: Find<V>,
    /// The last result that was given, as it is written.
    last: Option<Vec<u8>>,
}

impl<V> fmt::Debug for Watch<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("find", &self.find).finish_non_exhaustive()
    }
}

impl<V: Projection> Watch<V> {
    pub(super) fn new(find: Find<V>) -> Self {
        Self { find, last: None }
    }

    /// The current result the first time; then waits until there is another. Cancellation-safe.
    ///
    /// # Errors
    /// [`QueryError`] if the view could not be read, or its projection has ended, so that nothing new
    /// will come.
    pub async fn next(&mut self) -> Result<Vec<V>, QueryError> {
        loop {
            // Before the query: what comes after this is news.
            let mut changes = self.find.view.current.clone();
            let current = changes.borrow_and_update().clone();
            let mut reached = current.reached.clone();
            reached.seen();
            let rows = self.find.clone().all().await?;
            let written = written(&rows)?;
            if self.last.as_ref() != Some(&written) {
                self.last = Some(written);
                return Ok(rows);
            }
            if let Some(ended) = reached.ended() {
                return Err(ended.into());
            }
            tokio::time::sleep(REST).await;
            tokio::select! {
                () = reached.changed() => {}
                Ok(()) = changes.changed() => {}
                () = look(&current) => {}
            }
        }
    }

    /// The same as a stream, which ends with the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Vec<V>, QueryError>> + Send {
        stream::unfold(Some(self), |watch| async move {
            let mut watch = watch?;
            let next = watch.next().await;
            let goes_on = next.is_ok();
            Some((next, goes_on.then_some(watch)))
        })
    }
}

/// Waits until it is time to look at what others have written.
async fn look<V>(current: &Current<V>) {
    if current.store.is_none() || !current.reached.is_shared() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(LOOK).await;
}

fn written<V: Projection>(rows: &[V]) -> Result<Vec<u8>, QueryError> {
    let mut out = Vec::new();
    for row in rows {
        V::form().write(row, &mut out).map_err(|problem| {
            let view = spec::<V>().id;
            ProjectionError::Row { view, key: row.key().into_owned(), problem }
        })?;
    }
    Ok(out)
}
