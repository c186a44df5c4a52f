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
}

/// The scripts, by the names that the server gave them.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    open: String,
    append: String,
    look: String,
    snapshot: String,
}

impl Loaded {
    /// Hands the scripts to the server.
    pub(super) async fn load(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let mut pipeline = Pipeline::with_capacity(4);
        for script in [
            include_str!("scripts/open.lua"),
            APPEND,
            include_str!("scripts/look.lua"),
            include_str!("scripts/snapshot.lua"),
        ] {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(script);
        }
        let (open, append, look, snapshot) = pipeline.query_async(connection).await?;
        Ok(Self { open, append, look, snapshot })
    }

    pub(super) fn sha(&self, script: Script) -> &str {
        match script {
            Script::Open => &self.open,
            Script::Append => &self.append,
            Script::Look => &self.look,
            Script::Snapshot => &self.snapshot,
        }
    }
}
