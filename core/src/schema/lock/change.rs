//! What an update of the lock file changes.

use std::collections::BTreeMap;
use std::fmt;

use super::Subject;
use super::block::{Block, quoted_name};
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
    /// It is read under this name too.
    Name(String),
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
    pairs(before, after, |block| &block.subject).flat_map(of).collect()
}

fn of_block(before: &Block, after: &Block) -> Vec<Changed> {
    let names = after.was.iter().filter(|name| !before.was.contains(name));
    let mut changed: Vec<_> = names.cloned().map(Changed::Name).collect();
    let places: Vec<_> = of_lines(&before.lines, &after.lines).collect();
    let refold = match &after.subject {
        Subject::Snapshot(aggregate) if !places.is_empty() => Some(aggregate.clone()),
        _ => None,
    };
    changed.extend(places);
    changed.extend(refold.map(Changed::Refold));
    changed
}

fn of_lines<'a>(before: &'a [Line], after: &'a [Line]) -> impl Iterator<Item = Changed> {
    let changed = pairs(before, after, |line| &line.path).filter(|(before, after)| before != after);
    changed.map(|(before, after)| Changed::Place { before: before.cloned(), after: after.cloned() })
}

/// What there was and what there is under one key; one of both is there.
type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

fn pairs<'a, T, K: Ord + 'a>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
) -> impl Iterator<Item = Pair<'a, T>> {
    let mut pairs: BTreeMap<&K, Pair<'a, T>> = BTreeMap::new();
    for item in before {
        pairs.entry(key(item)).or_default().0 = Some(item);
    }
    for item in after {
        pairs.entry(key(item)).or_default().1 = Some(item);
    }
    pairs.into_values()
}
