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

/// How many calls callgrind looks at.
const COUNTED: u32 = 20_000;

/// Makes the calls that callgrind counts: it begins and ends with this function.
#[inline(never)]
pub fn counted(calls: &Calls) {
    calls(COUNTED);
}

/// Instructions a call of this program's subject, by callgrind, or nothing where that is not installed.
pub fn instructions(subject: &str) -> Result<Option<f64>> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
        .arg("--toggle-collect=*count::counted*")
        .arg(std::env::current_exe()?)
        .args(["count", subject])
        .output();
    let run = match run {
        Ok(run) => run,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let told = String::from_utf8_lossy(&run.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected : "));
    match collected {
        Some((_, count)) => Ok(Some(count.trim().parse::<f64>()? / f64::from(COUNTED))),
        None => Err(format!("callgrind told nothing about {subject}: {told}").into()),
    }
}
