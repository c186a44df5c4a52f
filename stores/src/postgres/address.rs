//! What an address says, and how messages name it: never with the password, nor with a part of it.

use std::error::Error as _;

use factum_core::store::StoreError;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::fault::BACKEND;

/// The port of a server that has none in its address.
const PORT: u16 = 5432;

/// Reads an address as the driver knows it.
///
/// # Errors
/// [`StoreError::Open`] if it is not one.
pub(super) fn read(url: &str) -> Result<Config, StoreError> {
    let config = url.parse::<Config>().map_err(|error| {
        // What stands behind the first @ may be the rest of a password, which the driver would tell.
        if url.matches('@').count() > 1 {
            return wrong(unescaped());
        }
        wrong(error.source().map_or_else(|| error.to_string(), ToString::to_string))
    })?;
    let has_password = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
    if config.get_hosts().iter().any(has_password) {
        return Err(wrong(unescaped()));
    }
    Ok(config)
}

/// The hosts, their ports and the database.
pub(super) fn place_of(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(number, host)| {
        let name = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        let port = ports.get(number).or(ports.first()).copied().unwrap_or(PORT);
        format!("{name}:{port}")
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{BACKEND}://{hosts}/{database}")
}

fn unescaped() -> String {
    "it has more than one @: write %40 for an @ in the user or the password".to_owned()
}

fn wrong(reason: String) -> StoreError {
    let reason = format!("its address is not one: {reason}");
    StoreError::Open { place: "the PostgreSQL server".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_address_is_said_once_and_without_the_password() {
        let cases = [
            ("postgres://me:secret@host/db?foo=bar", "unknown option `foo`"),
            ("postgres://me:secret@host:port/db", "invalid value for option `port`"),
            ("postgres://me:a@secret@host/db", "write %40"),
            ("postgres://me:a@b?secret=c@host/db", "write %40"),
        ];
        for (url, why) in cases {
            let error = read(url).unwrap_err().to_string();
            let begin = "cannot open the PostgreSQL server: its address is not one: ";
            let said = error.strip_prefix(begin).unwrap_or_else(|| panic!("{error}"));
            assert!(said.contains(why) && !said.contains("secret"), "{error}");
            assert!(!said.contains("try again"), "{error}");
        }
    }

    #[test]
    fn a_place_names_all_hosts() {
        let place = |url| place_of(&read(url).unwrap());
        assert_eq!(place("postgres://me:secret@host"), "postgres://host:5432/me");
        assert_eq!(place("postgres://me:secret@a:1,b:2/db"), "postgres://a:1,b:2/db");
    }
}
