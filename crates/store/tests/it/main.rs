//! What the store promises, as one list of behaviours for each database engine.

#![cfg(test)]

mod accounts;
mod concurrency;
mod crash;
mod executions;
mod kit;
mod ledger;
mod opening;
mod plans;
mod progress;
mod resources;
mod servers;
mod tampering;

/// Makes a test of each behaviour on each database: a function that takes a fresh store.
macro_rules! conformance {
    ($($module:ident { $($behaviour:ident,)+ })+) => {
        mod sqlite {
            $(mod $module {
                $(#[tokio::test]
                async fn $behaviour() {
                    crate::$module::$behaviour(crate::kit::sqlite().await).await;
                })+
            })+
        }

        mod postgres {
            $(mod $module {
                $(#[tokio::test]
                async fn $behaviour() {
                    if let Some(fresh) = crate::kit::postgres().await {
                        crate::$module::$behaviour(fresh).await;
                    }
                })+
            })+
        }
    };
}

conformance! {
    accounts {
        an_account_keeps_the_day_it_was_first_seen_and_takes_its_newest_name,
    }
    concurrency {
        two_hundred_appends_at_once_keep_the_chain,
        several_stores_append_at_once_and_the_chain_stays_whole,
        of_two_stores_that_answer_the_same_plan_exactly_one_wins,
        an_append_that_cannot_be_takes_no_other_down_with_it,
        two_stores_propose_at_once_and_one_plan_waits,
        of_an_approval_and_a_supersession_at_once_one_wins_and_none_fails,
        a_ledger_is_intact_while_others_append_to_it,
        a_store_opens_while_another_process_writes,
        only_one_holds_the_engine_lock,
    }
    executions {
        an_execution_is_had_by_one_worker_at_a_time,
        a_worker_that_dies_loses_what_it_had_and_can_write_no_more,
        a_worker_that_renews_its_leases_keeps_them,
        what_was_recorded_once_is_not_recorded_again,
        an_execution_that_waits_is_due_when_it_says,
        what_an_execution_is_told_wakes_it_and_is_taken_once,
        an_execution_that_has_ended_is_never_due_and_hears_nothing,
        an_execution_is_taken_back_once_unless_the_undo_failed,
        executions_are_listed_newest_first_and_found_by_the_end_of_their_id,
        what_one_execution_does_to_others_is_written_with_its_move_or_not_at_all,
        of_many_that_move_at_once_one_that_may_not_takes_no_other_down,
        a_file_of_a_runbook_is_kept_once_and_byte_by_byte,
        whoever_watches_learns_how_far_executions_have_come,
        many_workers_heed_what_each_execution_was_told_and_that_changes_are_suspended,
    }
    ledger {
        entries_are_numbered_from_one_and_read_back_as_they_were_appended,
        a_page_of_the_ledger_is_newest_first_and_says_where_the_next_begins,
        the_ledger_is_filtered_by_plan_kind_and_account,
        the_last_word_decides_whether_changes_are_suspended,
        the_latest_entry_of_a_kind_is_found,
        appending_nothing_writes_nothing,
        a_closed_store_refuses_and_its_entries_are_there_after_opening_again,
    }
    plans {
        a_proposed_plan_is_read_back_whole,
        a_plan_without_actions_is_refused,
        a_plan_whose_actions_are_misnumbered_is_refused,
        a_newer_plan_takes_the_place_of_one_that_waits,
        the_same_wish_keeps_the_plan_that_waits,
        the_same_wish_keeps_the_plan_that_was_approved,
        a_plan_of_another_controller_or_start_is_left_alone,
        approval_of_another_digest_is_refused,
        an_event_that_cannot_happen_is_refused_and_leaves_no_entry,
        entries_are_appended_all_or_none,
        an_event_of_a_plan_that_does_not_exist_is_refused,
        a_plan_is_found_by_a_part_of_its_id,
        plans_are_listed_newest_first,
        actions_are_paged_with_their_progress,
        a_plans_history_leaves_out_what_happened_to_each_action,
        unfinished_plans_are_those_the_engine_goes_on_with,
        an_undone_change_is_remembered_until_it_is_applied_again,
        of_several_undone_changes_only_those_applied_again_are_forgotten,
        plans_without_a_subject_are_superseded_unless_they_were_answered,
        the_same_wish_for_other_facts_makes_a_new_plan,
        a_verified_plan_is_the_plan_and_where_it_stands,
        a_plan_is_found_by_what_it_wants,
        a_plan_of_many_actions_is_proposed_read_and_applied,
    }
    resources {
        a_look_replaces_what_was_known_of_its_scope,
        a_look_that_failed_keeps_the_resources_and_makes_them_unknown,
        a_resource_of_another_scope_is_refused,
        a_resource_named_twice_is_kept_once,
        resources_are_filtered_by_each_field,
        a_search_takes_its_text_literally,
        resources_are_paged_in_order_without_gaps,
        resources_are_in_the_order_of_their_bytes,
        a_single_resource_is_updated_and_counted_anew,
        counts_that_are_moved_by_updates_are_those_of_a_fresh_count,
        a_scope_keeps_the_counts_of_the_last_look_that_saw_it,
        a_resource_of_unknown_coverage_is_found_and_counted_as_nothing_else,
        totals_never_count_what_could_not_be_looked_at_as_passing,
        everything_unknown_is_listed,
        scopes_that_left_the_estate_are_forgotten,
        many_resources_are_kept_and_found,
    }
    tampering {
        an_untouched_ledger_is_intact,
        an_empty_ledger_is_intact,
        an_edit_of_any_field_is_found,
        a_removed_entry_is_found,
        two_swapped_entries_are_found,
        a_cut_end_is_found,
        a_changed_head_is_found,
        an_entry_that_was_added_past_the_head_is_found,
        the_database_refuses_to_edit_or_remove_an_entry,
        an_edited_plan_is_found_and_not_performed,
        a_plan_whose_digest_was_edited_with_its_actions_is_not_performed,
        a_plan_that_nobody_proposed_is_found_and_not_performed,
    }
}
