//! What the programs do that tests kill and pause. They tell what happens in lines.

use std::error::Error;
use std::future::{pending, ready};
use std::io::{Write, stdin, stdout};

use factum::prelude::*;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::payments::{Payment, Payments, with_payments};

/// How many payments are under way at once.
const AT_ONCE: usize = 64;

type Ended = Result<(), Box<dyn Error>>;

/// Does what the arguments say: `pay LOG NUMBER,NUMBER,…` or `node LOG`.
///
/// # Errors
/// What went wrong.
pub async fn run(words: &[&str]) -> Ended {
    match words {
        ["pay", log, numbers] => pay(log, numbers).await,
        ["node", log] => node(log).await,
        _ => Err("one of `pay` and `node`, and what it needs".into()),
    }
}

/// Makes payments, and tells of each that it was `sent`, and then that it `ended`; waits to be killed.
async fn pay(log: &str, numbers: &str) -> Ended {
    say("opening");
    let app = with_payments(App::connect(log).await?, say).start().await?;
    say("started");
    let numbers = numbers.split_terminator(',').map(str::parse::<u32>);
    let paid = stream::iter(numbers).map(async |number| pay_one(&app, Payment(number?)).await);
    paid.buffer_unordered(AT_ONCE).try_for_each(|()| ready(Ok(()))).await?;
    pending().await
}

async fn pay_one(app: &App, payment: Payment) -> Ended {
    app.send(payment.command()).id(payment.key()).await?;
    let Payment(number) = payment;
    say(&format!("sent {number}"));
    // There are more of these than may be under way at once.
    if !payment.waits() {
        let ended = app.sagas::<Payments>().ended(&payment.id()).await?;
        say(&format!("ended {number} {}", ended.status()));
    }
    Ok(())
}

/// Runs the saga, perhaps, as one of several that share a log, until there is nothing more to be asked.
async fn node(log: &str) -> Ended {
    let app = with_payments(App::connect(log).await?, say).start().await?;
    say("started");
    if let Some(line) = stdin().lines().next() {
        return Err(format!("unknown: {}", line?).into());
    }
    app.stop().await?;
    say("stopped");
    Ok(())
}

/// Prints a line at once. Whoever listens may be gone.
fn say(line: &str) {
    let mut out = stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
