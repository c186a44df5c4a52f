//! A progress bar on stderr, if that is a terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

const SAMPLE: &[u8] = include_bytes!("sample.csv");

/// How much of the input has been read.
#[derive(Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// The bar of a file, or of the sample, and its content.
    pub(crate) fn over(file: Option<&Path>) -> io::Result<(Self, Box<dyn Read + Send>)> {
        let (bytes, content): (u64, Box<dyn Read + Send>) = match file {
            Some(path) => {
                let file = File::open(path).map_err(|error| named(path, &error))?;
                (file.metadata()?.len(), Box::new(file))
            }
            None => (SAMPLE.len() as u64, Box::new(SAMPLE)),
        };
        let bar = ProgressBar::new(bytes);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} left") {
            bar.set_style(style);
        }
        let content = Box::new(bar.wrap_read(content));
        Ok((Self(bar), content))
    }

    /// Writes a line above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| eprintln!("{line}"));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot open {}: {error}", path.display()))
}
