//! Four processes that append to one log, against one of them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use factum_benches::events::ToStore;
use factum_benches::load::Load;
use factum_benches::report::{figure, line, row, spread};
use factum_benches::{Result, median};

use crate::open;

/// The argument that makes this program a child.
pub(crate) const CHILD: &str = "--writers";
const PROCESSES: usize = 4;
const WRITERS: usize = 64;
const STREAMS: u32 = 2_500;
const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_millis(1000);

pub(crate) async fn run(url: &str) -> Result<()> {
    open(url, "processes").await?.close().await;
    let mut writers =
        (0..PROCESSES).map(|number| Writers::start(url, number)).collect::<Result<Vec<_>>>()?;
    let (mut ones, mut fours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round warms up.
    for round in 0..=ROUNDS {
        let first = round % PROCESSES;
        let one = together(writers.get_mut(first..=first).unwrap_or_default())?;
        let four = together(&mut writers)?;
        if round > 0 {
            ones.push(one);
            fours.push(four);
            ratios.push(four / one);
        }
    }
    line("");
    line("events/s of processes of 64 writers on one log: median (least-most) of 7 rounds");
    row("", ["one process", "four processes", "four / one"]);
    row("synced", [spread(&ones, 0), spread(&fours, 0), spread(&ratios, 2)]);
    figure("postgres_4x64_ratio", median(ratios), "ratio");
    writers.into_iter().try_for_each(Writers::end)
}

/// Events a second of all these, at the same time.
fn together(writers: &mut [Writers]) -> Result<f64> {
    writers.iter_mut().try_for_each(Writers::go)?;
    writers.iter_mut().map(Writers::rate).sum()
}

/// A process with writers, which append while it is told to.
struct Writers {
    process: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Writers {
    fn start(url: &str, number: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([CHILD, url, &number.to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (asks, says) = process.stdin.take().zip(process.stdout.take()).ok_or("no pipes")?;
        let mut writers = Self { process, asks, says: BufReader::new(says) };
        writers.hear()?;
        Ok(writers)
    }

    fn go(&mut self) -> Result<()> {
        writeln!(self.asks, "go")?;
        Ok(self.asks.flush()?)
    }

    fn rate(&mut self) -> Result<f64> {
        Ok(self.hear()?.parse()?)
    }

    fn hear(&mut self) -> Result<String> {
        let mut said = String::new();
        self.says.read_line(&mut said)?;
        Ok(said.trim_end().to_owned())
    }

    /// It ends as nobody asks it any more.
    fn end(self) -> Result<()> {
        let Self { mut process, asks, .. } = self;
        drop(asks);
        let status = process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("a child ended with {status}").into()) }
    }
}

/// Appends each time that a line comes, and says how many events a second that were.
pub(crate) async fn child(arguments: &[String]) -> Result<()> {
    let [_, url, number] = arguments else { return Err("the address and the number".into()) };
    let store = open(url, "processes").await?;
    let target = ToStore::new(Arc::new(store.clone()));
    let mut load = Load::new(target, &format!("ledger{number}"), STREAMS)?;
    load.touch().await?;
    line("ready");
    let mut asks = std::io::stdin().lines();
    while asks.next().transpose()?.is_some() {
        line(&load.rate(WRITERS, TIME).await?.to_string());
    }
    store.close().await;
    Ok(())
}
