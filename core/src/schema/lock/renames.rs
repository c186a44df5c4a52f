//! What has another name now, and is the same all the same.

use super::block::{Block, Subject};
use super::cursor::Cursor;
use crate::schema::Line;
use crate::schema::path::{Step, join};

/// The block of an event that is gone under this name, as it is named now.
pub(super) fn event_after<'a>(
    old: &Block,
    before: &[Block],
    after: &'a [Block],
) -> Option<&'a Block> {
    let Subject::Event { name, version } = &old.subject else { return None };
    let stands =
        |blocks: &[Block], subject: &Subject| blocks.iter().any(|block| block.subject == *subject);
    let new = after.iter().find(|new| {
        matches!(&new.subject, Subject::Event { version: new, .. } if new == version)
            && new.was.contains(name)
    })?;
    // Of several that became one, the first is that one.
    let first = before.iter().find(|old| {
        matches!(&old.subject, Subject::Event { name, version: old } if old == version && new.was.contains(name))
            && !stands(after, &old.subject)
    });
    let is_first = first.is_some_and(|first| first.subject == old.subject);
    (is_first && !stands(before, &new.subject)).then_some(new)
}

/// The places of a form, each with the path that it has now.
pub(super) fn with_new_paths<'a>(before: &'a [Line], after: &[Line]) -> Vec<(String, &'a Line)> {
    let mut moved: Vec<(String, &Line)> = Vec::new();
    for line in before {
        let path = new_path(line, &moved, after).unwrap_or_else(|| line.path.clone());
        moved.push((path, line));
    }
    moved
}

/// A place's own name.
pub(super) fn last_step(path: &str) -> Option<Step> {
    Cursor::new(path).steps()?.pop()
}

/// Outer places stand before those inside, as lines are sorted.
fn new_path(line: &Line, moved: &[(String, &Line)], after: &[Line]) -> Option<String> {
    let mut steps = Cursor::new(&line.path).steps()?;
    let last = steps.pop()?;
    let around = steps.iter().fold(String::new(), |path, step| join(&path, step));
    let around =
        moved.iter().find(|(_, line)| line.path == around).map_or(around, |(new, _)| new.clone());
    let path = join(&around, &last);
    let Step::Field(name) = &last else { return Some(path) };
    if after.iter().any(|line| line.path == path) {
        return Some(path);
    }
    let takes = |new: &&Line| {
        let Some(mut steps) = Cursor::new(&new.path).steps() else { return false };
        let is_field = matches!(steps.pop(), Some(Step::Field(_)));
        let place = steps.iter().fold(String::new(), |path, step| join(&path, step));
        is_field && place == around && new.aliases.contains(name)
    };
    let mut candidates = after.iter().filter(takes);
    let free = candidates.find(|new| moved.iter().all(|(path, _)| *path != new.path));
    Some(free.map_or(path, |new| new.path.clone()))
}
