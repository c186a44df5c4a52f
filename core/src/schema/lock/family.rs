//! The blocks of one event in the lock file, under all the names that it has had.

use super::block::{Entry, Subject};

/// What the lock file knows of one event.
pub(super) struct Family<'a> {
    /// The name under which it was written last.
    pub(super) name: &'a str,
    /// Its blocks, of all versions and names.
    pub(super) members: Vec<Member<'a>>,
    /// Its names before, each with the block that says so.
    pub(super) was: Vec<(&'a str, &'a Entry)>,
}

/// A block of an event.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    /// The name that it was locked under.
    pub(super) name: &'a str,
    pub(super) version: u32,
    pub(super) entry: &'a Entry,
}

impl<'a> Family<'a> {
    /// The newest of its blocks.
    pub(super) fn newest(&self) -> Option<Member<'a>> {
        self.members.iter().copied().max_by_key(|member| (member.version, member.name == self.name))
    }
}

/// The events of the lock file, in its order.
pub(super) fn families(lock: &[Entry]) -> Vec<Family<'_>> {
    let members: Vec<_> = lock.iter().filter_map(member).collect();
    let mut families: Vec<Family<'_>> = Vec::new();
    for member in &members {
        let name = last_name(&members, member.name);
        let was = member.entry.was.iter().map(|was| (was.as_str(), member.entry));
        match families.iter_mut().find(|family| family.name == name) {
            Some(family) => {
                family.members.push(*member);
                family.was.extend(was);
            }
            None => families.push(Family { name, members: vec![*member], was: was.collect() }),
        }
    }
    for family in &mut families {
        family.was.sort_by_key(|(name, _)| *name);
        family.was.dedup_by_key(|(name, _)| *name);
    }
    families
}

fn member(entry: &Entry) -> Option<Member<'_>> {
    match &entry.subject {
        Subject::Event { name, version } => Some(Member { name, version: *version, entry }),
        _ => None,
    }
}

/// The name of the block that lists this one as a name before; itself if there is none.
fn last_name<'a>(members: &[Member<'a>], name: &'a str) -> &'a str {
    let lists = |member: &&Member<'_>| member.entry.was.iter().any(|was| was == name);
    members.iter().find(lists).map_or(name, |member| member.name)
}
