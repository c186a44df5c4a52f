//! Whether money, stock and parcels add up.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::provider::Books;
use super::ways::Ways;

/// Compares what the provider and the warehouse have with what was completed, and tells; whether they
/// agree.
pub(crate) fn check(ways: &Ways, books: &Books, out: &mut impl Write) -> io::Result<bool> {
    let completed = ways.orders.values().filter(|way| way.completed);
    let count = completed.clone().count();
    let sold: i64 = completed.clone().map(|way| i64::from(way.cents)).sum();
    let cancelled = ways.orders.values().filter(|way| way.cancelled.is_some()).count();
    writeln!(
        out,
        "\n{} orders: {count} completed, {cancelled} cancelled.\nMoney: completed orders cost {}, and \
         the provider holds {}.",
        ways.orders.len(),
        euros(sold),
        euros(books.balance())
    )?;
    let mut sound = books.balance() == sold && count + cancelled == ways.orders.len();
    let mut gone: BTreeMap<&str, u32> = BTreeMap::new();
    for way in completed {
        *gone.entry(&way.item).or_default() += way.pieces;
    }
    for (item, received) in &ways.received {
        let of_item = ways.orders.values().filter(|way| way.item == *item);
        let aside: u32 = of_item.map(|way| way.reserved.saturating_sub(way.released)).sum();
        let gone = gone.get(&**item).copied().unwrap_or_default();
        writeln!(
            out,
            "Stock: {received} of {item}, {aside} are reserved, and {gone} were sent to customers."
        )?;
        sound &= aside == gone && gone <= *received;
    }
    let left_over = ways.orders.iter().filter(|(_, way)| {
        let undone = way.taken == way.refunded.unwrap_or_default()
            && way.reserved == way.released
            && (!way.started || way.stopped)
            && !way.completed
            && !way.handed_over;
        way.cancelled.is_some() && !undone
    });
    let left_over: Vec<_> = left_over.map(|(order, _)| &**order).collect();
    writeln!(out, "Cancelled orders of which something is left: {}.", left_over.len())?;
    for order in &left_over {
        writeln!(out, "  {order}")?;
    }
    Ok(sound && left_over.is_empty())
}

/// Cents as euros with two decimals.
pub(crate) fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
