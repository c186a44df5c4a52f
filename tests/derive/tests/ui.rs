//! What the derives say about mistakes: one mistake a file, one error a mistake.
//!
//! A file that holds more than one mistake says so in its first line, `// errors: 2`.
//! `TRYBUILD=overwrite cargo test -p factum-derive-tests --test ui` writes the goldens anew.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The goldens hold what this compiler says; the words of others differ.
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
    } else {
        eprintln!("not compared with the goldens: they are of {COMPILER}x, this is {}", compiler());
    }
}

#[test]
fn one_mistake_is_one_error() {
    let goldens = goldens();
    assert!(goldens.len() > 50, "only {} goldens found", goldens.len());
    let wrong: Vec<_> = goldens.iter().filter_map(|golden| miscounted(golden)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn goldens() -> Vec<PathBuf> {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let derives = ui.read_dir().unwrap().map(|entry| entry.unwrap().path().join("fail"));
    let files = derives.filter_map(|fail| fail.read_dir().ok()).flatten();
    let paths = files.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ext| ext == "stderr")).collect()
}

fn miscounted(golden: &Path) -> Option<String> {
    let text = std::fs::read_to_string(golden).unwrap();
    let source = std::fs::read_to_string(golden.with_extension("rs")).unwrap();
    let first = source.lines().next().and_then(|line| line.strip_prefix("// errors: "));
    let wanted = first.map_or(1, |first| first.split(",").next().unwrap().parse().unwrap());
    let errors = text.lines().filter(|line| line.starts_with("error")).count();
    let warnings = text.lines().filter(|line| line.starts_with("warning")).count();
    let right = errors == wanted && warnings == 0;
    (!right).then(|| format!("{}: {errors} errors, {warnings} warnings", golden.display()))
}
