//! Opening the data folder of SQLite: made if missing, refused if damaged, never changed for the worse.

use std::{
    fs,
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::Path,
};

use reeve_store::{OpenError, Store, verify_ledger};
use reeve_types::Actor;
use tempfile::TempDir;

use crate::kit::{self, Fresh, suspended};

/// A store with something in it, closed.
async fn used() -> Fresh {
    let fresh = kit::sqlite().await;
    fresh.store.propose(&fresh.plan(200), &Actor::Reeve).await.unwrap();
    fresh.store.append((0..50).map(|_| suspended("a storm")).collect()).await.unwrap();
    fresh.store.close().await;
    fresh
}

async fn refused(fresh: &Fresh) -> OpenError {
    let path = fresh.data().join("reeve.db");
    let before = fs::read(&path).unwrap();
    let error = Store::open(&fresh.location, fresh.clock.clone()).await.unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), before, "a refused database is left as it is");
    error
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn folder_and_files_are_for_their_owner_only() {
    let fresh = kit::sqlite().await;
    fresh.store.append(vec![suspended("a storm")]).await.unwrap();
    let _lock = fresh.store.try_engine_lock().await.unwrap();
    assert_eq!(mode(&fresh.data()), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(fresh.data()).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["engine.lock", "reeve.db", "reeve.db-shm", "reeve.db-wal"]);
}

#[tokio::test]
async fn a_folder_of_any_name_is_opened() {
    let folder = TempDir::new().unwrap();
    for name in ["with space", "50%41", "what?", "a#b", "ärger", "it's"] {
        let path = folder.path().join(name).join("deep");
        let clock = reeve_time::Clock::system();
        let store = Store::open(&path, clock.clone()).await.unwrap();
        store.append(vec![suspended("a storm")]).await.unwrap();
        store.close().await;
        assert!(path.join("reeve.db").exists(), "{name}");
        assert_eq!(verify_ledger(&path).await.unwrap().entries, 1, "{name}");
    }
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data");
    fs::write(&path, "").unwrap();
    let error = Store::open(&path, reeve_time::Clock::system()).await.unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_advice() {
    let fresh = used().await;
    fs::write(fresh.data().join("reeve.db"), b"this is a shopping list, not a database".repeat(99))
        .unwrap();
    let error = refused(&fresh).await;
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    let hint = error.hint().unwrap();
    for advice in ["PRAGMA integrity_check", "reeve ledger verify", "restore it from a backup"] {
        assert!(hint.contains(advice), "{hint}");
    }
}

#[tokio::test]
async fn a_truncated_database_is_refused_with_advice() {
    let fresh = used().await;
    let path = fresh.data().join("reeve.db");
    let length = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(length / 2 / 4096 * 4096).unwrap();
    let error = refused(&fresh).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("integrity_check"));
}

#[tokio::test]
async fn garbage_inside_the_database_is_refused() {
    let fresh = used().await;
    let path = fresh.data().join("reeve.db");
    let length = fs::metadata(&path).unwrap().len();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for page in 2..length / 4096 {
        file.write_all_at(&[0xa5; 512], page * 4096).unwrap();
    }
    let error = refused(&fresh).await;
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_ledger_whose_end_was_cut_is_refused_and_can_still_be_verified() {
    let fresh = used().await;
    fresh
        .tamper("DROP TRIGGER ledger_is_not_deleted; DELETE FROM ledger WHERE sequence > 40")
        .await;
    let error = Store::open(&fresh.location, fresh.clock.clone()).await.unwrap_err();
    assert!(matches!(error, OpenError::Ledger { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("reeve ledger verify"));
    let problem = verify_ledger(&fresh.location).await.unwrap().problem.unwrap();
    assert_eq!(problem.sequence, 41);
}

#[tokio::test]
async fn a_ledger_with_an_unreadable_part_is_verified_up_to_there() {
    let fresh = used().await;
    // Everything but the ledger can be broken, and the ledger is still verified.
    fresh
        .tamper("DROP TABLE resources; DROP TABLE action_progress; DROP TABLE _sqlx_migrations")
        .await;
    assert!(verify_ledger(&fresh.location).await.unwrap().is_intact());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let fresh = used().await;
    fresh
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', 1, x'00', 0)",
        )
        .await;
    let error = refused(&fresh).await;
    assert!(matches!(error, OpenError::Newer { version: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date_and_keeps_what_it_holds() {
    let fresh = used().await;
    fresh
        .tamper(
            "DROP INDEX plan_actions_by_arn; CREATE INDEX plan_actions_by_digest ON plan_actions (digest); \
             DELETE FROM _sqlx_migrations WHERE version = 2",
        )
        .await;
    assert!(verify_ledger(&fresh.location).await.unwrap().is_intact());
    let store = fresh.another().await;
    let indexes = "SELECT name FROM sqlite_master WHERE name LIKE 'plan_actions_by%'";
    let names: Vec<String> =
        sqlx::query_scalar(indexes).fetch_all(&mut fresh.raw().await).await.unwrap();
    assert_eq!(names, ["plan_actions_by_arn"]);
    let verification = store.verify().await.unwrap();
    assert!(verification.is_intact(), "{verification:?}");
    assert_eq!(verification.entries, 51);
}

#[tokio::test]
async fn what_is_missing_cannot_be_verified() {
    let folder = TempDir::new().unwrap();
    assert!(verify_ledger(folder.path()).await.is_err());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing was made");
}

#[tokio::test]
async fn two_stores_open_a_new_folder_at_once() {
    let folder = TempDir::new().unwrap();
    let open = || Store::open(folder.path(), reeve_time::Clock::system());
    let (left, right) = tokio::join!(open(), open());
    left.unwrap().append(vec![suspended("left")]).await.unwrap();
    let right = right.unwrap();
    right.append(vec![suspended("right")]).await.unwrap();
    assert_eq!(right.verify().await.unwrap().entries, 2);
}
