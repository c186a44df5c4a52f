//! Connections beside the client's, for the calls that the client cannot do.

use std::error::Error as _;
use std::time::Duration;

use eventstore::{Endpoint as Node, Error, GrpcConnectionError, NodePreference};
use tonic::metadata::{Ascii, BinaryMetadataValue, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::address::{Address, User};
use super::client::of_join;
use super::fault::Fault;

/// How often a silent connection is asked for a sign of life, and how long it may take: as the client.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

impl Address {
    /// Connects to a node.
    pub(crate) async fn connect(&self, node: &Node) -> Result<Channel, Fault> {
        let (address, node) = (self.clone(), node.clone());
        // Reads the certificates that the system trusts.
        let endpoint = tokio::task::spawn_blocking(move || address.endpoint(&node));
        endpoint.await.map_err(of_join)??.connect().await.map_err(|error| cannot_connect(&error))
    }

    fn endpoint(&self, node: &Node) -> Result<Endpoint, Fault> {
        let settings = &self.settings;
        let scheme = if settings.is_secure_mode_enabled() { "https" } else { "http" };
        let wrong = |error: &dyn std::fmt::Display| Fault::NoClient(error.to_string());
        let endpoint = Endpoint::from_shared(format!("{scheme}://{}:{}", node.host, node.port))
            .map_err(|error| wrong(&error))?
            .connect_timeout(self.at_one_node())
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        if !settings.is_secure_mode_enabled() {
            return Ok(endpoint);
        }
        let read = |path: &String| {
            std::fs::read(path).map_err(|error| wrong(&format_args!("cannot read {path}: {error}")))
        };
        let tls = match settings.tls_ca_file() {
            Some(path) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(path)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        let tls = match settings.user_certificate() {
            Some((certificate, key)) => {
                tls.identity(Identity::from_pem(read(certificate)?, read(key)?))
            }
            None => tls,
        };
        endpoint.tls_config(tls).map_err(|error| wrong(&chain(&error)))
    }

    /// Says with a call who asks, and of whom.
    pub(crate) fn sign(&self, metadata: &mut MetadataMap) {
        if let Some(authorization) = self.user.as_ref().and_then(User::authorization) {
            metadata.insert("authorization", authorization);
        }
        if self.settings.node_preference() == NodePreference::Leader {
            metadata.insert("requires-leader", MetadataValue::from_static("true"));
        }
    }
}

impl User {
    fn authorization(&self) -> Option<MetadataValue<Ascii>> {
        // Which is how binary metadata travels, but for the padding.
        let encoded =
            BinaryMetadataValue::from_bytes(format!("{}:{}", self.name, self.password).as_bytes());
        let text = str::from_utf8(encoded.as_encoded_bytes()).ok()?;
        let padding = "=".repeat(text.len().wrapping_neg() % 4);
        let mut value = MetadataValue::try_from(format!("Basic {text}{padding}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn cannot_connect(error: &tonic::transport::Error) -> Fault {
    let why = chain(error);
    // This lasts.
    if why.contains("invalid peer certificate") {
        return Fault::NoClient(why);
    }
    Fault::Client(Error::GrpcConnectionError(GrpcConnectionError::Grpc(why)))
}

/// The error and what it came of.
fn chain(error: &tonic::transport::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_says_who_asks_and_of_whom() {
        let address = Address::parse("esdb://me:p%40ss@host").unwrap();
        let mut metadata = MetadataMap::new();
        address.sign(&mut metadata);
        assert_eq!(metadata.get("authorization").unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(metadata.get("requires-leader").unwrap(), "true");
        assert!(!format!("{metadata:?}").contains("bWU6"));
    }

    #[test]
    fn a_call_without_a_user_to_any_node_says_nothing() {
        let mut metadata = MetadataMap::new();
        Address::parse("esdb://host?nodePreference=follower").unwrap().sign(&mut metadata);
        assert!(metadata.is_empty());
    }
}
