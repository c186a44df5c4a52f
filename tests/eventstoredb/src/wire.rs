//! The messages of `proto/`, as the build script compiled them, and what turns them into ours.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "the code is generated; the .proto files have the comments"
)]

pub use client::*;

mod client {
    tonic::include_proto!("event_store.client");

    pub mod streams {
        tonic::include_proto!("event_store.client.streams");
    }

    pub mod persistent_subscriptions {
        tonic::include_proto!("event_store.client.persistent_subscriptions");
    }

    pub mod server_features {
        tonic::include_proto!("event_store.client.server_features");
    }

    pub mod gossip {
        tonic::include_proto!("event_store.client.gossip");
    }
}

/// The messages of the file of `--file`.
pub mod stored {
    tonic::include_proto!("stored");
}
