//! What an outage of the store looks like from behind a guard: a Redis server under load is paused,
//! killed and started again, and in the end every command was done once.
//!
//! ```text
//! cargo run --release --example outage --features redis,guard [-- SECONDS]
//! ```
//!
//! The server is the example's own, on a free port of the loopback, with its files in a temporary
//! folder; `redis-server` has to be installed. SECONDS is how long each act takes: 3 unless said.

mod check;
mod load;
mod story;
mod tally;
mod till;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use factum::App;
use factum::resilience::{BreakerSettings, OpenWait, Window};
use factum::stores::RedisStore;
use factum::stores::guarded::{Guard, Operation};
use factum_test_servers::Redis;
use tokio::sync::watch;

use load::{TILLS, ring};
use tally::Tally;
use till::Till;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let act = match std::env::args().nth(1).map(|seconds| seconds.parse()) {
        None => Duration::from_secs(3),
        Some(Ok(seconds)) if seconds > 0.0 && seconds <= 3600.0 => Duration::from_secs_f64(seconds),
        Some(_) => {
            eprintln!("usage: outage [SECONDS]");
            return ExitCode::from(2);
        }
    };
    match tell(act).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("outage: {error}");
            ExitCode::from(1)
        }
    }
}

/// A guard that shows something within seconds; the defaults are made for longer outages.
fn guard() -> Guard {
    let breaker = BreakerSettings {
        window: Window::Time(Duration::from_secs(1)),
        minimum_calls: 5,
        open_wait: OpenWait::always(Duration::from_millis(500)),
        ..BreakerSettings::default()
    };
    let operation = Operation {
        time_limit: Some(Duration::from_secs(1)),
        breaker: Some(breaker),
        ..Operation::default()
    };
    Guard { append: operation.clone(), read: operation, ..Guard::default() }
}

async fn tell(act: Duration) -> Outcome {
    let server = Redis::start().map_err(|missing| format!("{} is not installed", missing.0))?;
    let store = RedisStore::options().connect(server.url()).await?;
    let app = App::with_store(store).guard(guard()).aggregate::<Till>().start().await?;

    let (tally, (close, closing)) = (Arc::new(Tally::default()), watch::channel(false));
    let tills: Vec<_> = (0..TILLS)
        .map(|till| tokio::spawn(ring(app.clone(), till, tally.clone(), closing.clone())))
        .collect();
    let guarded = app.guarded().ok_or("the app has a guard")?;
    let server = story::play(server, guarded, &tally, act).await?;
    close.send_replace(true);
    let mut accepted = Vec::new();
    for till in tills {
        accepted.extend(till.await?);
    }
    let sound = check::check(&app, &accepted, tally.counts()).await?;
    app.stop().await?;
    drop(server);
    if sound { Ok(()) } else { Err("the store does not have what was accepted".into()) }
}
