//! A process that makes a thousand payments, 64 at a time, is killed (SIGKILL) at random moments, over and
//! over on one file. What it was told is done is done to its end; nothing is done by half, or twice.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use factum::stores::SqliteStore;
use factum_saga_tests::books::Books;
use factum_saga_tests::payments::{Payment, open_accounts, send_all, settle, start};
use factum_test_servers::Child;
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_factum-saga-tests");
const PAYMENTS: u32 = 1_000;

/// How often, at least 30 times; with `FACTUM_SOAK` for long.
fn kills() -> u32 {
    if std::env::var_os("FACTUM_SOAK").is_some() { 300 } else { 36 }
}

/// A file with payments, and what processes have told about them.
struct Bank {
    file: String,
    sent: BTreeSet<u32>,
    /// With how they ended.
    ended: BTreeMap<u32, String>,
    random: Rng,
}

impl Bank {
    fn url(&self) -> String {
        format!("sqlite:{}", self.file)
    }

    /// Whether a process has told that it need not be looked at any more.
    fn is_settled(&self, number: u32) -> bool {
        match Payment(number).waits() {
            true => self.sent.contains(&number),
            false => self.ended.contains_key(&number),
        }
    }

    /// Lets a process make some payments, or be there for so long, and kills it.
    fn live_and_die(&mut self, life: u32) {
        // Those that were sent before are sent again, under the same ids.
        let left: Vec<u32> = (0..PAYMENTS).filter(|number| !self.is_settled(*number)).collect();
        let numbers = left.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let mut process = Child::start(PROGRAM, &["pay", &self.url(), &numbers]);
        process.hear("opening");
        if life % 6 == 5 {
            // It dies while it opens its file and takes up what was left.
            std::thread::sleep(Duration::from_millis(self.random.u64(..100)));
        } else {
            process.hear("started");
            let left = left.iter().filter(|number| !Payment(**number).waits()).count();
            let most = (2 * PAYMENTS / kills()).min(left as u32);
            let told = if life % 3 == 2 { "sent" } else { "ended" };
            (0..self.random.u32(..=most)).for_each(|_| {
                let line = process.hear(told);
                self.hear(&format!("{told} {line}"));
            });
            std::thread::sleep(Duration::from_micros(self.random.u64(..20_000)));
        }
        process.killed("").iter().for_each(|line| self.hear(line));
    }

    fn hear(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["sent", number] => drop(self.sent.insert(number.parse().unwrap())),
            ["ended", number, how] => {
                let before = self.ended.insert(number.parse().unwrap(), how.to_owned());
                assert!(before.is_none_or(|before| before == how), "{line}");
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_leaves_no_payment_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank.db").display().to_string();
    let (sent, ended, random) = (BTreeSet::new(), BTreeMap::new(), Rng::new());
    println!("seed {}", random.get_seed());
    let mut bank = Bank { file, sent, ended, random };
    let app = start(&bank.url()).await.unwrap();
    open_accounts(&app).await;
    app.stop().await.unwrap();

    let (mut books, mut caught, mut caught_waiting) = (Books::default(), 0, 0);
    for life in 0..kills() {
        bank.live_and_die(life);
        let log = SqliteStore::open(&bank.file).unwrap();
        books.read_on(&log).await;
        log.close().await;
        books.check_nothing_twice();
        caught += u32::from(books.under_way() > books.waiting());
        caught_waiting += u32::from(books.waiting() > 0);
    }
    let sent = bank.sent.len();
    let app = start(&bank.url()).await.unwrap();
    let payments = (0..PAYMENTS).map(Payment);
    send_all(&app, payments.clone().filter(|payment| !bank.sent.contains(&payment.0))).await;
    settle(&app, &mut books, payments.clone()).await;
    for (number, told) in &bank.ended {
        let ended = books.status(Payment(*number)).unwrap();
        assert_eq!(ended.as_str(), told, "payment {number}");
    }
    app.stop().await.unwrap();
    println!(
        "{} kills, {sent} payments acknowledged and {} known to have ended before the last life; {caught} \
         kills caught some in the middle, {caught_waiting} some that waited",
        kills(),
        bank.ended.len()
    );
    assert!(caught > kills() / 3 && caught_waiting > 0, "no kill caught a payment in the middle");
}
