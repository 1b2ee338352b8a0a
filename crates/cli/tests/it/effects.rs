//! What runbooks do outside of AWS's operations: the role they run as, their files, their scripts under a server that changes.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Command,
};

use insta::assert_snapshot;

use crate::harness::{Running, World};

const NAMED: &str = "schemaVersion: '0.3'
assumeRole: '{{ AutomationAssumeRole }}'
parameters: {AutomationAssumeRole: {type: String, default: ''}}
files: {launch.py: {checksums: {sha256: 18871b1311b295c43d0f67b1d1a6b22b6e0e1a3f6e4f3c4c0c8d0f7b8a9c0d1e}}}
mainSteps:
- {name: launch, action: 'aws:executeScript', inputs: {Runtime: python3.11, Handler: launch.go, Attachment: launch.py}}
";

#[test]
fn what_a_runbook_cannot_run_with_is_said_before_it_runs() {
    let world = World::new();
    world.write("runbooks/Launch.yaml", NAMED);
    let run = "runbook run Launch --account production --region eu-west-1";
    let with = |role: &str| format!("{run} -p AutomationAssumeRole={role}");
    assert_snapshot!(
        world.transcript(&[run, &with("operator"), &with("arn:aws:iam::111122223333:role/x")]),
        @r#"
    $ reeve runbook run Launch --account production --region eu-west-1
    ! cannot be taken back
    !   launch: what its script changes is hidden by a script in a file of its own
    ! error RV1015: Launch:4:20: files["launch.py"]: the file `launch.py` is missing: put it at `estate/runbooks/Launch/launch.py`
    !   hint: a file of a runbook lies in a folder beside its document that is called as the document is
    [exit 2]

    $ reeve runbook run Launch --account production --region eu-west-1 -p AutomationAssumeRole=operator
    ! cannot be taken back
    !   launch: what its script changes is hidden by a script in a file of its own
    ! error RV1015: assumeRole: `operator` is no ARN of a role: write `arn:aws:iam::444455556666:role/NAME`
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]

    $ reeve runbook run Launch --account production --region eu-west-1 -p AutomationAssumeRole=arn:aws:iam::111122223333:role/x
    ! cannot be taken back
    !   launch: what its script changes is hidden by a script in a file of its own
    ! error RV1015: assumeRole: `arn:aws:iam::111122223333:role/x` is a role of account 111122223333, and the runbook is to run in account 444455556666: as in the service, name a role of that account, or run the runbook in account 111122223333
    !   hint: `reeve runbook show` tells what a runbook asks for
    [exit 2]
    "#
    );
    world.write("runbooks/Launch/launch.py", "def go(events, context): pass\n");
    assert_snapshot!(world.transcript(&[run, "runbook show Launch"]), @r#"
    $ reeve runbook run Launch --account production --region eu-west-1
    ! cannot be taken back
    !   launch: what its script changes is hidden by a script in a file of its own
    ! error RV1015: Launch:4:20: files["launch.py"]: the SHA-256 of `launch.py` is DIGEST, and the document says DIGEST
    !   hint: a file of a runbook lies in a folder beside its document that is called as the document is
    [exit 2]

    $ reeve runbook show Launch
    Launch
    runs as {{ AutomationAssumeRole }}
    comes with launch.py

    parameters
      AutomationAssumeRole: String, default ``

    steps
      launch  aws:executeScript

    cannot be taken back
      launch: what its script changes is hidden by a script in a file of its own
    "#);
    let refused = world.run(&with("arn:aws:iam::444455556666:role/nobody"));
    assert_eq!(refused.status, Some(2));
    for expected in ["the runbook cannot run as `arn:aws:iam::444455556666:role/nobody`", "hint: "]
    {
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
    let policy = world.json("runbook policy Launch");
    assert_eq!(policy["role"], "{{ AutomationAssumeRole }}");
    assert!(policy["entry"].to_string().contains("sts:AssumeRole"), "{policy:#}");
    let access = world.run("access policy");
    assert!(
        access.stderr.contains("`reeve runbook policy` prints it for Launch"),
        "{}",
        access.stderr
    );
}

/// A script that says that it has begun, and ends when it is told to.
fn slow(folder: &Path) -> String {
    format!(
        "schemaVersion: '0.3'
mainSteps:
- name: slow
  action: aws:executeScript
  inputs:
    Runtime: python3.11
    Handler: go
    Script: |
      import os, threading
      def go(events, context):
          open('{0}/begun', 'w').close()
          while not os.path.exists('{0}/end'):
              threading.Event().wait(0.01)
- {{name: after, action: 'aws:executeAwsApi', inputs: {{Service: ssm, Api: PutParameter, Name: a, Value: b, Type: String}}}}
",
        folder.display()
    )
}

/// A server whose execution has begun a script.
fn with_a_script_under_way(world: &World, signs: &Path) -> Running {
    world.write("runbooks/Slow.yaml", &slow(signs));
    let python = Command::new("sh").args(["-c", "command -v python3"]).output().unwrap();
    let python = String::from_utf8(python.stdout).unwrap();
    let mut command = world.command("serve --listen 127.0.0.1:0");
    command.env("REEVE_PYTHON", python.trim()).env("PATH", std::env::var_os("PATH").unwrap());
    let running = serve_by(command);
    world.run("runbook run Slow --account production --region eu-west-1 --detach");
    until(|| signs.join("begun").exists());
    running
}

fn serve_by(mut command: Command) -> Running {
    use std::process::Stdio;
    let mut running =
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    let stdout = running.0.stdout.as_mut().unwrap();
    BufReader::with_capacity(1, stdout).read_line(&mut line).unwrap();
    running
}

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

fn latest(world: &World) -> String {
    world.run("run show latest").stdout
}

#[test]
fn a_script_goes_on_while_the_estate_folder_changes() {
    let (world, signs) = (World::new(), tempfile::tempdir().unwrap());
    let mut running = with_a_script_under_way(&world, signs.path());
    let mut said = BufReader::new(running.0.stderr.take().unwrap()).lines();
    world.write("estate.yaml", &world.estate("contacts: { owner: ana@example.com }\n"));
    said.find(|line| line.as_ref().unwrap().contains("is followed from now on")).unwrap().unwrap();
    fs::write(signs.path().join("end"), "").unwrap();
    until(|| latest(&world).contains("the execution ended"));
    assert!(latest(&world).contains("slow: Success"), "{}", latest(&world));
}

#[test]
fn a_server_that_is_told_to_stop_waits_for_the_script_and_records_its_end() {
    let (world, signs) = (World::new(), tempfile::tempdir().unwrap());
    let mut running = with_a_script_under_way(&world, signs.path());
    let mut said = BufReader::new(running.0.stderr.take().unwrap()).lines();
    Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap();
    said.find(|line| line.as_ref().unwrap().contains("waiting up to 20 s")).unwrap().unwrap();
    fs::write(signs.path().join("end"), "").unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    let shown = latest(&world);
    assert!(
        shown.contains("slow: Success") && !shown.contains("calls ssm:PutParameter"),
        "{shown}"
    );
}

#[test]
fn a_second_signal_ends_a_server_at_once() {
    let (world, signs) = (World::new(), tempfile::tempdir().unwrap());
    let mut running = with_a_script_under_way(&world, signs.path());
    let mut said = BufReader::new(running.0.stderr.take().unwrap()).lines();
    let id = running.0.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    said.find(|line| line.as_ref().unwrap().contains("waiting up to 20 s")).unwrap().unwrap();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert!(!latest(&world).contains("slow: Success"));
}
