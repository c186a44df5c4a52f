//! How much processor time the processes that this one started have used, as Linux tells.

use std::fs;

use crate::Result;

/// Linux tells times in hundredths of a second, whatever its clock does.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where the fields `cutime` and `cstime` stand after the program's name.
const FIELDS: std::ops::Range<usize> = 13..15;

/// The seconds of processor time, in user code and in the kernel, of all processes that have ended
/// and been waited for, those that they started in turn among them.
///
/// # Errors
/// If `/proc` does not tell.
pub fn processor_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name stands in parentheses and may have blanks.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let times = fields.split_whitespace().skip(FIELDS.start).take(FIELDS.len());
    let ticks = times.map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}
