use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::{Client, Config, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Messages, messages};

/// How connections are encrypted, and whose certificates are trusted.
pub(in super::super) struct Encryption(MakeRustlsConnect);

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encryption")
    }
}

impl Encryption {
    /// Trusts the authorities in this file, else those of the system. An error says what is wrong with
    /// them.
    pub(in super::super) fn by(authorities: Option<&Path>) -> Result<Self, String> {
        let trusted = match authorities {
            Some(file) => of_file(file)?,
            None => of_system()?,
        };
        // Named, as a program may have chosen none, or have several to choose from.
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self(MakeRustlsConnect::new(config)))
    }

    pub(in super::super) async fn connect(
        &self,
        config: &Config,
    ) -> Result<(Client, Messages), Error> {
        let (client, connection) = config.connect(self.0.clone()).await?;
        Ok((client, messages(connection)))
    }
}

fn of_file(file: &Path) -> Result<RootCertStore, String> {
    let bad = |what: String| format!("its sslrootcert {} {what}", file.display());
    let mut trusted = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(|error| bad(format!("cannot be read: {error}")))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| bad(format!("is not PEM: {error}")))?;
        trusted.add(certificate).map_err(|error| bad(format!("is no authority's: {error}")))?;
    }
    if trusted.is_empty() {
        return Err(bad("has no certificates".to_owned()));
    }
    Ok(trusted)
}

fn of_system() -> Result<RootCertStore, String> {
    let mut trusted = RootCertStore::empty();
    // Those that are not usable are left out, as other programs do.
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if trusted.is_empty() {
        return Err(
            "the system has no authorities that sign certificates: install them, or name a \
                    file by sslrootcert"
                .to_owned(),
        );
    }
    Ok(trusted)
}
