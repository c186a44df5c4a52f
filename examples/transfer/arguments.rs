//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// What it says.
pub(crate) struct Arguments {
    pub(crate) file: Option<PathBuf>,
    pub(crate) transfers: u32,
}

/// A command line that is none of this example.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("usage: transfer [FILE] [--transfers N]")]
pub(crate) struct Misused;

impl Arguments {
    pub(crate) fn read() -> Result<Self, Misused> {
        let (mut words, mut said) =
            (std::env::args_os().skip(1), Self { file: None, transfers: 500 });
        while let Some(word) = words.next() {
            if word == "--transfers" {
                said.transfers = number(words.next()).ok_or(Misused)?;
            } else if said.file.is_none() && !word.to_string_lossy().starts_with('-') {
                said.file = Some(word.into());
            } else {
                return Err(Misused);
            }
        }
        Ok(said)
    }
}

/// Few enough that no account runs out of money.
fn number(word: Option<OsString>) -> Option<u32> {
    let number = word?.to_str()?.parse().ok();
    number.filter(|number| (1..=100_000).contains(number))
}
