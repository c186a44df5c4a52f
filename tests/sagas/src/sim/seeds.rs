use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// How many seeds may fail before no more are run.
const ENOUGH: usize = 5;

/// Runs the first so many seeds on all processors: as many as `FACTUM_SEEDS` says, or only the one that
/// `FACTUM_SEED` names, where these are set. How many were run.
///
/// # Panics
/// If a seed fails: with those that failed, and how to run one again.
pub fn each_seed(seeds: u64, run: impl Fn(u64) + Sync) -> u64 {
    let seeds = chosen().map_or(0..number("FACTUM_SEEDS").unwrap_or(seeds), |seed| seed..seed + 1);
    let (next, failed) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed >= seeds.end || failed.lock().unwrap().len() >= ENOUGH {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| run(seed))).is_err() {
                failed.lock().unwrap().push(seed);
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort_unstable();
    if let Some(seed) = failed.first() {
        panic!(
            "seeds {failed:?} fail; to run one again: FACTUM_SEED={seed} cargo test \
             -p factum-saga-tests --test simulation"
        );
    }
    seeds.end - seeds.start
}

/// The seed that `FACTUM_SEED` names.
pub(super) fn chosen() -> Option<u64> {
    number("FACTUM_SEED")
}

fn number(variable: &str) -> Option<u64> {
    let number = std::env::var(variable).ok()?;
    Some(number.parse().unwrap_or_else(|_| panic!("{variable} is no number: {number}")))
}
