//! From a command to durable events.
