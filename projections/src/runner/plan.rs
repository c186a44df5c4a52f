//! Which slices a process takes: by what all can see, without talking to each other.

use std::collections::HashMap;

use factum_core::view::{Owner, SliceState};

/// A slice that is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nobody has it, or somebody without a lease, who may be gone.
    Free(u16),
    /// Its owner has at least two more than this process would have with it. The owner finds out by its
    /// next commit or renewal.
    FromAnother(u16),
}

/// What a process wants of the slices: free ones up to its share, then one at a time from whoever has
/// the most. Each step makes the shares more even, so that this ends.
pub(super) fn wishes(slices: &[SliceState], me: &Owner) -> Vec<Wish> {
    let mut counts: HashMap<&Owner, usize> = HashMap::from([(me, 0)]);
    for owner in slices.iter().filter_map(holder) {
        *counts.entry(owner).or_default() += 1;
    }
    let mine = counts.get(me).copied().unwrap_or_default();
    let share = slices.len().div_ceil(counts.len().max(1));
    let free = slices.iter().filter(|slice| holder(slice).is_none());
    let free: Vec<Wish> = free.map(|slice| Wish::Free(slice.hold.slice)).collect();
    if !free.is_empty() {
        return free.into_iter().take(share.saturating_sub(mine)).collect();
    }
    let richest = counts.iter().max_by_key(|(owner, count)| (**count, owner.as_str()));
    let Some((richest, _)) = richest.filter(|(_, count)| **count > mine + 1) else {
        return Vec::new();
    };
    let theirs = slices.iter().rev().find(|slice| holder(slice) == Some(*richest));
    theirs.map(|slice| Wish::FromAnother(slice.hold.slice)).into_iter().collect()
}

/// Who has a slice so that others leave it to him.
fn holder(slice: &SliceState) -> Option<&Owner> {
    slice.owner.as_ref().filter(|_| slice.leased)
}

#[cfg(test)]
mod tests {
    use factum_core::view::Hold;

    use super::*;

    fn slices(owners: &[Option<&str>]) -> Vec<SliceState> {
        let state = |(slice, owner): (u16, &Option<&str>)| SliceState {
            hold: Hold { slice, epoch: 0 },
            owner: owner.map(Owner::new),
            leased: owner.is_some(),
            checkpoint: None,
        };
        (0..).zip(owners).map(state).collect()
    }

    #[test]
    fn free_ones_are_taken_up_to_the_share() {
        let (a, b) = (Some("a"), Some("b"));
        let of_a = |owners: &[Option<&str>]| wishes(&slices(owners), &Owner::new("a"));
        assert_eq!(of_a(&[None, None, None]), [0, 1, 2].map(Wish::Free));
        assert_eq!(of_a(&[b, None, None, None]), [1, 2].map(Wish::Free));
        assert_eq!(of_a(&[a, a, b, None]), [], "the share of the other");
        assert_eq!(of_a(&[a, b, b, None]), [3].map(Wish::Free));
        assert_eq!(of_a(&[b]), []);
        assert_eq!(of_a(&[b, b]), [Wish::FromAnother(1)]);
        assert_eq!(of_a(&[a, b, b]), []);
    }

    /// One who took a slice without a lease, and died before he made it a lease, keeps nobody from it.
    #[test]
    fn what_is_not_leased_is_free() {
        let mut found = slices(&[Some("a"), Some("gone"), Some("b")]);
        found[1].leased = false;
        assert_eq!(wishes(&found, &Owner::new("b")), [Wish::Free(1)]);
        found[0].leased = false;
        assert_eq!(wishes(&found, &Owner::new("a")), [0, 1].map(Wish::Free));
    }

    /// Processes that come and go, each acting on what it sees: the shares become even and stay so.
    #[test]
    fn shares_become_even() {
        for nodes in 1..=5_usize {
            for count in 1..=16_u16 {
                let mut slices = slices(&vec![Some("gone"); usize::from(count)]);
                // Half of what the one that is gone had has run out.
                slices.iter_mut().step_by(2).for_each(|slice| slice.owner = None);
                let names: Vec<Owner> = (0..nodes).map(|n| Owner::new(&n.to_string())).collect();
                let mut changed = true;
                let mut rounds = 0;
                while changed {
                    changed = false;
                    for me in &names {
                        for wish in wishes(&slices, me) {
                            let (Wish::Free(slice) | Wish::FromAnother(slice)) = wish;
                            let slice = &mut slices[usize::from(slice)];
                            (slice.owner, slice.leased) = (Some(me.clone()), true);
                            changed = true;
                        }
                    }
                    rounds += 1;
                    assert!(rounds < 100, "{nodes} processes, {count} slices");
                    let gone = |s: &&mut SliceState| s.owner == Some(Owner::new("gone"));
                    if let Some(slice) = slices.iter_mut().find(gone) {
                        slice.owner = None;
                        changed = true;
                    }
                }
                let counts = names.iter().map(|me| {
                    slices.iter().filter(|slice| slice.owner.as_ref() == Some(me)).count()
                });
                let counts: Vec<usize> = counts.collect();
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                assert!(most - least <= 1, "{counts:?}");
                assert_eq!(counts.iter().sum::<usize>(), usize::from(count));
            }
        }
    }
}
