//! Damaged records are refused, left as they are, and can be checked.

use std::fs;

use insta::assert_snapshot;

use crate::harness::{World, files};

/// A world with records, whose database `damage` then changes.
fn damaged(damage: impl FnOnce(&mut Vec<u8>)) -> World {
    let world = World::new();
    world.run("plan");
    let path = world.path("data/reeve.db");
    let mut bytes = fs::read(&path).unwrap();
    damage(&mut bytes);
    fs::write(&path, bytes).unwrap();
    world
}

/// What commands say, having made sure that they left every file as it was.
fn refusal(world: &World) -> String {
    let before = files(&world.path("data"));
    let shown = world.transcript(&["plan", "ledger verify"]);
    let after = files(&world.path("data"));
    let changed: Vec<_> =
        before.iter().filter(|file| !after.contains(file)).map(|(path, _)| path).collect();
    assert!(changed.is_empty(), "changed or deleted: {changed:?}");
    shown
}

#[test]
fn garbage_is_no_database() {
    let world =
        damaged(|bytes| bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(31) ^ 0x5a));
    assert_snapshot!(refusal(&world), @r#"
    $ reeve plan
    ! error: `HOME/estate/data/reeve.db` is not a database
    !   hint: nothing was changed; check it with `sqlite3 HOME/estate/data/reeve.db "PRAGMA integrity_check"` and `reeve ledger verify`, then move the data folder aside and restore it from a backup
    [exit 1]

    $ reeve ledger verify
    ! error RV1008: cannot read the ledger in `estate/data/reeve.db`: error returned from database: (code: 26) file is not a database
    !   hint: restore the records from a backup
    [exit 1]
    "#);
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let world = damaged(|bytes| bytes.truncate(bytes.len() / 2));
    assert_snapshot!(refusal(&world), @r#"
    $ reeve plan
    ! error: the database `HOME/estate/data/reeve.db` is damaged: error returned from database: (code: 11) database disk image is malformed
    !   hint: nothing was changed; check it with `sqlite3 HOME/estate/data/reeve.db "PRAGMA integrity_check"` and `reeve ledger verify`, then move the data folder aside and restore it from a backup
    [exit 1]

    $ reeve ledger verify
    ! error RV1008: cannot read the ledger in `estate/data/reeve.db`: error returned from database: (code: 11) database disk image is malformed
    !   hint: restore the records from a backup
    [exit 1]
    "#);
}

#[test]
fn a_byte_that_flipped_in_the_middle_is_found() {
    // The first byte of a page says what kind of page it is; these are the pages of tables and indexes.
    let world = damaged(|bytes| {
        let middle = bytes.len() / 4096 / 2;
        let place = (middle..bytes.len() / 4096)
            .map(|page| page * 4096)
            .find(|place| [2, 5, 10, 13].contains(&bytes[*place]));
        bytes[place.unwrap()] ^= 0xff;
    });
    let before = files(&world.path("data"));
    let shown = world.run("apply latest");
    assert_eq!(shown.status, Some(1));
    let beginning = "error: the database `HOME/estate/data/reeve.db` is damaged: ";
    let said = world.filtered(&shown.stderr);
    assert!(said.starts_with(beginning), "{said}");
    assert!(said.contains("  hint: nothing was changed; check it with `sqlite3 "), "{said}");
    assert!(files(&world.path("data")) == before, "something was changed");
}

#[test]
fn a_tampered_ledger_is_found_and_its_entry_named() {
    // The newest plan's entry now says that somebody else proposed it.
    let world = damaged(|bytes| {
        let ana = b"person:ana";
        let places = 0..bytes.len() - ana.len();
        let place = places.rev().find(|place| bytes[*place..].starts_with(ana)).unwrap();
        bytes[place..place + ana.len()].copy_from_slice(b"person:bob");
    });
    assert_snapshot!(world.transcript(&["ledger verify", "ledger verify --json", "accounts"]), @r#"
    $ reeve ledger verify
    NOT INTACT: entry 1: it was altered: its hash does not fit what it says
    [exit 1]

    $ reeve ledger verify --json
    {
      "intact": false,
      "entries": 0,
      "head": null,
      "problem": {
        "sequence": 1,
        "message": "it was altered: its hash does not fit what it says"
      }
    }
    [exit 1]

    $ reeve accounts
    ACCOUNT       NAME        REGIONS              AUTHORITY                RESOURCES  FAILING  UNKNOWN SCOPES  OBSERVED
    111122223333  management  eu-west-1 us-east-1  resource-tagger propose  1          0        0               2026-01-01 00:00:00Z
    444455556666  production  eu-west-1 us-east-1  resource-tagger propose  4          3        0               2026-01-01 00:00:00Z
    "#);
}
