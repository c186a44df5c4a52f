//! What is told of a breaking change.

use std::fmt;

use super::{FILE, Rule, Subject};

/// A subject whose form or name breaks with what is locked, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Whose.
    pub subject: Subject,
    /// What broke, each by itself.
    pub faults: Vec<Fault>,
    /// What to do: some lines.
    pub advice: String,
}

/// One thing that broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which rule.
    pub rule: Rule,
    /// The line of the lock file that says how it was.
    pub line: usize,
    /// How it was, and how it is.
    pub what: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Fault { rule, line, what } in &self.faults {
            writeln!(f, "{FILE}:{line}: {}: {what} [{rule}]", self.subject)?;
        }
        let advice: Vec<_> = self.advice.lines().map(indented).collect();
        f.write_str(&advice.join("\n"))
    }
}

fn indented(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("    {line}") }
}
