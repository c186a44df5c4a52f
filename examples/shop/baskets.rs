//! What customers order, and what there is.

use super::dice::roll;
use super::order::Place;
use super::stock::Receive;

const ITEMS: [(&str, u32); 3] = [("chair", 4900), ("desk", 19_900), ("lamp", 1950)];

/// Of each item, a little less than is asked for on average.
pub(crate) fn stock(orders: u32) -> impl Iterator<Item = Receive> {
    let pieces = 1 + orders / 2;
    ITEMS.iter().map(move |(item, _)| Receive { item: (*item).to_owned(), pieces })
}

/// The orders of a day. Now and then a parcel is too heavy, or a card has expired, and of these some
/// have another to spare.
pub(crate) fn baskets(orders: u32, seed: u64) -> impl Iterator<Item = Place> {
    (1..=orders).map(move |number| {
        let order = format!("order-{number}");
        let chance = |what: &str, sides| roll(seed, &format!("{order}/{what}"), sides);
        let item = usize::try_from(chance("item", 3)).unwrap_or_default();
        let (item, price) = ITEMS.get(item).copied().unwrap_or_default();
        let pieces = match chance("pieces", 12) {
            0 => 5,
            other => 1 + u32::try_from(other % 3).unwrap_or_default(),
        };
        let card = if chance("card", 5) == 0 { "expired 11/19" } else { "good until 12/39" };
        let spare = (chance("spare", 2) == 0).then(|| "another, good until 12/38".to_owned());
        let (item, card, cents) = (item.to_owned(), card.to_owned(), price * pieces);
        Place { order, item, pieces, cents, card, spare }
    })
}
