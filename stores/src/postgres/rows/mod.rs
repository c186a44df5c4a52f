//! Rows of read models: two tables for each building of a view, one of its rows and one of what it
//! parked, with an index for each column.
//!
//! *Problem.* Rows and checkpoint must not part, whichever process dies at which moment, and nobody may
//! write to a slice that somebody else has taken. *Invariant.* Whoever writes locks the slice's row, and
//! only then checks its epoch and checkpoint and writes; all of that is one transaction. *Shape.* One call
//! of a procedure that ends with a commit, as an append is: a client that stands still holds nobody up. A
//! query is one statement, and so sees whole batches. `migrations/views.sql` has the procedures.

mod changes;
mod read;
mod slices;
mod table;
mod text;
mod value;
mod write;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use factum_core::store::{BoxFuture, StoreError};
use factum_core::view::{
    BuildState, Condition, Hold, Owner, RowBatch, RowStore, Select, SliceState, Taken, ViewError,
    ViewId, ViewSpec, check_conditions,
};

use super::PostgresStore;
use super::fault::Fault;
use super::session::{Server, Session};
use slices::Standing;
pub(super) use slices::lock;
pub(super) use write::{Within, commit_within};

impl RowStore for PostgresStore {
    fn open(&self, view: ViewSpec) -> BoxFuture<'_, Result<(), ViewError>> {
        Box::pin(async move {
            if self.server.options.read_only {
                let builds = self.builds(view.id.name).await?;
                let stored = builds.into_iter().find(|build| build.id == view.id);
                let stored = stored.ok_or_else(|| self.read_only(view.id))?;
                return view.check_stored(&stored.columns, stored.slices);
            }
            if let Err(bad) = factum_core::names::check("view", view.id.name) {
                let (place, reason) = (self.server.place.clone(), bad.to_string());
                return Err(failed(view.id, StoreError::Open { place, reason }));
            }
            let opened = self.change(view.id, move |session, server| {
                Box::pin(async move { slices::open(session, &server.schema, &view).await })
            });
            opened.await?.map_err(|fault| self.not_opened(view.id, fault))?
        })
    }

    fn take(
        &self,
        view: ViewSpec,
        slice: u16,
        owner: Owner,
        lease: Option<Duration>,
    ) -> BoxFuture<'_, Result<Taken, ViewError>> {
        self.write(view.id, move |session, server| {
            Box::pin(async move {
                slices::take(session, &server.schema, view.id, slice, &owner, lease).await
            })
        })
    }

    fn release(&self, view: ViewSpec, hold: Hold) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write(view.id, move |session, server| {
            Box::pin(async move { slices::release(session, &server.schema, view.id, hold).await })
        })
    }

    fn slices(&self, view: ViewSpec) -> BoxFuture<'_, Result<Vec<SliceState>, ViewError>> {
        let read = self.read_rows(view.id, move |session, server| {
            Box::pin(async move { slices::all(session, &server.schema, view.id).await })
        });
        Box::pin(async move { read.await? })
    }

    fn builds(&self, name: &'static str) -> BoxFuture<'_, Result<Vec<BuildState>, ViewError>> {
        self.read_rows(ViewId::new(name, 0), move |session, server| {
            Box::pin(async move { slices::builds(session, &server.schema, name).await })
        })
    }

    fn promote(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write(view, move |session, server| {
            Box::pin(
                async move { slices::promote(session, &server.schema, view, Standing::Live).await },
            )
        })
    }

    fn announce(&self, view: ViewId, coming: bool) -> BoxFuture<'_, Result<(), ViewError>> {
        let to = Standing::Coming(coming);
        self.write(view, move |session, server| {
            Box::pin(async move { slices::promote(session, &server.schema, view, to).await })
        })
    }

    fn drop_view(&self, view: ViewId) -> BoxFuture<'_, Result<(), ViewError>> {
        self.write(view, move |session, server| {
            Box::pin(async move { slices::drop_view(session, &server.schema, view).await.map(Ok) })
        })
    }

    fn load(
        &self,
        view: ViewSpec,
        keys: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<Option<Bytes>>, ViewError>> {
        self.read_rows(view.id, move |session, server| {
            Box::pin(async move { read::load(session, &server.schema, &view, &keys).await })
        })
    }

    fn commit(&self, batch: RowBatch) -> BoxFuture<'_, Result<(), ViewError>> {
        /// Something does not fit into where the server has to put it.
        const TOO_LONG: &str = "54000";
        Box::pin(async move {
            batch.check_values()?;
            let (view, batch) = (batch.view.id, Arc::new(batch));
            let sent = Arc::clone(&batch);
            let done = self.change(view, move |session, server| {
                Box::pin(async move { write::commit(session, &server.schema, &sent).await })
            });
            done.await?.map_err(|fault| {
                let too_long =
                    (fault.code() == TOO_LONG).then(|| write::too_long(&batch)).flatten();
                too_long.unwrap_or_else(|| self.not_changed(view, fault))
            })?
        })
    }

    fn select(
        &self,
        view: ViewSpec,
        select: Select,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ViewError>> {
        if let Err(problem) = check_conditions(&select.conditions) {
            return refused(view.id, problem);
        }
        self.read_rows(view.id, move |session, server| {
            Box::pin(async move { read::select(session, &server.schema, &view, &select).await })
        })
    }

    fn count(
        &self,
        view: ViewSpec,
        conditions: Vec<Condition>,
    ) -> BoxFuture<'_, Result<usize, ViewError>> {
        if let Err(problem) = check_conditions(&conditions) {
            return refused(view.id, problem);
        }
        self.read_rows(view.id, move |session, server| {
            Box::pin(async move { read::count(session, &server.schema, &view, &conditions).await })
        })
    }
}

impl PostgresStore {
    /// Changes something that concerns a view.
    fn write<'a, T: Send + 'static>(
        &'a self,
        view: ViewId,
        work: impl for<'s> FnOnce(
            &'s mut Session,
            Arc<Server>,
        ) -> BoxFuture<'s, Result<Result<T, ViewError>, Fault>>
        + Send
        + 'static,
    ) -> BoxFuture<'a, Result<T, ViewError>> {
        Box::pin(async move {
            self.change(view, work).await?.map_err(|fault| self.not_changed(view, fault))?
        })
    }

    /// Runs `work`, which changes something.
    async fn change<T: Send + 'static>(
        &self,
        view: ViewId,
        work: impl for<'s> FnOnce(&'s mut Session, Arc<Server>) -> BoxFuture<'s, Result<T, Fault>>
        + Send
        + 'static,
    ) -> Result<Result<T, Fault>, ViewError> {
        if self.server.options.read_only {
            return Err(self.read_only(view));
        }
        let server = self.server();
        let done = self.views.run(move |session| work(session, server));
        done.await.map_err(|source| failed(view, source))
    }

    /// Runs `work`, which reads what is there of a view.
    fn read_rows<'a, T: Send + 'static>(
        &'a self,
        view: ViewId,
        work: impl for<'s> FnOnce(&'s mut Session, Arc<Server>) -> BoxFuture<'s, Result<T, Fault>>
        + Send
        + 'static,
    ) -> BoxFuture<'a, Result<T, ViewError>> {
        /// There is no such table.
        const NO_TABLE: &str = "42P01";
        Box::pin(async move {
            let server = self.server();
            let read = self.views.run(move |session| work(session, server)).await;
            read.map_err(|source| failed(view, source))?.map_err(|fault| match fault.code() {
                NO_TABLE => ViewError::Missing { view },
                _ => failed(view, fault.into_store(&self.server.place)),
            })
        })
    }

    fn not_changed(&self, view: ViewId, fault: Fault) -> ViewError {
        failed(view, fault.into_store_of_append(&self.server.place))
    }

    /// The error for a view whose tables could not be made.
    fn not_opened(&self, view: ViewId, fault: Fault) -> ViewError {
        /// The user may not do this.
        const FORBIDDEN: &str = "42501";
        /// There is such a table already.
        const TAKEN: &str = "42P07";
        let schema = &self.server.schema;
        let advice = match fault.code() {
            FORBIDDEN => format!(
                ": each view has tables of its own, which are made when an app first starts with it: \
                 `grant create on schema {schema}` to this user"
            ),
            TAKEN => ": it is not one of factum's, so give the view another name".to_owned(),
            _ => String::new(),
        };
        failed(
            view,
            match fault.into_store_of_append(&self.server.place) {
                StoreError::Open { place, reason } => {
                    StoreError::Open { place, reason: format!("{reason}{advice}") }
                }
                other => other,
            },
        )
    }

    fn read_only(&self, view: ViewId) -> ViewError {
        failed(view, StoreError::ReadOnly { place: self.server.place.clone() })
    }
}

fn failed(view: ViewId, source: StoreError) -> ViewError {
    ViewError::Store { view, source }
}

fn refused<'a, T: Send + 'a>(
    view: ViewId,
    problem: factum_core::view::BadFilter,
) -> BoxFuture<'a, Result<T, ViewError>> {
    Box::pin(std::future::ready(Err(ViewError::BadFilter { view, problem })))
}
