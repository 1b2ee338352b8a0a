//! Operations and waiters by the names that people write: those of the models, and those of the AWS CLI.

use reeve_model::{Name, Operation, Service, UnknownOperation, Waiter};

/// No name is longer; comparing takes time in the square of it.
const LONGEST: usize = 128;

/// A waiter that the service does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{service}` has no waiter `{waiter}`{}", proposal(.nearest))]
pub struct UnknownWaiter {
    /// The service.
    pub service: Name,
    /// The waiter asked for.
    pub waiter: String,
    /// The waiters with similar names, the most similar first.
    pub nearest: Vec<Name>,
    /// All that the service has.
    pub known: Vec<Name>,
}

/// Finds an operation by its name in the model (`DescribeInstances`) or in the AWS CLI (`describe-instances`).
pub fn find_operation<'a>(
    service: &'a Service,
    name: &str,
) -> Result<&'a Operation, UnknownOperation> {
    service.operation(name).or_else(|unknown| {
        let wanted = plain(name);
        let mut operations = service.operations().iter();
        let found = operations.find(|operation| plain(&operation.name) == wanted);
        found.ok_or_else(|| UnknownOperation {
            operation: name.to_owned(),
            // A name is not less like another for being written in the other way.
            nearest: nearest(&wanted, service.operations().iter().map(|operation| &operation.name)),
            ..unknown
        })
    })
}

/// Finds a waiter by its name in the model (`InstanceRunning`) or in the AWS CLI (`instance-running`).
pub fn find_waiter<'a>(
    service: &'a Service,
    name: &str,
) -> Result<(&'a Name, &'a Waiter), UnknownWaiter> {
    let wanted = plain(name);
    let found = service.waiters().find(|(known, _)| plain(known) == wanted);
    found.ok_or_else(|| UnknownWaiter {
        service: service.name().clone(),
        waiter: name.to_owned(),
        nearest: nearest(&wanted, service.waiters().map(|(name, _)| name)),
        known: service.waiters().map(|(name, _)| name.clone()).collect(),
    })
}

/// A name without what differs between the ways of writing it.
fn plain(name: &str) -> String {
    name.replace(['-', '_'], "").to_lowercase()
}

fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a Name>) -> Vec<Name> {
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let mut scored: Vec<(f64, &Name)> = known
        .map(|known| (strsim::jaro_winkler(&plain(known), wanted), known))
        .filter(|(score, _)| *score > 0.85)
        .collect();
    scored.sort_by(|one, two| two.0.total_cmp(&one.0));
    scored.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

fn proposal(nearest: &[Name]) -> String {
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use reeve_model::catalog;

    use super::*;

    #[test]
    fn both_ways_of_writing_a_name_find_the_same() {
        let ec2 = catalog().service("ec2").unwrap();
        for name in ["DescribeInstances", "describe-instances"] {
            assert_eq!(&*find_operation(&ec2, name).unwrap().name, "DescribeInstances");
        }
        for name in ["InstanceStatusOk", "instance-status-ok"] {
            assert_eq!(&**find_waiter(&ec2, name).unwrap().0, "InstanceStatusOk");
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_answered_with_the_nearest_however_it_is_written() {
        let ec2 = catalog().service("ec2").unwrap();
        for name in ["DescribeInstance", "describe-instance"] {
            let nearest = find_operation(&ec2, name).unwrap_err().nearest;
            assert_eq!(nearest.first().map(|name| &**name), Some("DescribeInstances"));
        }
        let unknown = find_waiter(&ec2, "nothing-at-all").unwrap_err();
        assert_eq!(unknown.to_string(), "`ec2` has no waiter `nothing-at-all`");
        assert!(unknown.known.len() > 30);
    }

    #[test]
    fn no_two_names_of_a_service_are_the_same_but_for_the_way_they_are_written() {
        for summary in catalog().services() {
            let service = catalog().service(&summary.name).unwrap();
            let operations = service.operations().iter().map(|operation| &operation.name);
            for names in
                [operations.collect::<Vec<_>>(), service.waiters().map(|it| it.0).collect()]
            {
                let distinct: BTreeSet<String> = names.iter().map(|name| plain(name)).collect();
                assert_eq!(distinct.len(), names.len(), "{}", summary.name);
            }
        }
    }
}
