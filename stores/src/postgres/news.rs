//! The task that hears of what is appended.
//!
//! *Invariant.* What is heard only wakes tails; what they yield they read, and they read also without
//! being woken. *Shape.* A connection of its own, made again when it is lost. The position that is told
//! on goes down with the log, too: a greater one would keep tails awake for nothing.

use std::sync::Arc;
use std::time::Duration;

use factum_core::store::Position;
use futures_util::StreamExt;
use tokio::sync::watch;
use tokio_postgres::AsyncMessage;

use super::fault::Fault;
use super::session::{Log, Server};

/// How long the first wait after a lost connection is, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Listens until it is told to stop, or nobody is left to tell it.
pub(super) async fn listen(
    server: Arc<Server>,
    log: Log,
    head: Arc<watch::Sender<Position>>,
    mut stop: watch::Receiver<bool>,
) {
    let (mut pause, longest) = PAUSES;
    loop {
        tokio::select! {
            heard = hear(&server, log, &head) => if heard.is_ok() { pause = PAUSES.0 },
            _ = stop.wait_for(|stop| *stop) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(longest),
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Listens on one connection until it is lost.
async fn hear(server: &Server, log: Log, head: &watch::Sender<Position>) -> Result<(), Fault> {
    let (client, mut messages) = server.raw().await?;
    let listening = async {
        client.batch_execute(&format!("listen {}", log.channel())).await?;
        let sql = format!("select head from {}.logs where log = $1", server.schema);
        if let Some(row) = client.query_opt(&sql, &[&log.number]).await? {
            tell(head, row.try_get(0)?);
        }
        // From here on the messages alone tell, also of the connection's end.
        std::future::pending::<Result<(), Fault>>().await
    };
    let hearing = async {
        while let Some(message) = messages.next().await {
            if let AsyncMessage::Notification(news) = message?
                && let Ok(position) = news.payload().parse()
            {
                tell(head, position);
            }
        }
        Ok(())
    };
    tokio::select! {
        lost = hearing => lost,
        failed = listening => failed,
    }
}

fn tell(head: &watch::Sender<Position>, position: i64) {
    head.send_replace(Position::new(position.cast_unsigned()));
}
