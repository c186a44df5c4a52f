//! What a panic of the user's code said, for the error that tells of it.

use std::any::Any;

/// The text of a panic that was caught.
///
/// ```
/// let panic = std::panic::catch_unwind(|| panic!("no luck")).unwrap_err();
/// assert_eq!(factum_core::panic::message(&*panic), "no luck");
/// ```
pub fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
