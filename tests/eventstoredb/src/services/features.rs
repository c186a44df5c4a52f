//! What the server says that it can do.

use tonic::{Request, Response, Status, async_trait};

use crate::wire::server_features::server_features_server::ServerFeatures;
use crate::wire::server_features::{SupportedMethod, SupportedMethods};

const STREAMS: &str = "event_store.client.streams.streams";
const PERSISTENT: &str = "event_store.client.persistent_subscriptions.persistentsubscriptions";
const FEATURES: &str = "event_store.client.server_features.serverfeatures";
const GOSSIP: &str = "event_store.client.gossip.gossip";

/// The method, its service, and its features.
type Method = (&'static str, &'static str, &'static [&'static str]);

const METHODS: [Method; 15] = [
    ("read", STREAMS, &["position", "events"]),
    ("append", STREAMS, &[]),
    ("delete", STREAMS, &[]),
    ("tombstone", STREAMS, &[]),
    ("batchappend", STREAMS, &["deadline_duration"]),
    ("create", PERSISTENT, &["stream", "all"]),
    ("update", PERSISTENT, &["stream", "all"]),
    ("delete", PERSISTENT, &["stream", "all"]),
    ("read", PERSISTENT, &["stream", "all"]),
    ("getinfo", PERSISTENT, &["stream", "all"]),
    ("replayparked", PERSISTENT, &["stream", "all"]),
    ("list", PERSISTENT, &["stream", "all"]),
    ("restartsubsystem", PERSISTENT, &[]),
    ("getsupportedmethods", FEATURES, &[]),
    ("read", GOSSIP, &[]),
];

/// The service; `version` is the one that it says to be.
#[derive(Debug)]
pub(crate) struct FeaturesService {
    pub(crate) version: String,
}

#[async_trait]
impl ServerFeatures for FeaturesService {
    async fn get_supported_methods(
        &self,
        _: Request<()>,
    ) -> Result<Response<SupportedMethods>, Status> {
        let methods = METHODS.iter().map(supported).collect();
        let event_store_server_version = self.version.clone();
        Ok(Response::new(SupportedMethods { methods, event_store_server_version }))
    }
}

fn supported((method, service, features): &Method) -> SupportedMethod {
    SupportedMethod {
        method_name: (*method).to_owned(),
        service_name: (*service).to_owned(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    }
}
