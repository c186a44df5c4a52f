//! Runs examples as their users do.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What an example did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command that runs an example with these arguments. Building the tests has built it.
pub(crate) fn example<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> Command {
    let tests = env::current_exe().unwrap_or_default();
    let built = tests.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
    let path = built.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(path.exists(), "{} is missing: run `cargo build --examples` first", path.display());
    let mut command = Command::new(path);
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs an example to its end.
pub(crate) fn run<A: AsRef<OsStr>>(name: &str, args: impl IntoIterator<Item = A>) -> Ran {
    let output = example(name, args).output();
    let output = output.unwrap_or_else(|error| unreachable!("{name} does not start: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}
