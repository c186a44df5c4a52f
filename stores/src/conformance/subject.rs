use std::future::{Future, ready};
use std::sync::Arc;

use factum_core::store::{BoxFuture, EventStore};

/// Puts an older copy of a log in the place of the log, and opens that.
pub type Restore<S> = Box<dyn FnOnce(S) -> BoxFuture<'static, S> + Send>;

/// A log of its own that one test may use up. Dropping it may delete it.
///
/// What a backend cannot do is left out: the tests that need it then pass without a word, so
/// implement what can be.
pub trait Subject: Sized + Send + Sync + 'static {
    /// The store that is open on the log. Tests drop every clone, and all that came of it, before they
    /// reopen, crash or restore.
    fn store(&self) -> Arc<dyn EventStore>;

    /// Closes the store in good order and opens the same log again; `None` if the log dies with its
    /// store.
    fn reopen(self) -> impl Future<Output = Option<Self>> + Send {
        ready(None)
    }

    /// Ends the store without closing it, as if its process or server had been killed, and opens the
    /// same log again; `None` if that cannot be done here.
    fn crash(self) -> impl Future<Output = Option<Self>> + Send {
        ready(None)
    }

    /// Another store on the same log that only reads, as another process would: by a connection or a
    /// file handle of its own. `None` if there is no such thing.
    fn reader(&self) -> impl Future<Output = Option<Arc<dyn EventStore>>> + Send {
        ready(None)
    }

    /// Copies the log as it is now; `None` if that cannot be done here.
    fn back_up(&self) -> impl Future<Output = Option<Restore<Self>>> + Send {
        ready(None)
    }
}

impl Subject for Arc<dyn EventStore> {
    fn store(&self) -> Arc<dyn EventStore> {
        Self::clone(self)
    }
}
