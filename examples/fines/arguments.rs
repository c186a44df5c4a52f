//! The command line.

use std::path::PathBuf;

/// What the user asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    /// The CSV file; the sample if there is none.
    pub(crate) data: Option<PathBuf>,
    /// The file of the events; a temporary one if there is none.
    pub(crate) db: Option<PathBuf>,
    /// The one fine whose figures are wanted.
    pub(crate) fine: Option<String>,
}

/// A command line that is not understood.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}\nusage: fines [--data FILE] [--db FILE] [--fine ID]")]
pub(crate) struct BadArguments(String);

impl Arguments {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, BadArguments> {
        let mut words = words.into_iter();
        let mut arguments = Self::default();
        while let Some(option) = words.next() {
            let mut value =
                || words.next().ok_or_else(|| BadArguments(format!("{option} needs a value")));
            match option.as_str() {
                "--data" => arguments.data = Some(value()?.into()),
                "--db" => arguments.db = Some(value()?.into()),
                "--fine" => arguments.fine = Some(value()?),
                _ => return Err(BadArguments(format!("{option} is not an option"))),
            }
        }
        Ok(arguments)
    }
}
