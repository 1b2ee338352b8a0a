//! The demonstration, by itself.

use insta::assert_snapshot;

use crate::harness::World;

#[test]
fn the_whole_loop_comes_true_by_itself() {
    let world = World::new();
    let shown = world.run("demo --auto --folder shown");
    let steps =
        shown.stdout.lines().filter(|line| line.starts_with("->") || line.contains(": all"));
    // Which instance it is depends on what happened in the simulated week.
    let steps = steps.map(|line| line.split(" on i-").next().unwrap());
    assert_snapshot!(steps.collect::<Vec<_>>().join("\n"), @r"
    -> looking at six simulated accounts in two Regions
    -> meanwhile somebody types ams:rt:ams-managed = typed-by-hand
    -> approving exactly this plan, and applying it
    -> looking again
    -> taking the plan back
    -> checking the ledger
    done: all of it came true
    ");
    assert_eq!((shown.status, shown.stderr.as_str()), (Some(0), ""));
    // It may be shown again, in the same place.
    assert_eq!(world.run("demo --auto --folder shown").status, Some(0));
}

#[test]
fn the_demonstration_does_not_write_over_an_estate() {
    let world = World::new();
    let before = std::fs::read(world.path("estate.yaml")).unwrap();
    assert_snapshot!(world.transcript(&["demo --auto --folder estate"]), @r"
    $ reeve demo --auto --folder estate
    ! error: estate holds something else than a demonstration
    !   hint: `--folder` names another one
    [exit 2]
    ");
    assert_eq!(std::fs::read(world.path("estate.yaml")).unwrap(), before);
}
