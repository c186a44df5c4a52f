//! Transfers end to end, 64 at once, each from sending the command until its instance has ended.

use std::time::{Duration, Instant};

use factum::saga::Status;
use factum::{App, SagaRow};
use factum_benches::children::own_processor_seconds;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::bank::{Account, Deposit, Open, Transfer, Transfers};
use crate::ends::Ends;

const SENDERS: usize = 64;
const ACCOUNTS: u32 = 1_000;
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_secs(2);
/// How long the rows of the instances may take to catch up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a round came to.
struct Round {
    per_second: f64,
    median: f64,
    p99: f64,
    /// Microseconds of processor time that each took, whatever else the machine does.
    processor: f64,
}

pub(crate) async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let app = App::open(folder.path().join("log.db"))?;
    let app = app.aggregate::<Account>().saga::<Transfers>().start().await?;
    open_accounts(&app).await?;
    let (ends, follower) = Ends::follow(app.store().clone()).await?;
    let (mut rounds, mut sent) = (Vec::new(), 0);
    // The first round fills caches.
    for number in 0..=ROUNDS {
        let (round, count) = round(&app, &ends).await?;
        sent += count;
        if number > 0 {
            rounds.push(round);
        }
    }
    follower.abort();
    check(&app, sent).await?;
    report(&rounds);
    app.stop().await?;
    Ok(())
}

pub(crate) async fn open_accounts(app: &App) -> Result<()> {
    let each = (0..ACCOUNTS).map(|account| {
        let (app, account) = (app.clone(), account.to_string());
        tokio::spawn(async move {
            app.send(Open { account: account.clone() }).await?;
            app.send(Deposit { account, cents: 1_000_000 }).await?;
            Ok::<_, factum_benches::Error>(())
        })
    });
    for opened in each.collect::<Vec<_>>() {
        opened.await??;
    }
    let head = app.store().head().await?.position;
    Ok(app.sagas::<Transfers>().inbox().wait(head).await?)
}

/// A transfer between two accounts, drawn by lot.
pub(crate) fn transfer() -> Transfer {
    let [account, to] = [(); 2].map(|()| fastrand::u32(..ACCOUNTS).to_string());
    Transfer { account, to, cents: 1 }
}

async fn round(app: &App, ends: &Ends) -> Result<(Round, usize)> {
    let (start, used) = (Instant::now(), own_processor_seconds()?);
    let senders = (0..SENDERS).map(|_| tokio::spawn(send(app.clone(), ends.clone(), start + TIME)));
    let mut times = Vec::new();
    for sender in senders.collect::<Vec<_>>() {
        times.extend(sender.await??);
    }
    let per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or(f64::NAN);
    let processor = (own_processor_seconds()? - used) * 1e6 / times.len() as f64;
    Ok((Round { per_second, median: at(50), p99: at(99), processor }, times.len()))
}

/// Sends transfers one after another; how many milliseconds each took.
async fn send(app: App, ends: Ends, until: Instant) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        let done = app.send(transfer()).await?;
        ends.wait(done.command.to_string()).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

async fn check(app: &App, sent: usize) -> Result<()> {
    let head = app.store().head().await?.position;
    let rows = app.sagas::<Transfers>().rows().after(head).within(PATIENCE);
    let completed = SagaRow::STATUS.eq(Status::Completed.as_str());
    let completed = rows.filter(completed).count().await?;
    if completed != sent {
        return Err(format!("{completed} of {sent} transfers are completed").into());
    }
    Ok(())
}

fn report(rounds: &[Round]) {
    let of = |value: fn(&Round) -> f64| rounds.iter().map(value).collect::<Vec<_>>();
    let (rates, p99) = (of(|round| round.per_second), of(|round| round.p99));
    line(&format!("transfers, {SENDERS} at once: median (least-most) of {ROUNDS} rounds"));
    row("transfers/s", [spread(&rates, 0)]);
    row("ms, median", [spread(&of(|round| round.median), 1)]);
    row("ms, 99 of 100 within", [spread(&p99, 1)]);
    let processor = of(|round| round.processor);
    row("us of processor time each", [spread(&processor, 0)]);
    figure("transfers_per_s", median(rates), "transfers/s");
    figure("transfer_p99_ms", median(p99), "ms");
    figure("transfer_processor_us", median(processor), "us");
}
