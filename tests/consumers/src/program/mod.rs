//! What the program does.

mod app;
mod node;
mod rebuild;
mod write;

pub(crate) use app::app;
pub(crate) use node::node;
pub(crate) use rebuild::rebuild;
pub(crate) use write::write;

use std::error::Error;
use std::io::{Write, stdout};

type Ended = Result<(), Box<dyn Error>>;

/// Prints a line at once. Whoever listens may be gone.
fn say(line: &str) {
    let mut out = stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
