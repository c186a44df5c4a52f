//! A server that is reached by TLS alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use factum_core::store::{Expected, Query};
use factum_redis_tests::{accepted, one, read};
use factum_stores::RedisStore;
use factum_test_servers::{Redis, RedisSettings, free_port, required};

/// A certificate that the server signed itself is trusted where it is named, and only there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_ones_own_is_trusted_by_name() {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port().to_string());
    let file = |name: &str, content: &str| {
        let file = folder.path().join(name);
        fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (certificate_file, key_file) = (file("server.crt", &certificate), file("server.key", &key));
    let settings = RedisSettings::new()
        .set("tls-port", &port)
        .set("tls-cert-file", &certificate_file)
        .set("tls-key-file", &key_file)
        .set("tls-ca-cert-file", &certificate_file)
        .set("tls-auth-clients", "no");
    let Some(_server) = required(Redis::with(settings)) else { return };
    let url = format!("rediss://127.0.0.1:{port}");
    let trusting = RedisStore::options().trust(certificate.as_bytes());
    let store = trusting.clone().connect(&url).await.unwrap();
    accepted(&store, one("a", Expected::NoStream)).await;
    assert_eq!(read(&store, &Query::All).await.len(), 1);
    let by_name = trusting.connect(url.replace("127.0.0.1", "localhost")).await.unwrap();
    accepted(&by_name, one("a", Expected::Revision(0))).await;
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert;
    let other = RedisStore::options().trust(stranger.pem());
    let error = other.connect(&url).await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    // One that is not there is an error, too, and no address without TLS is taken for one with.
    let plain = RedisStore::options().trust(certificate.as_bytes());
    let error = plain.connect(url.replace("rediss", "redis")).await.unwrap_err().to_string();
    assert!(error.contains("address"), "{error}");
}
