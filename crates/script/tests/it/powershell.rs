//! Scripts in PowerShell. Where there is no PowerShell, a stand-in shows how one is started and heard.

use std::{fs, os::unix::fs::PermissionsExt};

use insta::assert_snapshot;
use reeve_runbook::ScriptSource;
use reeve_script::{Places, Runner};
use serde_json::json;
use tempfile::TempDir;

use crate::kit::{Bench, failure};

/// A shell script in the place of `pwsh`: `$wrapper` is the file that PowerShell would run.
async fn stand_in(folder: &TempDir, text: &str) -> Bench {
    let program = folder.path().join("pwsh");
    let text = format!("#!/bin/sh\nfor wrapper; do :; done\n{text}");
    fs::write(&program, text).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("allowed");
    let places = Places { path: Some(folder.path().into()), ..Places::default() };
    let mut bench = Bench::of(Runner::find(&places).await, "Write-Output 1");
    bench.script.runtime = "PowerShell 7.4".into();
    bench.script.handler = None;
    bench
}

#[tokio::test]
async fn without_powershell_a_script_is_refused_with_what_to_do() {
    let mut bench = Bench::python("Write-Output 1").await;
    bench.script.runtime = "PowerShell Core 6.0".into();
    assert_snapshot!(
        failure(&bench.run().await),
        @"PowerShellNotFound: the script needs PowerShell, and there is no `pwsh` in the PATH; hint: install PowerShell 7, or write the step in Python"
    );
}

#[tokio::test]
async fn the_payload_comes_by_standard_input_and_the_answer_by_a_file() {
    let folder = TempDir::new().expect("a folder");
    let mut bench = stand_in(
        &folder,
        r#"echo "printed by $(basename "$wrapper"), limits: $(ulimit -t) s, $(ulimit -n) files"
           printf '{"returned": %s}' "$(cat)" > "${wrapper%/*}/.answer.json""#,
    )
    .await;
    bench.script.payload = json!({ "Name": "web-1" });
    let finished = bench.run().await;
    assert_eq!(finished.result.expect("a result"), json!({ "Name": "web-1" }));
    assert_snapshot!(finished.log.text, @"printed by .wrapper.ps1, limits: 600 s, 1024 files");
}

#[tokio::test]
async fn a_script_that_throws_fails_with_its_type() {
    let folder = TempDir::new().expect("a folder");
    let bench = stand_in(
        &folder,
        r#"echo '{"failed":{"kind":"raised","type":"RuntimeException","message":"RuntimeException - no","line":3}}' > "${wrapper%/*}/.answer.json"; exit 1"#,
    )
    .await;
    assert_snapshot!(failure(&bench.run().await), @"RuntimeException: RuntimeException - no (line 3)");
}

#[tokio::test]
async fn one_that_ends_without_an_answer_says_how_it_ended() {
    let folder = TempDir::new().expect("a folder");
    let bench = stand_in(&folder, "exit 4").await;
    assert_snapshot!(
        failure(&bench.run().await),
        @"ScriptExited: the script ended by exit status 4 before its handler returned"
    );
}

#[tokio::test]
async fn an_archive_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let mut bench = stand_in(&folder, "").await;
    bench.script.source = ScriptSource::Attachment("tools.zip".into());
    assert_snapshot!(
        failure(&bench.run().await),
        @"InvalidAttachment: attachment: scripts in PowerShell are run from `Script` only, not from an archive"
    );
}
