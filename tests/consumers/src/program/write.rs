use std::io::stdin;

use factum_consumer_tests::{commits, open};

use super::{Ended, say};

/// How many commits are appended in one run.
const RUN: u64 = 25;

/// Appends so many commits of one writer, once it is told to.
pub(crate) async fn write(log: &str, writer: u32, all: u64) -> Ended {
    let log = open(log).await?;
    say("ready");
    stdin().lines().next().transpose()?;
    for first in (0..all).step_by(RUN as usize) {
        let run = commits(writer, first..all.min(first + RUN));
        for outcome in log.append(run).await? {
            outcome?;
        }
    }
    say("written");
    log.close().await;
    Ok(())
}
