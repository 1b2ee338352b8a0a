//! Which Python is found, and what is said when none is.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use insta::assert_snapshot;
use reeve_script::{Interpreter, Places, Runner};
use tempfile::TempDir;

use crate::kit::{Bench, failure, python};

/// A folder with a program of this text.
fn program(folder: &TempDir, path: &str, text: &str) -> PathBuf {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
    path
}

fn claiming(version: &str) -> String {
    format!(
        "#!/bin/sh\necho '{{\"executable\": \"'$0'\", \"version\": [{version}], \"boto3\": null}}'\n"
    )
}

#[tokio::test]
async fn what_is_named_comes_before_what_is_there() {
    let folder = TempDir::new().expect("a folder");
    let configured = program(&folder, "a", &claiming("3, 9, 1"));
    let variable = program(&folder, "b", &claiming("3, 9, 2"));
    program(&folder, ".venv/bin/python", &claiming("3, 9, 3"));
    program(&folder, "bin/python3", &claiming("3, 9, 4"));
    let mut places = Places {
        configured: Some(configured),
        variable: Some(variable),
        folder: Some(folder.path().into()),
        path: Some(folder.path().join("bin").into()),
    };
    let mut found = Vec::new();
    for _ in 0..4 {
        found.push(Interpreter::find(&places).await.expect("a Python").version_text());
        places = match places {
            Places { configured: Some(_), .. } => Places { configured: None, ..places },
            Places { variable: Some(_), .. } => Places { variable: None, ..places },
            _ => Places { folder: None, ..places },
        };
    }
    assert_eq!(found, ["3.9.1", "3.9.2", "3.9.3", "3.9.4"]);
}

#[tokio::test]
async fn a_python_that_does_not_work_is_refused_by_name() {
    let folder = TempDir::new().expect("a folder");
    let missing = folder.path().join("missing");
    let cases = [
        missing,
        program(&folder, "old", &claiming("2, 7, 18")),
        program(&folder, "broken", "#!/bin/sh\necho 'version is not installed' >&2\nexit 1\n"),
        program(&folder, "silent", "#!/bin/sh\nexit 3\n"),
    ];
    let mut said = Vec::new();
    for program in cases {
        let places = Places { configured: Some(program), ..Places::default() };
        let error = Interpreter::find(&places).await.expect_err("refused").to_string();
        said.push(error.replace(folder.path().to_str().expect("text"), "/f"));
    }
    said.push(Interpreter::find(&Places::default()).await.expect_err("refused").to_string());
    assert_snapshot!(said.join("\n"), @"
    `/f/missing` cannot be started: No such file or directory (os error 2)
    `/f/old` is Python 2.7, scripts need 3.8 or newer
    `/f/broken` is not a Python that works: version is not installed
    `/f/silent` is not a Python that works: exit status: 3
    there is no `python3` in the PATH and no `.venv`; hint: install Python, or name one with `REEVE_PYTHON`
    ");
}

#[tokio::test]
async fn without_python_each_script_says_why_it_does_not_run() {
    let runner = Runner::find(&Places::default()).await;
    assert_snapshot!(
        failure(&Bench::of(runner, "").run().await),
        @"PythonNotFound: the script needs Python: there is no `python3` in the PATH and no `.venv`; hint: install Python, or name one with `REEVE_PYTHON`"
    );
}

#[tokio::test]
async fn a_language_that_scripts_cannot_be_in_is_refused() {
    let mut bench = Bench::python("").await;
    bench.script.runtime = "ruby3.2".into();
    assert_snapshot!(
        failure(&bench.run().await),
        @"UnknownRuntime: `ruby3.2` is no runtime of scripts; hint: `python3.11` or `PowerShell 7.4`"
    );
}

#[tokio::test]
async fn a_script_that_needs_boto3_where_it_is_not_says_how_to_get_it() {
    let mut without = python().await;
    without.boto3 = None;
    let program = without.program.display().to_string();
    let text =
        "def handler(events, context):\n    raise ModuleNotFoundError(\"No module named 'boto3'\")";
    let failure = failure(&Bench::of(Runner::new(Ok(without), None), text).run().await);
    assert_snapshot!(
        failure.replace(&program, "python"),
        @"ModuleNotFoundError: ModuleNotFoundError - No module named 'boto3'; hint: `python -m pip install boto3`, or name another Python (line 2)"
    );
}
