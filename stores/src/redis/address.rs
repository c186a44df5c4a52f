//! What is wrong with an address, said without the password that may be in it.

use factum_core::store::StoreError;
use redis::RedisError;

/// What the driver says of whatever it cannot read.
const UNREADABLE: &str = "Redis URL did not parse";
/// The form of an address.
const FORM: &str = "redis://[user:password@]host[:port][/database] is the form of it";
/// How a password is written that has letters with a meaning in an address.
const ESCAPES: &str =
    "letters such as #, / and @ in a password are written `%23`, `%2F` and `%40` there";

/// Refuses what the driver would read in another way than it was meant, or not tell the reason of.
pub(super) fn check(url: &str) -> Result<(), StoreError> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    if cfg!(not(feature = "redis-tls")) && matches!(scheme, "rediss" | "rediss-sentinel") {
        let reason =
            "its address asks for TLS, and factum was built without its feature `redis-tls`";
        return Err(open(reason.to_owned()));
    }
    // The driver takes what stands before a # for the host, and messages would name it.
    if matches!(scheme, "redis" | "redis-sentinel") && rest.contains('#') {
        return Err(open(format!("its address is not one: it has a #; {ESCAPES}")));
    }
    Ok(())
}

/// What the driver says of an address that it cannot read.
pub(super) fn wrong(url: &str, error: &RedisError) -> StoreError {
    // The driver adds the name that the error has in its code.
    let said = error.to_string().replacen(&format!(" - {:?}", error.kind()), "", 1);
    let is_unreadable = said == UNREADABLE;
    let said = if is_unreadable { FORM.to_owned() } else { lower(&said) };
    let advice =
        if is_unreadable || url.contains('@') { format!("; {ESCAPES}") } else { String::new() };
    open(format!("its address is not one: {said}{advice}"))
}

fn lower(said: &str) -> String {
    let mut letters = said.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn open(reason: String) -> StoreError {
    StoreError::Open { place: "the Redis server".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::RedisOptions;

    fn said(url: &str) -> String {
        let read = check(url)
            .and_then(|()| RedisOptions::default().client(url).map_err(|error| wrong(url, &error)));
        read.unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_address_is_said_in_plain_words_and_without_the_password() {
        let begin = "cannot open the Redis server: its address is not one: ";
        for url in [
            "redis://me:secret#1@host",
            "redis://me:12#secret@host",
            "redis://me:secret/1@host",
            "redis://me:12/secret@host",
            "redis://me:secret@host:port",
        ] {
            let said = said(url);
            assert!(said.starts_with(begin) && said.contains("`%23`, `%2F` and `%40`"), "{said}");
            assert!(!said.contains("secret") && !said.contains("12"), "{said}");
            assert!(!said.contains("InvalidClientConfig"), "{said}");
        }
        assert_eq!(said("redis://host/notadb"), format!("{begin}invalid database number"));
    }

    #[cfg(not(feature = "redis-tls"))]
    #[test]
    fn without_the_feature_it_is_named() {
        for url in ["rediss://me:secret@host", "rediss-sentinel://me:secret@host/bank"] {
            let said = said(url);
            assert!(said.contains("`redis-tls`") && !said.contains("secret"), "{said}");
        }
    }
}
