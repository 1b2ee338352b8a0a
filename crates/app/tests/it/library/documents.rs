//! The documents themselves: what can be said of all of them without running them.

use reeve_app::executions::{Library, runbook_policy, runbook_reference};
use reeve_runbook::Runbook;
use reeve_types::Partition;

#[test]
fn every_runbook_is_right_and_nothing_in_it_is_suspicious() {
    for (named, _) in Library::shipped().iter() {
        let checked = Runbook::parse(&named.name, &named.text, named.format)
            .unwrap_or_else(|errors| panic!("{errors}"));
        let warnings: Vec<String> =
            checked.warnings.iter().map(|warning| warning.message.clone()).collect();
        assert_eq!(warnings, Vec::<String>::new(), "{}", named.name);
    }
}

#[test]
fn every_runbook_is_named_by_what_it_does_and_says_so() {
    for (named, _) in Library::shipped().iter() {
        let verb = named.name.strip_prefix("Reeve-").unwrap_or_default();
        let is_plain = verb.chars().all(|letter| letter.is_ascii_alphanumeric());
        assert!(verb.starts_with(char::is_uppercase) && is_plain, "{}", named.name);
        let checked = Runbook::parse(&named.name, &named.text, named.format).unwrap();
        assert!(checked.runbook.description.is_some(), "{}", named.name);
        for parameter in &checked.runbook.parameters {
            assert!(parameter.description.is_some(), "{}: {}", named.name, parameter.name);
        }
    }
}

#[test]
fn no_runbook_is_for_one_partition_only() {
    for (named, _) in Library::shipped().iter() {
        for line in named.text.lines().filter(|line| line.contains("arn:aws")) {
            assert!(line.contains("arn:aws[a-z-]*:"), "{}: {line}", named.name);
        }
        for partition in [Partition::Standard, Partition::China, Partition::Government] {
            let view = runbook_policy(named, partition).unwrap();
            for policy in &view.policies {
                let text = policy.document.to_string();
                let other = format!("arn:{}:", partition.as_str());
                assert_eq!(
                    text.matches("arn:").count(),
                    text.matches(&other).count(),
                    "{}",
                    named.name
                );
            }
        }
    }
}

#[test]
fn the_page_about_the_runbooks_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/runbooks.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page == runbook_reference(&Library::shipped()).unwrap(),
        "run `cargo run -p reeve-app --example runbooks > docs/runbooks.md`"
    );
}

/// The runbooks with a test of their own in this folder, by the names that are written there.
#[test]
fn every_runbook_is_run_by_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/library");
    let files = std::fs::read_dir(folder).unwrap();
    let texts: String =
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    for (named, _) in Library::shipped().iter() {
        assert!(texts.contains(&format!("\"{}\"", named.name)), "{}", named.name);
    }
}
