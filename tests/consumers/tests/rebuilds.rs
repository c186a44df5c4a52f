//! An app is killed (SIGKILL) while it builds a view anew. The rebuild goes on at the next start, queries
//! see the old rows until it is done, and the new ones are right then.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use factum::store::EventStore;
use factum::view::{BuildState, Row, RowBatch, RowChanges, RowStore, ViewId, ViewSpec};
use factum::{Position, Projection};
use factum_consumer_tests::{
    Child, Kind, Known, LONG, Servers, ShipmentRow, open, soak, start, work,
};
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-consumer-tests");

/// How many commands there are before the first rebuild, about twice as many events.
const COMMANDS: u32 = 400;
/// How many events a second a rebuild takes: some seconds for all.
const PACE: &str = "300";

/// How often, at least 10 times; with `FACTUM_SOAK` for long.
fn kills() -> u32 {
    if soak() { 100 } else { 12 }
}

fn spec(build: u32) -> ViewSpec {
    let id = ViewId { build, ..ViewId::new(ShipmentRow::NAME, ShipmentRow::VERSION) };
    ViewSpec::new(id, ShipmentRow::COLUMNS)
}

/// The building that queries see, and the one in the making, if there is one.
async fn builds(rows: &dyn RowStore) -> (u32, Option<u32>) {
    let builds = rows.builds(ShipmentRow::NAME).await.unwrap();
    let live = |build: &&BuildState| build.live;
    let live = builds.iter().find(live).unwrap().id.build;
    (live, builds.iter().map(|build| build.id.build).max().filter(|newest| *newest > live))
}

/// Makes a row of the first building wrong, as code would have that was mended since. Where it is.
async fn spoil(rows: &dyn RowStore) -> String {
    let view = spec(0);
    let state = rows.slices(view).await.unwrap().remove(0);
    let bodies = rows.select(view, Default::default()).await.unwrap();
    let mut row = ShipmentRow::form().read(&bodies[0]).unwrap();
    row.seen.digest ^= 1;
    let (mut values, mut body) = (Vec::new(), Vec::new());
    row.values(&mut values);
    ShipmentRow::form().write(&row, &mut body).unwrap();
    let puts = vec![Row { key: row.shipment.clone(), values, body: body.into() }];
    let batch = RowBatch {
        hold: state.hold,
        rows: RowChanges { puts, deletes: Vec::new() },
        ..RowBatch::new(view, state.checkpoint, state.checkpoint.unwrap())
    };
    rows.commit(batch).await.unwrap();
    row.shipment
}

fn rebuild_and_kill_over_and_over(kind: Kind) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(servers) = runtime.block_on(Servers::of(&[kind])) else { return };
    let url = servers.url(kind);
    let mut random = Rng::new();
    println!("rebuilds on {kind:?}: seed {}", random.get_seed());
    let mut known = Known::default();
    let spoilt = runtime.block_on(begin(&url, &mut known, &mut random));
    let (mut amid, mut gone_on, mut finished, mut left) = (0, 0, 0, None);
    for life in 0..kills() {
        let mut app = Child::start(PROGRAM, &["rebuild", &url, PACE]);
        if let Some(steps) = goes_how_far(life, &mut random) {
            (0..steps).for_each(|_| drop(app.hear("reached")));
        } else {
            app.hear("finished");
            finished += 1;
        }
        gone_on += app.unheard("goes on");
        app.kill();
        let under_way = runtime.block_on(async {
            let log = open(&url).await.unwrap();
            let under_way = look(&*log, &mut known, &spoilt).await;
            log.close().await;
            under_way
        });
        amid += u32::from(under_way.is_some());
        // One that goes on does not begin again.
        if let (Some((build, reached)), Some((of, before))) = (under_way, left) {
            assert!(
                build > of || reached >= before,
                "{build} at {reached}, after {of} at {before}"
            );
        }
        left = under_way;
    }
    runtime.block_on(end(&url, &mut known));
    println!(
        "rebuilds on {kind:?}: {} kills, {} events, {amid} kills amid a rebuild, {gone_on} went on, \
         {finished} finished before",
        kills(),
        known.events.len()
    );
    assert!(amid >= 2 && gone_on >= 1 && finished >= 2, "{amid}, {gone_on}, {finished}");
}

/// How many steps of a rebuild a life sees before it is killed. `None`: the whole of it.
fn goes_how_far(life: u32, random: &mut Rng) -> Option<u32> {
    (life % 3 != 2).then(|| random.u32(2..6))
}

/// Fills the log and the view, and spoils a row of it.
async fn begin(url: &str, known: &mut Known, random: &mut Rng) -> String {
    let app = start(url, url).await.unwrap();
    for _ in 0..COMMANDS {
        work(&app, random).await.unwrap();
    }
    known.check_whole(&**app.store(), &app.view::<ShipmentRow>()).await;
    app.stop().await.unwrap();
    let log = open(url).await.unwrap();
    let spoilt = spoil(&*log.rows().unwrap()).await;
    log.close().await;
    spoilt
}

/// Looks at what a killed app left; if it was amid a rebuild, of which building, and where.
async fn look(log: &dyn EventStore, known: &mut Known, spoilt: &str) -> Option<(u32, Position)> {
    let rows = log.rows().unwrap();
    let (live, next) = builds(&*rows).await;
    if live == 0 {
        let row = rows.load(spec(0), vec![spoilt.to_owned()]).await.unwrap().remove(0);
        let row = ShipmentRow::form().read(&row.unwrap()).unwrap();
        known.read_on(log).await;
        let right = known.rows::<ShipmentRow>(Position::new(row.seen.last));
        assert_ne!(
            right.get(spoilt),
            Some(&row),
            "the old rows are seen until the new ones are there"
        );
    } else {
        known.check_left::<ShipmentRow>(log, &*rows, spec(live)).await.unwrap();
    }
    let next = next?;
    let reached = known.check_left::<ShipmentRow>(log, &*rows, spec(next)).await?;
    (reached > Position::START && reached < known.head()).then_some((next, reached))
}

/// Lets what is under way come to its end.
async fn end(url: &str, known: &mut Known) {
    let app = start(url, url).await.unwrap();
    let view = app.view::<ShipmentRow>();
    tokio::time::timeout(LONG, async {
        // The manager looks for what was begun within its first moments.
        while let (_, Some(_)) = builds(&*app.store().rows().unwrap()).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    view.rebuild().finished().await.unwrap();
    known.check_whole(&**app.store(), &view).await;
    app.stop().await.unwrap();
}

#[test]
fn kills_amid_a_rebuild_in_the_file_of_the_log() {
    rebuild_and_kill_over_and_over(Kind::Embedded);
}

#[test]
fn kills_amid_a_rebuild_on_postgres() {
    rebuild_and_kill_over_and_over(Kind::Postgres);
}

#[test]
fn kills_amid_a_rebuild_on_redis() {
    rebuild_and_kill_over_and_over(Kind::Redis);
}
