//! Where a view cannot be inline, that is said by name.

use std::sync::{Arc, Mutex};

use factum_core::view::{NotInline, ViewError};
use factum_projections::{Hub, Placement, Runner};
use factum_stores::MemoryStore;

use crate::bank::Tally;
use crate::common::Balance;
use crate::common::flaky_log::FlakyLog;

fn problem<T>(started: Result<T, ViewError>) -> NotInline {
    match started {
        Err(ViewError::NotInline { problem, .. }) => problem,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn rows_by_other_keys_or_in_slices_are_not_inline() {
    let hub = Hub::new(Arc::new(MemoryStore::new()));
    let inline = Placement::memory().inline();
    assert_eq!(problem(Runner::start::<Balance>(&hub, inline.clone()).await), NotInline::Keys);
    let sliced = Runner::start::<Tally>(&hub, inline.slices(4)).await;
    assert_eq!(problem(sliced), NotInline::Slices { slices: 4 });
}

/// This log has no rows.
#[tokio::test]
async fn a_store_that_cannot_do_it_is_named() {
    let log = FlakyLog { inner: MemoryStore::new(), breaks: Mutex::default() };
    let hub = Hub::new(Arc::new(log));
    let started = Runner::start::<Tally>(&hub, Placement::memory().inline()).await;
    assert_eq!(problem(started), NotInline::Backend { backend: "memory" });
}
