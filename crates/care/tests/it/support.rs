//! Small languages for fixtures: a resource in one line, a decision in a few.

use reeve_care::{
    plan::TagChange,
    tagger::{Decision, EffectiveProfile, Profile, ProfileKind, Settings, decide, parse_profile},
};
use reeve_types::{Attribute, Resource, ResourceRef, ResourceType, Scope, Verdict};

/// Reads `AWS::EC2::Instance i-1 Platform=linux HasKmsKey=true | env=prod ams:rt:x=1`; before the type may stand
/// `222222222222/us-east-1`.
pub(crate) fn resource(line: &str) -> Resource {
    let (facts, tags) = line.split_once('|').unwrap_or((line, ""));
    let mut words = facts.split_whitespace().peekable();
    let place = words.next_if(|word| word.contains('/')).unwrap_or("111111111111/eu-west-1");
    let (account, region) = place.split_once('/').unwrap();
    let resource_type = words.next().unwrap();
    let id = words.next().unwrap().to_owned();
    let attribute = |word: &str| {
        let (name, value) = word.split_once('=').unwrap();
        let value = match value {
            "true" => Attribute::Flag(true),
            "false" => Attribute::Flag(false),
            text => Attribute::Text(text.to_owned()),
        };
        (name.to_owned(), value)
    };
    let tag = |word: &str| {
        let (key, value) = word.split_once('=').unwrap();
        (key.to_owned(), value.to_owned())
    };
    Resource {
        reference: ResourceRef {
            scope: Scope {
                account: account.parse().unwrap(),
                region: region.parse().unwrap(),
                resource_type: ResourceType::new(resource_type),
            },
            arn: format!("arn:aws:x:{region}:{account}:{id}"),
            id,
        },
        attributes: words.map(attribute).collect(),
        tags: tags.split_whitespace().map(tag).collect(),
    }
}

pub(crate) fn read(text: &str, kind: ProfileKind, settings: &Settings) -> Profile {
    let file = match kind {
        ProfileKind::Default => "default.json",
        ProfileKind::Customization => "tags.json",
    };
    parse_profile(file, text, kind, settings).unwrap_or_else(|wrong| panic!("{wrong}")).0
}

/// Merges two profile documents under the default prefix.
pub(crate) fn profiles(default: &str, customization: &str) -> EffectiveProfile {
    profiles_with_prefix("ams:rt:", default, customization)
}

pub(crate) fn profiles_with_prefix(
    prefix: &str,
    default: &str,
    customization: &str,
) -> EffectiveProfile {
    let settings = Settings { prefix: prefix.parse().unwrap() };
    let default = read(default, ProfileKind::Default, &settings);
    let customization = read(customization, ProfileKind::Customization, &settings);
    EffectiveProfile::merge(&default, &customization, &settings)
}

/// Merges a customization profile about one type, given as the inside of its map of blocks, with nothing.
pub(crate) fn blocks(resource_type: &str, blocks: &str) -> EffectiveProfile {
    profiles("{}", &format!(r#"{{"{resource_type}": {{{blocks}}}}}"#))
}

/// A block in JSON that yields tags `key=value` separated by spaces.
pub(crate) fn block(id: &str, filter: &str, tags: &str) -> String {
    let tag = |word: &str| {
        let (key, value) = word.split_once('=').unwrap();
        format!(r#"{{"Key": "{key}", "Value": "{value}"}}"#)
    };
    let tags: Vec<String> = tags.split_whitespace().map(tag).collect();
    format!(r#""{id}": {{"Filter": {filter}, "Tags": [{}]}}"#, tags.join(", "))
}

/// Writes a decision as `pass managed A B`, and a line for each change, conflict and obstacle.
pub(crate) fn shown(decision: &Decision) -> String {
    let verdict = match decision.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Unknown(_) => "unknown",
    };
    let mut words = vec![verdict, decision.coverage.as_str()];
    words.extend(decision.configurations.iter().map(String::as_str));
    let mut lines = vec![words.join(" ")];
    lines.extend(decision.changes.iter().map(|change| format!("{change}: {}", change.reason)));
    lines.extend(decision.conflicts.iter().map(|conflict| format!("conflict: {conflict}")));
    lines.extend(decision.obstacle.iter().map(|obstacle| format!("obstacle: {obstacle}")));
    lines.join("\n")
}

/// Decides about a resource and compares what is decided with `expected`, line by line.
pub(crate) fn check(profile: &EffectiveProfile, line: &str, expected: &[&str]) {
    let decision = decide(profile, &resource(line));
    assert_eq!(shown(&decision).lines().collect::<Vec<_>>(), expected, "{line}");
}

/// Makes the changes, as if they had been applied.
pub(crate) fn apply(resource: &mut Resource, changes: &[TagChange]) {
    for change in changes {
        match &change.after {
            Some(value) => resource.tags.insert(change.key.clone(), value.clone()),
            None => resource.tags.remove(&change.key),
        };
    }
}
