//! A progress bar on stderr, if that is a terminal.

use factum::stores::copy::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// How much of the source has been copied, by its positions.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} left") {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(crate) fn show(&self, progress: Progress) {
        self.0.set_length(progress.of.number());
        self.0.set_position(progress.position.number());
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
