//! What a script sees of us, and what it leaves behind.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use insta::assert_snapshot;
use reeve_script::{Interpreter, Job, Places, Runner, User};
use serde_json::{Value, json};

use crate::kit::{Bench, alive_in_group, failure, is_alive, not_run, returned};

#[tokio::test]
async fn the_environment_has_what_clients_of_aws_need_and_nothing_else_of_ours() {
    let mut bench = Bench::python(
        "import os\ndef handler(events, context):\n    return sorted(os.environ.items())",
    )
    .await;
    bench.environment.endpoint_url = Some("http://localhost:4566".into());
    let result = bench.run().await.result.expect("a result");
    let variables = result.as_array().expect("a list").iter();
    let lines = variables.map(|variable| {
        let (name, value) =
            (variable[0].as_str().expect("text"), variable[1].as_str().expect("text"));
        // What differs from one run to the next.
        let varies = matches!(name, "PATH" | "LANG" | "HOME" | "TMPDIR" | "REEVE_SCRIPT");
        format!("{name}={}", if varies { "…" } else { value })
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
    AWS_CONFIG_FILE=/dev/null
    AWS_DEFAULT_REGION=eu-central-1
    AWS_EC2_METADATA_DISABLED=true
    AWS_ENDPOINT_URL=http://localhost:4566
    AWS_REGION=eu-central-1
    AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
    AWS_SESSION_TOKEN=FwoGZXIvYXdzEBYaDExampleSessionToken//////////8BAA==
    AWS_SHARED_CREDENTIALS_FILE=/dev/null
    HOME=…
    LANG=…
    PATH=…
    REEVE_SCRIPT=…
    TMPDIR=…
    ");
}

#[tokio::test]
async fn without_credentials_there_are_none() {
    let mut bench = Bench::python(
        "import os\ndef handler(events, context):\n    return [name for name in os.environ if 'KEY' in name or 'TOKEN' in name]",
    )
    .await;
    bench.environment.credentials = None;
    assert_eq!(bench.run().await.result.expect("a result"), json!([]));
}

#[tokio::test]
async fn the_script_works_in_a_folder_of_its_own() {
    let text = "
import os, tempfile
def handler(events, context):
    open('here', 'w').close()
    here = os.getcwd()
    return [here == os.environ['HOME'] == tempfile.gettempdir(), os.stat(here).st_mode & 0o777, sorted(os.listdir())]
";
    assert_eq!(returned(text).await, json!([true, 0o700, ["here", "script.py"]]));
}

#[tokio::test]
async fn a_folder_that_its_script_locked_is_removed_too() {
    let text = "
import os
def handler(events, context):
    os.makedirs('a/b')
    open('a/b/c', 'w').close()
    os.chmod('a/b', 0)
    os.chmod('a', 0)
";
    returned(text).await;
}

#[tokio::test]
async fn no_file_of_ours_is_open_in_the_script() {
    let ours = File::open("/dev/zero").expect("a file");
    // As files are that other libraries open.
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::empty()).expect("allowed");
    let text = "
import os
def handler(events, context):
    paths = [f'/proc/self/fd/{number}' for number in sorted(map(int, os.listdir('/proc/self/fd')))]
    return [os.readlink(path).split(':')[0] for path in paths if os.path.lexists(path)]
";
    // Its empty input, its log twice, our end of its input, and the way for its answer.
    assert_eq!(returned(text).await, json!(["/dev/null", "pipe", "pipe", "pipe", "pipe"]));
}

#[tokio::test]
async fn a_program_that_the_script_starts_has_only_the_three_usual_files() {
    let text = "
import subprocess
def handler(events, context):
    return subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True).stdout.split()
";
    // The last is the folder that `ls` reads.
    assert_eq!(returned(text).await, json!(["0", "1", "2", "3"]));
}

#[tokio::test]
async fn standard_input_is_empty() {
    let text = "import sys\ndef handler(events, context):\n    return sys.stdin.read()";
    assert_eq!(returned(text).await, json!(""));
}

#[tokio::test]
async fn a_script_that_closes_its_output_still_answers() {
    let text = "
import os, sys
def handler(events, context):
    print('before')
    sys.stdout.close()
    os.close(1)
    os.close(2)
    return 'done'
";
    assert_eq!(returned(text).await, json!("done"));
}

#[tokio::test]
async fn a_script_has_a_session_of_its_own_without_a_terminal() {
    let text = "
import os
def handler(events, context):
    try: terminal = os.open('/dev/tty', os.O_RDWR)
    except OSError: terminal = None
    return [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), terminal]
";
    assert_eq!(returned(text).await, json!([true, true, null]));
}

#[tokio::test]
async fn as_another_user_a_script_reads_nothing_of_ours() {
    let test = "as_another_user_a_script_reads_nothing_of_ours";
    let places = Places { configured: Some("/usr/bin/python3".into()), ..Places::default() };
    let Ok(python) = Interpreter::find(&places).await else {
        return not_run(test, "there is no /usr/bin/python3");
    };
    if !rustix::process::geteuid().is_root() {
        return not_run(test, "only root may run scripts as another user");
    }
    let text = "
import os
def handler(events, context):
    try: ours = open(f'/proc/{os.getppid()}/environ').read()
    except PermissionError: ours = None
    open('here', 'w').close()
    return [ours, os.getuid(), os.getgid(), os.getgroups()]
";
    let runner = Runner::new(Ok(python), None).as_user(User { user: 65534, group: 65534 });
    let bench = Bench::of(runner, text);
    fs::set_permissions(bench.folders.path(), fs::Permissions::from_mode(0o711)).expect("allowed");
    let finished = bench.run().await;
    let result = finished.result.unwrap_or_else(|error| panic!("{error}\n{}", finished.log.text));
    assert_eq!(result, json!([null, 65534, 65534, []]));
}

/// Starts a process that waits for ever, in a way that `how` says, and returns its number.
fn starting(how: &str) -> String {
    format!(
        "
import os, signal, subprocess, time
def handler(events, context):
    reading, writing = os.pipe()
    {how}
    return int(os.read(reading, 20))
"
    )
}

const WAYS: [(&str, &str); 4] = [
    (
        "in the group",
        "
    if os.fork() == 0:
        os.write(writing, str(os.getpid()).encode())
        while True: signal.pause()",
    ),
    (
        "in a session of its own, its parent gone",
        "
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writing, str(os.getpid()).encode())
            while True: signal.pause()
        os._exit(0)",
    ),
    (
        "another program in a session of its own",
        "
    child = subprocess.Popen(['tail', '-f', '/dev/null'], start_new_session=True)
    os.write(writing, str(child.pid).encode())",
    ),
    (
        "another program in a session of its own with an environment of its own",
        "
    child = subprocess.Popen(['tail', '-f', '/dev/null'], start_new_session=True, env={})
    os.write(writing, str(child.pid).encode())
    begin = time.process_time()
    while time.process_time() < begin + 0.4: pass",
    ),
];

#[tokio::test]
async fn no_process_outlives_its_script() {
    for (way, how) in WAYS {
        let id = returned(&starting(how)).await.as_u64().expect("a number");
        assert!(!is_alive(id), "{way}");
    }
}

#[tokio::test]
async fn no_process_outlives_a_script_that_is_out_of_time() {
    for (way, how) in WAYS {
        let text = starting(how).replace(
            "return int(os.read(reading, 20))",
            "print('started', int(os.read(reading, 20)), flush=True)\n    signal.pause()",
        );
        let id = started_and_timed_out(&text).await;
        assert!(!is_alive(id), "{way}");
    }
}

/// The process that a script started before its time was up. A machine that has much to do gets more time.
async fn started_and_timed_out(text: &str) -> u64 {
    let mut bench = Bench::python(text).await;
    bench.limits.wall = Duration::from_secs(1);
    loop {
        let finished = bench.run().await;
        assert!(failure(&finished).starts_with("ScriptTimedOut"), "{}", failure(&finished));
        if let Some((_, id)) = finished.log.text.rsplit_once("started ") {
            return id.trim().parse().expect("a number");
        }
        bench.limits.wall *= 2;
        assert!(bench.limits.wall < Duration::from_mins(1), "it does not start");
    }
}

#[tokio::test]
async fn processes_that_go_on_starting_others_do_not_outlive_their_script() {
    let text = "
import os
def handler(events, context):
    if os.fork() == 0:
        while True:
            try: os.fork()
            except OSError: pass
    return os.getpgrp()
";
    let group = returned(text).await.as_u64().expect("a number");
    assert_eq!(alive_in_group(group), Vec::<u64>::new());
}

#[tokio::test]
async fn a_script_that_nobody_waits_for_any_more_is_ended_and_its_folder_removed() {
    let text = "
import os, signal
def handler(events, context):
    if os.fork() == 0: os.setsid()
    with open(os.path.join(events['folder'], f'{os.getpid()}.started'), 'w'): pass
    signal.pause()
";
    let mut bench = Bench::python(text).await;
    let started = tempfile::TempDir::new().expect("a folder");
    bench.script.payload = json!({ "folder": started.path() });
    let job = Job {
        script: &bench.script,
        attachment: None,
        context: &bench.context,
        environment: &bench.environment,
        limits: &bench.limits,
    };
    let ids = tokio::select! {
        _ = bench.runner.run(&job) => panic!("it ended"),
        ids = two_started(started.path()) => ids,
    };
    until(|| ids.iter().all(|id| !is_alive(*id)) && bench.left_behind().is_empty()).await;
}

async fn two_started(folder: &Path) -> Vec<u64> {
    let ids = || -> Vec<u64> {
        let entries = std::fs::read_dir(folder).expect("the folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        names.filter_map(|name| name.to_str()?.strip_suffix(".started")?.parse().ok()).collect()
    };
    until(|| ids().len() == 2).await;
    ids()
}

/// Lets others go on until something is so.
async fn until(is_so: impl Fn() -> bool) {
    let patience = tokio::time::timeout(Duration::from_mins(1), async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        while !is_so() {
            looks.tick().await;
        }
    });
    patience.await.expect("it did not become so");
}

#[tokio::test]
async fn scripts_run_beside_each_other_without_seeing_each_other() {
    let text = "import os\ndef handler(events, context):\n    open(events['name'], 'w').close()\n    return sorted(os.listdir())";
    let mut benches = Vec::new();
    for name in ["a", "b", "c"] {
        let mut bench = Bench::python(text).await;
        bench.script.payload = json!({ "name": name });
        benches.push(bench);
    }
    let [a, b, c] = benches.as_slice() else { panic!("three") };
    let (a, b, c) = tokio::join!(a.run(), b.run(), c.run());
    let results: Vec<Value> = [a, b, c].map(|finished| finished.result.expect("a result")).into();
    assert_eq!(
        results,
        [json!(["a", "script.py"]), json!(["b", "script.py"]), json!(["c", "script.py"])]
    );
}
