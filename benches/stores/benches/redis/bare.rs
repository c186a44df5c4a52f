//! As little as a log in Redis can be.

use std::time::{Duration, Instant};

use factum_benches::Result;
use factum_benches::events::{EVENT_BYTES, STREAMS};
use factum_benches::load::{Slot, Target};
use factum_core::Key;
use factum_test_servers::Redis;
use redis::aio::MultiplexedConnection;

/// One commit a call: checks the stream's length, and writes entry, key and stream.
const ONE: &str = r"
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[1]) then
  return redis.error_reply('CONFLICT of the bare script')
end
local position = redis.call('XADD', KEYS[1], '*', 'h', ARGV[2], 'p', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[2], position)
redis.call('RPUSH', KEYS[3], position)
return position";

/// The same for many commits a call, without the check.
const MANY: &str = r"
for i = 1, #ARGV, 3 do
  local length = redis.call('LLEN', ARGV[i + 1])
  local position = redis.call('XADD', KEYS[1], '*', 'h', ARGV[i], 'r', length, 'p', ARGV[i + 2])
  redis.call('HSET', KEYS[2] .. string.sub(ARGV[i], 1, 4), ARGV[i], position)
  redis.call('RPUSH', ARGV[i + 1], position)
end
return #ARGV";

/// The bare script through one connection, which all its senders share.
#[derive(Clone)]
pub(crate) struct ToBare {
    connection: MultiplexedConnection,
    one: String,
    many: String,
}

impl ToBare {
    pub(crate) async fn connect(server: &Redis) -> Result<Self> {
        let client = redis::Client::open(server.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut load = redis::pipe();
        for script in [ONE, MANY] {
            load.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        let (one, many) = load.query_async(&mut connection).await?;
        Ok(Self { connection, one, many })
    }

    /// Commits a second where one loop sends so many a call.
    pub(crate) async fn batched(&self, commits: usize, time: Duration) -> Result<f64> {
        let mut connection = self.connection.clone();
        let (begun, mut done) = (Instant::now(), 0_usize);
        while begun.elapsed() < time {
            let mut call = redis::cmd("EVALSHA");
            call.arg(&self.many).arg(2).arg("{m}:log").arg("{m}:k:");
            for _ in 0..commits {
                let stream = format!("{{m}}:s:{}", done % STREAMS as usize);
                call.arg(Key::now_v7().to_string()).arg(stream).arg(&[b'x'; EVENT_BYTES]);
                done += 1;
            }
            let _: u64 = call.query_async(&mut connection).await?;
        }
        Ok(done as f64 / begun.elapsed().as_secs_f64())
    }
}

impl Target for ToBare {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let key = Key::now_v7();
        let [.., high, low] = key.as_bytes();
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.one).arg(3).arg("{b}:log").arg(format!("{{b}}:k:{high:02x}{low:02x}"));
        call.arg(format!("{{b}}:s:{}", slot.stream));
        call.arg(slot.next).arg(key.as_bytes()).arg(&[b'x'; EVENT_BYTES]);
        let _: String = call.query_async(&mut self.connection.clone()).await?;
        Ok(())
    }
}
