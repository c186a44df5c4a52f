//! The ordered index of one column.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use factum_core::view::Value;

/// The keys of the rows under each value that a column holds.
#[derive(Default)]
pub(super) struct Index(BTreeMap<Value, Keys>);

/// The keys of the rows with one value, in order. Most values of most columns have one row.
pub(super) enum Keys {
    One(Arc<str>),
    Many(BTreeSet<Arc<str>>),
}

/// Which values are wanted.
pub(super) type Bounds<'a> = (Bound<&'a Value>, Bound<&'a Value>);

impl Index {
    pub(super) fn insert(&mut self, value: Value, key: Arc<str>) {
        match self.0.get_mut(&value) {
            Some(keys) => keys.insert(key),
            None => {
                self.0.insert(value, Keys::One(key));
            }
        }
    }

    pub(super) fn remove(&mut self, value: &Value, key: &str) {
        if self.0.get_mut(value).is_some_and(|keys| keys.remove(key)) {
            self.0.remove(value);
        }
    }

    /// The rows with one value.
    pub(super) fn group(&self, value: &Value) -> Option<&Keys> {
        self.0.get(value)
    }

    /// The rows within the bounds, a group for each value, in the order of the values.
    pub(super) fn groups<'a>(
        &'a self,
        bounds: Bounds<'_>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = &'a Keys> + 'a> {
        // `range` panics where the lower bound lies above the upper one.
        if is_empty(bounds) {
            return Box::new(std::iter::empty());
        }
        let groups = self.0.range::<Value, _>(bounds).map(|(_, keys)| keys);
        if descending { Box::new(groups.rev()) } else { Box::new(groups) }
    }
}

fn is_empty(bounds: Bounds<'_>) -> bool {
    match bounds {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (
            Bound::Included(low) | Bound::Excluded(low),
            Bound::Included(high) | Bound::Excluded(high),
        ) => low >= high,
        _ => false,
    }
}

impl Keys {
    pub(super) const fn none() -> Self {
        Self::Many(BTreeSet::new())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(keys) => keys.len(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<str>> {
        let (one, many) = match self {
            Self::One(key) => (Some(key), None),
            Self::Many(keys) => (None, Some(keys)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(super) fn insert(&mut self, key: Arc<str>) {
        match self {
            Self::Many(keys) => {
                keys.insert(key);
            }
            Self::One(first) => *self = Self::Many(BTreeSet::from([first.clone(), key])),
        }
    }

    /// Whether nothing is left.
    pub(super) fn remove(&mut self, key: &str) -> bool {
        match self {
            Self::One(only) => **only == *key,
            Self::Many(keys) => {
                keys.remove(key);
                keys.is_empty()
            }
        }
    }
}
