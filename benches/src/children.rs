//! How much processor time this process and those that it started have used, as Linux tells.

use std::fs;
use std::ops::Range;

use crate::Result;

/// Linux tells times in hundredths of a second, whatever its clock does.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where the fields `utime` and `stime` stand after the program's name.
const OWN: Range<usize> = 11..13;
/// Where `cutime` and `cstime` do.
const CHILDREN: Range<usize> = 13..15;

/// The seconds of processor time, in user code and in the kernel, of all processes that have ended
/// and been waited for, those that they started in turn among them.
///
/// # Errors
/// If `/proc` does not tell.
pub fn processor_seconds() -> Result<f64> {
    seconds(CHILDREN)
}

/// The same of this process, whose threads are all in it.
///
/// # Errors
/// If `/proc` does not tell.
pub fn own_processor_seconds() -> Result<f64> {
    seconds(OWN)
}

fn seconds(places: Range<usize>) -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name stands in parentheses and may have blanks.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let times = fields.split_whitespace().skip(places.start).take(places.len());
    let ticks = times.map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}
