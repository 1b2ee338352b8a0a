//! How SQLite answers the statements that run often or over much: which index, and what it has to sort.

use std::fmt::Write as _;

use reeve_time::Clock;
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;

use crate::{
    Store, connection::Access, connection::Database, ledger, observe, open::FILE, plans, propose,
    resources, standing, verify,
};

const STATEMENTS: [(&str, &str); 20] = [
    ("ledger, page", ledger::PAGE),
    ("ledger, page of a plan", ledger::PAGE_OF_PLAN),
    ("ledger, latest of a kind", ledger::LATEST),
    ("ledger, verified", verify::ENTRIES),
    ("plans, page", plans::PAGE),
    ("plans, actions", plans::ACTIONS),
    ("plans, replayed", plans::EVENTS),
    ("plans, history", plans::HISTORY),
    ("plans, undone", plans::UNDONE),
    ("plans, with a digest", plans::WITH_DIGEST),
    ("plans, waiting", propose::WAITING),
    ("plans, reopened", standing::REOPEN_APPLY),
    ("resources, page", resources::PAGE),
    ("resources, unknown", resources::UNKNOWNS),
    ("resources, totals", resources::BY_TYPE),
    ("resources, counted", observe::RECOUNT),
    ("resources, forgotten", observe::FORGET_RESOURCES),
    ("resources, updated", observe::UPDATE),
    ("plans, found by a part of an id", plans::MATCHING),
    ("actions, standing", ""),
];

#[tokio::test]
async fn hot_statements_use_their_indexes() {
    let folder = TempDir::new().unwrap();
    Store::open(folder.path(), Clock::system()).await.unwrap().close().await;
    let mut connection =
        Database::new(folder.path().join(FILE)).reader(Access::Read).await.unwrap();
    let standing = format!("{}($2, $3)", standing::ACTIONS);
    let mut seen = String::new();
    for (name, text) in STATEMENTS {
        let text = if text.is_empty() { standing.as_str() } else { text };
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        writeln!(seen, "{name}:").unwrap();
        for step in sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap() {
            writeln!(seen, "    {}", step.get::<String, _>(3)).unwrap();
        }
    }
    insta::assert_snapshot!(seen, @r#"
    ledger, page:
        SEARCH ledger USING INTEGER PRIMARY KEY (rowid<?)
    ledger, page of a plan:
        SEARCH ledger USING INDEX ledger_of_plan (plan_id=? AND sequence<?)
    ledger, latest of a kind:
        SEARCH ledger USING INDEX ledger_of_kind (kind=?)
    ledger, verified:
        SCAN ledger
    plans, page:
        SEARCH plans USING INDEX sqlite_autoindex_plans_1 (id<?)
    plans, actions:
        SEARCH a USING INDEX sqlite_autoindex_plan_actions_1 (plan_id=? AND number>?)
        SEARCH p USING INDEX sqlite_autoindex_action_progress_1 (plan_id=? AND number=?) LEFT-JOIN
    plans, replayed:
        SEARCH ledger USING INDEX ledger_of_plan (plan_id=?)
    plans, history:
        SEARCH ledger USING INDEX ledger_of_plan_itself (plan_id=?)
    plans, undone:
        SCAN p USING INDEX action_progress_undone
        SEARCH a USING INDEX sqlite_autoindex_plan_actions_1 (plan_id=? AND number=?)
        CORRELATED SCALAR SUBQUERY 1
        SEARCH b USING INDEX plan_actions_by_digest (digest=?)
        SEARCH q USING INDEX sqlite_autoindex_action_progress_1 (plan_id=? AND number=?)
        SEARCH plans USING INDEX sqlite_autoindex_plans_1 (id=?)
        USE TEMP B-TREE FOR DISTINCT
    plans, with a digest:
        SEARCH plans USING INDEX plans_by_digest (digest=?)
    plans, waiting:
        SEARCH plans USING INDEX plans_by_phase (phase=?)
        USE TEMP B-TREE FOR ORDER BY
    plans, reopened:
        SEARCH action_progress USING INDEX sqlite_autoindex_action_progress_1 (plan_id=?)
    resources, page:
        SEARCH r USING INDEX sqlite_autoindex_resources_1 ((account,region,type,id)>(?,?,?,?) AND account<?)
        SEARCH s USING INDEX sqlite_autoindex_scopes_1 (account=? AND region=? AND type=?)
    resources, unknown:
        CO-ROUTINE unknowns
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH scopes USING INDEX scopes_unknown ((account,region,type)>(?,?,?))
        UNION ALL
        SEARCH resources USING INDEX resources_unknown ((account,region,type)>(?,?,?))
        SCAN unknowns
        USE TEMP B-TREE FOR ORDER BY
    resources, totals:
        SCAN scopes
        USE TEMP B-TREE FOR GROUP BY
    resources, counted:
        SEARCH scopes USING INDEX sqlite_autoindex_scopes_1 (account=? AND region=? AND type=?)
        CORRELATED SCALAR SUBQUERY 1
        SEARCH r USING INDEX sqlite_autoindex_resources_1 (account=? AND region=? AND type=?)
    resources, forgotten:
        SEARCH resources USING INDEX sqlite_autoindex_resources_1 (account=? AND region=? AND type=?)
    resources, updated:
        SEARCH resources USING INDEX sqlite_autoindex_resources_1 (account=? AND region=? AND type=? AND id=?)
    plans, found by a part of an id:
        SCAN plans USING COVERING INDEX sqlite_autoindex_plans_1
    actions, standing:
        SEARCH action_progress USING INDEX sqlite_autoindex_action_progress_1 (plan_id=? AND number=?)
    "#);
}
