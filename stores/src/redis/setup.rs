//! What is made sure of when a store connects.

use factum_core::store::{Durability, LogId, StoreError};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};

use super::fault::Fault;
use super::keys::Keys;
use super::link::Link;
use super::request::Request;
use super::scripts::Script;
use super::value::{bytes, list, text};

/// The format of the log that this code writes.
const FORMAT: &str = "1";
/// The settings of the server that decide whether it may hold a log.
const SETTINGS: [&str; 4] =
    ["appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory-policy"];

/// Finds the server that has the log: in a cluster, the one that the first goes on to.
pub(super) async fn find(link: &Link, keys: &Keys) -> Result<(), StoreError> {
    let mut command = redis::cmd("EXISTS");
    command.arg(&keys.meta);
    link.read(&Request::commands(vec![command])).await.map(|_| ())
}

/// Makes sure that the server of a new connection is no replica: what is read there may be older than
/// what others were told is stored.
///
/// # Errors
/// If it is one.
pub(super) async fn primary(
    connection: &mut MultiplexedConnection,
    place: &str,
) -> Result<(), StoreError> {
    // Unlike ROLE and INFO it is allowed to every user.
    let hello = redis::cmd("HELLO").query_async::<Value>(connection).await;
    let hello = hello.map_err(|error| Fault::of(&error, place).of_read())?;
    let told = match hello {
        Value::Map(pairs) => pairs.into_iter().flat_map(|(name, value)| [name, value]).collect(),
        other => list(other).unwrap_or_default(),
    };
    let mut words = told.into_iter().map(|word| text(word).unwrap_or_default());
    let role = words.find(|word| word == "role").and(words.next()).unwrap_or_default();
    if role != "replica" && role != "slave" {
        return Ok(());
    }
    let reason = "it is a replica, whose answers may be old: connect to its primary, or ask with \
                  `read_only` for reading alone";
    Err(StoreError::Open { place: place.to_owned(), reason: reason.to_owned() })
}

/// What an acknowledged commit survives on the server of a new connection.
///
/// # Errors
/// If that is less than what is wanted.
pub(super) async fn durability(
    connection: &mut MultiplexedConnection,
    place: &str,
    wanted: Durability,
    stated: Option<Durability>,
) -> Result<Durability, StoreError> {
    let refuse = |reason: String| StoreError::Open { place: place.to_owned(), reason };
    let (has, why) = match (settings(connection, place).await, stated) {
        (Ok(settings), _) => survives(&settings).map_err(refuse)?,
        (Err(error), _) if error.is_transient() => return Err(error),
        (Err(_), Some(stated)) => (stated, "as `stated_durability` says".to_owned()),
        (Err(error), None) => {
            return Err(refuse(format!(
                "the server does not let its settings be read ({error}): allow the user `CONFIG GET`, \
                 or say with `stated_durability` what they are"
            )));
        }
    };
    if has >= wanted {
        return Ok(has);
    }
    Err(refuse(format!(
        "{why}, so that an acknowledged commit is {has:?} and not {wanted:?}: set `appendonly yes` \
         and `appendfsync {}` on the server, or ask for less with `durability`",
        if wanted == Durability::Synced { "always" } else { "everysec" },
    )))
}

async fn settings(
    connection: &mut MultiplexedConnection,
    place: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut pipeline = Pipeline::with_capacity(SETTINGS.len());
    for setting in SETTINGS {
        pipeline.cmd("CONFIG").arg("GET").arg(setting);
    }
    let answers = pipeline.query_async::<Vec<Value>>(connection).await;
    let answers = answers.map_err(|error| Fault::of(&error, place).of_read())?;
    Ok(answers.into_iter().filter_map(pair).collect())
}

fn pair(answer: Value) -> Option<(String, String)> {
    let items = match answer {
        Value::Map(pairs) => pairs.into_iter().next().map(|(name, value)| vec![name, value])?,
        other => list(other).ok()?,
    };
    let mut items = items.into_iter();
    Some((text(items.next()?).ok()?, text(items.next()?).ok()?))
}

/// What a commit survives under these settings, and which of them decides.
fn survives(settings: &[(String, String)]) -> Result<(Durability, String), String> {
    let setting = |name: &str| {
        let found = settings.iter().find(|(setting, _)| setting == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let policy = setting("maxmemory-policy");
    if !policy.is_empty() && policy != "noeviction" {
        return Err(format!(
            "`maxmemory-policy` is `{policy}`, so that the server may throw events away: set it to \
             `noeviction`"
        ));
    }
    if setting("appendonly") != "yes" {
        return Ok((Durability::Volatile, "`appendonly` is not `yes`".to_owned()));
    }
    if setting("appendfsync") != "always" {
        let why = format!("`appendfsync` is `{}`", setting("appendfsync"));
        return Ok((Durability::Process, why));
    }
    if setting("no-appendfsync-on-rewrite") == "yes" {
        // While it rewrites its file it then syncs nothing.
        return Ok((Durability::Process, "`no-appendfsync-on-rewrite` is `yes`".to_owned()));
    }
    Ok((Durability::Synced, "`appendfsync` is `always`".to_owned()))
}

/// The identity of the log, which is made if there is none.
pub(super) async fn log(link: &Link, place: &str, keys: &Keys) -> Result<LogId, StoreError> {
    let new = LogId::fresh();
    let names = vec![keys.log.as_bytes(), keys.meta.as_bytes()];
    let args = vec![new.as_bytes().as_slice(), FORMAT.as_bytes()];
    // To open a log twice has the effect of once.
    let answers = link.read(&Request::script(Script::Open, names, args)).await?;
    let answer = answers.into_iter().next().unwrap_or_default();
    let refuse = |reason: String| StoreError::Open { place: place.to_owned(), reason };
    let mut parts = list(answer).unwrap_or_default().into_iter().map(bytes);
    let (Some(Ok(id)), Some(Ok(format))) = (parts.next(), parts.next()) else {
        return Err(refuse(format!("{} is not a log of factum", keys.meta)));
    };
    let Ok(id) = <[u8; 16]>::try_from(id) else {
        return Err(refuse(format!(
            "{} is another program's, or what factum wrote beside it is gone: choose another name \
             with `log`, or restore the server from a backup",
            keys.log
        )));
    };
    if format != FORMAT.as_bytes() {
        return Err(refuse(format!(
            "the log has format {}, and this code reads format {FORMAT}: use a newer factum",
            String::from_utf8_lossy(&format)
        )));
    }
    Ok(LogId::from_bytes(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(settings: &[(&str, &str)]) -> Result<Durability, String> {
        let owned: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        survives(&owned).map(|(durability, _)| durability)
    }

    #[test]
    fn the_settings_decide() {
        assert_eq!(told(&[]), Ok(Durability::Volatile));
        assert_eq!(told(&[("appendonly", "no")]), Ok(Durability::Volatile));
        let on = ("appendonly", "yes");
        assert_eq!(told(&[on, ("appendfsync", "no")]), Ok(Durability::Process));
        assert_eq!(told(&[on, ("appendfsync", "everysec")]), Ok(Durability::Process));
        let always = ("appendfsync", "always");
        assert_eq!(told(&[on, always]), Ok(Durability::Synced));
        let lax = ("no-appendfsync-on-rewrite", "yes");
        assert_eq!(told(&[on, always, lax]), Ok(Durability::Process));
        let message = told(&[on, always, ("maxmemory-policy", "allkeys-lru")]).unwrap_err();
        assert!(message.contains("`maxmemory-policy` is `allkeys-lru`"), "{message}");
    }
}
