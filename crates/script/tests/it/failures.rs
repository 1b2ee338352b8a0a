//! How scripts fail, and what is said about it.

use insta::assert_snapshot;

use crate::kit::{Bench, SECRET, TOKEN, failed, failure};

#[tokio::test]
async fn an_exception_is_told_as_the_service_tells_it_with_the_line_of_the_script() {
    let text = "import json

def parse(events):
    return events['expected']

def handler(events, context):
    return parse(events)
";
    let finished = Bench::python(text).await.run().await;
    assert_snapshot!(failure(&finished), @"KeyError: KeyError - 'expected' (line 4)");
    let log: Vec<&str> = finished.log.text.lines().filter(|line| !line.contains("^^^")).collect();
    let log = log.join("\n");
    let (_, trace) = log.split_once("Traceback").expect("a traceback");
    let frames: Vec<&str> =
        trace.lines().map(|line| line.rsplit_once('/').map_or(line, |(_, rest)| rest)).collect();
    assert_snapshot!(frames.join("\n"), @r#"
     (most recent call last):
    script.py", line 7, in handler
        return parse(events)
    script.py", line 4, in parse
        return events['expected']
    KeyError: 'expected'
    "#);
}

#[tokio::test]
async fn a_syntax_error_names_its_line() {
    let failure = failed("def handler(events, context):\n    x = 1\n    return x +\n").await;
    assert_snapshot!(failure, @"SyntaxError: SyntaxError - invalid syntax (line 3)");
}

#[tokio::test]
async fn an_error_outside_of_the_handler_is_told_too() {
    assert_snapshot!(
        failed("import no_such_thing\ndef handler(events, context): pass").await,
        @"ModuleNotFoundError: ModuleNotFoundError - No module named 'no_such_thing' (line 1)"
    );
}

#[tokio::test]
async fn a_handler_that_is_not_there_is_named_beside_those_that_are() {
    let text = "import os\nhandler = 3\ndef main(events, context): pass\ndef other(): pass";
    assert_snapshot!(
        failed(text).await,
        @"HandlerNotFound: the script has no function `handler`; hint: there is `main`, `other`"
    );
    let mut bench = Bench::python(text).await;
    bench.script.handler = None;
    assert_snapshot!(
        failure(&bench.run().await),
        @"HandlerNotFound: scripts in Python need a `Handler`: the function to call"
    );
}

#[tokio::test]
async fn a_handler_with_other_parameters_is_a_type_error() {
    assert_snapshot!(
        failed("def handler(events): pass").await,
        @"TypeError: TypeError - handler() takes 1 positional argument but 2 were given"
    );
}

#[tokio::test]
async fn a_result_that_is_no_json_is_refused_with_the_reason() {
    let returning = |value: &str| {
        format!(
            "def handler(events, context):\n    a = []; a.append(a)\n    deep = 1\n    \
             for _ in range(events.get('depth', 0)): deep = [deep]\n    return {value}"
        )
    };
    assert_snapshot!(
        failed(&returning("a")).await,
        @"InvalidPayload: what the handler returned cannot be written as JSON: ValueError - Circular reference detected"
    );
    assert_snapshot!(
        failed(&returning("{(1, 2): 3}")).await,
        @"InvalidPayload: what the handler returned cannot be written as JSON: TypeError - keys must be str, int, float, bool or None, not tuple"
    );
    assert_snapshot!(
        failed(&returning("'\\ud800'")).await,
        @r"InvalidPayload: what the handler returned cannot be written as JSON: UnicodeEncodeError - 'utf-8' codec can't encode character '\ud800' in position 1: surrogates not allowed"
    );
    assert_snapshot!(
        failed(&returning("10 ** 400")).await,
        @"InvalidPayload: what the handler returned cannot be written as JSON: number out of range"
    );
    let nan = failed(&returning("float('nan')")).await;
    assert!(nan.contains("Out of range float values are not JSON compliant"), "{nan}");
    for depth in [200, 100_000] {
        let mut bench = Bench::python(&returning("deep")).await;
        bench.script.payload = serde_json::json!({ "depth": depth });
        let failure = failure(&bench.run().await);
        assert!(failure.ends_with("as JSON: it is nested too deeply"), "{depth}: {failure}");
    }
}

#[tokio::test]
async fn a_result_that_is_too_large_is_refused() {
    assert_snapshot!(
        failed("def handler(events, context): return 'x' * 102400").await,
        @"PayloadTooLarge: the handler returned 102402 bytes, at most 102400 are kept"
    );
}

#[tokio::test]
async fn leaving_without_a_result_is_a_failure_that_says_how() {
    let leaving =
        |how: &str| format!("import os, sys, signal\ndef handler(events, context):\n    {how}");
    assert_snapshot!(
        failed(&leaving("sys.exit()")).await,
        @"ScriptExited: the script ended by `sys.exit(None)` before its handler returned"
    );
    assert_snapshot!(
        failed(&leaving("sys.exit('no disk')")).await,
        @"ScriptExited: the script ended by `sys.exit('no disk')` before its handler returned"
    );
    assert_snapshot!(
        failed(&leaving("os._exit(7)")).await,
        @"ScriptExited: the script ended by exit status 7 before its handler returned"
    );
    assert_snapshot!(
        failed(&leaving("os.kill(os.getpid(), signal.SIGTERM)")).await,
        @"ScriptKilled: the script was ended by signal 15"
    );
    assert_snapshot!(
        failed(&leaving("import ctypes; ctypes.string_at(0)")).await,
        @"ScriptKilled: the script was ended by signal 11"
    );
}

#[tokio::test]
async fn credentials_are_taken_out_of_logs_and_errors() {
    let text = "
import os
from urllib.parse import quote
def handler(events, context):
    print(dict(os.environ))
    print('https://example.com/?token=' + quote(os.environ['AWS_SESSION_TOKEN'], safe=''))
    raise RuntimeError('with ' + os.environ['AWS_SECRET_ACCESS_KEY'])
";
    let finished = Bench::python(text).await.run().await;
    assert_snapshot!(failure(&finished), @"RuntimeError: RuntimeError - with **** (line 7)");
    let log = &finished.log.text;
    for secret in [SECRET, TOKEN, "ExampleSessionToken", "AKIAIOSFODNN7EXAMPLE"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(
        log.contains("'AWS_SECRET_ACCESS_KEY': '****'") && log.contains("?token=****"),
        "{log}"
    );
}

#[tokio::test]
async fn a_forked_child_that_comes_back_from_the_handler_gives_no_second_answer() {
    let text = "
import os
def handler(events, context):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    return 'parent' if child else 'child'
";
    assert_eq!(crate::kit::returned(text).await, serde_json::json!("parent"));
}
