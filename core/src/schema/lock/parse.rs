//! From the text of the lock file to its blocks.

use std::collections::BTreeMap;

use super::block::{Block, Entry, SKIPS_NEWER, Subject, UNSAMPLED, is_name_char};
use super::cursor::Cursor;
use super::form::{Form, is_kind};
use super::{Damage, Damaged, boundary, sagas, tags};
use crate::schema::Line;
use crate::schema::path::shown;

/// Three times as deep as what is found out about types.
const MAX_DEPTH: usize = 100;

/// The blocks, in the order of the file.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Damaged> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        read(&mut drafts, number, line).map_err(|damage| Damaged { line: number, damage })?;
    }
    drafts.into_iter().map(Draft::finish).collect()
}

fn read(drafts: &mut Vec<Draft>, number: usize, line: &str) -> Result<(), Damage> {
    let text = line.trim();
    if text.is_empty() || line.starts_with('#') {
        return Ok(());
    }
    if is_merge_marker(line) {
        return Err(Damage::MergeConflict);
    }
    if line.starts_with([' ', '\t']) {
        let draft = drafts.last_mut().filter(|draft| draft.has_form());
        let draft = draft.ok_or_else(|| Damage::NoBlock(text.to_owned()))?;
        return draft.place(number, text);
    }
    let draft = head(number, text).ok_or_else(|| Damage::Head(text.to_owned()))?;
    let subject = &draft.block.subject;
    if version_of(subject) == Some(0) {
        return Err(Damage::NoVersion(subject.clone()));
    }
    if let Some(first) = drafts.iter().find(|other| other.block.subject == *subject) {
        return Err(Damage::BlockTwice { subject: subject.clone(), first: first.head });
    }
    drafts.push(draft);
    Ok(())
}

fn version_of(subject: &Subject) -> Option<u32> {
    match subject {
        Subject::Event { version, .. }
        | Subject::Saga { version, .. }
        | Subject::View { version, .. } => Some(*version),
        Subject::Aggregate(_) | Subject::Command(_) | Subject::Snapshot(_) => None,
    }
}

fn is_merge_marker(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
}

/// The first line of a block.
fn head(number: usize, text: &str) -> Option<Draft> {
    let mut cursor = Cursor::new(text);
    let (mut was, mut tags, mut boundary) = (Vec::new(), Vec::new(), Vec::new());
    let mut sends = Vec::new();
    let mut skips_newer = false;
    let subject = if cursor.eat("aggregate ") {
        let name = cursor.name(is_name_char)?;
        boundary = boundary::read(&mut cursor)?;
        Subject::Aggregate(name)
    } else if cursor.eat("command ") {
        Subject::Command(cursor.name(is_name_char)?)
    } else if cursor.eat("snapshot ") {
        Subject::Snapshot(cursor.name(is_name_char)?)
    } else if cursor.eat("event ") {
        let (name, version) = name_and_version(&mut cursor)?;
        if cursor.eat(" was ") {
            was = cursor.names(is_name_char)?;
        }
        tags = tags::read(&mut cursor)?;
        skips_newer = cursor.eat(SKIPS_NEWER);
        Subject::Event { name, version }
    } else if cursor.eat("saga ") {
        let (name, version) = name_and_version(&mut cursor)?;
        sends = sagas::read(&mut cursor)?;
        Subject::Saga { name, version }
    } else if cursor.eat("view ") {
        let (name, version) = name_and_version(&mut cursor)?;
        Subject::View { name, version }
    } else {
        return None;
    };
    let unsampled = has_samples(&subject) && cursor.eat(UNSAMPLED);
    let block = Block {
        was,
        tags,
        boundary,
        sends,
        skips_newer,
        unsampled,
        ..Block::new(subject, Vec::new())
    };
    cursor.at_end().then(|| Draft { block, head: number, places: BTreeMap::new() })
}

fn has_samples(subject: &Subject) -> bool {
    !matches!(subject, Subject::Aggregate(_) | Subject::Snapshot(_))
}

fn name_and_version(cursor: &mut Cursor<'_>) -> Option<(String, u32)> {
    let name = cursor.name(is_name_char)?;
    cursor.eat(" v").then(|| cursor.number()).flatten().map(|version| (name, version))
}

/// How deep a place is inside the form, and what it holds inside the place, at most.
fn depth(line: &str) -> usize {
    let steps = Cursor::new(line).steps().map_or(0, |steps| steps.len());
    let inside = ["map by ", " | null"].map(|part| line.matches(part).count());
    steps.saturating_add(inside.iter().sum())
}

/// A block of which not all lines have been read.
struct Draft {
    /// What its first line says.
    block: Block,
    head: usize,
    /// By path, with the number of the line.
    places: BTreeMap<String, (Line, usize)>,
}

impl Draft {
    fn has_form(&self) -> bool {
        !matches!(self.block.subject, Subject::Aggregate(_))
    }

    fn place(&mut self, number: usize, text: &str) -> Result<(), Damage> {
        if depth(text) > MAX_DEPTH {
            return Err(Damage::TooDeep);
        }
        let line = Cursor::new(text).line().ok_or_else(|| Damage::Place(text.to_owned()))?;
        let path = line.path.clone();
        match self.places.insert(path.clone(), (line, number)) {
            None => Ok(()),
            Some((_, first)) => Err(Damage::PlaceTwice { path: shown(&path).to_owned(), first }),
        }
    }

    fn finish(self) -> Result<Entry, Damaged> {
        let (lines, numbers) =
            self.places.into_iter().map(|(path, (line, number))| (line, (path, number))).unzip();
        let form = Form::of_lines(lines);
        let Self { block, head, .. } = self;
        let Block { subject, was, tags, boundary, sends, skips_newer, unsampled, .. } = block;
        let entry = Entry {
            subject,
            was,
            tags,
            boundary,
            sends,
            skips_newer,
            unsampled,
            form,
            head,
            numbers,
        };
        match entry.damage() {
            None => Ok(entry),
            Some(damaged) => Err(damaged),
        }
    }
}

impl Entry {
    /// Where the lines do not make a form, first.
    fn damage(&self) -> Option<Damaged> {
        let extra = self.form.extra().map(|path| (self.number_of(path), path)).min();
        if let Some((line, path)) = extra {
            let (kind, path) = (self.form.kind(path), shown(path).to_owned());
            let damage = if is_kind(kind) {
                Damage::Misfit(path)
            } else {
                Damage::NoKind { path, kind: kind.to_owned() }
            };
            return Some(Damaged { line, damage });
        }
        let path = self.form.missing()?;
        Some(Damaged { line: self.head, damage: Damage::Missing(shown(&path).to_owned()) })
    }
}
