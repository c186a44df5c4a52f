//! What a failing test blames, and what it says.

use std::cell::RefCell;
use std::panic::{self, Location, UnwindSafe};
use std::sync::Once;

thread_local! {
    static FAILURE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// What a test says when it fails: where, and the message.
pub(crate) fn failure(test: impl FnOnce() + UnwindSafe) -> (String, String) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let text = info.payload_as_str().unwrap_or_default().to_owned();
            FAILURE.set(Some((place, text)));
            others(info);
        }));
    });
    assert!(panic::catch_unwind(test).is_err(), "the test should have failed");
    FAILURE.take().unwrap_or_default()
}

/// The message of a test that fails in the caller's file, as it should.
#[track_caller]
pub(crate) fn message(test: impl FnOnce() + UnwindSafe) -> String {
    let (place, message) = failure(test);
    assert!(place.starts_with(Location::caller().file()), "blamed {place}");
    message
}
