use factum_core::view::Hold;

/// The part of a view that one worker keeps: the rows whose keys fall to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub(super) hold: Hold,
    /// How many slices there are.
    pub(super) of: u16,
}

impl Slice {
    /// Whether a row with this key is in it.
    pub(super) fn has(&self, key: &str) -> bool {
        self.of <= 1 || slice_of(key, self.of) == self.hold.slice
    }
}

/// The slice that a key falls to: a part of what is persisted, the same on every machine and for ever.
/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), which spreads short keys well.
pub(super) fn slice_of(key: &str, of: u16) -> u16 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = key.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    u16::try_from(hash % u64::from(of.max(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_pinned_and_even() {
        let of_some = ["", "a", "alice", "course-7"].map(|key| slice_of(key, 16));
        assert_eq!(of_some, [5, 12, 7, 8]);
        let mut counts = [0_u32; 7];
        for number in 0..7_000 {
            counts[usize::from(slice_of(&format!("account-{number}"), 7))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }
}
