//! What happens to the server, and how that looks.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use factum::resilience::{Breaker, BreakerEvent, Change};
use factum::stores::guarded::Guarded;
use factum_test_servers::Redis;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::load::TILLS;
use crate::tally::Tally;

/// How many lines there are for an act.
const LINES: u32 = 3;

/// Plays it, act by act; the server that came out of it.
pub(crate) async fn play(
    mut server: Redis,
    guarded: &Guarded,
    tally: &Tally,
    act: Duration,
) -> Outcome<Redis> {
    let stage = Stage { begun: Instant::now(), guarded, tally, act };
    // Ends when it is dropped.
    let told = stage.tell_changes();
    writeln!(
        io::stdout(),
        "{TILLS} tills ring, each one command after another, on a Redis server behind a guard that is \
         set to open\nand to probe within a second. A command that is not accepted is sent again under \
         its id: when the guard\nsays so (turned away: a breaker was open), or soon after (failed: \
         nothing was done; unknown: it may have\nbeen done). The slowest answer counts all tries of a \
         call, a second each at the most."
    )?;
    stage.say("The tills ring. The server is well.")?;
    stage.watch().await?;

    stage.say("The server is paused: it takes calls, and does not answer.")?;
    server.process().pause();
    stage.watch().await?;
    server.process().resume();
    stage.recover("The server goes on.").await?;

    stage.say("The server is killed.")?;
    server.kill();
    stage.watch().await?;
    // Its start blocks until it answers.
    let server = tokio::task::spawn_blocking(move || {
        server.start_again();
        server
    });
    let server = server.await?;
    stage.recover("The server was started again.").await?;
    drop(told);
    Ok(server)
}

struct Stage<'a> {
    begun: Instant,
    guarded: &'a Guarded,
    tally: &'a Tally,
    act: Duration,
}

impl Stage<'_> {
    fn say(&self, what: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "\n{:>6.1} s  {what}", self.begun.elapsed().as_secs_f64())?;
        writeln!(
            out,
            "{:>12}{:>12}{:>12}{:>14}{:>10}{:>10}{:>12}",
            "appends", "reads", "accepted/s", "turned away/s", "failed/s", "unknown/s", "slowest"
        )
    }

    /// Shows what callers get while an act lasts.
    async fn watch(&self) -> io::Result<()> {
        let time = self.act / LINES;
        for _ in 0..LINES {
            let before = self.tally.counts();
            tokio::time::sleep(time).await;
            let (counts, seconds) = (self.tally.counts().since(before), time.as_secs_f64());
            let rate = |count: u64| count as f64 / seconds;
            writeln!(
                io::stdout(),
                "{:>12}{:>12}{:>12.0}{:>14.0}{:>10.0}{:>10.0}{:>12}",
                self.guarded.append_breaker().state().to_string(),
                self.guarded.read_breaker().state().to_string(),
                rate(counts.accepted),
                rate(counts.tripped),
                rate(counts.failed),
                rate(counts.unknown),
                format!("{:.1?}", self.tally.slowest()),
            )?;
        }
        Ok(())
    }

    /// Waits until the first command is accepted again, and shows what follows.
    async fn recover(&self, what: &str) -> io::Result<()> {
        self.say(what)?;
        let (back, before) = (Instant::now(), self.tally.counts().accepted);
        while self.tally.counts().accepted == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let (took, seconds) = (back.elapsed(), self.begun.elapsed().as_secs_f64());
        writeln!(
            io::stdout(),
            "{seconds:>6.1} s  the first command was accepted, {took:.1?} later"
        )?;
        self.watch().await
    }

    /// Tells whenever a breaker changes its state.
    fn tell_changes(&self) -> JoinSet<()> {
        let breakers = [self.guarded.append_breaker(), self.guarded.read_breaker()];
        breakers.into_iter().map(|breaker| tell_changes(breaker, self.begun)).collect()
    }
}

/// Tells whenever this breaker changes its state.
fn tell_changes(breaker: &Breaker, begun: Instant) -> impl Future<Output = ()> + use<> {
    let (mut events, name) = (breaker.events(), breaker.name().to_owned());
    async move {
        loop {
            let event = match events.recv().await {
                Err(RecvError::Closed) => return,
                event => event,
            };
            // Calls are events as well: under load some are missed, and it goes on with the next.
            if let Ok(BreakerEvent::Changed(Change { from, to, cause, .. })) = event {
                let seconds = begun.elapsed().as_secs_f64();
                // Nobody reads any more: there is nobody to tell.
                let _ =
                    writeln!(io::stdout(), "{seconds:>6.1} s  {name}: {from} -> {to} ({cause:?})");
            }
        }
    }
}
