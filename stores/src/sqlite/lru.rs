use std::hash::Hash;

use hashlink::LinkedHashMap;

/// A map that forgets what was used longest ago once its entries weigh more than a limit.
#[derive(Debug)]
pub(super) struct Lru<K, V> {
    entries: LinkedHashMap<K, V>,
    weigh: fn(&K, &V) -> usize,
    weight: usize,
    limit: usize,
}

impl<K: Eq + Hash, V> Lru<K, V> {
    /// `weigh` says how many bytes an entry takes, its share of the map included.
    pub(super) fn new(limit: usize, weigh: fn(&K, &V) -> usize) -> Self {
        Self { entries: LinkedHashMap::new(), weigh, weight: 0, limit }
    }

    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.to_back(key)
    }

    /// The same, without counting as a use: three fewer cache misses where that matters more.
    pub(super) fn peek<Q>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.get(key)
    }

    /// Takes an entry in. One with the same key must weigh the same.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let weight = (self.weigh)(&key, &value);
        if self.entries.insert(key, value).is_none() {
            self.weight += weight;
        }
        while self.weight > self.limit && self.entries.len() > 1 {
            let Some((key, value)) = self.entries.pop_front() else { return };
            self.weight = self.weight.saturating_sub((self.weigh)(&key, &value));
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries = LinkedHashMap::new();
        self.weight = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_used_longest_ago() {
        let mut lru = Lru::new(20, |_, _| 10);
        lru.insert("a", 1);
        lru.insert("b", 2);
        assert_eq!(lru.get("a").copied(), Some(1));
        lru.insert("c", 3);
        assert_eq!(lru.get("b"), None);
        assert_eq!((lru.get("a").copied(), lru.get("c").copied()), (Some(1), Some(3)));
    }
}
