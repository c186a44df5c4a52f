use std::collections::HashMap;

use hashlink::DefaultHashBuilder;

/// An item about one event.
pub(super) trait Item: Copy {
    /// What it is chained by.
    fn group(&self) -> i64;
    /// Where the event stands.
    fn position(&self) -> u64;
}

/// A list in the order of the log, each item linked to the one before it in its group.
#[derive(Debug)]
pub(super) struct Chains<T> {
    items: Vec<(T, Option<u32>)>,
    newest: HashMap<i64, u32, DefaultHashBuilder>,
}

impl<T: Item> Chains<T> {
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), newest: HashMap::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn last(&self) -> Option<T> {
        self.items.last().map(|(item, _)| *item)
    }

    /// Adds an item at the end.
    pub(super) fn push(&mut self, item: T) {
        let Ok(place) = u32::try_from(self.items.len()) else { return };
        let previous = self.newest.insert(item.group(), place);
        self.items.push((item, previous));
    }

    /// Takes back the last item if it is about an event after a position.
    pub(super) fn pop_after(&mut self, position: u64) -> Option<T> {
        let (item, previous) = self.items.pop_if(|(item, _)| item.position() > position)?;
        match previous {
            Some(place) => self.newest.insert(item.group(), place),
            None => self.newest.remove(&item.group()),
        };
        Some(item)
    }

    /// The items of a group, newest first.
    pub(super) fn of(&self, group: i64) -> impl Iterator<Item = T> {
        let mut next = self.newest.get(&group).copied();
        std::iter::from_fn(move || {
            let (item, previous) = self.items.get(next? as usize)?;
            next = *previous;
            Some(*item)
        })
    }

    /// All items, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.items.iter().map(|(item, _)| *item)
    }

    /// Forgets what is about events up to a position.
    pub(super) fn forget(&mut self, through: u64) {
        let kept: Vec<T> = self.iter().filter(|item| item.position() > through).collect();
        *self = Self::new();
        kept.into_iter().for_each(|item| self.push(item));
    }
}
