//! What an app persists: its description, the lock file that guards it, and the documents made from it.
//!
//! *Problem.* Events outlive the types that wrote them; a renamed field is noticed when the first old
//! event is read. *Invariant.* What the derives put out describes itself, so nothing has to be listed
//! twice: what an app can write is what its lock file holds. *Shape.* `app.describe()` is the
//! [`Description`], before the app is started and after. With the feature `schema`, [`lock!`] in a
//! test compares it with `events.lock` beside the `Cargo.toml`, and [`documents!`] compares the
//! documents of the app with those in a folder; the modules of the same names are what they call. `FACTUM_LOCK=update cargo test` writes both.
//!
//! ```no_run
//! use factum::prelude::*;
//! use factum::AppBuilder;
//! # #[derive(Event, Clone)]
//! # enum LampEvent { #[event("lamp.lit")] Lit { watts: u32 } }
//! # #[derive(Command, Serialize, Deserialize)]
//! # #[command("lamp.light")]
//! # struct Light { #[id] lamp: String }
//! # #[derive(Aggregate, Default)]
//! # #[aggregate(name = "lamp", event = LampEvent, error = std::fmt::Error, commands(Light))]
//! # struct Lamp;
//! # impl Apply<LampEvent> for Lamp { fn apply(&mut self, _: &LampEvent) {} }
//! # impl Handle<Light> for Lamp {
//! #     fn handle(&self, _: &Light, _: &Context) -> Decision<Self> { emit(None) }
//! # }
//!
//! /// What the app consists of: said once, for `main` and for the tests.
//! fn lamps(app: AppBuilder) -> AppBuilder {
//!     app.aggregate::<Lamp>()
//! }
//!
//! # #[cfg(feature = "schema")]
//! // In a test:
//! fn what_is_stored_can_be_read() {
//!     factum::schema::lock!(lamps(App::memory()));
//! }
//! # #[cfg(feature = "schema")]
//! fn the_docs_are_up_to_date() {
//!     factum::schema::documents!(lamps(App::memory()), "docs/model");
//! }
//! ```

#[cfg(feature = "schema")]
mod difference;
#[cfg(feature = "schema")]
mod kept;

#[cfg(feature = "schema")]
pub use difference::{Difference, DifferentLine};
pub use factum_core::schema::*;
#[cfg(feature = "schema")]
pub use kept::{KeptError, check_documents, check_lock};

#[cfg(feature = "schema")]
#[doc(inline)]
pub use crate::__documents as documents;
#[cfg(feature = "schema")]
#[doc(inline)]
pub use crate::__lock as lock;

/// Compares what an app persists with `events.lock`, beside the `Cargo.toml` of the crate that this
/// stands in, or in a folder relative to that: `lock!(app, "examples/bank")`. Takes an app, started or
/// not; see [`check_lock`] for the rules.
///
/// # Panics
/// With the report, if the app would not start, if the file is missing or behind, or if stored data could no longer be read.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! __lock {
    ($app:expr $(,)?) => {
        $crate::schema::lock!($app, "")
    };
    ($app:expr, $folder:expr $(,)?) => {
        $crate::__private::kept($crate::schema::check_lock(
            &$app.describe(),
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($folder),
        ))
    };
}

/// Compares the documents of an app with those in a folder, relative to the `Cargo.toml` of the crate
/// that this stands in: JSON Schemas of events and commands, an AsyncAPI document, and a page with a
/// diagram. Takes an app, started or not.
///
/// # Panics
/// If the app would not start, and with the files that are missing or differ, the first line of each.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! __documents {
    ($app:expr, $folder:expr $(,)?) => {
        $crate::__private::kept($crate::schema::check_documents(
            &$app.describe(),
            ::core::env!("CARGO_PKG_NAME"),
            // A release that only mends is no new version of what others rely on.
            ::core::concat!(
                ::core::env!("CARGO_PKG_VERSION_MAJOR"),
                ".",
                ::core::env!("CARGO_PKG_VERSION_MINOR"),
            ),
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($folder),
        ))
    };
}
