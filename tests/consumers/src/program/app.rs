use factum::App;
use factum_consumer_tests::{start, work};
use fastrand::Rng;
use tokio::task::JoinSet;

use super::{Ended, say};

/// How many tasks send commands at once.
const SENDERS: usize = 4;

/// An app with both views, which sends commands until it is killed, and tells each that was answered.
pub(crate) async fn app(log: &str, views: &str) -> Ended {
    say("opening");
    let app = start(log, views).await?;
    say("started");
    let mut senders = JoinSet::new();
    (0..SENDERS).for_each(|_| drop(senders.spawn(send_for_ever(app.clone()))));
    // They end only with an error.
    Ok(senders.join_next().await.ok_or("no senders")???)
}

async fn send_for_ever(app: App) -> Result<(), factum::SendError<std::convert::Infallible>> {
    let mut random = Rng::new();
    loop {
        let position = work(&app, &mut random).await?;
        say(&format!("done {position}"));
    }
}
