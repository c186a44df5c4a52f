/// Makes each test of the contract suite a `#[test]` of the caller, in a module for each rule: see
/// [`conformance`](mod@crate::conformance). Takes the name of an async function without arguments that
/// makes a [`Subject`](crate::conformance::Subject) with a new, empty log.
#[macro_export]
macro_rules! conformance {
    ($fresh:path) => {
        $crate::__conformance_tests! { $fresh;
            durability {
                what_was_acknowledged_is_there, it_survives_reopening, it_survives_a_crash,
                a_dropped_append_is_whole_or_absent,
            }
            atomicity {
                a_commit_that_fails_leaves_nothing, a_commit_of_several_streams_is_one,
                readers_see_no_part, a_limited_read_may_end_inside,
            }
            order {
                nothing_is_skipped, nothing_of_a_stream_is_skipped,
                nothing_of_a_context_is_skipped, a_writer_reads_its_own_writes,
                a_page_is_complete_to_where_it_says,
            }
            races {
                one_wins_each_revision, one_creates_a_stream, one_wins_each_guard,
                guards_forbid_write_skew, one_wins_several_streams, no_update_is_lost,
            }
            idempotence {
                a_known_key_gives_its_first_receipt, a_key_can_be_found,
                any_sixteen_bytes_are_a_key, a_key_is_known_after_reopening,
                other_events_are_refused, the_command_tells_a_repeat,
                a_run_mixes_known_and_new_keys, a_key_comes_twice_in_a_run,
                a_receipt_of_several_streams_comes_again, senders_of_one_commit_have_one_effect,
                a_refused_key_is_not_known, keys_are_known_as_long_as_stated,
            }
            revisions {
                revisions_have_no_gaps, positions_only_grow, an_event_comes_back_as_it_was,
                a_stream_may_be_long,
            }
            tailing {
                a_tail_goes_from_catch_up_to_live, a_tail_is_woken, a_tail_of_an_empty_log_waits,
                a_filtered_tail_gives_progress, a_filtered_tail_yields_what_matches,
                a_tail_resumes_from_each_mark, a_consumer_may_restart, a_slow_tail_misses_nothing,
            }
            conflicts {
                each_expectation_is_checked, a_guard_names_what_it_found,
                unrelated_streams_never_conflict, unrelated_guards_never_conflict,
                an_unconditional_append_always_works,
            }
            bad_input {
                a_commit_has_events, a_commit_names_a_stream_once, names_are_checked,
                versions_are_checked, limits_are_kept, a_bad_commit_fails_alone,
                the_form_is_checked_first,
            }
            odd_input {
                stream_names_are_taken_literally, event_names_are_taken_literally,
                payloads_are_kept_to_the_byte, ranges_may_be_extreme,
            }
            rewind {
                what_stands_is_gone_on_from, a_mark_of_another_log_is_noticed,
                a_mark_beyond_the_end_is_noticed, an_emptied_log_is_noticed,
                another_event_is_noticed, an_older_copy_is_noticed,
                an_older_copy_under_a_live_tail_is_noticed,
            }
            queries {
                every_kind_of_read_is_right, the_newest_event_is_one_read,
                an_empty_log_can_be_read,
            }
            runs {
                a_run_may_be_empty, commits_build_on_each_other, a_failure_fails_what_is_on_top,
                a_failure_spreads, every_refusal_is_a_failure, a_failure_fails_guards,
                a_run_can_be_tried_again, a_guard_ignores_its_own_run, a_guarded_run_may_be_long,
                runs_of_many_callers_stay_apart, a_run_may_be_long,
            }
            tags {
                reads_of_boundaries_are_right, a_guard_agrees_with_a_read,
                a_guard_begins_behind_its_position, a_guard_forbids_only_what_has_it_all,
                a_guard_by_tags_ignores_its_own_run, a_repeat_is_not_guarded,
                tags_survive_reopening, tags_survive_a_crash, a_reader_finds_tags,
                one_wins_each_boundary, no_boundary_is_overdrawn,
                random_tags_agree_with_the_model,
            }
            views {
                rows_change_with_their_events, each_commit_of_a_run_changes_its_rows,
                a_refused_commit_changes_no_row, a_known_key_changes_no_row,
                what_is_missing_keeps_rows_as_they_are, what_is_parked_keeps_rows_as_they_are,
                a_view_fails_no_commit, writers_at_once_count_each_event_once,
                a_building_that_is_replaced_is_left_alone,
                rows_survive_a_crash_with_their_events,
            }
            snapshots { the_newest_is_kept, any_state_is_kept, }
            capabilities { they_are_sound, what_is_said_is_so, }
            model { random_work_agrees_with_the_model, }
        }
    };
}

/// Writes the tests that [`conformance!`](crate::conformance!) lists.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($fresh:path; $($rule:ident { $($test:ident,)* })*) => {$(
        mod $rule {
            #[allow(unused_imports, reason = "the factory may have a whole path")]
            use super::*;
            $(
                #[test]
                fn $test() {
                    $crate::conformance::run($crate::conformance::$rule::$test(async || $fresh().await));
                }
            )*
        }
    )*};
}
