//! How streams and events are called on the server.
//!
//! *Problem.* The server keeps names that begin with `$` for itself, and a stream of ours has the log's
//! identity. *Shape.* A name that is in the way gets a [`MARK`] before it, and so does one that begins
//! with the mark; all others are what they are.

use std::borrow::Cow;

/// The stream that has the log's identity.
pub(crate) const LOG: &str = "factum-log";
const MARK: char = '~';

/// What the server calls it.
pub(crate) fn on_server(name: &str) -> Cow<'_, str> {
    if name.starts_with(['$', MARK]) || name == LOG {
        Cow::Owned(format!("{MARK}{name}"))
    } else {
        Cow::Borrowed(name)
    }
}

/// What it is called here.
pub(crate) fn from_server(name: &str) -> &str {
    name.strip_prefix(MARK).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_none_is_the_servers() {
        let mut seen = std::collections::HashSet::new();
        for name in ["a-1", "$ce-a", "~a-1", "~$ce-a", "~~a-1", "factum-log", "~factum-log"] {
            let on_server = on_server(name);
            assert!(!on_server.starts_with('$') && on_server != LOG, "{on_server}");
            assert_eq!(from_server(&on_server), name);
            assert!(seen.insert(on_server.into_owned()));
        }
    }
}
