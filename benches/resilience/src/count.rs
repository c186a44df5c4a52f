//! Instructions and allocations of a call.

use std::process::Command;

use factum_benches::Result;

use crate::subject::Calls;

/// Allocations and bytes a call.
pub fn allocations(calls: &Calls) -> (f64, f64) {
    const COUNT: u32 = 10_000;
    calls(100);
    let counted = allocation_counter::measure(|| calls(COUNT));
    let each = |all: u64| all as f64 / f64::from(COUNT);
    (each(counted.count_total), each(counted.bytes_total))
}

/// Instructions a call of this program's subject, by callgrind: a run with many calls less one with
/// few, so that starting the program and making the breaker do not count. Nothing where there is no
/// valgrind.
pub fn instructions(subject: &str) -> Result<Option<f64>> {
    const FEW: u32 = 10_000;
    const MANY: u32 = 110_000;
    let (Some(few), Some(many)) = (collected(subject, FEW)?, collected(subject, MANY)?) else {
        return Ok(None);
    };
    Ok(Some((many - few) / f64::from(MANY - FEW)))
}

/// All instructions of a run of this program with so many calls.
fn collected(subject: &str, calls: u32) -> Result<Option<f64>> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["calls", subject, &calls.to_string()])
        .output();
    let run = match run {
        Ok(run) => run,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let told = String::from_utf8_lossy(&run.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected : "));
    match collected {
        Some((_, count)) => Ok(Some(count.trim().parse()?)),
        None => Err(format!("callgrind told nothing about {subject}: {told}").into()),
    }
}
