use std::num::NonZeroU32;
use std::time::Duration;

use factum_consumer_tests::{ShipmentRow, start, work};
use fastrand::Rng;

use super::{Ended, say};

/// An app that builds one of its views anew, over and over, at so many events a second, and tells how far
/// that is; one that was begun before goes on. It sends commands meanwhile, until it is killed.
pub(crate) async fn rebuild(log: &str, pace: NonZeroU32) -> Ended {
    let app = start(log, log).await?;
    let view = app.view::<ShipmentRow>();
    let begun = view.rebuild().progress().await?.is_some();
    say(if begun { "goes on" } else { "started" });
    let mut random = Rng::new();
    loop {
        view.rebuild().at_most(pace).start().await?;
        let mut told = None;
        while let Some(under_way) = view.rebuild().progress().await? {
            if told.replace(under_way.reached) != Some(under_way.reached) {
                // Not so many that the rebuild could not keep up.
                work(&app, &mut random).await?;
                say(&format!("reached {}", under_way.reached));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        say("finished");
    }
}
