//! How much memory this process has resident, as Linux tells.

use std::fs;

use crate::Result;

/// The resident memory now, in bytes.
///
/// # Errors
/// If `/proc` does not tell.
pub fn resident() -> Result<u64> {
    read("VmRSS:")
}

/// The most resident memory since the start, or since [`reset_peak`], in bytes.
///
/// # Errors
/// If `/proc` does not tell.
pub fn peak() -> Result<u64> {
    read("VmHWM:")
}

/// Lets [`peak`] start anew from what is resident now.
///
/// # Errors
/// If `/proc` cannot be written.
pub fn reset_peak() -> Result<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

/// Bytes as millions of them.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn read(name: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    let kilobytes: u64 = number.ok_or_else(|| format!("/proc has no {name}"))?.parse()?;
    Ok(kilobytes * 1024)
}
