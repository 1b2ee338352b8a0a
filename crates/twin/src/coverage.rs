//! What the twin can do, as a page for people.

use std::fmt::Write as _;

use reeve_model::catalog;

use crate::services::{SERVED, ServiceDefinition};

const HEAD: &str = "# What the twin serves

Made from the twin's own tables by `cargo run -p reeve-twin --example coverage`; a test holds this page against them.

What is listed here is done: with its consequences over time, its errors, its events. Whatever is not is answered with
`NotImplemented` (HTTP 501) and the operation's name, never with a made-up success.

";

/// The page, in Markdown.
pub fn coverage() -> String {
    let mut page = HEAD.to_owned();
    let mut services: Vec<&ServiceDefinition> = SERVED.to_vec();
    services.sort_by_key(|service| service.model);
    page += "| service | operations | of | resource types |\n| --- | ---: | ---: | ---: |\n";
    let mut total = 0;
    for service in &services {
        let operations = names(service).len();
        total += operations;
        let model = service.model;
        let kinds = service.kinds().count();
        writeln!(
            page,
            "| [`{model}`](#{model}) | {operations} | {} | {kinds} |",
            published(service)
        )
        .ok();
    }
    let kinds = services.iter().map(|service| service.kinds().count()).sum::<usize>();
    writeln!(page, "| **{}** | **{total}** | | **{kinds}** |", services.len()).ok();
    for service in services {
        write!(page, "\n## {}\n\n", service.model).ok();
        let named: Vec<String> = names(service).iter().map(|name| format!("`{name}`")).collect();
        page += &wrapped(&named);
        let kinds: Vec<String> =
            service.kinds().map(|kind| format!("`{}`", kind.resource_type)).collect();
        if !kinds.is_empty() {
            page += "\nResource types: ";
            page += &wrapped(&kinds);
        }
    }
    page
}

fn names(service: &ServiceDefinition) -> Vec<&'static str> {
    let operations = service.parts.iter().flat_map(|part| part.operations);
    let mut names: Vec<_> = operations.map(|(name, _)| *name).collect();
    names.sort_unstable();
    names
}

/// How many operations the service's model has.
fn published(service: &ServiceDefinition) -> usize {
    catalog().service(service.model).map_or(0, |model| model.operations().len())
}

/// Words in lines of readable length.
fn wrapped(words: &[String]) -> String {
    let mut text = String::new();
    let mut length = 0;
    for word in words {
        if length > 0 && length + word.len() >= 118 {
            text.push('\n');
            length = 0;
        } else if length > 0 {
            text.push(' ');
        }
        text.push_str(word);
        length += word.len() + 1;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_exists_and_is_named_once() {
        for service in SERVED {
            let model = catalog().service(service.model).unwrap();
            let names = names(service);
            for name in &names {
                assert!(model.operation(name).is_ok(), "{}:{name}", service.model);
            }
            let distinct: BTreeSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{}", service.model);
        }
    }

    #[test]
    fn every_kind_and_task_is_named_once() {
        let mut seen = BTreeSet::new();
        for part in crate::services::parts() {
            for kind in part.kinds {
                assert!(seen.insert(kind.resource_type), "{}", kind.resource_type);
            }
            for (name, _) in part.tasks {
                assert!(seen.insert(name), "{name}");
            }
        }
    }
}
