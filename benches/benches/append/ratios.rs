//! The embedded store against the bare file, and the app against the store.

use std::sync::Arc;
use std::time::Duration;

use factum::App;
use factum::stores::sqlite::SqliteStore;
use factum_benches::bare::BareFile;
use factum_benches::events::{STREAMS, ToStore};
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::domain::Ledger;
use crate::targets::{ToApp, ToBare};

const SENDERS: [usize; 4] = [1, 8, 64, 512];
const ROUNDS: usize = 7;
/// How long one target is written to in one round.
const TIME: Duration = Duration::from_millis(700);

struct Loads {
    bare: Load<ToBare>,
    store: Load<ToStore>,
    app: Load<ToApp>,
}

/// Events a second in one round.
struct Round {
    bare: f64,
    store: f64,
    app: f64,
}

/// Compares for the numbers of senders that are given, for all where none are.
pub(crate) async fn run(senders: &[usize]) -> Result<()> {
    let senders = if senders.is_empty() { &SENDERS } else { senders };
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    let bare = BareFile::create(&at("bare"))?;
    let store = SqliteStore::open(at("store.db"))?;
    let app = App::open(at("app.db"))?.aggregate::<Ledger>().start().await?;
    let mut loads = Loads {
        bare: Load::new(ToBare::new(bare), "ledger", STREAMS)?,
        store: Load::new(ToStore::new(Arc::new(store.clone())), "ledger", STREAMS)?,
        app: Load::new(ToApp::new(app.clone()), "ledger", STREAMS)?,
    };
    loads.bare.touch().await?;
    loads.store.touch().await?;
    loads.app.touch().await?;
    line("events/s, 256 bytes, 10,000 streams: median (least-most) of 7 interleaved rounds");
    row("senders", ["bare file", "store", "app"]);
    let mut lines = Vec::new();
    for senders in senders {
        lines.push((*senders, loads.compare(*senders).await?));
    }
    line("");
    row("ratio by round", ["store / bare", "app / store"]);
    for (senders, rounds) in &lines {
        let to_bare: Vec<f64> = rounds.iter().map(|round| round.store / round.bare).collect();
        let to_store: Vec<f64> = rounds.iter().map(|round| round.app / round.store).collect();
        row(&senders.to_string(), [spread(&to_bare, 2), spread(&to_store, 2)]);
    }
    for (senders, rounds) in &lines {
        let ratio = median(rounds.iter().map(|round| round.store / round.bare));
        figure(&format!("append_ratio_{senders}"), ratio, "ratio");
    }
    for (senders, rounds) in &lines {
        let ratio = median(rounds.iter().map(|round| round.app / round.store));
        figure(&format!("send_ratio_{senders}"), ratio, "ratio");
    }
    app.stop().await?;
    store.close().await;
    Ok(())
}

impl Loads {
    async fn compare(&mut self, senders: usize) -> Result<Vec<Round>> {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let bare = self.bare.rate(senders, TIME).await?;
            let store = self.store.rate(senders, TIME).await?;
            let app = self.app.rate(senders, TIME).await?;
            rounds.push(Round { bare, store, app });
        }
        let of = |rate: fn(&Round) -> f64| spread(&rounds.iter().map(rate).collect::<Vec<_>>(), 0);
        row(&senders.to_string(), [of(|r| r.bare), of(|r| r.store), of(|r| r.app)]);
        Ok(rounds)
    }
}
