//! The whole way, from a command to a row of a view.
