//! Money moves between accounts, one commit at a time, and none of it is lost on the way.
//!
//! ```text
//! cargo run --release --example transfer -- [FILE] [--transfers N]
//! ```
//!
//! A transfer takes money from one account in one commit and gives it to another in a second; a saga
//! leads from the first to the second, and brings the money back if the other account refuses it. Kill
//! this at any moment and run it again on the same file: it goes on, and all adds up. Without a file it
//! uses a temporary one. 500 transfers are made unless N is said.

mod arguments;
#[expect(unreachable_pub, reason = "the code of a user's crate")]
pub(crate) mod domain;
mod sums;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use factum::{App, AppBuilder, Key, Position, SagaRow};
use futures_util::{StreamExt, TryStreamExt, stream};

use arguments::Arguments;
use domain::{Account, Deposit, Open, Transfer, Transfers};
use sums::sums;

/// How many accounts there are, and what is put into each.
const ACCOUNTS: u32 = 10;
const CENTS: u32 = 1_000_000;
/// The ids of all commands follow from this one, so that a second run sends the same commands.
const COMMANDS: Key = Key::from_bytes(*b"factum/transfers");
/// How many are sent at the same time.
const AT_ONCE: usize = 32;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("transfer: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the bank consists of.
pub(crate) fn bank(app: AppBuilder) -> AppBuilder {
    app.aggregate::<Account>().saga::<Transfers>()
}

async fn tell() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let Arguments { file, transfers } = Arguments::read()?;
    let file = file.unwrap_or_else(|| scratch.path().join("transfer.db"));
    let out = &mut io::stdout();
    let app = bank(App::open(&file)?).start().await?;
    writeln!(out, "The bank opens, on {}.", file.display())?;
    open_accounts(&app).await?;
    let (known, newest) = send_transfers(&app, transfers).await?;
    writeln!(out, "{transfers} transfers are accepted, {known} of them in an earlier run.")?;
    let ways = ways(&app, newest).await?;
    writeln!(
        out,
        "Their sagas have ended: {} completed, {} compensated, as nobody opened the other account, \
         {} stuck.",
        ways.completed, ways.compensated, ways.stuck
    )?;
    let sound = add_up(&app, transfers, out).await?;
    app.stop().await?;
    if sound { Ok(()) } else { Err("the money does not add up".into()) }
}

fn account(number: u32) -> String {
    format!("account-{number}")
}

async fn open_accounts(app: &App) -> Outcome {
    for number in 0..ACCOUNTS {
        let open = Open { account: account(number), owner: format!("Owner {number}") };
        app.send(open).id(COMMANDS.derive(&format!("open/{number}"))).await?;
        let deposit = Deposit { account: account(number), cents: CENTS };
        app.send(deposit).id(COMMANDS.derive(&format!("deposit/{number}"))).await?;
    }
    Ok(())
}

/// Sends them, each under its own id; how many were known, and where the newest stands.
async fn send_transfers(app: &App, transfers: u32) -> Outcome<(usize, Position)> {
    let sent = stream::iter(0..transfers).map(async |number| {
        // Every tenth goes to an account that nobody opened.
        let to = if number % 10 == 9 { ACCOUNTS } else { (number + 1 + number / 10) % ACCOUNTS };
        let (account, to, cents) = (account(number % ACCOUNTS), account(to), 1 + number % 99);
        app.send(Transfer { account, to, cents })
            .id(COMMANDS.derive(&format!("transfer/{number}")))
            .await
    });
    let done: Vec<_> = sent.buffer_unordered(AT_ONCE).try_collect().await?;
    let newest = done.iter().map(|done| done.position).max().unwrap_or(Position::START);
    Ok((done.iter().filter(|done| done.repeated).count(), newest))
}

/// How the sagas of transfers ended.
struct Ways {
    completed: usize,
    compensated: usize,
    stuck: usize,
}

async fn ways(app: &App, newest: Position) -> Outcome<Ways> {
    let sagas = app.sagas::<Transfers>();
    // From here on each has begun.
    sagas.inbox().wait(newest).await?;
    let rows = sagas.rows().after(app.store().head().await?.position);
    for row in rows.all().await? {
        sagas.ended(row.id()).await?;
    }
    let rows = sagas.rows().after(app.store().head().await?.position);
    let count = async |status: &str| rows.filter(SagaRow::STATUS.eq(status)).count().await;
    Ok(Ways {
        completed: count("completed").await?,
        compensated: count("compensated").await?,
        stuck: count("stuck").await?,
    })
}

/// Compares what the log says with what was put in; whether they agree.
async fn add_up(app: &App, transfers: u32, out: &mut impl Write) -> Outcome<bool> {
    let sums = sums(&**app.store()).await?;
    writeln!(out)?;
    for (account, cents) in &sums.accounts {
        writeln!(out, "  {account:<12} {cents:>9}")?;
    }
    let (total, put_in) = (sums.accounts.values().sum::<i64>(), i64::from(ACCOUNTS * CENTS));
    writeln!(out, "  {:<12} {total:>9} cents, of {put_in} that were put in", "all")?;
    writeln!(out, "{} sums left an account, {} arrived at one.", sums.left, sums.arrived)?;
    Ok(total == put_in && (sums.left, sums.arrived) == (transfers, transfers))
}
