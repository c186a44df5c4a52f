//! What a guarded call costs while all is well, beside the peers in the same run.

use std::time::Instant;

use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};
use factum_resilience_benches::count::{allocations, counted, instructions};
use factum_resilience_benches::subject::{self, Calls};

const ROUNDS: usize = 21;
const CALLS: u32 = 200_000;

/// A breaker with its name, and nanoseconds a call by round: on one thread, and on two at once.
struct Subject {
    name: &'static str,
    calls: Calls,
    one: Vec<f64>,
    two: Vec<f64>,
}

const NAMES: [&str; 8] = [
    "bare",
    "ours",
    "recloser",
    "failsafe",
    "tower_resilience",
    "ours_slow",
    "ours_slow_time_window",
    "tower_resilience_slow",
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    if let Some(at) = words.iter().position(|word| word == "count") {
        // The process that callgrind looks at.
        let calls = calls_of(words.get(at + 1).map_or("", String::as_str))?;
        calls(1000);
        counted(&calls);
        return Ok(());
    }
    let mut subjects = NAMES.into_iter().map(Subject::new).collect::<Result<Vec<_>>>()?;
    // The first round fills caches.
    for round in 0..=ROUNDS {
        for subject in &mut subjects {
            let (one, two) = (subject.time(1), subject.time(2));
            if round > 0 {
                subject.one.push(one);
                subject.two.push(two);
            }
        }
    }
    line("ns a call: median (least-most) of 21 rounds in turns");
    row("", ["one thread", "two threads", "instructions", "allocations", "bytes"]);
    let mut counted = Vec::new();
    for subject in &subjects {
        counted.push((subject.name, subject.report()?));
    }
    // What the breaker adds to the call itself.
    let of = |name| counted.iter().find(|(other, _)| *other == name).and_then(|(_, count)| *count);
    for (suffix, name) in [("", "ours"), ("_slow", "ours_slow")] {
        if let (Some(all), Some(bare)) = (of(name), of("bare")) {
            figure(&format!("breaker{suffix}_instructions"), all - bare, "instructions");
        }
    }
    figures(&subjects)
}

fn calls_of(name: &str) -> Result<Calls> {
    Ok(match name {
        "bare" => subject::bare(),
        "ours" => subject::ours(subject::plain())?,
        "ours_slow" => subject::ours(subject::slow())?,
        "ours_slow_time_window" => subject::ours(subject::timed())?,
        "failsafe" => subject::failsafe(),
        "recloser" => subject::recloser(),
        "tower_resilience" => subject::tower_resilience(false)?,
        "tower_resilience_slow" => subject::tower_resilience(true)?,
        other => return Err(format!("there is no subject {other}").into()),
    })
}

impl Subject {
    fn new(name: &'static str) -> Result<Self> {
        Ok(Self { name, calls: calls_of(name)?, one: Vec::new(), two: Vec::new() })
    }

    /// Nanoseconds a call, where each thread makes as many.
    fn time(&self, threads: usize) -> f64 {
        let calls = CALLS / if self.name.starts_with("tower") { 10 } else { 1 };
        let start = Instant::now();
        if threads == 1 {
            (self.calls)(calls);
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| (self.calls)(calls));
                }
            });
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    }

    /// Prints its row; instructions a call, where they can be counted.
    fn report(&self) -> Result<Option<f64>> {
        let counted = instructions(self.name)?;
        let (allocations, bytes) = allocations(&self.calls);
        let shown = counted.map_or("no valgrind".to_owned(), |count| format!("{count:.0}"));
        let counts = [shown, format!("{allocations:.1}"), format!("{bytes:.0}")];
        row(self.name, [spread(&self.one, 1), spread(&self.two, 1)].into_iter().chain(counts));
        if self.name == "ours" {
            figure("breaker_allocations", allocations, "allocations");
        }
        Ok(counted)
    }
}

fn figures(subjects: &[Subject]) -> Result<()> {
    let of = |name: &str| -> Result<&Subject> {
        let found = subjects.iter().find(|subject| subject.name == name);
        found.ok_or_else(|| format!("{name} was not measured").into())
    };
    let ratio = |ours: &Subject, peers: &[&Subject], threads: fn(&Subject) -> &Vec<f64>| {
        let mut fastest: Option<&Subject> = None;
        for peer in peers {
            let time = median(threads(peer).iter().copied());
            if fastest.is_none_or(|other| time < median(threads(other).iter().copied())) {
                fastest = Some(peer);
            }
        }
        let Some(fastest) = fastest else { return f64::NAN };
        let rounds = threads(ours).iter().zip(threads(fastest));
        median(rounds.map(|(ours, theirs)| ours / theirs))
    };
    let (ours, slow) = (of("ours")?, of("ours_slow")?);
    let plain = [of("recloser")?, of("failsafe")?, of("tower_resilience")?];
    let measuring = [of("tower_resilience_slow")?];
    figure("breaker_ns", median(ours.one.iter().copied()), "ns");
    figure("breaker_slow_ns", median(slow.one.iter().copied()), "ns");
    figure("breaker_vs_fastest_peer", ratio(ours, &plain, |s| &s.one), "ratio");
    figure("breaker_vs_fastest_peer_2_threads", ratio(ours, &plain, |s| &s.two), "ratio");
    figure("breaker_slow_vs_fastest_peer", ratio(slow, &measuring, |s| &s.one), "ratio");
    Ok(())
}
