//! The resources that a call is about, as patterns of ARNs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use reeve_document::{Cursor, Diagnostics, Problems, parse_yaml};
use reeve_types::Partition;

use crate::{
    input::{Content, Input},
    possible_call::PossibleCall,
};

const FILE: (&str, &str) = ("resources.yaml", include_str!("../../resources.yaml"));

/// The ARNs of an operation, by service and operation, without their first two parts.
type Table = BTreeMap<(String, String), Vec<String>>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // A test reads the file; without it nothing would be narrowed.
    TABLE.get_or_init(|| read(FILE.0, FILE.1).unwrap_or_default())
}

fn read(file: &str, text: &str) -> Result<Table, Diagnostics> {
    let node = parse_yaml(text).map_err(|diagnostic| {
        let mut diagnostics = Diagnostics::new(file);
        diagnostics.push(diagnostic);
        diagnostics
    })?;
    let problems = Problems::new();
    let table = services(&Cursor::new(&node, &problems));
    problems.finish(file, table).map(|(table, _)| table)
}

fn services(root: &Cursor<'_>) -> Option<Table> {
    let mut table = Table::new();
    for (service, groups) in root.entries()? {
        for group in groups.list()? {
            let fields = group.fields(&["operations", "resources"])?;
            let resources = fields.required("resources")?.strings()?;
            for operation in fields.required("operations")?.string()?.split_whitespace() {
                let resources = resources.iter().map(|text| (*text).to_owned()).collect();
                table.insert((service.key.clone(), operation.to_owned()), resources);
            }
        }
    }
    Some(table)
}

/// The resources of a call; a star if they are not known.
pub(super) fn of(call: &PossibleCall<'_>, partition: Partition) -> BTreeSet<String> {
    let key = (call.service.clone(), call.operation.clone());
    let Some(patterns) = table().get(&key) else { return BTreeSet::from(["*".to_owned()]) };
    patterns.iter().flat_map(|pattern| fill(pattern, call, partition)).collect()
}

/// The roles that a call passes on.
pub(super) fn roles(call: &PossibleCall<'_>, partition: Partition) -> BTreeSet<String> {
    let any = format!("arn:{}:iam::*:role/*", partition.as_str());
    let is_role = |name: &str| {
        name.contains("Role") || name.contains("role") || name == "DeliverLogsPermissionArn"
    };
    let named = call.input.iter().filter(|(name, _)| is_role(name));
    let arn = |text: String| match text.strip_prefix("arn:*:") {
        Some(rest) => format!("arn:{}:{rest}", partition.as_str()),
        None if text.starts_with("arn:") => text,
        None => any.clone(),
    };
    let found: BTreeSet<String> = named.flat_map(|(_, input)| texts(input)).map(arn).collect();
    if found.is_empty() { BTreeSet::from([any]) } else { found }
}

/// A pattern with the values of members in their places: one ARN for each value.
fn fill(pattern: &str, call: &PossibleCall<'_>, partition: Partition) -> Vec<String> {
    let mut filled = vec![format!("arn:{}:", partition.as_str())];
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((member, remaining)) = after.split_once('}') else { break };
        let values = call.member(member).map(texts).unwrap_or_default();
        let values = if values.is_empty() { vec!["*".to_owned()] } else { values };
        let combine = |start: &String| {
            let start = format!("{start}{before}");
            let one = move |value: &String| {
                if value.starts_with("arn:") {
                    return value.clone();
                }
                // The name of a parameter begins with a slash, and its ARN has one only.
                let plain = value.strip_prefix('/').filter(|_| start.ends_with('/'));
                format!("{start}{}", plain.unwrap_or(value))
            };
            values.iter().map(one).collect::<Vec<_>>()
        };
        filled = filled.iter().flat_map(combine).collect();
        rest = remaining;
    }
    filled.into_iter().map(|start| format!("{start}{rest}")).collect()
}

/// The texts of an input, with a star for every reference.
pub(super) fn texts(input: &Input) -> Vec<String> {
    match &input.content {
        Content::Text(template) => vec![template.with_stars()],
        Content::Plain(value) => vec![value.to_string()],
        Content::List(elements) => elements.iter().flat_map(texts).collect(),
        Content::Map(_) => vec!["*".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use reeve_model::{catalog, permissions_for};

    use super::*;

    #[test]
    fn every_resource_is_of_operations_and_members_that_exist() {
        let table = read(FILE.0, FILE.1).unwrap_or_else(|wrong| panic!("{wrong}"));
        for ((service, name), patterns) in &table {
            let service = catalog().service(service).unwrap();
            let operation = service.operation(name).unwrap();
            assert!(!permissions_for(&service, operation).required.is_empty(), "{name}");
            let input = service.structure(operation.input.as_ref().unwrap().shape).unwrap();
            for pattern in patterns {
                for part in pattern.split('{').skip(1) {
                    let member = part.split('}').next().unwrap();
                    assert!(input.member(member).is_some(), "{name}: {member}");
                }
                assert_eq!(pattern.matches(':').count().min(3), 3, "{name}: {pattern}");
            }
        }
    }
}
