//! Encrypted connections.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use factum_core::store::{Durability, EventStore, Query, StoreError, Tailed};
use factum_postgres_tests::{append, one};
use factum_stores::PostgresStore;
use factum_test_servers::{Postgres, required};
use futures_util::StreamExt;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority, whose certificate is in a file.
struct Authority {
    signs: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signs = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("the root.pem"), signs.pem()).unwrap();
        Self { signs, folder }
    }

    fn file(&self) -> String {
        self.folder.path().join("the root.pem").display().to_string().replace(' ', "%20")
    }

    /// A server with a certificate for this name.
    fn server(&self, name: &str) -> Option<Postgres> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.signs).unwrap();
        required(Postgres::start_encrypted(&certificate.pem(), &key.serialize_pem()))
    }
}

async fn connect(url: &str) -> Result<PostgresStore, StoreError> {
    let options = PostgresStore::options().durability(Durability::Process).migrate();
    options.connect(url).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_are_encrypted() {
    let authority = Authority::new();
    let Some(server) = authority.server("127.0.0.1") else { return };
    for mode in ["require", "verify-full"] {
        let url = format!("{}?sslmode={mode}&sslrootcert={}", server.url(), authority.file());
        let store = connect(&url).await.unwrap();
        append(&store, one("a", &[])).await.unwrap().unwrap();
        let mut tail = store.tail(Query::All, None);
        while !matches!(tail.next().await, Some(Ok(Tailed::Events(_)))) {}
        // Told of the append, so that the connection that listens is there.
        append(&store, one("a", &[])).await.unwrap().unwrap();
        while !matches!(tail.next().await, Some(Ok(Tailed::Events(_)))) {}
        let (client, connection) =
            tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let sql = "select count(*), bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) \
                   where application_name = 'factum'";
        let row = client.query_one(sql, &[]).await.unwrap();
        let (connections, encrypted): (i64, bool) = (row.get(0), row.get(1));
        assert!(connections >= 2 && encrypted, "{connections}");
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_show_who_it_is_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let Some(server) = authority.server("127.0.0.1") else { return };
    let Some(elsewhere) = authority.server("elsewhere.example") else { return };
    for (server, trusted) in [(&server, &other), (&elsewhere, &authority)] {
        for mode in ["require", "verify-full"] {
            let url = format!("{}?sslmode={mode}&sslrootcert={}", server.url(), trusted.file());
            let error = connect(&url).await.unwrap_err();
            assert!(matches!(error, StoreError::Open { .. }), "{error}");
            assert!(error.to_string().contains("invalid peer certificate"), "{error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused() {
    let authority = Authority::new();
    let Some(server) = required(Postgres::start()) else { return };
    let url = format!("{}?sslmode=verify-full&sslrootcert={}", server.url(), authority.file());
    let error = connect(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(error.to_string().contains("does not support TLS"), "{error}");
}

#[tokio::test]
async fn authorities_that_are_of_no_use_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let none = Path::new("/nowhere/root.pem");
    for (file, what) in [(&*empty, "has no certificates"), (none, "cannot be read")] {
        let url = format!("postgres://127.0.0.1/x?sslmode=require&sslrootcert={}", file.display());
        let error = connect(&url).await.unwrap_err().to_string();
        assert!(error.contains("sslrootcert") && error.contains(what), "{error}");
    }
    let url = format!("postgres://127.0.0.1/x?sslrootcert={}", empty.display());
    let error = connect(&url).await.unwrap_err().to_string();
    assert!(error.contains("sslmode=verify-full"), "{error}");
}
