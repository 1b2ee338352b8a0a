//! What a script may use, and what becomes of one that uses more.

use std::time::Duration;

use insta::assert_snapshot;
use reeve_script::Limits;

use crate::kit::{Bench, failure};

const MEBIBYTE: u64 = 1 << 20;

async fn check(text: &str, limit: impl FnOnce(&mut Limits)) -> String {
    let mut bench = Bench::python(text).await;
    limit(&mut bench.limits);
    failure(&bench.run().await)
}

#[tokio::test]
async fn a_loop_without_end_is_stopped_when_it_has_computed_long_enough() {
    let text = "def handler(events, context):\n    while True: pass";
    let failure = check(text, |limits| limits.cpu = Duration::from_secs(1)).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it computed for longer than 1 s");
}

#[tokio::test]
async fn computing_in_many_processes_counts_together() {
    let text = "
import os
def handler(events, context):
    for _ in range(4): os.fork()
    while True: pass
";
    let failure = check(text, |limits| limits.cpu = Duration::from_secs(1)).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it computed for longer than 1 s");
}

#[tokio::test]
async fn a_script_that_waits_for_ever_times_out() {
    let text = "import threading\ndef handler(events, context):\n    print('waiting', flush=True)\n    threading.Event().wait()";
    let failure = check(text, |limits| limits.wall = Duration::from_millis(1500)).await;
    assert_snapshot!(failure, @"ScriptTimedOut: the script was stopped: it took longer than 1.5 s");
}

#[tokio::test]
async fn one_that_takes_signals_for_itself_is_stopped_all_the_same() {
    let text = "
import signal
def handler(events, context):
    for number in range(1, 32):
        try: signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError): pass
    while True: pass
";
    let failure = check(text, |limits| limits.wall = Duration::from_millis(1500)).await;
    assert_snapshot!(failure, @"ScriptTimedOut: the script was stopped: it took longer than 1.5 s");
}

#[tokio::test]
async fn taking_too_much_memory_at_once_is_refused_and_said() {
    let text = "def handler(events, context):\n    return len(bytearray(10 ** 9))";
    let failure = check(text, |limits| limits.memory_bytes = 128 * MEBIBYTE).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it took more than 128 MiB");
}

#[tokio::test]
async fn taking_ever_more_memory_is_stopped() {
    let text =
        "def handler(events, context):\n    kept = []\n    while True: kept.append('x' * 100_000)";
    let failure = check(text, |limits| limits.memory_bytes = 128 * MEBIBYTE).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it took more than 128 MiB");
}

#[tokio::test]
async fn memory_of_several_processes_counts_together() {
    let text = "
import os, signal
def handler(events, context):
    for _ in range(8):
        if os.fork() == 0:
            held = b'x' * (40 << 20)
            signal.pause()
    signal.pause()
";
    let failure = check(text, |limits| limits.memory_bytes = 128 * MEBIBYTE).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it took more than 128 MiB");
}

#[tokio::test]
async fn memory_that_processes_share_counts_once() {
    let text = "
import os
def handler(events, context):
    held = b'x' * (60 << 20)
    reading, writing = os.pipe()
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)
            os._exit(0)
        children.append(child)
    # Long enough for several looks at it.
    total = 0
    for number in range(6_000_000): total += number
    os.close(writing)
    for child in children: os.waitpid(child, 0)
    return 'done'
";
    let failure = check(text, |limits| limits.memory_bytes = 192 * MEBIBYTE).await;
    assert_snapshot!(failure, @r#"returned "done""#);
}

#[tokio::test]
async fn starting_processes_without_end_is_stopped() {
    let text = "
import os
def handler(events, context):
    while True:
        try: os.fork()
        except OSError: pass
";
    let failure = check(text, |limits| limits.processes = 16).await;
    assert_snapshot!(failure, @"ScriptLimitExceeded: the script was stopped: it had more than 16 processes");
}

#[tokio::test]
async fn writing_one_huge_file_is_refused_by_the_kernel() {
    let text = "
def handler(events, context):
    with open('huge', 'wb') as file:
        while True: file.write(bytes(1 << 20))
";
    let failure = check(text, |limits| limits.file_bytes = 4 * MEBIBYTE).await;
    assert_snapshot!(failure, @"OSError: OSError - [Errno 27] File too large (line 4)");
}

#[tokio::test]
async fn writing_many_files_is_stopped() {
    let text = "
import itertools
def handler(events, context):
    for number in itertools.count():
        with open(f'file-{number % 50}', 'wb') as file: file.write(bytes(1 << 20))
";
    let large = check(text, |limits| limits.folder_bytes = 4 * MEBIBYTE).await;
    assert_snapshot!(large, @"ScriptLimitExceeded: the script was stopped: it kept more than 4 MiB in its folder");
    let text = "
import itertools
def handler(events, context):
    for number in itertools.count(): open(f'file-{number}', 'w').close()
";
    let many = check(text, |limits| limits.folder_files = 100).await;
    assert_snapshot!(many, @"ScriptLimitExceeded: the script was stopped: it kept more than 100 files in its folder");
}

#[tokio::test]
async fn holding_too_many_files_open_is_refused_by_the_kernel() {
    let text = "def handler(events, context):\n    return [open('/dev/null') for _ in range(100)]";
    let failure = check(text, |limits| limits.open_files = 32).await;
    assert!(failure.starts_with("OSError: OSError - [Errno 24] Too many open files"), "{failure}");
}

#[tokio::test]
async fn of_a_flood_of_output_the_beginning_and_the_end_are_kept() {
    let text = "
def handler(events, context):
    print('first')
    for _ in range(200): print('x' * 9_999)
    print('last')
    return 'done'
";
    let mut bench = Bench::python(text).await;
    bench.limits.log_bytes = 2000;
    let finished = bench.run().await;
    assert_eq!(finished.result.expect("a result"), serde_json::json!("done"));
    let log = finished.log;
    assert!(
        log.text.len() < 2200 && log.left_out > 1_900_000,
        "{}, {}",
        log.text.len(),
        log.left_out
    );
    assert!(log.text.contains("first\n") && log.text.ends_with("last\n"), "{}", log.text);
}

#[tokio::test]
async fn output_that_is_no_text_is_kept_as_well_as_it_can_be() {
    let text = "import sys\ndef handler(events, context):\n    sys.stdout.buffer.write(bytes(range(256)) + b'end')";
    let finished = Bench::python(text).await.run().await;
    finished.result.expect("a result");
    assert!(finished.log.text.ends_with("\u{fffd}end") && !finished.log.text.contains('\0'));
}
