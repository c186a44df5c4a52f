//! What is stored of a run that is appended in parts.

use factum_core::store::{Outcome, Position};

/// The positions of the commits of a run that are stored already, which its guards do not see. Those that
/// follow each other are one range, so that a long run has few.
#[derive(Debug, Default)]
pub(crate) struct Own(Vec<(u64, u64)>);

impl Own {
    /// Notes what became of a commit.
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        let Ok(receipt) = outcome else { return };
        let events: u64 = receipt.writes.iter().map(|write| write.last - write.first + 1).sum();
        let last = receipt.mark.position.number();
        let first = (last + 1).saturating_sub(events);
        match self.0.last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => self.0.push((first, last)),
        }
    }

    /// From where on a guard has to look that looks behind a position: what follows that and is of the
    /// run need not be searched, which is all of a long run where nobody else appends.
    pub(crate) fn behind(&self, after: Position) -> Position {
        let behind = |after, (first, last): &(u64, u64)| {
            if (*first..=*last).contains(&(after + 1)) { *last } else { after }
        };
        Position::new(self.0.iter().fold(after.number(), behind))
    }

    /// The ranges, each from its first position to its last.
    #[cfg(feature = "postgres")]
    pub(crate) fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use factum_core::store::{LogId, Mark, Receipt, Written};
    use factum_core::{Key, StreamName};

    use super::*;

    fn stored(end: u64, events: u64) -> Outcome {
        let key = Key::from_bytes([1; 16]);
        let start = Mark::start(LogId::from_bytes([1; 16]));
        let mark = Mark { position: Position::new(end), ..start };
        let stream = StreamName::of("thing", "a").unwrap();
        let writes = vec![Written { stream, first: 0, last: events - 1 }];
        Ok(Receipt { key, mark, writes, repeated: false, views: Vec::new() })
    }

    #[test]
    fn what_follows_each_other_is_one_range() {
        let mut own = Own::default();
        for (end, events) in [(3, 3), (5, 2), (9, 1), (10, 1)] {
            own.add(&stored(end, events));
        }
        assert_eq!(own.0, [(1, 5), (9, 10)]);
        let behind = |after| own.behind(Position::new(after)).number();
        assert_eq!([0, 2, 5, 6, 8, 9, 20].map(behind), [5, 5, 5, 6, 10, 10, 20]);
    }
}
