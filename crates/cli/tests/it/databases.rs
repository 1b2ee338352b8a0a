//! Records that are kept in PostgreSQL.

use insta::assert_snapshot;

use crate::{harness::World, server::serve};

#[test]
fn a_plan_goes_its_way_with_its_records_in_postgres_and_none_in_the_folder() {
    let Some(world) = World::on_postgres() else { return };
    let nothing = world.run("ledger verify");
    assert_eq!(nothing.status, Some(1), "{nothing}");
    for words in ["plan", "approve latest --yes", "apply latest", "undo latest -m 'only trying'"] {
        let shown = world.run(words);
        assert_eq!(shown.status, Some(0), "{words}: {shown}");
    }
    assert!(!world.path("data").exists(), "there are no records in the folder");
    let entries = world.json("ledger --limit 1000")["items"].as_array().unwrap().len();
    let verified = world.json("ledger verify");
    assert_eq!(verified["entries"], entries);
    assert_eq!(verified["intact"], true);
    let (running, address) = serve(&world);
    assert_eq!(address.get("/api/overview").status, 200);
    assert_eq!(running.terminate().status, Some(0));
    assert!(!world.path("data/reeve.db").exists(), "nor any beside the server's token");
}

#[test]
fn a_database_that_is_named_wrongly_is_refused_and_its_password_kept() {
    let world = World::new();
    assert_snapshot!(world.transcript(&[
        "ledger --database postgres://ana:hun/ter2@db/reeve",
        "ledger --database mysql://ana:hunter2@db/reeve",
        "ledger --database ana:hunter2@db/reeve",
        "demo --database postgres://ana:hunter2@db/reeve",
    ]), @r"
    $ reeve ledger --database postgres://ana:hun/ter2@db/reeve
    ! error: `--database` or REEVE_DATABASE_URL: this is not the location of a database: invalid port number
    !   hint: write `postgres://USER:PASSWORD@HOST:PORT/NAME`, with `%40` for `@`, `%2F` for `/` and so on in the password
    [exit 2]

    $ reeve ledger --database mysql://ana:hunter2@db/reeve
    ! error: `--database` or REEVE_DATABASE_URL: this is not the location of a database: `mysql` is no database that Reeve can use
    !   hint: write `postgres://USER:PASSWORD@HOST:PORT/NAME`, with `%40` for `@`, `%2F` for `/` and so on in the password
    [exit 2]

    $ reeve ledger --database ana:hunter2@db/reeve
    ! error: `--database` or REEVE_DATABASE_URL: a URL begins with `postgres://`
    !   hint: write `postgres://USER:PASSWORD@HOST:PORT/NAME`, with `%40` for `@`, `%2F` for `/` and so on in the password
    [exit 2]

    $ reeve demo --database postgres://ana:hunter2@db/reeve
    ! error: the demonstration keeps its records in a folder of its own
    !   hint: leave out `--database`, and unset REEVE_DATABASE_URL
    [exit 2]
    ");
    let unreachable =
        world.run("ledger verify --database postgres://ana:hunter2@127.0.0.1:1/reeve");
    assert_eq!(unreachable.status, Some(1));
    for expected in ["`postgres://ana@127.0.0.1:1/reeve`", "hint: see whether its server runs"] {
        assert!(unreachable.stderr.contains(expected), "{unreachable}");
    }
    assert!(!unreachable.stderr.contains("hunter2"));
}
