use std::collections::HashSet;

use factum_core::codec::Seen;

use super::ParkedEvent;

/// What an event waits for, and what waits for it once it is parked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The rows that it concerns; none if that cannot be told.
    pub(crate) rows: Vec<String>,
    /// Its stream, which counts where the rows cannot be told.
    pub(crate) stream: String,
}

impl Keys {
    /// Those of an event of which nothing but the stream is known.
    pub(crate) fn of_stream(event: Seen<'_>) -> Self {
        Self { rows: Vec::new(), stream: event.recorded().at.stream.to_string() }
    }
}

/// The keys behind which events park.
#[derive(Debug, Default)]
pub(crate) struct Blocked {
    rows: HashSet<String>,
    streams: HashSet<String>,
}

impl Blocked {
    pub(crate) fn of<'a>(parked: impl IntoIterator<Item = &'a ParkedEvent>) -> Self {
        let mut blocked = Self::default();
        parked.into_iter().for_each(|event| blocked.add(&event.keys()));
        blocked
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.streams.is_empty()
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() + self.streams.len()
    }

    /// Whether an event of this stream that concerns these rows has to wait.
    pub(crate) fn blocks(&self, stream: &str, rows: &[String]) -> bool {
        self.streams.contains(stream) || rows.iter().any(|row| self.rows.contains(row))
    }

    /// Whether an event with these keys has to wait.
    pub(crate) fn blocks_keys(&self, keys: &Keys) -> bool {
        self.blocks(&keys.stream, &keys.rows)
    }

    pub(crate) fn add(&mut self, keys: &Keys) {
        if keys.rows.is_empty() {
            self.streams.insert(keys.stream.clone());
        }
        self.rows.extend(keys.rows.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(rows: &[&str], stream: &str) -> Keys {
        let rows = rows.iter().map(|row| (*row).to_owned()).collect();
        Keys { rows, stream: stream.to_owned() }
    }

    #[test]
    fn a_row_blocks_whatever_the_stream_and_a_stream_where_rows_are_unknown() {
        let mut blocked = Blocked::default();
        let (both, one, unknown) =
            (keys(&["a", "b"], "s-1"), keys(&["b"], "s-2"), keys(&[], "s-3"));
        for keys in [&both, &one, &unknown] {
            blocked.add(keys);
        }
        assert_eq!(blocked.len(), 3);
        // By rows, whatever the stream; by stream only where the rows of the parked one are unknown.
        for (keys, blocks) in [
            (keys(&["a"], "s-9"), true),
            (keys(&["c", "b"], "s-9"), true),
            (keys(&["c"], "s-1"), false),
            (keys(&["c"], "s-3"), true),
            (keys(&[], "s-3"), true),
            (keys(&[], "s-1"), false),
        ] {
            assert_eq!(blocked.blocks_keys(&keys), blocks, "{keys:?}");
        }
        assert!(Blocked::of([]).is_empty() && !blocked.is_empty());
    }
}
