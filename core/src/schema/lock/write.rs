//! From blocks to the text of the lock file.

use std::fmt::{self, Write};

use super::block::{Block, SKIPS_NEWER, UNSAMPLED, quoted_name};
use super::{boundary, sagas, tags};

const HEAD: &str = "\
# What this app persists: its aggregates, and the forms of its commands, events, sagas, snapshots and rows.
# `FACTUM_LOCK=update cargo test` writes this file. Review it like code: what is stored has these forms.
";

/// The text of these blocks, which are sorted.
pub(super) fn write(blocks: &[Block]) -> String {
    let mut text = HEAD.to_owned();
    for block in blocks {
        // Writing to a `String` does not fail.
        let _ = write!(text, "\n{block}");
    }
    text
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        if !self.was.is_empty() {
            let was: Vec<_> = self.was.iter().map(|name| quoted_name(name)).collect();
            write!(f, " was {}", was.join(", "))?;
        }
        f.write_str(&tags::shown(&self.tags))?;
        f.write_str(&boundary::shown(&self.boundary))?;
        f.write_str(&sagas::shown(&self.sends))?;
        f.write_str(if self.skips_newer { SKIPS_NEWER } else { "" })?;
        f.write_str(if self.unsampled { UNSAMPLED } else { "" })?;
        f.write_str("\n")?;
        self.lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}
