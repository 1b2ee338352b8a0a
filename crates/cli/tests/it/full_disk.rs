//! The disk is full while an execution moves: nothing that happened is forgotten or done twice, and it goes on when there is room.
//!
//! The records are on a file system of their own in memory, which only the processes of the test see. Where the system does not
//! let ordinary users mount one, the test says so.

use std::process::Command;

use crate::{
    crash_runbook::{begun, finished, finished_with, made},
    harness::World,
};

/// Moves the records to a small file system, fills it but for some kilobytes, has the execution moved on for a while, makes room and
/// has it moved on to its end. `reeve` is the binary with its folder.
const SCRIPT: &str = r#"
set -eu
mkdir kept
cp -a estate/data/. kept
mount -t tmpfs -o size=16m none estate/data
cp -a kept/. estate/data
dd if=/dev/zero of=estate/data/ballast bs=64k 2>/dev/null || true
truncate -s "-${ROOM}K" estate/data/ballast
timeout 4 "$REEVE" -C estate run watch latest >full.out 2>full.err || true
rm estate/data/ballast
"$REEVE" -C estate run watch latest >room.out 2>room.err
"$REEVE" -C estate ledger verify >verified.out
"$REEVE" -C estate run show latest --json
"#;

fn can_mount() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]);
    probe.output().is_ok_and(|output| output.status.success())
}

#[test]
fn an_execution_outlives_a_full_disk() {
    if !can_mount() {
        eprintln!("file systems cannot be mounted here: a full disk is not tested");
        return;
    }
    let undisturbed = begun(World::new());
    let expected = finished(&undisturbed);
    let mut hindered = 0;
    for room in [0, 48, 96, 160] {
        let world = begun(World::new());
        let command = world.command("");
        let mut contained = Command::new("unshare");
        contained.args(["--map-root-user", "--mount", "sh", "-c", SCRIPT]);
        contained.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        contained.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        contained.env("REEVE", command.get_program()).env("ROOM", room.to_string());
        let output = contained.current_dir(world.home()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{room} KB: {said}");
        let detail = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(finished_with(&world, Some(detail)), expected, "{room} KB");
        assert_eq!(made(&world), made(&undisturbed), "{room} KB");
        let complaint = std::fs::read_to_string(world.home().join("full.err")).unwrap();
        hindered += usize::from(complaint.contains("disk"));
    }
    assert!(hindered > 1, "the disk was full only {hindered} times");
}
