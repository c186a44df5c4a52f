//! The contract of a row store as tests, for whoever writes one.
//!
//! *Problem.* A view whose rows and checkpoint part is wrong for ever after, and looks right.
//!
//! *Invariant.* Each thing that [`RowStore`] demands is a named test here: rows and checkpoint change
//! together or not at all, one of those who race for the checkpoint wins, and a query gives what
//! [`Condition::holds`](factum_core::view::Condition::holds) and the order of
//! [`Value`](factum_core::view::Value)s say.
//!
//! *Shape.* Implement [`RowSubject`], write an async function that makes a new one, and hand its name
//! to [`rows_conformance!`](crate::rows_conformance!): every test becomes a `#[test]` of your own.
//!
//! ```
//! use std::sync::Arc;
//! use factum_core::view::RowStore;
//! use factum_stores::MemoryRowStore;
//!
//! async fn memory() -> Arc<dyn RowStore> {
//!     Arc::new(MemoryRowStore::new())
//! }
//!
//! factum_stores::rows_conformance!(memory);
//! # fn main() {}
//! ```

// A suite fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod builds;
pub mod contents;
pub mod parked;
pub mod queries;
pub mod refusals;
pub mod slices;
pub mod transactions;

mod making;

use std::future::{Future, ready};
use std::sync::Arc;

use factum_core::view::RowStore;

/// Rows of its own that one test may use up. Dropping it may delete them.
pub trait RowSubject: Sized + Send + Sync + 'static {
    /// The store that is open on the rows. Tests drop every clone before they reopen.
    fn rows(&self) -> Arc<dyn RowStore>;

    /// Closes the store in good order and opens the same rows again; `None` if the rows die with
    /// their store.
    fn reopen(self) -> impl Future<Output = Option<Self>> + Send {
        ready(None)
    }
}

impl RowSubject for Arc<dyn RowStore> {
    fn rows(&self) -> Arc<dyn RowStore> {
        Self::clone(self)
    }
}

/// Makes each test of the row stores' contract suite a `#[test]` of the caller, in a module for each
/// theme: see [`conformance_rows`](crate::conformance_rows). Takes the name of an async function
/// without arguments that makes a [`RowSubject`](crate::conformance_rows::RowSubject) without rows.
#[macro_export]
macro_rules! rows_conformance {
    ($fresh:path) => {
        $crate::__rows_conformance_tests! { $fresh;
            transactions {
                a_view_begins_empty, rows_and_checkpoint_change_together,
                a_fenced_batch_changes_nothing, one_of_those_who_race_wins,
                what_was_committed_survives_reopening, a_dropped_commit_is_whole_or_absent,
                readers_see_no_part, any_mark_is_kept, other_columns_are_refused,
                views_and_versions_are_apart,
            }
            contents {
                a_put_replaces, what_is_deleted_is_gone, a_load_keeps_the_order_of_the_keys,
                a_load_may_be_long, keys_are_taken_literally, bodies_are_kept_to_the_byte,
                a_batch_may_be_large, a_batch_may_be_empty,
                a_key_in_puts_and_deletes_is_gone,
            }
            queries {
                each_comparison_is_right, each_kind_orders_as_in_rust, equal_rows_come_by_key,
                several_sorts_hold_in_turn, a_limit_keeps_the_first, empty_lists_of_conditions,
                random_queries_agree_with_the_model,
                a_filter_may_be_long,
            }
            refusals {
                a_view_that_was_never_opened_is_missing, each_row_has_a_value_for_each_column,
                a_filter_beyond_the_bounds_is_refused, a_slice_that_is_not_there_is_refused,
                other_slices_are_refused,
            }
            slices {
                each_has_a_checkpoint_of_its_own, whoever_takes_one_fences_the_others,
                a_leased_one_is_not_taken, a_lease_runs_out, one_given_back_can_be_taken_at_once,
                an_owner_keeps_what_it_takes_again, one_of_those_who_take_has_it,
                who_has_one_is_told,
            }
            parked {
                it_changes_with_the_rows, it_is_asked_like_rows, a_refused_batch_parks_nothing,
            }
            builds {
                each_build_is_apart, one_build_is_live, a_dropped_one_is_gone,
                a_dropped_one_can_be_built_again,
            }
        }
    };
}

/// Writes the tests that [`rows_conformance!`](crate::rows_conformance!) lists.
#[doc(hidden)]
#[macro_export]
macro_rules! __rows_conformance_tests {
    ($fresh:path; $($theme:ident { $($test:ident),* $(,)? })*) => {$(
        mod $theme {
            #[allow(unused_imports, reason = "the factory may have a whole path")]
            use super::*;
            $(
                #[test]
                fn $test() {
                    $crate::conformance::run(
                        $crate::conformance_rows::$theme::$test(async || $fresh().await),
                    );
                }
            )*
        }
    )*};
}
