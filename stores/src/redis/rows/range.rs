//! Conditions as ranges of an index.

use std::collections::BTreeMap;

use factum_core::view::{Comparison, Condition, Value};

use super::member::{self, BEYOND};

/// More ranges of one column are not made of conditions that all must hold.
const MOST: usize = 1024;

/// Members of an index from one on, up to another or the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) from: Vec<u8>,
    /// It is not part of the range.
    pub(super) to: Option<Vec<u8>>,
}

impl Range {
    pub(super) const ALL: Self = Self { from: Vec::new(), to: None };

    fn of(comparison: Comparison, value: &Value) -> Vec<Self> {
        let at = member::written(value);
        let beyond = [&*at, &[BEYOND]].concat();
        let before = |to| Self { from: Vec::new(), to: Some(to) };
        let since = |from| Self { from, to: None };
        match comparison {
            Comparison::Eq => vec![Self { from: at, to: Some(beyond) }],
            Comparison::Ne => vec![before(at), since(beyond)],
            Comparison::Lt => vec![before(at)],
            Comparison::Le => vec![before(beyond)],
            Comparison::Gt => vec![since(beyond)],
            Comparison::Ge => vec![since(at)],
        }
    }

    /// Whether all its members have one value.
    pub(super) fn is_one_value(&self) -> bool {
        let one = [&*self.from, &[BEYOND]].concat();
        !self.from.is_empty() && self.to == Some(one)
    }

    /// Its bounds, as Redis writes them.
    pub(super) fn bounds(&self) -> [Vec<u8>; 2] {
        let from = match &*self.from {
            [] => b"-".to_vec(),
            from => [b"[", from].concat(),
        };
        let to = self.to.as_ref().map_or_else(|| b"+".to_vec(), |to| [b"(", &**to].concat());
        [from, to]
    }

    fn ends_after(&self, other: &Self) -> bool {
        match (&self.to, &other.to) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(to), Some(other)) => to >= other,
        }
    }

    fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| *to <= self.from)
    }
}

/// What the conditions of a query leave of each column's index.
#[derive(Debug, Default)]
pub(super) struct Narrowed {
    /// In their order, apart from each other.
    pub(super) columns: BTreeMap<usize, Vec<Range>>,
    /// A condition is not in these ranges: each row has to be looked at.
    pub(super) rest: bool,
    /// No row can be wanted.
    pub(super) nothing: bool,
}

impl Narrowed {
    /// By conditions that all must hold, over so many columns.
    pub(super) fn by(conditions: &[Condition], columns: usize) -> Self {
        let mut narrowed = Self::default();
        narrowed.narrow(conditions, columns);
        narrowed
    }

    fn narrow(&mut self, conditions: &[Condition], columns: usize) {
        for condition in conditions {
            match condition {
                Condition::All(all) => self.narrow(all, columns),
                Condition::Any(any) if any.is_empty() => self.nothing = true,
                _ => match ranges(condition) {
                    Some((column, ranges)) if column < columns => self.add(column, ranges),
                    _ => self.rest = true,
                },
            }
        }
    }

    fn add(&mut self, column: usize, ranges: Vec<Range>) {
        let joined = match self.columns.get(&column) {
            Some(known) if known.len() + ranges.len() > MOST => {
                self.rest = true;
                return;
            }
            Some(known) => both(known, &ranges),
            None => ranges,
        };
        self.nothing |= joined.is_empty();
        self.columns.insert(column, joined);
    }
}

/// The ranges of the one column that a condition is about.
fn ranges(condition: &Condition) -> Option<(usize, Vec<Range>)> {
    match condition {
        Condition::Compare { column, comparison, value } => {
            Some((*column, Range::of(*comparison, value)))
        }
        Condition::Any(any) => {
            let (column, mut all) = ranges(any.first()?)?;
            for condition in any.iter().skip(1) {
                let (other, some) = ranges(condition)?;
                if other != column {
                    return None;
                }
                all.extend(some);
            }
            Some((column, merged(all)))
        }
        Condition::All(_) => None,
    }
}

/// What is in either.
fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.to.as_ref().is_none_or(|to| *to >= range.from) => {
                if range.ends_after(last) {
                    last.to = range.to;
                }
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// What is in both.
fn both(one: &[Range], other: &[Range]) -> Vec<Range> {
    let (mut ones, mut others) = (one.iter().peekable(), other.iter().peekable());
    let mut common = Vec::new();
    while let (Some(a), Some(b)) = (ones.peek(), others.peek()) {
        let (first_ends, to) = if a.ends_after(b) { (false, &b.to) } else { (true, &a.to) };
        let range = Range { from: (&a.from).max(&b.from).clone(), to: to.clone() };
        if !range.is_empty() {
            common.push(range);
        }
        if first_ends {
            ones.next()
        } else {
            others.next()
        };
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};

    fn compare(comparison: Comparison, value: u64) -> Condition {
        Condition::Compare { column: 0, comparison, value: Value::Uint(value) }
    }

    fn is_in(ranges: &[Range], value: u64) -> bool {
        let member = [&*member::written(&Value::Uint(value)), b"key"].concat();
        let holds =
            |range: &Range| member >= range.from && range.to.as_ref().is_none_or(|to| member < *to);
        ranges.iter().any(holds)
    }

    #[test]
    fn ranges_have_what_the_conditions_hold_of() {
        let any = |list: &[(Comparison, u64)]| {
            Condition::Any(list.iter().map(|(c, v)| compare(*c, *v)).collect())
        };
        let queries = [
            vec![compare(Ge, 3), compare(Lt, 7)],
            vec![compare(Ne, 4), compare(Le, 6), compare(Gt, 1)],
            vec![any(&[(Eq, 5), (Eq, 2), (Lt, 1), (Eq, 6)]), compare(Ne, 2)],
            vec![Condition::All(vec![any(&[(Le, 3), (Gt, 2)]), compare(Ne, 9)])],
            vec![compare(Eq, 3), compare(Eq, 4)],
        ];
        for query in queries {
            let narrowed = Narrowed::by(&query, 1);
            assert!(!narrowed.rest);
            for value in 0..10 {
                let holds = query.iter().all(|condition| condition.holds(&[Value::Uint(value)]));
                assert_eq!(is_in(&narrowed.columns[&0], value), holds, "{value}: {query:?}");
            }
        }
    }

    #[test]
    fn what_cannot_hold_is_known() {
        assert!(Narrowed::by(&[compare(Eq, 3), compare(Gt, 4)], 1).nothing);
        assert!(Narrowed::by(&[Condition::Any(vec![])], 1).nothing);
        assert!(!Narrowed::by(&[], 1).nothing);
    }

    #[test]
    fn the_rest_is_known() {
        let other = Condition::Compare { column: 1, comparison: Eq, value: Value::Null };
        assert!(Narrowed::by(&[Condition::Any(vec![compare(Eq, 3), other.clone()])], 2).rest);
        assert!(Narrowed::by(&[other], 1).rest);
        let many: Vec<_> = (0..3000).map(|value| compare(Ne, value)).collect();
        assert!(Narrowed::by(&many, 1).rest);
    }

    #[test]
    fn one_value_is_told_from_several() {
        let value = Value::Text("a".to_owned());
        let is_one = |comparison| Range::of(comparison, &value).iter().all(Range::is_one_value);
        assert!(is_one(Eq));
        assert!(![Ne, Lt, Le, Gt, Ge].into_iter().any(is_one));
        assert!(!Range::ALL.is_one_value());
    }
}
