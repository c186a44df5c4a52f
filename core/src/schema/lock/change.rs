//! What an update of the lock file changes.

use std::collections::BTreeMap;
use std::fmt;

use super::block::{Block, quoted_name};
use super::renames::{event_after, last_step, with_new_paths};
use super::{Subject, sagas, tags};
use crate::event::Newer;
use crate::schema::Line;

/// A change that breaks nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub subject: Subject,
    /// Which.
    pub what: Changed,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changed {
    /// It is new.
    Added,
    /// It is written under another name or in another form, and read as that; or it is no longer kept.
    Dropped,
    /// It has this name now, and is read under the one before too.
    Renamed(String),
    /// It is read under this name too.
    Name(String),
    /// Whether samples of it are looked at, as its code reads them.
    Sampled(bool),
    /// It carries these tags now, from fields that have other names: as on its first line.
    Tags(String),
    /// It may send these commands too, of a saga.
    Sends(Vec<String>),
    /// What becomes of newer forms, of an event: whether they are left out, or stop what reads them.
    Newer(Newer),
    /// A place of the form is new, gone, or another.
    Place {
        /// How it was.
        before: Option<Line>,
        /// How it is.
        after: Option<Line>,
    },
    /// The snapshots of this aggregate do not fit any more.
    Refold(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.subject)?;
        match &self.what {
            Changed::Added => f.write_str(" is new"),
            Changed::Dropped => f.write_str(" is not written any more"),
            Changed::Renamed(name) => write!(f, " is {} now", quoted_name(name)),
            Changed::Sampled(true) => f.write_str(" reads samples of its form now"),
            Changed::Sampled(false) => {
                f.write_str(" refuses samples of its form, so that none are looked at")
            }
            Changed::Tags(tags) => write!(f, " has the{tags} now"),
            Changed::Sends(commands) => write!(f, "{} now", sagas::shown(commands)),
            Changed::Newer(Newer::Skip) => f.write_str(" lets newer forms be left out"),
            Changed::Newer(Newer::Fail) => f.write_str(" lets newer forms be left out no more"),
            Changed::Name(name) => write!(f, " is read under the name {} too", quoted_name(name)),
            Changed::Place { before: Some(before), after: Some(after) } => {
                write!(f, ": `{before}` is `{after}` now")
            }
            Changed::Place { before: Some(before), after: None } => {
                write!(f, ": `{before}` is gone")
            }
            Changed::Place { after, .. } => {
                after.iter().try_for_each(|after| write!(f, ": `{after}` is new"))
            }
            Changed::Refold(aggregate) => {
                write!(f, ": the next load of each {aggregate} folds its whole stream once")
            }
        }
    }
}

/// The changes from the one to the other, in the order of the blocks.
pub(super) fn changes(before: &[Block], after: &[Block]) -> Vec<Change> {
    let of = |(before, after): Pair<'_, Block>| {
        let subject = before.or(after).map(|block| block.subject.clone());
        let changed = match (before, after) {
            (Some(before), Some(after)) => of_block(before, after),
            (None, _) => vec![Changed::Added],
            (_, None) => vec![Changed::Dropped],
        };
        changed.into_iter().filter_map(move |what| Some(Change { subject: subject.clone()?, what }))
    };
    let today =
        |block| event_after(block, before, after).map_or(&block.subject, |new| &new.subject);
    let mut changes: Vec<_> =
        pairs(before.iter().map(|block| (today(block), block)), own(after, |block| &block.subject))
            .flat_map(of)
            .collect();
    changes.sort_by(|one, other| one.subject.cmp(&other.subject));
    changes
}

fn of_block(before: &Block, after: &Block) -> Vec<Changed> {
    let mut changed = Vec::new();
    let mut old_name = None;
    if let (Subject::Event { name: old, .. }, Subject::Event { name: new, .. }) =
        (&before.subject, &after.subject)
        && old != new
    {
        changed.push(Changed::Renamed(new.clone()));
        old_name = Some(old);
    }
    let names = after.was.iter().filter(|name| !before.was.contains(name));
    changed.extend(names.filter(|name| Some(*name) != old_name).cloned().map(Changed::Name));
    if before.tags != after.tags {
        changed.push(Changed::Tags(tags::shown(&after.tags)));
    }
    // Those that a version before today's sent stand at that of today.
    let sends = after.sends.iter().filter(|command| !before.sends.contains(command));
    let sends: Vec<_> = sends.cloned().collect();
    if !sends.is_empty() {
        changed.push(Changed::Sends(sends));
    }
    if before.skips_newer != after.skips_newer {
        let newer = if after.skips_newer { Newer::Skip } else { Newer::Fail };
        changed.push(Changed::Newer(newer));
    }
    if before.unsampled != after.unsampled {
        changed.push(Changed::Sampled(before.unsampled));
    }
    let places = of_lines(&before.lines, &after.lines);
    let refold = match &after.subject {
        Subject::Snapshot(aggregate) if !places.is_empty() => Some(aggregate.clone()),
        _ => None,
    };
    changed.extend(places);
    changed.extend(refold.map(Changed::Refold));
    changed
}

/// A place whose field has another name now, and is read under the one before too, is the same place.
fn of_lines(before: &[Line], after: &[Line]) -> Vec<Changed> {
    let moved = with_new_paths(before, after);
    let is_same = |before: &Line, after: &Line| {
        let now = moved.iter().find(|(_, line)| *line == before).map(|(path, _)| path);
        now == Some(&after.path)
            && last_step(&before.path) == last_step(&after.path)
            && (before.optional, &before.aliases, &before.kind)
                == (after.optional, &after.aliases, &after.kind)
    };
    let changed =
        pairs(moved.iter().map(|(path, line)| (path, *line)), own(after, |line| &line.path))
            .filter(|pair| !matches!(pair, (Some(before), Some(after)) if is_same(before, after)));
    changed
        .map(|(before, after)| Changed::Place { before: before.cloned(), after: after.cloned() })
        .collect()
}

/// What there was and what there is under one key; one of both is there.
type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

fn own<'a, T, K: 'a>(
    items: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> impl Iterator<Item = (&'a K, &'a T)> {
    items.iter().map(move |item| (key(item), item))
}

fn pairs<'a, 'k, T: 'a, K: Ord + 'k>(
    before: impl Iterator<Item = (&'k K, &'a T)>,
    after: impl Iterator<Item = (&'k K, &'a T)>,
) -> impl Iterator<Item = Pair<'a, T>> {
    let mut pairs: BTreeMap<&K, Pair<'a, T>> = BTreeMap::new();
    for (key, item) in before {
        pairs.entry(key).or_default().0 = Some(item);
    }
    for (key, item) in after {
        pairs.entry(key).or_default().1 = Some(item);
    }
    pairs.into_values()
}
