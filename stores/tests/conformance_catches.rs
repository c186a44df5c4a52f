//! The suite fails stores that break the contract: each of these breaks one rule.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use factum_core::store::{
    BoxFuture, Capabilities, Clause, Commit, Direction, EventStore, Expected, Mark, Outcome, Page,
    Query, Range, Receipt, StoreError, Tail,
};
use factum_core::view::RowStore;
use factum_core::{Key, StreamName};
use factum_stores::MemoryStore;
use factum_stores::conformance;

/// How a store is broken.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// It does not look at what is expected of streams.
    Unchecked,
    /// It does not look at guards.
    Unguarded,
    /// It looks at the first clause of a guard alone.
    HalfGuarded,
    /// It looks at the tags of a guard alone.
    Contextless,
    /// It does not know keys.
    Forgetful,
    /// It appends the commits of a run one by one.
    Careless,
    /// Its pages lack the event before the last.
    Skipping,
    /// Reads end within a commit.
    Torn,
    /// It goes on from any mark.
    Trusting,
    /// Its pages hold one event less than they say.
    Short,
    /// It leaves out the rows that are to change with events.
    Rowless,
}

#[derive(Debug)]
struct Broken(MemoryStore, Flaw);

impl Broken {
    fn change(&self, commit: &mut Commit) {
        match self.1 {
            Flaw::Unchecked => {
                commit.writes.iter_mut().for_each(|write| write.expected = Expected::Any);
            }
            Flaw::Unguarded => commit.guard = None,
            Flaw::HalfGuarded => clauses(commit, |clauses| clauses.truncate(1)),
            Flaw::Contextless => clauses(commit, |clauses| {
                clauses.iter_mut().for_each(|clause| clause.contexts.clear());
            }),
            Flaw::Forgetful => commit.key = Key::now_v7(),
            Flaw::Rowless => commit.views.clear(),
            _ => {}
        }
    }
}

fn clauses(commit: &mut Commit, change: impl Fn(&mut Vec<Clause>)) {
    if let Some(Query::AnyOf(clauses)) = commit.guard.as_mut().map(|guard| &mut guard.query) {
        change(clauses);
    }
}

impl EventStore for Broken {
    fn append(&self, mut run: Vec<Commit>) -> BoxFuture<'_, Result<Vec<Outcome>, StoreError>> {
        Box::pin(async move {
            run.iter_mut().for_each(|commit| self.change(commit));
            if !matches!(self.1, Flaw::Careless) {
                return self.0.append(run).await;
            }
            let mut outcomes = Vec::new();
            for commit in run {
                outcomes.extend(self.0.append(vec![commit]).await?);
            }
            Ok(outcomes)
        })
    }

    fn read(
        &self,
        query: Query,
        mut range: Range,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(async move {
            if matches!(self.1, Flaw::Trusting) {
                range.seen = None;
            }
            let mut page = self.0.read(query, range, direction, limit).await?;
            let events = page.events.len();
            match self.1 {
                Flaw::Skipping if events >= 2 => {
                    page.events.remove(events - 2);
                }
                Flaw::Torn if direction == Direction::Forward && !page.more && events > 1 => {
                    page.events.pop();
                    page.complete_to = page.events[events - 2].at.mark();
                }
                Flaw::Short if page.more && events > 1 => {
                    page.events.pop();
                }
                _ => {}
            }
            Ok(page)
        })
    }

    fn tail(&self, query: Query, after: Option<Mark>) -> Tail {
        self.0.tail(query, after)
    }

    fn head(&self) -> BoxFuture<'_, Result<Mark, StoreError>> {
        self.0.head()
    }

    fn find(
        &self,
        key: Key,
        near: &StreamName,
    ) -> BoxFuture<'_, Result<Option<Receipt>, StoreError>> {
        self.0.find(key, near)
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn rows(&self) -> Option<Arc<dyn RowStore>> {
        self.0.rows()
    }
}

/// Checks that a test of the suite fails on a store with this flaw, and passes on one without.
macro_rules! assert_caught {
    ($flaw:expr, $rule:ident::$test:ident) => {{
        let sound = async || Arc::new(MemoryStore::new()) as Arc<dyn EventStore>;
        conformance::run(conformance::$rule::$test(sound));
        let broken = async || Arc::new(Broken(MemoryStore::new(), $flaw)) as Arc<dyn EventStore>;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            conformance::run(conformance::$rule::$test(broken));
        }));
        assert!(ended.is_err(), "{} passes a store that is {:?}", stringify!($test), $flaw);
    }};
}

#[test]
fn expectations_that_are_not_checked() {
    assert_caught!(Flaw::Unchecked, races::one_wins_each_revision);
    assert_caught!(Flaw::Unchecked, races::one_creates_a_stream);
    assert_caught!(Flaw::Unchecked, conflicts::each_expectation_is_checked);
}

#[test]
fn guards_that_are_not_checked() {
    assert_caught!(Flaw::Unguarded, races::one_wins_each_guard);
    assert_caught!(Flaw::Unguarded, races::guards_forbid_write_skew);
    assert_caught!(Flaw::Unguarded, conflicts::a_guard_names_what_it_found);
    assert_caught!(Flaw::Unguarded, model::random_work_agrees_with_the_model);
    assert_caught!(Flaw::Unguarded, tags::one_wins_each_boundary);
    assert_caught!(Flaw::Unguarded, tags::a_guard_begins_behind_its_position);
    assert_caught!(Flaw::Unguarded, tags::random_tags_agree_with_the_model);
}

#[test]
fn guards_that_are_half_checked() {
    assert_caught!(Flaw::HalfGuarded, tags::a_guard_agrees_with_a_read);
    assert_caught!(Flaw::HalfGuarded, races::guards_forbid_write_skew);
    assert_caught!(Flaw::Contextless, tags::a_guard_agrees_with_a_read);
    assert_caught!(Flaw::Contextless, tags::a_guard_forbids_only_what_has_it_all);
}

#[test]
fn keys_that_are_not_known() {
    assert_caught!(Flaw::Forgetful, idempotence::a_known_key_gives_its_first_receipt);
    assert_caught!(Flaw::Forgetful, idempotence::senders_of_one_commit_have_one_effect);
    assert_caught!(Flaw::Forgetful, idempotence::a_run_mixes_known_and_new_keys);
}

#[test]
fn runs_that_go_on_after_a_failure() {
    assert_caught!(Flaw::Careless, runs::a_failure_fails_what_is_on_top);
    assert_caught!(Flaw::Careless, runs::a_failure_spreads);
    assert_caught!(Flaw::Careless, runs::a_guard_ignores_its_own_run);
    assert_caught!(Flaw::Careless, tags::a_guard_by_tags_ignores_its_own_run);
    assert_caught!(Flaw::Careless, model::random_work_agrees_with_the_model);
}

#[test]
fn events_that_are_skipped() {
    assert_caught!(Flaw::Skipping, order::nothing_is_skipped);
    assert_caught!(Flaw::Skipping, order::nothing_of_a_stream_is_skipped);
    assert_caught!(Flaw::Skipping, order::a_page_is_complete_to_where_it_says);
    assert_caught!(Flaw::Short, queries::every_kind_of_read_is_right);
    assert_caught!(Flaw::Short, tags::reads_of_boundaries_are_right);
    assert_caught!(Flaw::Short, atomicity::a_limited_read_may_end_inside);
}

#[test]
fn commits_that_are_torn() {
    assert_caught!(Flaw::Torn, atomicity::readers_see_no_part);
}

#[test]
fn marks_that_are_not_checked() {
    assert_caught!(Flaw::Trusting, rewind::a_mark_of_another_log_is_noticed);
    assert_caught!(Flaw::Trusting, rewind::a_mark_beyond_the_end_is_noticed);
    assert_caught!(Flaw::Trusting, rewind::another_event_is_noticed);
}

/// Every test of the suite is run by the macro.
#[test]
fn no_test_is_left_out() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let list = std::fs::read_to_string(folder.join("list.rs")).unwrap();
    let mut rules = std::fs::read_dir(&folder).unwrap();
    let mut tests = 0;
    while let Some(Ok(rule)) = rules.next() {
        let file = if rule.path().is_dir() { rule.path().join("mod.rs") } else { rule.path() };
        let source = std::fs::read_to_string(file).unwrap();
        for test in source.split("\npub async fn ").skip(1) {
            let (name, rest) = test.split_once(['<', '(']).unwrap();
            if rest.starts_with("S: Subject>") {
                assert!(list.contains(&format!(" {name},")), "{name} is not in the list");
                tests += 1;
            }
        }
    }
    let (_, listed) = list.split_once("$fresh;\n").unwrap();
    let (listed, _) = listed.split_once("\n        }\n    };").unwrap();
    assert_eq!(tests, listed.matches(',').count(), "the list has others");
}

#[test]
fn rows_that_do_not_change_with_their_events() {
    assert_caught!(Flaw::Rowless, views::rows_change_with_their_events);
    assert_caught!(Flaw::Rowless, views::each_commit_of_a_run_changes_its_rows);
    assert_caught!(Flaw::Rowless, views::writers_at_once_count_each_event_once);
    assert_caught!(Flaw::Forgetful, views::a_known_key_changes_no_row);
    assert_caught!(Flaw::Unchecked, views::a_refused_commit_changes_no_row);
}
