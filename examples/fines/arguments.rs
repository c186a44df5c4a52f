//! The command line.

use std::path::PathBuf;

use super::place::Place;

/// What the user asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    /// The CSV file; the sample if there is none.
    pub(crate) data: Option<PathBuf>,
    /// Where the events are kept; a temporary file if there is none.
    pub(crate) place: Option<Place>,
    /// The one fine whose figures are wanted.
    pub(crate) fine: Option<String>,
    /// Whether the sums are told as they change.
    pub(crate) watch: bool,
}

/// A command line that is not understood.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}\nusage: fines [--data FILE] [--db FILE | --store URL] [--fine ID] [--watch]")]
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
                "--db" => arguments.place = Some(Place::File(value()?.into())),
                "--store" => arguments.place = Some(Place::Url(value()?)),
                "--fine" => arguments.fine = Some(value()?),
                "--watch" => arguments.watch = true,
                _ => return Err(BadArguments(format!("{option} is not an option"))),
            }
        }
        Ok(arguments)
    }
}
