//! An app with two views is killed (SIGKILL) at random moments, over and over on one log, on each pair of
//! log and view store; the embedded store with its views in its own file is in `tests/kill`. What is
//! left is never torn: rows and checkpoint are of one moment. At the end the views are as if they had been
//! computed from the log at once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use factum::Projection;
use factum::view::{ViewId, ViewSpec};
use factum_consumer_tests::{
    Child, GoodsRow, Kind, Known, Servers, ShipmentRow, open, soak, start, work,
};
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-consumer-tests");

/// How often, at least 10 times on each pair; with `FACTUM_SOAK` for long.
fn kills() -> u32 {
    if soak() { 100 } else { 12 }
}

fn spec<V: Projection>(slices: u16) -> ViewSpec {
    ViewSpec { slices, ..ViewSpec::new(ViewId::new(V::NAME, V::VERSION), V::COLUMNS) }
}

fn kill_over_and_over(log: Kind, views: Kind) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(servers) = runtime.block_on(Servers::of(&[log, views])) else { return };
    let (log_url, views_url) = (servers.url(log), servers.url(views));
    let mut random = Rng::new();
    println!("{log:?} and {views:?}: seed {}", random.get_seed());
    let (mut known, mut moved, mut behind, mut reached) = (Known::default(), 0, 0, None);
    for life in 0..kills() {
        live_and_die(&log_url, &views_url, life, &mut random);
        // Now and then nobody takes the slices, and the leases have to run out.
        if life % 4 == 3 {
            continue;
        }
        runtime.block_on(async {
            let (log, rows) = (open(&log_url).await.unwrap(), open(&views_url).await.unwrap());
            let rows = rows.rows();
            let Some(rows) = rows.filter(|_| views != Kind::Memory) else { return };
            let left = known.check_left::<ShipmentRow>(&*log, &*rows, spec::<ShipmentRow>(1)).await;
            known.check_left::<GoodsRow>(&*log, &*rows, spec::<GoodsRow>(3)).await;
            moved += u32::from(left > reached);
            behind += u32::from(left.is_some_and(|left| left < known.head()));
            reached = left;
            log.close().await;
        });
    }
    runtime.block_on(async {
        let app = start(&log_url, &views_url).await.unwrap();
        for _ in 0..20 {
            work(&app, &mut random).await.unwrap();
        }
        known.check_whole(&**app.store(), &app.view::<ShipmentRow>()).await;
        known.check_whole(&**app.store(), &app.view::<GoodsRow>()).await;
        app.stop().await.unwrap();
    });
    println!(
        "{log:?} and {views:?}: {} kills, {} events; the views moved in {moved} lives and were behind \
         after {behind}",
        kills(),
        known.events.len()
    );
    assert!(known.events.len() > 100, "the app hardly wrote");
    assert!(moved > 1 || views == Kind::Memory, "the app hardly kept its views: {moved} times");
}

/// Lets an app do so much, or be there for so long, and kills it.
fn live_and_die(log: &str, views: &str, life: u32, random: &mut Rng) {
    let mut app = Child::start(PROGRAM, &["app", log, views]);
    app.hear("opening");
    if life % 6 == 5 {
        // It dies while it opens its stores and takes its views.
        std::thread::sleep(Duration::from_millis(random.u64(..100)));
    } else {
        app.hear("started");
        (0..random.u32(1..120)).for_each(|_| drop(app.hear("done")));
        std::thread::sleep(Duration::from_micros(random.u64(..20_000)));
    }
    app.kill();
}

#[test]
fn kills_with_log_and_views_on_postgres() {
    kill_over_and_over(Kind::Postgres, Kind::Postgres);
}

#[test]
fn kills_with_the_log_on_postgres_and_views_on_redis() {
    kill_over_and_over(Kind::Postgres, Kind::Redis);
}

#[test]
fn kills_with_the_log_on_postgres_and_views_in_a_file() {
    kill_over_and_over(Kind::Postgres, Kind::OtherFile);
}

#[test]
fn kills_with_the_log_on_postgres_and_views_in_memory() {
    kill_over_and_over(Kind::Postgres, Kind::Memory);
}

#[test]
fn kills_with_log_and_views_on_redis() {
    kill_over_and_over(Kind::Redis, Kind::Redis);
}

#[test]
fn kills_with_the_log_on_redis_and_views_on_postgres() {
    kill_over_and_over(Kind::Redis, Kind::Postgres);
}

#[test]
fn kills_with_the_log_on_redis_and_views_in_a_file() {
    kill_over_and_over(Kind::Redis, Kind::OtherFile);
}

#[test]
fn kills_with_the_log_on_redis_and_views_in_memory() {
    kill_over_and_over(Kind::Redis, Kind::Memory);
}

#[test]
fn kills_with_the_log_in_a_file_and_views_in_another() {
    kill_over_and_over(Kind::Embedded, Kind::OtherFile);
}

#[test]
fn kills_with_the_log_in_a_file_and_views_on_redis() {
    kill_over_and_over(Kind::Embedded, Kind::Redis);
}

#[test]
fn kills_with_the_log_in_a_file_and_views_on_postgres() {
    kill_over_and_over(Kind::Embedded, Kind::Postgres);
}
