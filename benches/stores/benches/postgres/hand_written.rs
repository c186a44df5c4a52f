//! The limit that a log on this server has: a group commit written by hand for this one load.
//!
//! One connection, one autocommit statement a round, which locks the head, checks that each event has
//! the next revision of its stream, and inserts all that waited. What comes meanwhile is the next round.
//! There are no guards, no several streams a commit, no known keys, no metadata that nobody has here.

use bytes::Bytes;
use factum_benches::Result;
use factum_benches::events::{DIGEST, fresh, payload};
use factum_benches::load::{Slot, Target, now};
use factum_benches::report::line;
use factum_core::Key;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

const TABLES: &str = include_str!("hand_written.sql");
/// The same plans as the store asks for, so that both go by their indexes from the first row on.
const PLANS: &str = "set enable_seqscan = off; set enable_bitmapscan = off; set jit = off; \
    set enable_hashjoin = off; set enable_mergejoin = off; set plan_cache_mode = force_generic_plan";
const APPEND: &str = "select by_hand.append($1, $2, $3, $4, $5, $6, $7, $8)";
/// As many requests wait as for the store's writer, and as many are one group.
const QUEUE: usize = 1024;
const GROUP: usize = 512;

/// What is appended.
struct Line {
    stream: String,
    revision: i64,
    key: Uuid,
    time: i64,
    payload: Bytes,
    reply: oneshot::Sender<Option<i64>>,
}

/// A handle of the log. The connection ends with the last one.
#[derive(Clone)]
pub(crate) struct HandWritten {
    lines: mpsc::Sender<Line>,
    payload: Bytes,
}

impl HandWritten {
    /// Makes the tables anew, and connects with such a value of `synchronous_commit`.
    pub(crate) async fn create(url: &str, synchronous: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLES).await?;
        client.batch_execute(PLANS).await?;
        client.batch_execute(&format!("set synchronous_commit = {synchronous}")).await?;
        let append = client.prepare(APPEND).await?;
        let (lines, requests) = mpsc::channel(QUEUE);
        tokio::spawn(write(client, append, requests));
        Ok(Self { lines, payload: payload() })
    }
}

impl Target for HandWritten {
    async fn send(&self, slot: &Slot) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let line = Line {
            stream: slot.stream.to_string(),
            revision: slot.next.cast_signed(),
            key: Key::now_v7().uuid(),
            time: now().as_micros(),
            payload: fresh(&self.payload),
            reply,
        };
        self.lines.send(line).await?;
        answer.await?.ok_or("the revision is another one")?;
        Ok(())
    }
}

/// Ends with an error of the server, too: those who wait get no answer, which ends the benchmark.
async fn write(client: Client, append: Statement, mut lines: mpsc::Receiver<Line>) {
    let mut group = Vec::with_capacity(GROUP);
    while lines.recv_many(&mut group, GROUP).await > 0 {
        let placed = match round(&client, &append, &group).await {
            Ok(placed) => placed,
            Err(error) => return line(&format!("by hand: {error:?}")),
        };
        for (waiting, position) in group.drain(..).zip(placed) {
            // Whoever asked may be gone.
            let _ = waiting.reply.send(position);
        }
    }
}

async fn round(client: &Client, append: &Statement, group: &[Line]) -> Result<Vec<Option<i64>>> {
    let streams: Vec<&str> = group.iter().map(|line| line.stream.as_str()).collect();
    let revisions: Vec<i64> = group.iter().map(|line| line.revision).collect();
    let keys: Vec<Uuid> = group.iter().map(|line| line.key).collect();
    let times: Vec<i64> = group.iter().map(|line| line.time).collect();
    let digests = vec![DIGEST.cast_signed(); group.len()];
    let names = vec!["ledger.noted"; group.len()];
    let commands = vec!["ledger.note"; group.len()];
    let payloads: Vec<&[u8]> = group.iter().map(|line| &line.payload[..]).collect();
    let values: [&(dyn ToSql + Sync); 8] =
        [&streams, &revisions, &keys, &times, &digests, &names, &commands, &payloads];
    Ok(client.query_one(append, &values).await?.try_get(0)?)
}
