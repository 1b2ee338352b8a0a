//! The documents themselves: what can be said of all of them without running them.

use reeve_app::executions::{Library, runbook_policy};
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
