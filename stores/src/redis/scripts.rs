use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisResult};

/// The append script, in parts that are about one thing each.
const APPEND: &str = concat!(
    include_str!("scripts/round.lua"),
    include_str!("scripts/guard.lua"),
    include_str!("scripts/repeat.lua"),
    include_str!("scripts/judge.lua"),
    include_str!("scripts/append.lua"),
);

/// What runs inside the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Open,
    Append,
    Look,
    Snapshot,
    Views,
    Rows,
    Page,
    Count,
}

/// What each script is, in the order of [`Script`].
const TEXTS: [&str; 8] = [
    include_str!("scripts/open.lua"),
    APPEND,
    include_str!("scripts/look.lua"),
    include_str!("scripts/snapshot.lua"),
    include_str!("scripts/views.lua"),
    include_str!("scripts/rows.lua"),
    include_str!("scripts/page.lua"),
    include_str!("scripts/count.lua"),
];

/// The scripts, by the names that the server gave them.
#[derive(Clone, Debug)]
pub(super) struct Loaded(Arc<[String]>);

impl Loaded {
    /// Hands the scripts to the server.
    pub(super) async fn load(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let mut pipeline = Pipeline::with_capacity(TEXTS.len());
        for script in TEXTS {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        pipeline.query_async::<Vec<String>>(connection).await.map(|names| Self(names.into()))
    }

    pub(super) fn sha(&self, script: Script) -> &str {
        // A name that the server does not know is answered with `NOSCRIPT`.
        self.0.get(script as usize).map_or("", String::as_str)
    }
}
