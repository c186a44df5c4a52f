//! The callers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use factum::{App, Key};
use tokio::sync::watch;

use crate::tally::Tally;
use crate::till::Ring;

/// How many ring their tills at the same time.
pub(crate) const TILLS: usize = 16;

/// How long a caller rests who was not told for how long.
const PAUSE: Duration = Duration::from_millis(20);

/// Rings one till until it is closing time, each time under one id until it is accepted; the ids.
pub(crate) async fn ring(
    app: App,
    till: usize,
    tally: Arc<Tally>,
    closing: watch::Receiver<bool>,
) -> Vec<Key> {
    let mut accepted = Vec::new();
    while !*closing.borrow() {
        let id = Key::now_v7();
        loop {
            let (command, sent) = (Ring { till: till.to_string(), cents: 5 }, Instant::now());
            match app.send(command).id(id).await {
                Ok(done) => {
                    tally.accept(done.repeated, sent);
                    break;
                }
                Err(error) => {
                    tally.refuse(&error, sent);
                    tokio::time::sleep(error.retry_after().unwrap_or(PAUSE)).await;
                }
            }
        }
        accepted.push(id);
    }
    accepted
}
