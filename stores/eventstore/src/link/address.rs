//! The address of a server or a cluster, `esdb://` or one of its other names.
//!
//! *Problem.* The client quotes a wrong address in its errors, password included, sends a password as
//! it is written there, `%40` and all, and waits half a second before its first connection. *Shape.*
//! User and password are taken out before the client sees the address, and given with each call
//! instead; what the address does not set is set here.

use std::time::Duration;

use eventstore::{ClientSettings, Credentials};
use factum_core::store::StoreError;

/// How long a call may take if the address does not say so in `defaultDeadline`.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Between two attempts to find a node, of which even the first needs two.
const DISCOVERY_INTERVAL: &str = "discoveryInterval=10";
/// With the shortest interval, still some seconds for the election of a leader.
const DISCOVER_ATTEMPTS: &str = "maxDiscoverAttempts=100";

/// What an address says.
#[derive(Clone)]
pub(crate) struct Address {
    /// For the client, without user and password.
    pub(crate) settings: ClientSettings,
    pub(crate) user: Option<User>,
    /// How messages call the server.
    pub(crate) place: String,
    /// How long a call may take.
    pub(crate) within: Duration,
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl User {
    /// As the client wants it.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(self.name.clone(), self.password.clone())
    }
}

impl Address {
    /// Reads an address.
    pub(crate) fn parse(address: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = address.split_once("://").ok_or_else(|| {
            wrong("it has no scheme: write `esdb://HOST:2113`, with `?tls=false` if it has no TLS")
        })?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if tail.contains('@') {
            return Err(wrong(
                "an `@` comes too late: write %2F, %3F, %23 for / ? # in a password",
            ));
        }
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(read_user(user)?), hosts),
            None => (None, authority),
        };
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let place = format!("{scheme}://{hosts}");
        let query = with_defaults(query)?;
        let settings = format!("{place}{path}?{query}");
        let settings = settings.parse::<ClientSettings>().map_err(|error| match error.error() {
            Some(why) => wrong(&why.to_string()),
            None => wrong(error.message()),
        })?;
        if settings.max_discover_attempts() < 2 {
            return Err(wrong("with a maxDiscoverAttempts below 2 the client can never connect"));
        }
        if settings.is_secure_mode_enabled() && !settings.is_tls_certificate_verification_enabled()
        {
            return Err(wrong(
                "tlsVerifyCert=false is not possible: name the authority in tlsCaFile",
            ));
        }
        let within = match option(&query, "defaultDeadline") {
            // So the client writes that there is none.
            Some("-1") => Duration::MAX,
            Some(millis) => millis.parse().map_or(CALL_WITHIN, Duration::from_millis),
            None => CALL_WITHIN,
        };
        Ok(Self { settings, user, place, within })
    }
}

impl Address {
    /// How long one node may take, so that the others have their turn within the limit of a call.
    pub(crate) fn at_one_node(&self) -> Duration {
        match u32::try_from(self.settings.hosts().len()) {
            Ok(nodes @ 2..) => self.within / nodes.saturating_add(1),
            _ => self.within,
        }
    }
}

fn wrong(reason: &str) -> StoreError {
    let place = "the EventStoreDB server".to_owned();
    StoreError::Open { place, reason: format!("its address is not one: {reason}") }
}

fn read_user(text: &str) -> Result<User, StoreError> {
    let (name, password) = text.split_once(':').unwrap_or((text, ""));
    let read = |part| decode(part).ok_or_else(|| wrong("write %25 for % in user and password"));
    Ok(User { name: read(name)?, password: read(password)? })
}

/// Text in which `%40` stands for `@`.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next()?.bytes());
    for part in parts {
        let digits = part.get(..2).filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(part.get(2..)?.bytes());
    }
    String::from_utf8(bytes).ok()
}

/// The options of an address, and those that it leaves to us.
fn with_defaults(query: &str) -> Result<String, StoreError> {
    let mut options: Vec<&str> = query.split('&').filter(|option| !option.is_empty()).collect();
    let is_set = |name| option(query, name).is_some();
    // Whoever sets one of the two means the client's value for the other.
    if !is_set("discoveryInterval") && !is_set("maxDiscoverAttempts") {
        options.extend([DISCOVERY_INTERVAL, DISCOVER_ATTEMPTS]);
    } else if !is_set("discoveryInterval") {
        options.push(DISCOVERY_INTERVAL);
    }
    if options.iter().any(|option| option.contains('#')) {
        return Err(wrong("it has a `#`: write %23"));
    }
    Ok(options.join("&"))
}

/// What the options say about one; the client does not look at the case of its name either.
fn option<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').rev().find_map(|option| {
        let (found, value) = option.split_once('=')?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_connection_waits_no_longer_than_the_address_says() {
        let interval = |options: &str| {
            let address = Address::parse(&format!("esdb://host:1{options}")).unwrap();
            (address.settings.discovery_interval(), address.settings.max_discover_attempts())
        };
        let (millis, own) = (Duration::from_millis, (Duration::from_millis(10), 100));
        assert_eq!(interval(""), own);
        assert_eq!(interval("/?tls=false"), own);
        assert_eq!(interval("?discoveryInterval=700"), (millis(700), 3));
        assert_eq!(interval("?DISCOVERYINTERVAL=7&tls=false"), (millis(7), 3));
        assert_eq!(interval("?maxDiscoverAttempts=5"), (millis(10), 5));
    }

    #[test]
    fn attempts_that_can_never_connect_are_refused() {
        for attempts in [0, 1] {
            let address = format!("esdb://host?maxDiscoverAttempts={attempts}");
            let error = Address::parse(&address).err().unwrap().to_string();
            assert!(error.contains("maxDiscoverAttempts below 2"), "{error}");
        }
    }

    #[test]
    fn every_name_of_the_scheme_is_taken() {
        for scheme in ["esdb", "kurrentdb", "kdb"] {
            let one = Address::parse(&format!("{scheme}://host:1?tls=false")).unwrap();
            assert!(
                !one.settings.is_secure_mode_enabled() && !one.settings.is_dns_discovery_enabled()
            );
            let found = Address::parse(&format!("{scheme}+discover://host")).unwrap();
            assert!(
                found.settings.is_secure_mode_enabled()
                    && found.settings.is_dns_discovery_enabled()
            );
        }
    }

    #[test]
    fn user_and_password_are_read_and_shown_to_nobody() {
        let address = Address::parse("esdb://ad%6Din:pass%40w@rd@a:1,b:2?tls=false").unwrap();
        assert_eq!(
            address.user.unwrap().credentials(),
            Credentials::new("admin".to_owned(), "pass@w@rd".to_owned())
        );
        assert_eq!(address.place, "esdb://a:1,b:2");
        assert_eq!(address.settings.hosts().len(), 2);
        let shown = format!("{:?}", address.settings);
        assert!(!shown.contains("pass"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let cases = [
            ("me:secret@host", "no scheme"),
            ("http://me:secret@host", "Unknown URL scheme"),
            ("esdb://me:secret@host:port", "port"),
            ("esdb://me:secret@", "host"),
            ("esdb://me:sec/ret@host", "%2F"),
            ("esdb://me:sec#ret@host", "%23"),
            ("esdb://me:secret%@host", "%25"),
            ("esdb://me:secret@host?nodePreference=x", "node preference"),
            ("esdb://me:secret@host?tlsVerifyCert=false", "tlsCaFile"),
            ("esdb://me:secret@a:1,b:x", "port"),
        ];
        for (address, why) in cases {
            let error = Address::parse(address).err().unwrap().to_string();
            let begin = "cannot open the EventStoreDB server: its address is not one: ";
            let said = error.strip_prefix(begin).unwrap_or_else(|| panic!("{error}"));
            assert!(said.contains(why) && !said.contains("ret"), "{error}");
        }
    }

    #[test]
    fn the_deadline_is_the_limit_of_a_call() {
        let within = |options| Address::parse(options).unwrap().within;
        assert_eq!(within("esdb://host"), CALL_WITHIN);
        assert_eq!(within("esdb://host?defaultDeadline=250"), Duration::from_millis(250));
        assert_eq!(within("esdb://host?defaultDeadline=-1"), Duration::MAX);
    }
}
