//! How SQLite answers the statements that run often or over much: which index, and what it has to sort.

use std::fmt::Write as _;

use reeve_time::Clock;
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;

use crate::{
    Store, connection::Access, connection::Database, ledger, observe, plans, propose, replay,
    resources, standing, undone, verify, verify_plans,
};

/// Those whose list of values is written when they are run.
const LISTS: [(&str, &str); 2] =
    [("actions, standing", standing::ACTIONS), ("resources, standing", observe::STANDINGS)];

const STATEMENTS: [(&str, &str); 25] = [
    ("ledger, page", ledger::PAGE),
    ("ledger, page of a plan", ledger::PAGE_OF_PLAN),
    ("ledger, latest of a kind", ledger::LATEST),
    ("ledger, verified", verify::ENTRIES),
    ("plans, page", plans::PAGE),
    ("plans, actions", plans::ACTIONS),
    ("plans, replayed", replay::EVENTS),
    ("plans, proposed", replay::PROPOSED),
    ("plans, proposals", verify_plans::PROPOSALS),
    ("plans, verified", verify_plans::ACTIONS),
    ("plans, never proposed", verify_plans::NEVER_PROPOSED),
    ("plans, history", plans::HISTORY),
    ("plans, undone", undone::UNDONE),
    ("plans, applied since", undone::APPLIED_SINCE),
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
    ("resources, shifted", observe::SHIFT),
];

const EXPECTED: &str = include_str!("../test-data/query-plans.expected");

#[tokio::test]
async fn hot_statements_use_their_indexes() {
    let folder = TempDir::new().unwrap();
    Store::open(folder.path(), Clock::system()).await.unwrap().close().await;
    let mut connection = Database::new(folder.path().into()).reader(Access::Read).await.unwrap();
    let lists = LISTS.map(|(name, text)| (name, format!("{text}(?, ?)")));
    let lists = lists.iter().map(|(name, text)| (*name, text.as_str()));
    let mut seen = String::new();
    for (name, text) in STATEMENTS.into_iter().chain(lists) {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        writeln!(seen, "{name}:").unwrap();
        for step in sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap() {
            writeln!(seen, "    {}", step.get::<String, _>(3)).unwrap();
        }
    }
    assert_eq!(seen, EXPECTED);
}
