//! Processes share a saga on one log. One leads it at a time; when that one is killed (SIGKILL), or sleeps
//! (SIGSTOP) for longer than its lease, another takes over, and when the sleeper wakes it leads no more.
//! No payment is left half done, and nothing is done twice.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use factum::prelude::*;
use factum::stores::PostgresStore;
use factum_saga_tests::bank::Account;
use factum_saga_tests::books::Books;
use factum_saga_tests::payments::{Payment, open_accounts, send_all};
use factum_test_servers::{Child, Postgres, Redis, required};
use tokio::task::JoinHandle;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-sagas-on-servers");

/// How many payments are made in each part of the test.
const PART: u32 = 200;
/// After how many of them something happens to the process that leads the saga.
const SOME: u32 = 20;
/// Far more than any wait of a test needs.
const LONG: Duration = Duration::from_secs(120);

/// How many times the saga moves by a kill and by a sleep.
fn rounds() -> u32 {
    if std::env::var_os("FACTUM_SOAK").is_some() { 10 } else { 1 }
}

/// A log, the app that makes payments on it, and what is known about it.
struct Bank {
    app: App,
    books: Books,
    made: u32,
    /// What the processes said of the steps that they led: the key of each by its payment.
    led: BTreeMap<String, String>,
    /// How many steps were led more than once.
    led_again: usize,
}

impl Bank {
    /// Begins to make some payments.
    fn pay(&mut self) -> JoinHandle<()> {
        let (app, payments) = (self.app.clone(), (self.made..self.made + PART).map(Payment));
        self.made += PART;
        tokio::spawn(async move { send_all(&app, payments).await })
    }

    /// Makes some payments, to their end.
    async fn pay_and_settle(&mut self) {
        self.pay().await.unwrap();
        self.until_settled().await;
    }

    async fn until_settled(&mut self) {
        let settled = tokio::time::timeout(LONG, async {
            loop {
                self.books.read_on(&**self.app.store()).await;
                if self.books.under_way() == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        assert!(settled.await.is_ok(), "{} are under way", self.books.under_way());
        self.books.check_settled((0..self.made).map(Payment));
    }

    /// Takes note of steps that a process led.
    fn note(&mut self, lines: &[String]) {
        for line in lines {
            let (payment, key) = line.split_once(' ').unwrap();
            match self.led.insert(payment.to_owned(), key.to_owned()) {
                None => {}
                Some(before) => {
                    assert_eq!(before, key, "another key for the step of {payment}");
                    self.led_again += 1;
                }
            }
        }
    }
}

fn join(url: &str) -> Child {
    let mut node = Child::start(PROGRAM, &["node", url]);
    node.hear("started");
    node
}

/// The one that leads is the first of the two.
async fn a_saga_moves(url: &str) {
    let app = App::connect(url).await.unwrap().aggregate::<Account>().start().await.unwrap();
    open_accounts(&app).await;
    let (books, led) = (Books::default(), BTreeMap::new());
    let mut bank = Bank { app, books, made: 0, led, led_again: 0 };
    let (mut leads, mut waits) = (join(url), join(url));
    bank.pay_and_settle().await;
    assert_eq!(waits.unheard("led"), 0, "two lead the saga");
    for _ in 0..rounds() {
        // Killed amid payments.
        let paying = bank.pay();
        (0..SOME).for_each(|_| bank.note(&[leads.hear("led")]));
        bank.note(&leads.killed("led"));
        paying.await.unwrap();
        bank.until_settled().await;
        leads = std::mem::replace(&mut waits, join(url));
        assert!(leads.unheard("led") > 0, "nothing was left to be taken over");
        bank.note(&leads.heard("led"));

        // Asleep amid payments.
        let paying = bank.pay();
        (0..SOME).for_each(|_| bank.note(&[leads.hear("led")]));
        leads.pause();
        paying.await.unwrap();
        bank.until_settled().await;
        assert!(waits.unheard("led") > 0, "nothing was left to be taken over");
        leads.resume();
        // What it has in hand may still come; then it leads no more.
        bank.pay_and_settle().await;
        bank.note(&leads.heard("led"));
        bank.pay_and_settle().await;
        assert_eq!(leads.unheard("led"), 0, "two lead the saga");
        bank.note(&waits.heard("led"));
        std::mem::swap(&mut leads, &mut waits);
    }
    println!("{} payments, {} steps led twice", bank.made, bank.led_again);
    for node in [leads, waits] {
        assert!(node.end().success());
    }
    bank.books.read_on(&**bank.app.store()).await;
    bank.books.check_settled((0..bank.made).map(Payment));
    bank.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_moves_on_postgres() {
    let Some(server) = required(Postgres::start_with(&[])) else { return };
    PostgresStore::migrate(&server.url()).await.unwrap();
    a_saga_moves(&server.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saga_moves_on_redis() {
    let Some(server) = required(Redis::start()) else { return };
    a_saga_moves(&server.url()).await;
}
