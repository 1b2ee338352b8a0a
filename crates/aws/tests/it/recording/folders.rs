//! Folders: which may be recorded into, and what is in them whatever happens.

use std::{fs, os::unix::fs::PermissionsExt as _};

use reeve_aws::Transport;
use reeve_model::Value;

use super::{clock, names, recording, replaying};
use crate::harness::{Answer, identity, instances, target};

fn refused(folder: &std::path::Path) -> (String, String) {
    let record =
        Transport::recording(Transport::function(async |_| unreachable!()), folder, clock());
    let replay = Transport::replaying(folder, clock());
    let text = |error: &dyn std::error::Error| {
        error.source().map_or(error.to_string(), |source| format!("{error}: {source}"))
    };
    let record = record.err().map(|error| text(&error)).unwrap_or_default();
    (record, replay.err().map(|error| text(&error)).unwrap_or_default())
}

#[test]
fn a_folder_that_holds_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let expected = format!("`{path}` is not a recording: it has no `recording.json`");
    assert_eq!(refused(folder.path()), (expected.clone(), expected));
    assert_eq!(names(folder.path()), ["notes.txt"]);
    fs::write(folder.path().join("recording.json"), r#"{"format":"reeve-recording","version":9}"#)
        .unwrap();
    let expected = format!(
        "the recording in `{path}` cannot be read: its version is 9, and 1 is the one known here"
    );
    assert_eq!(refused(folder.path()), (expected.clone(), expected));
}

#[test]
fn a_folder_that_cannot_be_made_or_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (record, _) = refused(&file.join("below"));
    assert!(record.contains("cannot use the recording in"), "{record}");
    let (_, replay) = refused_replay(&folder.path().join("nowhere"));
    assert!(replay.ends_with("No such file or directory (os error 2)"), "{replay}");
}

fn refused_replay(folder: &std::path::Path) -> (String, String) {
    let error = Transport::replaying(folder, clock()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    (error.to_string(), format!("{error}: {source}"))
}

#[tokio::test]
async fn a_recording_is_added_to_and_read_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("recording");
    for _ in 0..2 {
        let (client, _) = recording(&path, |_, _| identity("111122223333"));
        client.caller_identity(&target()).await.unwrap();
    }
    let expected = [
        "base/eu-central-1/sts.GetCallerIdentity_0001.json",
        "base/eu-central-1/sts.GetCallerIdentity_0002.json",
        "recording.json",
    ];
    assert_eq!(names(&path), expected);
    for (name, mode) in [(expected[0], 0o600), (expected[2], 0o600), ("base", 0o700), ("", 0o700)] {
        let found = fs::metadata(path.join(name)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{name}");
    }
}

#[tokio::test]
async fn what_an_ended_process_left_unfinished_is_overlooked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".incomplete-abc"), "{\"form").unwrap();
    let (client, _) = recording(folder.path(), |_, _| instances(&["i-1"], None));
    let target = target();
    let call = client.call(&target, "ec2", "DescribeInstances", Value::object());
    let recorded = call.await.unwrap();
    let place = folder.path().join("base/eu-central-1");
    fs::write(place.join(".incomplete-def"), "{\"version\": 1, \"ti").unwrap();
    let replay = replaying(folder.path());
    let call = replay.call(&target, "ec2", "DescribeInstances", Value::object());
    assert_eq!(call.await.unwrap(), recorded);
}

#[tokio::test]
async fn a_recording_that_cannot_be_written_any_more_leaves_calls_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (client, seen) = recording(folder.path(), |_, _| instances(&["i-1"], None));
    // Where the folder of the place would have to be, there is a file.
    fs::write(folder.path().join("base"), "").unwrap();
    for _ in 0..3 {
        client.call(&target(), "ec2", "DescribeInstances", Value::object()).await.unwrap();
    }
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_pair_that_somebody_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (client, _) = recording(folder.path(), |_, _| Answer::ok("<a/>"));
    client.call(&target(), "ec2", "DescribeVpcs", Value::object()).await.unwrap();
    let name = "base/eu-central-1/ec2.DescribeVpcs_0001.json";
    fs::write(folder.path().join(name), "{").unwrap();
    let replay = replaying(folder.path());
    let error = replay.call(&target(), "ec2", "DescribeVpcs", Value::object()).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains(name) && cause.contains("EOF while parsing"), "{cause}");
}
