//! What the derives say about mistakes: one mistake a file, one error a mistake.
//!
//! A file that holds more than one mistake says so in its first line, `// errors: 2`.
//! `TRYBUILD=overwrite cargo test -p factum-derive-tests --test ui` writes the goldens anew.

use std::fs;
use std::io::Write;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The goldens hold what this compiler says; the words of others differ, but not their number.
const COMPILER: &str = "rustc 1.95.";

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(version.stdout).unwrap()
}

#[test]
fn mistakes_and_what_works() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/*/pass/*.rs");
    if compiler().starts_with(COMPILER) {
        cases.compile_fail("ui/*/fail/*.rs");
        return;
    }
    drop(cases);
    // Not with eprintln!, whose output is kept back when the test passes.
    let told =
        format!("errors are only counted: the goldens are of {COMPILER}x, not {}", compiler());
    writeln!(std::io::stderr(), "{}", told.trim_end()).unwrap();
    let wrong: Vec<_> = said_by_another_compiler().iter().filter_map(miscounted).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_mistake_is_one_error() {
    let goldens: Vec<_> = mistakes().into_iter().map(Said::golden).collect();
    let wrong: Vec<_> = goldens.iter().filter_map(miscounted).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file that must not compile, and the file of what the compiler says about it.
struct Said {
    source: PathBuf,
    errors: PathBuf,
}

impl Said {
    fn golden(source: PathBuf) -> Self {
        let errors = source.with_extension("stderr");
        Self { source, errors }
    }
}

fn mistakes() -> Vec<PathBuf> {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let derives = ui.read_dir().unwrap().map(|entry| entry.unwrap().path().join("fail"));
    let files = derives.filter_map(|fail| fail.read_dir().ok()).flatten();
    let paths = files.map(|entry| entry.unwrap().path());
    let found: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect();
    assert!(found.len() > 50, "only {} mistakes found", found.len());
    found
}

/// Compiles copies that have no goldens, under names of their own: for them trybuild writes down what
/// the compiler says, into the folder `wip`, and then fails.
fn said_by_another_compiler() -> Vec<Said> {
    let copies = tempfile::tempdir().unwrap();
    let wip = Path::new(env!("CARGO_MANIFEST_DIR")).join("wip");
    let copy = |(number, source): (usize, PathBuf)| {
        let copied = copies.path().join(format!("mistake{number}.rs"));
        fs::copy(&source, copied).unwrap();
        let errors = wip.join(format!("mistake{number}.stderr"));
        let _ = fs::remove_file(&errors);
        Said { source, errors }
    };
    let said = mistakes().into_iter().enumerate().map(copy).collect();
    let all = copies.path().join("*.rs");
    let _ = catch_unwind(|| trybuild::TestCases::new().compile_fail(all));
    said
}

fn miscounted(said: &Said) -> Option<String> {
    let name = said.source.display();
    let Ok(text) = fs::read_to_string(&said.errors) else {
        return Some(format!("{name}: it compiles, or its errors were not written down"));
    };
    let source = fs::read_to_string(&said.source).unwrap();
    let first = source.lines().next().and_then(|line| line.strip_prefix("// errors: "));
    let wanted = first.map_or(1, |first| first.split(",").next().unwrap().parse().unwrap());
    let errors = text.lines().filter(|line| line.starts_with("error")).count();
    let warnings = text.lines().filter(|line| line.starts_with("warning")).count();
    let right = errors == wanted && warnings == 0;
    (!right).then(|| format!("{name}: {errors} errors, {warnings} warnings, not {wanted} errors"))
}
