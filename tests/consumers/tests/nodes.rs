//! Processes share a view in eight slices, come and go, are killed (SIGKILL), and sleep (SIGSTOP) for
//! longer than their leases, while others append. Slices move, what a sleeper commits is refused, each
//! process sees its own writes wherever their rows are, and no event is applied twice or skipped.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use factum::prelude::*;
use factum::store::EventStore;
use factum::view::{ViewId, ViewSpec};
use factum::{Projection, codec};
use factum_consumer_tests::{
    Child, Depot, GoodsRow, Kind, Known, LEASE, LONG, NODE_SLICES, Servers, open, soak, work,
};
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-consumer-tests");

/// How many times something happens to a process, after what happens to each run.
fn rounds() -> u32 {
    if soak() { 60 } else { 8 }
}

/// The processes, by their names.
struct Nodes {
    url: String,
    log: Arc<dyn EventStore>,
    nodes: BTreeMap<String, Child>,
    started: u32,
    refused: usize,
}

impl Nodes {
    fn join(&mut self) -> String {
        let name = format!("node-{:02}", self.started);
        self.started += 1;
        let mut node = Child::start(PROGRAM, &["node", &self.url, &name]);
        node.hear("started");
        self.nodes.insert(name.clone(), node);
        name
    }

    fn any(&self, random: &mut Rng) -> String {
        self.nodes.keys().nth(random.usize(..self.nodes.len())).unwrap().clone()
    }

    fn take_out(&mut self, name: &str) -> Child {
        let mut node = self.nodes.remove(name).unwrap();
        self.refused += node.unheard("refused");
        node
    }

    fn stop(&mut self, name: &str) {
        assert!(self.take_out(name).end().success());
    }

    fn kill(&mut self, name: &str) {
        self.take_out(name).kill();
    }

    /// Waits until these, and nobody else, have the slices, as many each as the others or one more.
    async fn until_shared_by(&self, wanted: &[&str]) {
        let id = ViewId::new(GoodsRow::NAME, GoodsRow::VERSION);
        let view = ViewSpec { slices: NODE_SLICES, ..ViewSpec::new(id, GoodsRow::COLUMNS) };
        let rows = self.log.rows().unwrap();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let shared = tokio::time::timeout(LONG, async {
            loop {
                found.clear();
                for slice in rows.slices(view).await.unwrap() {
                    let owner = slice.owner.map(|owner| owner.to_string());
                    *found.entry(owner.unwrap_or_default()).or_default() += 1;
                }
                let (least, most) = (found.values().min(), found.values().max());
                let even = most.zip(least).is_some_and(|(most, least)| most - least <= 1);
                if even && found.keys().eq(wanted) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let shared = shared.await;
        assert!(shared.is_ok(), "{found:?}, not {wanted:?}");
    }

    async fn until_shared_by_all(&self) {
        let names: Vec<&str> = self.nodes.keys().map(String::as_str).collect();
        self.until_shared_by(&names).await;
    }

    /// Each asks for what it did just now.
    fn each_sees_its_own(&mut self) {
        for node in self.nodes.values_mut() {
            node.ask("own row");
            assert_eq!(node.hear("own"), "seen");
        }
    }

    /// Lets one sleep in the middle of a commit until others have its slices. What it commits when it
    /// wakes is refused; then it takes part again.
    async fn sleeps_amid_a_commit(&mut self, name: &str) {
        let node = self.nodes.get_mut(name).unwrap();
        self.refused += node.unheard("refused");
        while node.unheard("refused") > 0 {
            node.hear("refused");
        }
        node.ask("hold on");
        node.hear("held");
        node.pause();
        let others: Vec<&str> =
            self.nodes.keys().map(String::as_str).filter(|other| *other != name).collect();
        self.until_shared_by(&others).await;
        let node = self.nodes.get_mut(name).unwrap();
        node.resume();
        node.ask("hold off");
        node.hear("refused");
        self.refused += 1;
        self.until_shared_by_all().await;
    }

    /// Something happens to one of them.
    async fn something_happens(&mut self, random: &mut Rng) {
        let name = self.any(random);
        match random.u32(..4) {
            0 => {
                self.kill(&name);
                self.join();
            }
            1 => {
                self.stop(&name);
                self.join();
            }
            2 => {
                self.join();
                self.kill(&name);
            }
            _ => {
                self.nodes[&name].pause();
                tokio::time::sleep(LEASE + LEASE.mul_f64(random.f64())).await;
                self.nodes[&name].resume();
            }
        }
    }

    fn each_has_the_rows(&mut self, known: &Known) {
        let head = known.head();
        for node in self.nodes.values_mut() {
            node.ask(&format!("rows {}", head.number()));
            let rows = node.hear("rows");
            known.check_rows(&codec::read_json::<Vec<GoodsRow>>(rows.as_bytes()).unwrap());
        }
    }
}

/// Appends until it is told to stop.
fn append(url: String, stop: Arc<AtomicBool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let app = App::connect(&url).await.unwrap().aggregate::<Depot>().start().await.unwrap();
        let mut random = Rng::new();
        while !stop.load(Ordering::SeqCst) {
            work(&app, &mut random).await.unwrap();
        }
        app.stop().await.unwrap();
    })
}

async fn slices_move(kind: Kind) {
    let Some(servers) = Servers::of(&[kind]).await else { return };
    let url = servers.url(kind);
    let mut random = Rng::new();
    println!("nodes on {kind:?}: seed {}", random.get_seed());
    let log = open(&url).await.unwrap();
    let nodes = BTreeMap::new();
    let mut all = Nodes { url: url.clone(), log: log.clone(), nodes, started: 0, refused: 0 };
    let stop = Arc::new(AtomicBool::new(false));
    let appending = append(url, stop.clone());

    let first = all.join();
    all.until_shared_by_all().await;
    let second = all.join();
    let third = all.join();
    all.until_shared_by_all().await;
    all.each_sees_its_own();
    all.stop(&second);
    all.until_shared_by_all().await;
    all.each_sees_its_own();
    all.join();
    all.until_shared_by_all().await;
    all.kill(&first);
    all.until_shared_by_all().await;
    all.each_sees_its_own();
    all.join();
    all.until_shared_by_all().await;
    all.sleeps_amid_a_commit(&third).await;
    all.each_sees_its_own();
    for _ in 0..rounds() {
        all.something_happens(&mut random).await;
        all.each_sees_its_own();
    }
    all.until_shared_by_all().await;
    stop.store(true, Ordering::SeqCst);
    appending.await.unwrap();

    let mut known = Known::default();
    known.read_on(&*log).await;
    all.each_has_the_rows(&known);
    let (events, started) = (known.events.len(), all.started);
    let names: Vec<String> = all.nodes.keys().cloned().collect();
    names.iter().for_each(|name| all.stop(name));
    println!(
        "nodes on {kind:?}: {started} processes, {events} events, {} commits refused",
        all.refused
    );
}

#[test]
fn slices_move_on_postgres() {
    tokio::runtime::Runtime::new().unwrap().block_on(slices_move(Kind::Postgres));
}

#[test]
fn slices_move_on_redis() {
    tokio::runtime::Runtime::new().unwrap().block_on(slices_move(Kind::Redis));
}
