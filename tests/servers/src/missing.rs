use std::io::Write;
use std::path::PathBuf;

/// Set by `tests/all.sh`: a server that is not installed is then a failure, and not a test left out.
const REQUIRED: &str = "FACTUM_TEST_SERVERS";

/// A program that is not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// What was found; if nothing was, says in one line that the test is left out.
///
/// # Panics
/// If nothing was found, and `FACTUM_TEST_SERVERS=required` is set.
pub fn required<T>(found: Result<T, Missing>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(Missing(program)) => {
            let wanted = std::env::var_os(REQUIRED).is_some_and(|value| value == "required");
            assert!(!wanted, "{program} is not installed");
            // Not with eprintln!, whose output is kept back when the test passes.
            let _ = writeln!(std::io::stderr(), "left out: {program} is not installed");
            None
        }
    }
}

/// A program by its name, in `PATH` or in one of the other folders.
pub(crate) fn program(name: &'static str, others: &[PathBuf]) -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = others.iter().cloned().chain(std::env::split_paths(&path));
    let mut candidates = folders.map(|folder| folder.join(name));
    candidates.find(|candidate| candidate.is_file()).ok_or(Missing(name))
}
