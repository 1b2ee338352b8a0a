//! The calls that are written in a script, found by reading it.
//!
//! A script is not run to see what it would do, and Python cannot be known without running it. What is found is what nearly
//! all scripts of documents have: clients made by name, and methods called on them or on what they were passed as. Whoever
//! shows it says that it may be incomplete.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use fancy_regex::Regex;
use reeve_model::{Service, catalog};

use crate::{input::Input, operation::operation_name, step::Step};

/// What a script seems to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScriptReading {
    /// The operations that it calls: services and operations, as the models call them.
    pub calls: BTreeSet<(String, String)>,
    /// What was seen that hides what else it does.
    pub hidden: Vec<String>,
}

struct Patterns {
    client: Regex,
    made: Regex,
    called_at_once: Regex,
    method: Regex,
    by_name: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static PATTERNS: OnceLock<Option<Patterns>> = OnceLock::new();
    let compile = || {
        Some(Patterns {
            client: Regex::new(
                r#"(\w+)\s*=\s*[\w.()]*?\bclient\(\s*(?:service_name\s*=\s*)?['"]([\w-]+)['"]"#,
            )
            .ok()?,
            made: Regex::new(r#"\bclient\(\s*(?:service_name\s*=\s*)?['"]([\w-]+)['"]"#).ok()?,
            called_at_once: Regex::new(
                r#"\bclient\(\s*(?:service_name\s*=\s*)?['"]([\w-]+)['"][^)\n]*\)\s*\.(\w+)\("#,
            )
            .ok()?,
            method: Regex::new(r"(\w+)(?:\(\))?\.([a-z][a-z0-9_]*)\(").ok()?,
            by_name: Regex::new(r#"(\w+)\.get_(paginator|waiter)\(\s*['"](\w+)['"]"#).ok()?,
        })
    };
    PATTERNS.get_or_init(compile).as_ref()
}

/// Methods of every client that call nothing, and ways to hide what is called.
const HIDING: [(&str, &str); 5] = [
    ("boto3.resource(", "objects of `boto3.resource`"),
    (".resource(", "objects of `boto3.resource`"),
    ("getattr(", "`getattr`"),
    ("subprocess", "other programs"),
    ("os.system", "other programs"),
];

/// Reads the script of a step.
pub fn read_script(step: &Step) -> ScriptReading {
    let runtime = step.input("Runtime").and_then(Input::as_text).unwrap_or_default();
    if step.input("Attachment").is_some() && step.input("Script").is_none() {
        let hidden = vec!["a script in a file of its own".to_owned()];
        return ScriptReading { hidden, ..ScriptReading::default() };
    }
    if !runtime.starts_with("python") {
        let hidden = vec![format!("a script for {runtime}")];
        return ScriptReading { hidden, ..ScriptReading::default() };
    }
    let script = step.input("Script").and_then(Input::as_template);
    read_python(&script.map(ToString::to_string).unwrap_or_default())
}

fn read_python(text: &str) -> ScriptReading {
    let mut reading = ScriptReading::default();
    let Some(patterns) = patterns() else { return reading };
    let groups = |regex: &Regex| -> Vec<Vec<String>> {
        let found = regex.captures_iter(text).filter_map(Result::ok);
        let found = found.map(|found| {
            found.iter().skip(1).flatten().map(|group| group.as_str().to_owned()).collect()
        });
        found.collect()
    };
    let mut clients: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut services: BTreeSet<String> = BTreeSet::new();
    for found in groups(&patterns.client) {
        if let [variable, service] = found.as_slice() {
            clients.entry(variable.clone()).or_default().insert(service.clone());
        }
    }
    services.extend(groups(&patterns.made).into_iter().flatten());
    for found in groups(&patterns.called_at_once) {
        if let [service, method] = found.as_slice() {
            reading.note(service, method);
        }
    }
    // A client has other names where it is passed on: a method that only one of the services has is its.
    let of = |variable: &String| clients.get(variable).unwrap_or(&services).clone();
    for found in groups(&patterns.method) {
        if let [variable, method] = found.as_slice() {
            for service in &of(variable) {
                reading.note(service, method);
            }
        }
    }
    for found in groups(&patterns.by_name) {
        if let [variable, kind, name] = found.as_slice() {
            for service in &of(variable) {
                match kind.as_str() {
                    "paginator" => reading.note(service, name),
                    _ => reading.note_waiter(service, name),
                }
            }
        }
    }
    for (sign, what) in HIDING {
        let what = what.to_owned();
        if text.contains(sign) && !reading.hidden.contains(&what) {
            reading.hidden.push(what);
        }
    }
    reading
}

impl ScriptReading {
    fn note(&mut self, service: &str, method: &str) {
        let Ok(service) = catalog().service(service) else { return };
        let operation = operation_name(&service, method);
        if is_method_of(&service, &operation, method) {
            self.calls.insert((service.name().to_string(), operation));
        }
    }

    fn note_waiter(&mut self, service: &str, name: &str) {
        let Ok(service) = catalog().service(service) else { return };
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        for (known, waiter) in service.waiters() {
            if plain(known) == plain(name) {
                self.calls.insert((service.name().to_string(), waiter.operation.to_string()));
            }
        }
    }
}

fn is_method_of(service: &Service, operation: &str, method: &str) -> bool {
    service.operation(operation).is_ok() && method.chars().all(|letter| !letter.is_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_the_names_of_clients_and_methods() {
        let text = "
import boto3
def handler(events, context):
    ec2 = boto3.client('ec2', region_name=events['Region'])
    session = boto3.Session()
    iam = session.client(\"iam\")
    names = {}
    names.get('a')
    for page in ec2.get_paginator('describe_instances').paginate(): pass
    ec2.get_waiter('instance_stopped').wait()
    ec2.stop_instances(InstanceIds=[])
    boto3.client('sts').get_caller_identity()
    rename(iam)
def logs_of():
    return boto3.client('logs')
def keep():
    logs_of().put_retention_policy(logGroupName='a', retentionInDays=1)
def rename(client):
    client.tag_role(RoleName='x', Tags=[])
";
        let found = read_python(text);
        let calls: Vec<String> = found
            .calls
            .iter()
            .map(|(service, operation)| format!("{service}:{operation}"))
            .collect();
        assert_eq!(
            calls.join(" "),
            "ec2:DescribeInstances ec2:StopInstances iam:TagRole logs:PutRetentionPolicy sts:GetCallerIdentity"
        );
        assert_eq!(found.hidden, Vec::<String>::new());
    }

    #[test]
    fn what_hides_calls_is_named() {
        let found =
            read_python("boto3.resource('s3').Bucket('b').delete()\ngetattr(client, name)()");
        assert_eq!(found.hidden, ["objects of `boto3.resource`", "`getattr`"]);
    }
}
