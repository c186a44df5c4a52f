//! What of a connection is encrypted, and what drives it.
//!
//! *Invariant.* An address that asks for encryption never gets a connection without it, and never one to
//! a server that cannot show who it is: encrypting for whoever answers would protect from nobody who can
//! come between. So `require` is as strict here as `verify-full`.

use std::borrow::Cow;
use std::path::PathBuf;
use std::pin::Pin;

use futures_util::{Stream, stream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, Connection, Error};

#[cfg(feature = "postgres-tls")]
mod encryption;
#[cfg(feature = "postgres-tls")]
pub(super) use encryption::Encryption;

/// What the server says unasked. Polling it drives the connection, which ends with it.
pub(super) type Messages = Pin<Box<dyn Stream<Item = Result<AsyncMessage, Error>> + Send>>;

pub(super) fn messages<S, T>(mut connection: Connection<S, T>) -> Messages
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    Box::pin(stream::poll_fn(move |context| connection.poll_message(context)))
}

/// An address, without what of it the driver does not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub(super) url: Cow<'a, str>,
    /// The file with the authorities that may sign the server's certificate, where it is named.
    pub(super) authorities: Option<PathBuf>,
}

impl<'a> Address<'a> {
    pub(super) fn of(url: &'a str) -> Self {
        let Some((before, options)) = url.split_once('?') else {
            return Self { url: url.into(), authorities: None };
        };
        let mut authorities = None;
        let mut known = Vec::new();
        for option in options.split('&') {
            match option.split_once('=') {
                Some(("sslrootcert", file)) => authorities = Some(PathBuf::from(decoded(file))),
                // The driver's word for it.
                Some(("sslmode", "verify-full")) => known.push("sslmode=require"),
                _ => known.push(option),
            }
        }
        Self { url: format!("{before}?{}", known.join("&")).into(), authorities }
    }
}

/// A part of an address, with its `%20` as what they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Without the feature there is none.
#[cfg(not(feature = "postgres-tls"))]
#[derive(Debug)]
pub(super) enum Encryption {}

#[cfg(not(feature = "postgres-tls"))]
impl Encryption {
    pub(super) fn by(_: Option<&std::path::Path>) -> Result<Self, String> {
        Err("its address asks for TLS, and factum was built without its feature `postgres-tls`"
            .to_owned())
    }

    pub(super) async fn connect(
        &self,
        _: &tokio_postgres::Config,
    ) -> Result<(tokio_postgres::Client, Messages), Error> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_does_not_know_is_taken_out() {
        let url =
            "postgres://a:b@host/db?sslmode=verify-full&sslrootcert=%2Ftmp/the%20root.pem&user=c";
        let address = Address::of(url);
        assert_eq!(address.url, "postgres://a:b@host/db?sslmode=require&user=c");
        assert_eq!(address.authorities, Some(PathBuf::from("/tmp/the root.pem")));
        for same in ["postgres://host/db", "postgres://host/db?sslmode=disable", "host=x user=y"] {
            assert_eq!(Address::of(same), Address { url: same.into(), authorities: None });
        }
    }

    #[cfg(not(feature = "postgres-tls"))]
    #[test]
    fn without_the_feature_it_is_named() {
        use crate::postgres::{PostgresOptions, session::Server};
        for mode in ["require", "verify-full"] {
            let url = format!("postgres://me:secret@host/db?sslmode={mode}");
            let error = Server::parse(&url, PostgresOptions::default()).unwrap_err().to_string();
            assert!(error.contains("`postgres-tls`") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_percent_that_stands_for_nothing_is_itself() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%41é"), "%zzAé");
    }
}
