//! The rows of a view, and what finds them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use factum_core::Projection;
use factum_core::view::{Condition, Select, Sort, Value};
use hashlink::DefaultHashBuilder;

use super::index::{Index, Keys};
use super::plan::{Indexes, Plan};

pub(super) struct Table<P> {
    rows: HashMap<Arc<str>, Entry<P>, DefaultHashBuilder>,
    keys: Keys,
    indexes: Vec<Index>,
    /// The keys of the rows that changed since the indexes were refreshed.
    stale: Vec<Arc<str>>,
}

struct Entry<P> {
    key: Arc<str>,
    row: P,
    /// The values by which the indexes know the row; none if they do not know it.
    values: Vec<Value>,
    stale: bool,
}

impl<P: Projection> Table<P> {
    pub(super) fn new() -> Self {
        let indexes = P::COLUMNS.iter().map(|_| Index::default()).collect();
        Self { rows: HashMap::default(), keys: Keys::none(), indexes, stale: Vec::new() }
    }

    pub(super) fn get(&self, key: &str) -> Option<&P> {
        self.rows.get(key).map(|entry| &entry.row)
    }

    /// Puts a row in. The indexes learn of it by [`refresh`](Self::refresh), before the next query.
    pub(super) fn put(&mut self, key: String, row: P) {
        if let Some(entry) = self.rows.get_mut(&*key) {
            entry.row = row;
            if !std::mem::replace(&mut entry.stale, true) {
                self.stale.push(entry.key.clone());
            }
            return;
        }
        let key: Arc<str> = key.into();
        self.stale.push(key.clone());
        self.rows.insert(key.clone(), Entry { key, row, values: Vec::new(), stale: true });
    }

    /// Takes a row out, at once out of the indexes, too.
    pub(super) fn take(&mut self, key: &str) {
        let Some(entry) = self.rows.remove(key) else { return };
        for (index, value) in self.indexes.iter_mut().zip(&entry.values) {
            index.remove(value, key);
        }
        self.keys.remove(key);
    }

    /// Whether the indexes know of every row as it is.
    pub(super) fn is_fresh(&self) -> bool {
        self.stale.is_empty()
    }

    /// Brings the indexes up to the rows.
    pub(super) fn refresh(&mut self) {
        // A key leaves the list last, so that a panic of the user's code hides no row.
        while let Some(key) = self.stale.last() {
            let Some(entry) = self.rows.get_mut(key).filter(|entry| entry.stale) else {
                // It was taken out since.
                self.stale.pop();
                continue;
            };
            let mut values = Vec::with_capacity(self.indexes.len());
            entry.row.values(&mut values);
            if entry.values.is_empty() {
                self.keys.insert(entry.key.clone());
            }
            for (column, (index, new)) in self.indexes.iter_mut().zip(&values).enumerate() {
                let old = entry.values.get(column);
                if old == Some(new) {
                    continue;
                }
                if let Some(old) = old {
                    index.remove(old, &entry.key);
                }
                index.insert(new.clone(), entry.key.clone());
            }
            entry.values = values;
            entry.stale = false;
            self.stale.pop();
        }
    }

    pub(super) fn count(&self, conditions: &[Condition]) -> usize {
        let select = Select { conditions: conditions.to_vec(), ..Select::default() };
        self.plan(&select).groups.map(|group| self.wanted(group, conditions).count()).sum()
    }

    pub(super) fn select(&self, select: &Select) -> Vec<P> {
        let Select { conditions, sorts, limit } = select;
        let limit = limit.unwrap_or(usize::MAX);
        let plan = self.plan(select);
        let mut found: Vec<&Entry<P>> = Vec::new();
        if let Some(sorted) = plan.sorted {
            let rest = sorts.get(sorted..).unwrap_or_default();
            for group in plan.groups {
                self.take_group(self.wanted(group, conditions), rest, limit, &mut found);
                if found.len() >= limit {
                    break;
                }
            }
        } else {
            found.extend(plan.groups.flat_map(|group| self.wanted(group, conditions)));
            found.sort_unstable_by(|a, b| compare(a, b, sorts).then_with(|| a.key.cmp(&b.key)));
        }
        found.truncate(limit);
        found.into_iter().map(|entry| entry.row.clone()).collect()
    }

    fn plan(&self, select: &Select) -> Plan<'_> {
        Indexes { keys: &self.keys, columns: &self.indexes }.plan(select)
    }

    /// The rows of a group of which all conditions hold, in the order of their keys.
    fn wanted<'a>(
        &'a self,
        group: &'a Keys,
        conditions: &'a [Condition],
    ) -> impl Iterator<Item = &'a Entry<P>> {
        let entries = group.iter().filter_map(|key| self.rows.get(key));
        #[cfg(test)]
        let entries =
            entries.inspect(|_| super::tests::LOOKED_AT.set(super::tests::LOOKED_AT.get() + 1));
        entries.filter(|entry| conditions.iter().all(|c| c.holds(&entry.values)))
    }

    /// Takes rows that the sorts before `rest` leave equal.
    fn take_group<'a>(
        &'a self,
        group: impl Iterator<Item = &'a Entry<P>>,
        rest: &[Sort],
        limit: usize,
        found: &mut Vec<&'a Entry<P>>,
    ) {
        if rest.is_empty() {
            found.extend(group.take(limit.saturating_sub(found.len())));
            return;
        }
        let start = found.len();
        found.extend(group);
        // Stable: what the sorts leave equal stays in the order of the keys.
        found.get_mut(start..).unwrap_or_default().sort_by(|a, b| compare(a, b, rest));
    }
}

fn compare<P>(a: &Entry<P>, b: &Entry<P>, sorts: &[Sort]) -> Ordering {
    let by = |sort: &Sort| {
        let order = a.values.get(sort.column).cmp(&b.values.get(sort.column));
        if sort.descending { order.reverse() } else { order }
    };
    sorts.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
