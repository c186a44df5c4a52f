use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use super::{App, AppBuilder, Inner};

/// An app that need not be there yet, or any more: for what is a part of the app and sends commands
/// itself, as a [subscriber](AppBuilder::subscriber) may. An [`App`] in its place would keep itself
/// alive. A cheap handle.
///
/// ```
/// # use factum::App;
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let builder = App::memory();
/// let weak = builder.weak();
/// assert!(weak.upgrade().is_none(), "it is not started");
/// let app = builder.start().await?;
/// assert!(weak.upgrade().is_some());
/// drop(app);
/// assert!(weak.upgrade().is_none(), "nobody has it any more");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct WeakApp(Arc<OnceLock<Weak<Inner>>>);

impl fmt::Debug for WeakApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakApp").field(&self.upgrade()).finish()
    }
}

impl WeakApp {
    /// The app, if it is started and somebody has it. Its subscribers begin once it is there.
    pub fn upgrade(&self) -> Option<App> {
        self.0.get()?.upgrade().map(|inner| App { inner })
    }

    pub(super) fn is(&self, app: &App) {
        // It was never set before: a builder starts one app.
        let _ = self.0.set(Arc::downgrade(&app.inner));
    }
}

impl AppBuilder {
    /// The app that this will be, for its own parts.
    pub fn weak(&self) -> WeakApp {
        self.weak.clone()
    }
}
