//! Chance that is the same in each run with the same seed, whoever asks first.

use factum::Key;

/// A roll for a text: below `sides`.
pub(crate) fn roll(seed: u64, what: &str, sides: u64) -> u64 {
    let rolled = Key::from_bytes(*b"factum/shop/dice").derive(&format!("{seed}/{what}"));
    let bytes = rolled.uuid().into_bytes();
    // Of 16 bytes the first six are all chance.
    let number = bytes.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    number % sides.max(1)
}
