use std::sync::Arc;
use std::time::Duration;

use factum_core::store::{Position, StoreError};
use redis::Value;
use tokio::sync::watch;

use super::Shared;
use super::fault::Fault;
use super::request::Request;
use super::value::number;

/// How long one wait in the server lasts.
const BLOCK: Duration = Duration::from_secs(1);
/// How long to leave the server alone after news, which under load comes with every round.
const REST: Duration = Duration::from_millis(1);
/// How long to wait after an error that may pass.
const PAUSE: Duration = Duration::from_millis(50);

/// Tells the tails of this process that the log has grown, whoever made it grow. One connection waits
/// for all of them, in the server (`XREAD BLOCK`).
pub(super) async fn run(shared: Arc<Shared>, head: Arc<watch::Sender<Position>>) {
    let mut closing = shared.closing.subscribe();
    let watching = async {
        loop {
            if head.receiver_count() == 0 {
                shared.followed.notified().await;
            }
            if watch(&shared, &head).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    tokio::select! {
        () = watching => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
    shared.watching.close().await;
}

/// Tells where the log ends, and waits until it has grown.
async fn watch(shared: &Shared, head: &watch::Sender<Position>) -> Result<(), StoreError> {
    let mut end = redis::cmd("HGET");
    end.arg(&shared.keys.meta).arg("end");
    let answer = shared.watching.read(&Request::commands(vec![end])).await?;
    let answer = answer.into_iter().next().unwrap_or_default();
    let end = match &answer {
        Value::Nil => 0,
        value => number(value).map_err(|_| shared.odd("the end of the log"))?,
    };
    head.send_if_modified(|head| std::mem::replace(head, Position::new(end)).number() != end);
    let mut read = redis::cmd("XREAD");
    read.arg("COUNT").arg(1).arg("BLOCK").arg(BLOCK.as_millis() as u64);
    read.arg("STREAMS").arg(&shared.keys.log).arg(format!("{end}-0"));
    let limit = BLOCK + shared.options.answer_within;
    let waited = shared.watching.send_within(&Request::commands(vec![read]), limit).await;
    if let Err(Fault::Lost(_)) = waited {
        // A server that went took the other connections with it. Who sends on one of those is not told
        // whether it was sent; on a new one, it is.
        shared.close_links().await;
    }
    waited.map_err(Fault::of_read)?;
    tokio::time::sleep(REST).await;
    Ok(())
}
