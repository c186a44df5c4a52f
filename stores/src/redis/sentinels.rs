use std::time::Duration;

use factum_core::store::StoreError;
use redis::{Client, RedisError, RedisResult};

use super::fault::unavailable;
use super::options::RedisOptions;

/// The port of a sentinel that has none in its address.
const PORT: u16 = 26379;

/// Sentinels, which know where the primary is.
#[derive(Debug)]
pub(super) struct Sentinels {
    sentinels: Vec<Client>,
    /// The name of what they watch.
    pub(super) name: String,
}

impl Sentinels {
    /// Reads `redis-sentinel://[user:password@]host[:port],…/name[?db=number]`, with `rediss-sentinel`
    /// for TLS; `None` if it is another kind of address. Beside them a client for the servers that they
    /// watch, whose own address means nothing: user, password and database are the servers'.
    pub(super) fn of(url: &str, options: &RedisOptions) -> RedisResult<Option<(Self, Client)>> {
        let Some((scheme, rest)) = url.split_once("-sentinel://") else { return Ok(None) };
        let (rest, db) = rest.split_once("?db=").unwrap_or((rest, "0"));
        let (access, rest) = rest.rsplit_once('@').map_or(("", rest), |(user, rest)| (user, rest));
        let (hosts, name) = rest.split_once('/').unwrap_or((rest, ""));
        if !matches!(scheme, "redis" | "rediss") || name.is_empty() || name.contains(['/', '?']) {
            let form = "redis-sentinel://host:port,host:port/name?db=number is the form of it";
            return Err(RedisError::from((redis::ErrorKind::InvalidClientConfig, form)));
        }
        let hosts = hosts.split(',').map(|host| match host.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
            _ => format!("{host}:{PORT}"),
        });
        let hosts: Vec<String> = hosts.collect();
        let access = if access.is_empty() { String::new() } else { format!("{access}@") };
        let first = hosts.first().map_or("", String::as_str);
        let server = options.client(&format!("{scheme}://{access}{first}/{db}"))?;
        let sentinels = hosts.iter().map(|host| options.client(&format!("{scheme}://{host}")));
        let sentinels = sentinels.collect::<RedisResult<_>>()?;
        Ok(Some((Self { sentinels, name: name.to_owned() }, server)))
    }

    /// Where the primary is now, as the first of them says that answers within its share of the time.
    pub(super) async fn primary(&self, limit: Duration) -> Result<String, StoreError> {
        let share = limit / u32::try_from(self.sentinels.len()).unwrap_or(1).max(1);
        let mut reason = "there are no sentinels".to_owned();
        for sentinel in &self.sentinels {
            match tokio::time::timeout(share, ask(sentinel, &self.name)).await {
                Ok(Ok(Some((host, port)))) => return Ok(format!("{host}:{port}")),
                Ok(Ok(None)) => reason = "it does not watch that".to_owned(),
                Ok(Err(error)) => reason = error.to_string(),
                Err(_) => reason = format!("no answer within {share:?}"),
            }
        }
        let name = &self.name;
        Err(unavailable(format!("no sentinel says where {name:?} is; the last one: {reason}")))
    }
}

async fn ask(sentinel: &Client, name: &str) -> RedisResult<Option<(String, String)>> {
    let mut connection = sentinel.get_multiplexed_async_connection().await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    command.query_async(&mut connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Option<(usize, String, String)>, String> {
        let read = Sentinels::of(url, &RedisOptions::default());
        let read = read.map_err(|error| error.to_string())?;
        Ok(read.map(|(sentinels, server)| {
            let info = server.get_connection_info().redis_settings();
            let server = format!("{:?} {}", info.username(), info.db());
            (sentinels.sentinels.len(), sentinels.name, server)
        }))
    }

    #[test]
    fn addresses_are_read() {
        assert_eq!(read("redis://h:1"), Ok(None));
        let one = Ok(Some((1, "bank".to_owned(), "None 0".to_owned())));
        assert_eq!(read("redis-sentinel://h/bank"), one);
        let two = Ok(Some((2, "bank".to_owned(), "Some(\"ann\") 3".to_owned())));
        assert_eq!(read("redis-sentinel://ann:secret@h:1,i/bank?db=3"), two);
        for wrong in ["redis-sentinel://h", "redis-sentinel://h/a/b", "http-sentinel://h/bank"] {
            assert!(read(wrong).unwrap_err().contains("the form"), "{wrong}");
        }
    }
}
