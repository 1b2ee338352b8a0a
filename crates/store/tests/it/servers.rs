//! What only a server does: it ends connections, at the worst moment too, and it is shared.

use std::time::Duration;

use jiff::SignedDuration;
use reeve_store::{
    DatabaseLocation, Entry, LedgerFilter, Limit, NewEntry, OpenError, Store, StoreError,
};
use reeve_test_kit::PostgresServer;
use reeve_time::Clock;
use reeve_types::Actor;
use sqlx::{AnyConnection, Connection as _};

use crate::{
    executions::begun,
    kit::{self, Fresh, Tampering, suspended},
};

/// Which connections of the store there are, and what they wait for.
const BACKENDS: &str = "SELECT CAST(pid AS BIGINT), coalesce(wait_event, ''), query FROM pg_stat_activity \
     WHERE datname = current_database() AND application_name = $1";

const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND application_name = $1";

/// A commit that has written an entry waits for whoever holds lock 7.
const STALL_COMMITS: &str = "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER stall AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION stall()";

type Backend = (i64, String, String);

async fn backends(connection: &mut AnyConnection, name: &str) -> Vec<Backend> {
    sqlx::query_as(BACKENDS).bind(name).fetch_all(connection).await.unwrap()
}

/// Waits until a connection of the store is in a state.
async fn until(connection: &mut AnyConnection, name: &str, state: impl Fn(&[Backend]) -> bool) {
    while !state(&backends(connection, name).await) {
        tokio::task::yield_now().await;
    }
}

/// Ends the connections of a name, and waits until they are gone.
async fn end(connection: &mut AnyConnection, name: &str) {
    let before = backends(connection, name).await;
    assert!(!before.is_empty(), "there is no {name}");
    sqlx::query(END).bind(name).execute(&mut *connection).await.unwrap();
    let is_gone =
        |now: &[Backend]| now.iter().all(|(pid, ..)| before.iter().all(|(old, ..)| old != pid));
    until(connection, name, is_gone).await;
}

async fn say(connection: &mut AnyConnection, statements: &'static str) {
    sqlx::raw_sql(statements).execute(connection).await.unwrap();
}

/// The reasons of all suspensions, oldest first; the ledger is intact.
async fn reasons(store: &Store) -> Vec<String> {
    let verification = store.verify().await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    let page = store.ledger(&LedgerFilter::default(), None, Limit::default()).await.unwrap();
    page.items.iter().rev().map(Entry::summary).collect()
}

fn summaries(reasons: &[&str]) -> Vec<String> {
    reasons.iter().map(|reason| format!("every change was suspended: {reason}")).collect()
}

#[tokio::test]
async fn a_connection_that_was_ended_while_idle_is_replaced_unnoticed() {
    let Some(fresh) = kit::postgres().await else { return };
    let mut raw = fresh.raw().await;
    fresh.store.append(vec![suspended("first")]).await.unwrap();
    assert_eq!(reasons(&fresh.store).await.len(), 1);
    end(&mut raw, "reeve writer").await;
    end(&mut raw, "reeve reader").await;
    assert_eq!(fresh.store.append(vec![suspended("second")]).await.unwrap(), [2]);
    assert_eq!(reasons(&fresh.store).await, summaries(&["first", "second"]));
}

#[tokio::test]
async fn what_was_lost_before_its_commit_is_written_again() {
    let Some(fresh) = kit::postgres().await else { return };
    // Two, since within a transaction the view of the others stands still.
    let (mut raw, mut holder) = (fresh.raw().await, fresh.raw().await);
    say(&mut holder, fresh.words(Tampering::TakeWriteLock)).await;
    let store = fresh.store.clone();
    let append = tokio::spawn(async move { store.append(vec![suspended("once")]).await });
    let is_waiting = |now: &[Backend]| now.iter().any(|(_, event, _)| event == "advisory");
    until(&mut raw, "reeve writer", is_waiting).await;
    end(&mut raw, "reeve writer").await;
    say(&mut holder, "ROLLBACK").await;
    assert_eq!(append.await.unwrap().unwrap(), [1]);
    assert_eq!(reasons(&fresh.store).await, summaries(&["once"]));
}

/// What a worker is given is in no ledger, and nobody would know of it if it were given twice.
#[tokio::test]
async fn what_a_worker_was_given_is_not_given_again_when_the_commit_was_lost() {
    let Some(server) = PostgresServer::start().unwrap() else { return };
    let fresh = kit::on(&server).await;
    let ids = [begun(&fresh).await, begun(&fresh).await];
    let mut raw = fresh.raw().await;
    for statement in
        ["ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"]
    {
        server.execute(statement.to_owned()).await.unwrap();
    }
    // The new setting counts a moment later; until then nobody waits.
    let lease = SignedDuration::from_hours(1);
    let claim = loop {
        let store = fresh.store.clone();
        let suspend = tokio::spawn(async move { store.append(vec![suspended("x")]).await });
        let is_waiting = |now: &[Backend]| {
            suspend.is_finished() || now.iter().any(|(_, event, _)| event == "SyncRep")
        };
        until(&mut raw, "reeve writer", is_waiting).await;
        if !suspend.is_finished() {
            let store = fresh.store.clone();
            let claim = tokio::spawn(async move { store.claim_executions("one", lease, 1).await });
            end(&mut raw, "reeve writer").await;
            suspend.await.unwrap().unwrap();
            break claim;
        }
    };
    until(&mut raw, "reeve writer", |now| now.iter().any(|(_, event, _)| event == "SyncRep")).await;
    end(&mut raw, "reeve writer").await;
    let claim = tokio::time::timeout(Duration::from_mins(1), claim);
    let leased = claim.await.unwrap().unwrap().unwrap();
    assert_eq!(leased.iter().map(|leased| leased.id).collect::<Vec<_>>(), ids[..1]);
}

#[tokio::test]
async fn what_was_lost_in_its_commit_and_undone_is_written_once_more() {
    let Some(fresh) = kit::postgres().await else { return };
    let mut raw = fresh.raw().await;
    say(&mut raw, STALL_COMMITS).await;
    say(&mut raw, "SELECT pg_advisory_lock(7)").await;
    let store = fresh.store.clone();
    let append = tokio::spawn(async move { store.append(vec![suspended("once")]).await });
    let is_committing = |now: &[Backend]| {
        now.iter().any(|(_, event, query)| event == "advisory" && query == "COMMIT")
    };
    until(&mut raw, "reeve writer", is_committing).await;
    end(&mut raw, "reeve writer").await;
    say(&mut raw, "SELECT pg_advisory_unlock(7)").await;
    assert_eq!(append.await.unwrap().unwrap(), [1]);
    assert_eq!(reasons(&fresh.store).await, summaries(&["once"]));
}

/// The server has committed, and waits for another server to say so too; there is none. Whoever waits for the answer sees
/// the connection end.
#[tokio::test]
async fn what_was_lost_in_its_commit_and_is_there_is_not_written_again() {
    let Some(server) = PostgresServer::start().unwrap() else { return };
    let url = server.create("reeve", None).await.unwrap();
    let location: DatabaseLocation = url.parse().unwrap();
    let store = Store::open(location, Clock::system()).await.unwrap();
    let mut raw = AnyConnection::connect(&url).await.unwrap();
    for statement in
        ["ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"]
    {
        server.execute(statement.to_owned()).await.unwrap();
    }
    // The new setting counts a moment later.
    let mut expected = Vec::new();
    let append = loop {
        expected.push(expected.len().to_string());
        let (store, reason) = (store.clone(), expected.last().unwrap().clone());
        let append = tokio::spawn(async move { store.append(vec![suspended(&reason)]).await });
        let is_waiting = |now: &[Backend]| {
            append.is_finished() || now.iter().any(|(_, event, _)| event == "SyncRep")
        };
        until(&mut raw, "reeve writer", is_waiting).await;
        if !append.is_finished() {
            break append;
        }
        append.await.unwrap().unwrap();
    };
    end(&mut raw, "reeve writer").await;
    // A second try would wait for the other server as the first one did.
    let append = tokio::time::timeout(Duration::from_mins(1), append);
    let places = append.await.unwrap().unwrap().unwrap();
    assert_eq!(places, [u64::try_from(expected.len()).unwrap()]);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(reasons(&store).await, summaries(&expected));
}

#[tokio::test]
async fn nobody_is_told_that_something_was_written_or_was_not_while_nobody_knows() {
    let Some(server) = PostgresServer::start().unwrap() else { return };
    let url = server.create("reeve", None).await.unwrap();
    let location: DatabaseLocation = url.parse().unwrap();
    let open = || Store::open(&location, Clock::system());
    let (store, other) = (open().await.unwrap(), open().await.unwrap());
    let mut raw = AnyConnection::connect(&url).await.unwrap();
    say(&mut raw, STALL_COMMITS).await;
    say(&mut raw, "SELECT pg_advisory_lock(7)").await;
    let append =
        tokio::spawn(async move { store.append(vec![suspended("perhaps")]).await.unwrap_err() });
    let is_committing = |now: &[Backend]| {
        now.iter().any(|(_, event, query)| event == "advisory" && query == "COMMIT")
    };
    until(&mut raw, "reeve writer", is_committing).await;
    drop(server);
    let (perhaps, never) = tokio::join!(append, other.append(vec![suspended("never")]));
    let (perhaps, never) = (perhaps.unwrap(), never.unwrap_err());
    assert!(matches!(perhaps, StoreError::OutcomeUnknown), "{perhaps:?}");
    assert!(!perhaps.retryable());
    assert!(matches!(never, StoreError::Unreachable { .. }), "{never:?}");
    assert!(never.retryable());
}

#[tokio::test]
async fn what_the_server_cannot_hold_takes_no_other_down_with_it() {
    let Some(fresh) = kit::postgres().await else { return };
    let mut raw = fresh.raw().await;
    let strange = NewEntry { actor: Actor::Person("an\0a".to_owned()), ..suspended("never") };
    // Both wait for the same writer, and are one group then.
    say(&mut raw, "SELECT pg_advisory_lock(1380271446, 1)").await;
    let first = fresh.store.append(vec![suspended("first")]);
    let (strange, second) =
        (fresh.store.append(vec![strange]), fresh.store.append(vec![suspended("second")]));
    let release = say(&mut raw, "SELECT pg_advisory_unlock(1380271446, 1)");
    let (first, strange, second, ()) = tokio::join!(first, strange, second, release);
    assert!(matches!(strange, Err(StoreError::Database { .. })), "{strange:?}");
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(reasons(&fresh.store).await, summaries(&["first", "second"]));
}

#[tokio::test]
async fn an_engine_lock_whose_connection_was_ended_is_lost_and_another_gets_it() {
    let Some(fresh) = kit::postgres().await else { return };
    let other = fresh.another().await;
    let mut raw = fresh.raw().await;
    let lock = fresh.store.try_engine_lock().await.unwrap().unwrap();
    let is_kept = tokio::time::timeout(Duration::from_millis(600), lock.lost()).await;
    assert!(is_kept.is_err(), "it is looked after more than twice");
    end(&mut raw, "reeve engine").await;
    lock.lost().await;
    assert!(other.try_engine_lock().await.unwrap().is_some());
}

/// A database that nobody has used yet, without a table.
async fn empty_database(name: &str) -> Option<DatabaseLocation> {
    let server = PostgresServer::shared().await?;
    Some(server.create(name, None).await.unwrap().parse().unwrap())
}

#[tokio::test]
async fn two_stores_open_a_new_database_at_once() {
    let Some(location) = empty_database("opened_at_once").await else { return };
    let open = || Store::open(&location, Clock::system());
    let (left, right) = tokio::join!(open(), open());
    left.unwrap().append(vec![suspended("left")]).await.unwrap();
    let right = right.unwrap();
    right.append(vec![suspended("right")]).await.unwrap();
    assert_eq!(right.verify().await.unwrap().entries, 2);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_its_ledger_can_be_verified() {
    let Some(fresh) = kit::postgres().await else { return };
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    fresh
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', true, '', 0)",
        )
        .await;
    let error = open_again(&fresh).await;
    assert!(matches!(error, OpenError::Newer { version: 9999, .. }), "{error:?}");
    assert_eq!(reeve_store::verify_ledger(&fresh.location).await.unwrap().entries, 1);
}

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date_and_keeps_what_it_holds() {
    let Some(mut fresh) = kit::postgres().await else { return };
    fresh.store.propose(&fresh.plan(20), &Actor::Reeve).await.unwrap();
    fresh.store.close().await;
    fresh
        .tamper(
            "DROP TABLE execution_undos, runbook_attachments, execution_signals, execution_records, executions, runbooks; \
             DROP INDEX plan_actions_by_arn; CREATE INDEX plan_actions_by_digest ON plan_actions (digest); \
             DELETE FROM _sqlx_migrations WHERE version >= 2",
        )
        .await;
    let (left, right) = tokio::join!(fresh.another(), fresh.another());
    fresh.store = left;
    begun(&fresh).await;
    let verification = right.verify().await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 1);
}

#[tokio::test]
async fn a_server_that_only_follows_is_refused_and_its_ledger_can_be_verified() {
    let Some(fresh) = kit::postgres().await else { return };
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    fresh
        .tamper(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
             current_database()); END $$",
        )
        .await;
    let error = open_again(&fresh).await;
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("takes writes"));
    assert_eq!(reeve_store::verify_ledger(&fresh.location).await.unwrap().entries, 1);
}

#[tokio::test]
async fn a_ledger_whose_end_was_cut_is_refused() {
    let Some(fresh) = kit::postgres().await else { return };
    fresh.store.append(vec![suspended("a storm"), suspended("more")]).await.unwrap();
    fresh.tamper_by(Tampering::UnguardLedger).await;
    fresh.tamper("DELETE FROM ledger WHERE sequence = 2").await;
    let error = open_again(&fresh).await;
    assert!(matches!(error, OpenError::Ledger { .. }), "{error:?}");
}

#[tokio::test]
async fn a_ledger_is_not_truncated() {
    let Some(fresh) = kit::postgres().await else { return };
    let refused = sqlx::raw_sql("TRUNCATE ledger").execute(&mut fresh.raw().await).await;
    assert!(refused.unwrap_err().to_string().contains("append-only"));
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_letter_is_refused() {
    let Some(server) = PostgresServer::shared().await else { return };
    let latin = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'";
    server.execute(latin.to_owned()).await.unwrap();
    let error = open_error(&server.url("latin")).await;
    assert!(
        matches!(&error, OpenError::Encoding { encoding, .. } if encoding == "LATIN1"),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_named_without_secrets() {
    let Some(server) = PostgresServer::shared().await else { return };
    let url = format!("{}&password=hunter2", server.url("nowhere"));
    let error = open_error(&url).await;
    assert!(error.to_string().ends_with("/nowhere`"), "{error}");
    assert_eq!(error.hint().unwrap(), "make the database first: `createdb`");
    let nobody = "postgres://ana:hunter2@localhost/reeve?host=/nowhere";
    let unreachable = open_error(nobody).await;
    assert!(matches!(unreachable, OpenError::Unreachable { .. }), "{unreachable:?}");
    for error in [error, unreachable] {
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
    }
}

async fn open_again(fresh: &Fresh) -> OpenError {
    Store::open(&fresh.location, fresh.clock.clone()).await.unwrap_err()
}

async fn open_error(url: &str) -> OpenError {
    let location: DatabaseLocation = url.parse().unwrap();
    Store::open(location, Clock::system()).await.unwrap_err()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(fresh) = kit::postgres().await else { return };
    let of_postgres = "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' !' ELSE '' END \
         || CASE data_type WHEN 'bigint' THEN ' number' WHEN 'bytea' THEN ' blob' ELSE ' ' || data_type END \
         FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT IN ('_sqlx_migrations', 'writers')";
    let of_sqlite = "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk THEN ' !' ELSE '' END \
         || CASE c.type WHEN 'INTEGER' THEN ' number' ELSE ' ' || lower(c.type) END \
         FROM sqlite_master t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name <> '_sqlx_migrations'";
    assert_eq!(listed(&fresh, of_postgres).await, listed(&kit::sqlite().await, of_sqlite).await);
}

#[tokio::test]
async fn both_databases_have_the_same_indexes() {
    let Some(fresh) = kit::postgres().await else { return };
    let of_postgres = "SELECT CAST(indexname AS TEXT) FROM pg_indexes \
         WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'";
    let of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
    assert_eq!(listed(&fresh, of_postgres).await, listed(&kit::sqlite().await, of_sqlite).await);
}

async fn listed(fresh: &Fresh, statement: &'static str) -> Vec<String> {
    let names = sqlx::query_scalar(statement).fetch_all(&mut fresh.raw().await).await;
    let mut names: Vec<String> = names.unwrap();
    assert!(!names.is_empty());
    names.sort();
    names
}
