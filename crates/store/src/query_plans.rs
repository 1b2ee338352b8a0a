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

const EXPECTED: &str = include_str!("../test-data/query-plans.expected");

#[tokio::test]
async fn hot_statements_use_their_indexes() {
    let folder = TempDir::new().unwrap();
    Store::open(folder.path(), Clock::system()).await.unwrap().close().await;
    let mut connection =
        Database::new(folder.path().join(FILE)).reader(Access::Read).await.unwrap();
    let standing = format!("{}(?, ?)", standing::ACTIONS);
    let mut seen = String::new();
    for (name, text) in STATEMENTS {
        let text = if text.is_empty() { standing.as_str() } else { text };
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
        writeln!(seen, "{name}:").unwrap();
        for step in sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap() {
            writeln!(seen, "    {}", step.get::<String, _>(3)).unwrap();
        }
    }
    assert_eq!(seen, EXPECTED);
}
