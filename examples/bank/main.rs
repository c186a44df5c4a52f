//! A bank on one embedded file: the domain of the front page, telling what happens.
//!
//! ```text
//! cargo run --release --example bank -- [FILE | --store URL]
//! ```
//!
//! Without a file it uses a temporary one. Run again on the same file it goes on where it ended. A URL
//! names a store on a server, whose feature has to be on: `redis`, `postgres` or `eventstore`.

#[expect(unreachable_pub, reason = "the code of the front page")]
pub(crate) mod balance;
#[expect(unreachable_pub, reason = "the code of the front page")]
pub(crate) mod domain;
#[path = "../place/mod.rs"]
mod place;

use std::error::Error;
use std::fmt::Debug;
use std::io::{self, Write};
use std::process::ExitCode;

use factum::{App, AppBuilder, Key, SendError, SentTo};

use balance::Balance;
use domain::{Account, Deposit, Open, Withdraw};
use place::Place;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match tell().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bank: {error}");
            ExitCode::from(2)
        }
    }
}

async fn tell() -> Outcome {
    let scratch = tempfile::tempdir()?;
    let place = Place::of_command_line("bank")?;
    let place = place.unwrap_or_else(|| Place::File(scratch.path().join("bank.db")));
    let out = &mut io::stdout();

    writeln!(out, "The bank opens, on {place}.")?;
    let app = start(&place).await?;
    commands(&app, out).await?;
    view(&app, out).await?;
    once(&app, out).await?;
    app.stop().await?;

    writeln!(out, "\nThe bank closes, and opens again on the same log.")?;
    let app = start(&place).await?;
    history(&app, out).await?;
    app.stop().await?;
    Ok(())
}

/// What the bank consists of.
pub(crate) fn bank(app: AppBuilder) -> AppBuilder {
    app.aggregate::<Account>().projection::<Balance>()
}

async fn start(place: &Place) -> Outcome<App> {
    Ok(bank(place.open().await?).start().await?)
}

/// Commands become events, or are rejected.
async fn commands(app: &App, out: &mut impl Write) -> Outcome {
    let (alice, bob) = (|| "alice".to_owned(), || "bob".to_owned());
    send(app, out, Open { account: alice(), owner: "Alice".to_owned() }).await?;
    send(app, out, Open { account: bob(), owner: "Bob".to_owned() }).await?;
    send(app, out, Deposit { account: alice(), cents: 50_000 }).await?;
    send(app, out, Deposit { account: bob(), cents: 750 }).await?;
    send(app, out, Withdraw { account: alice(), cents: 12_000 }).await?;
    send(app, out, Withdraw { account: bob(), cents: 100_000_000 }).await?;
    send(app, out, Deposit { account: "carol".to_owned(), cents: 1 }).await
}

async fn send<C: SentTo<Account> + Debug>(app: &App, out: &mut impl Write, command: C) -> Outcome {
    writeln!(out, "\n> {command:?}")?;
    match app.send(command).await {
        Ok(done) if done.events.is_empty() => writeln!(out, "  nothing to do")?,
        Ok(done) => writeln!(out, "  {:?}", done.events)?,
        Err(SendError::Rejected(reason)) => writeln!(out, "  rejected: {reason}")?,
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// A view that has seen a command shows what it did.
async fn view(app: &App, out: &mut impl Write) -> Outcome {
    let done = app.send(Deposit { account: "bob".to_owned(), cents: 250 }).await?;
    let richest = app
        .view::<Balance>()
        .after(done.position)
        .filter(Balance::CENTS.ge(100u64))
        .order_by(Balance::CENTS.desc())
        .limit(10)
        .all()
        .await?;
    writeln!(out, "\nBob deposits 250 more. Accounts with 100 cents or more, right after it:")?;
    for row in richest {
        writeln!(out, "  {:<8} {:<8} {:>8}", row.account, row.owner, row.cents)?;
    }
    Ok(())
}

/// A command that is sent again under its id happens once.
async fn once(app: &App, out: &mut impl Write) -> Outcome {
    let id = Key::now_v7();
    let withdraw = || Withdraw { account: "bob".to_owned(), cents: 1 };
    let first = app.send(withdraw()).id(id).await?;
    let again = app.send(withdraw()).id(id).await?;
    writeln!(out, "\nBob withdraws 1, and sends it again under its id, {id}:")?;
    for done in [first, again] {
        let fate = if done.repeated { "known already" } else { "new" };
        writeln!(out, "  {fate}, at position {}", done.position)?;
    }
    Ok(())
}

/// What has happened is there, with its time, and so is every state in between.
async fn history(app: &App, out: &mut impl Write) -> Outcome {
    let accounts = app.events::<Account>();
    let mut history = accounts.history("alice")?;
    writeln!(out, "All that ever happened to alice:")?;
    while let Some(stored) = history.next().await {
        let stored = stored?;
        writeln!(out, "  {:>3} {} {:?}", stored.at.revision, stored.at.time(), stored.event)?;
    }
    if let Some(early) = accounts.at_revision("alice", 1).await? {
        writeln!(out, "Alice's account at revision 1: {:?}", early.state)?;
    }
    Ok(())
}
