//! What was recorded of a command is enough to run it again, without AWS and without credentials.

use std::{fs, path::PathBuf, process::Stdio};

use insta::assert_snapshot;
use regex_lite::Regex;

use crate::harness::World;

/// An estate that leads nowhere: its endpoint answers nobody, and there are no credentials.
fn cut_off(world: &World) {
    let estate =
        world.estate("").replace("  profile: demo\n  credentials-file: aws-credentials\n", "");
    let endpoint = Regex::new("http://127.0.0.1:[0-9]+").unwrap();
    world.write("estate.yaml", &endpoint.replace(&estate, "http://127.0.0.1:1"));
    fs::remove_file(world.path("aws-credentials")).unwrap();
}

/// What a command shows without what differs from run to run: ids, and which of several scopes answers first.
fn shown(world: &World, words: &str) -> String {
    let text = world.filtered(&world.run(words).to_string());
    let text = Regex::new("plan_[a-z0-9]{26}").unwrap().replace_all(&text, "plan_ID").into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    if words.contains("all") {
        lines.sort_unstable();
    }
    lines.join("\n")
}

/// The documents of the recording, also while it is made.
fn pairs(world: &World) -> Vec<(PathBuf, String)> {
    let (mut found, mut open) = (Vec::new(), vec![world.path("").with_file_name("recording")]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn recorded_commands_say_the_same_when_they_are_replayed_without_aws() {
    let world = World::new();
    let commands = [
        "plan",
        "aws sts GetCallerIdentity --account production",
        "aws dynamodb ListTables --account production --paginate --input '{\"Limit\":2}'",
        "aws dynamodb ListTables --account all --region all",
        "aws dynamodb DescribeTable --account production --input '{\"TableName\":\"Nothing\"}'",
    ];
    let run =
        |option: &str| commands.map(|words| shown(&world, &format!("{words} {option} recording")));
    let recorded = run("--record");
    let called = world.twin.calls().len();
    assert!(called > 0);
    cut_off(&world);
    assert_eq!(run("--replay"), recorded);
    assert_eq!(world.twin.calls().len(), called, "nobody was asked");
    // What really happened is told apart from what was replayed.
    let entries =
        |option: &str| world.json(&format!("ledger {option}"))["items"].as_array().unwrap().len();
    let before = entries("");
    let replayed = world.run("plan --replay recording");
    assert_eq!(replayed.status, Some(0), "{replayed}");
    assert_eq!(entries(""), before);
    assert!(entries("--replay recording") > 0);
}

#[test]
fn an_apply_is_replayed_without_a_change() {
    let world = World::new();
    let run = |option: &str| {
        ["plan", "approve latest --yes --apply", "plan show latest"].map(|words| {
            // Each process begins with the first answer: each has a recording of its own.
            let folder = words.split(' ').next().unwrap();
            shown(&world, &format!("{words} {option} recordings-{folder}"))
        })
    };
    let recorded = run("--record");
    assert!(recorded[1].contains("applied"), "{}", recorded[1]);
    let called = world.twin.calls().len();
    cut_off(&world);
    assert_eq!(run("--replay")[1], recorded[1]);
    assert_eq!(world.twin.calls().len(), called, "nobody was asked");
}

#[test]
fn a_recording_holds_no_credentials() {
    let world = World::new();
    assert_eq!(world.run("plan --record recording").status, Some(0));
    let pairs = pairs(&world);
    let roles =
        pairs.iter().filter(|(path, _)| path.display().to_string().contains("sts.AssumeRole_"));
    assert!(roles.count() > 0);
    let keys = [&world.seeded.access_key_id, &world.seeded.secret_access_key];
    for (path, text) in &pairs {
        assert!(keys.iter().all(|key| !text.contains(key.as_str())), "{}", path.display());
        let pair: serde_json::Value = serde_json::from_str(text).unwrap();
        for message in ["request", "response"] {
            let headers = pair[message]["headers"].to_string();
            assert!(!headers.contains("111122223333"), "the base account: {headers}");
        }
        for word in ["AWS4-HMAC", "ecurity-token", "ASIA"] {
            assert!(
                !text.to_ascii_lowercase().contains(&word.to_ascii_lowercase()),
                "{word}: {text}"
            );
        }
    }
}

#[test]
fn what_cannot_be_recorded_or_replayed_is_refused() {
    let world = World::new();
    world.write("other/notes.txt", "mine");
    assert_eq!(world.run("aws sts GetCallerIdentity --record recording").status, Some(0));
    assert_snapshot!(world.transcript(&[
        "aws sts GetCallerIdentity --record one --replay two",
        "aws sts GetCallerIdentity --record estate/other",
        "aws sts GetCallerIdentity --replay estate/other",
        "aws sts GetCallerIdentity --replay nowhere",
        "aws sts GetCallerIdentity --replay recording",
        "aws dynamodb ListTables --replay recording",
    ]), @r#"
    $ reeve aws sts GetCallerIdentity --record one --replay two
    ! error: the argument '--record <DIR>' cannot be used with '--replay <DIR>'
    !
    ! Usage: reeve aws --record <DIR> <SERVICE> <OPERATION>
    !
    ! For more information, try '--help'.
    [exit 2]

    $ reeve aws sts GetCallerIdentity --record estate/other
    ! error: `estate/other` is not a recording: it has no `recording.json`
    [exit 2]

    $ reeve aws sts GetCallerIdentity --replay estate/other
    ! error: `estate/other` is not a recording: it has no `recording.json`
    [exit 2]

    $ reeve aws sts GetCallerIdentity --replay nowhere
    ! error: cannot use the recording in `nowhere`: No such file or directory (os error 2)
    [exit 2]

    $ reeve aws sts GetCallerIdentity --replay recording
    {
      "UserId": "AIDAIOSFODNN7EXAMPLE",
      "Account": "111122223333",
      "Arn": "arn:aws:iam::111122223333:user/reeve"
    }

    $ reeve aws dynamodb ListTables --replay recording
    ! error: `dynamodb:ListTables` in Region eu-west-1 cannot be replayed: the recording has no answer to `{}`: no such call was recorded
    !   hint: record it: run the same with `--record` and the folder of the recording
    [exit 1]
    "#);
}

#[test]
fn a_process_that_is_killed_leaves_whole_pairs_and_a_recording_to_add_to() {
    let world = World::new();
    let words = "aws dynamodb ListTables --account all --region all --record recording";
    for wanted in [1, 3, 5] {
        let mut command = world.command(words);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && pairs(&world).len() < wanted {
            std::thread::yield_now();
        }
        child.kill().ok();
        child.wait().unwrap();
        for (path, text) in pairs(&world) {
            let read: Result<serde_json::Value, _> = serde_json::from_str(&text);
            assert!(read.is_ok_and(|pair| pair["version"] == 1), "{}", path.display());
        }
    }
    let recorded = shown(&world, words);
    assert!(recorded.contains("4 of 4 scopes answered"), "{recorded}");
    assert_eq!(shown(&world, &words.replace("--record", "--replay")), recorded);
}
