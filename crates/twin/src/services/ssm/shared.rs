//! What the parts of Systems Manager have in common: pages, filters, targets.

use std::collections::BTreeSet;

use jiff::Timestamp;
use reeve_model::Value;

use crate::{call::Call, failure::Failure, fleet, page::Paging, store::Place, world::World};

/// A listing of so many at most, all of them by default.
pub(super) const fn pages(least: usize, most: usize) -> Paging {
    Paging::of("MaxResults", "NextToken", (most, most), "InvalidNextToken").with_least(least)
}

/// Pages of fifty.
pub(super) static FIFTY: Paging = pages(1, 50);
/// Pages of a hundred.
pub(super) static HUNDRED: Paging = pages(1, 100);
/// Pages of a hundred, ten at least.
pub(super) static TEN_TO_HUNDRED: Paging = pages(10, 100);

/// The key by which the latest come first.
pub(super) fn latest_first(at: Timestamp, id: &str) -> String {
    format!("{:020}{id}", i64::MAX - at.as_millisecond())
}

/// Conditions in a list: key and values.
pub(super) fn conditions<'c>(
    call: &'c Call,
    member: &str,
    (key, values): (&str, &str),
) -> Vec<(&'c str, Vec<&'c str>)> {
    let texts = |condition: &'c Value| -> Vec<&'c str> {
        match condition.get(values) {
            Some(Value::String(text)) => vec![text],
            Some(list) => list.as_list().iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        }
    };
    let all = call.list(member).iter();
    all.filter_map(|one| Some((one.get(key)?.as_str()?, texts(one)))).collect()
}

/// A list of texts of a value.
pub(super) fn texts<'v>(value: &'v Value, member: &str) -> Vec<&'v str> {
    value.list(member).iter().filter_map(Value::as_str).collect()
}

/// The instances that targets mean: `InstanceIds`, `tag:key`, `tag-key`, `resource-groups:Name` is refused.
pub(super) fn targeted(
    world: &World,
    place: &Place,
    targets: &[Value],
) -> Result<BTreeSet<String>, Failure> {
    let mut chosen: Option<BTreeSet<String>> = None;
    for target in targets {
        let key = target.text("Key");
        let values = texts(target, "Values");
        let found: BTreeSet<String> = match key {
            "InstanceIds" | "instanceids" | "ParameterValues" if values.contains(&"*") => {
                managed(world, place, |_, _| true)
            }
            "InstanceIds" | "instanceids" => values.iter().map(|id| (*id).to_owned()).collect(),
            "tag-key" => managed(world, place, |tag, _| values.contains(&tag)),
            _ => match key.strip_prefix("tag:") {
                Some(wanted) => managed(world, place, |tag, value| {
                    tag == wanted && (values.is_empty() || values.contains(&value))
                }),
                None => {
                    let message = format!("Target key {key} is not supported");
                    return Err(Failure::new("InvalidTarget", message));
                }
            },
        };
        // Several targets must all fit.
        chosen = Some(match chosen {
            Some(before) => before.intersection(&found).cloned().collect(),
            None => found,
        });
    }
    Ok(chosen.unwrap_or_default())
}

/// The instances that have a tag that fits and are known to Systems Manager.
fn managed(world: &World, place: &Place, fits: impl Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let instances = world.shelf(&fleet::of(place)).iter();
    instances
        .filter(|(_, found)| {
            found.tags.is_empty() && fits("", "")
                || found.tags.iter().any(|(key, value)| fits(key, value))
        })
        .filter(|(id, _)| is_managed(world, place, id))
        .map(|(id, _)| id.clone())
        .collect()
}

/// Whether Systems Manager has heard of an instance, which is not gone.
pub(super) fn is_managed(world: &World, place: &Place, id: &str) -> bool {
    let gone = || {
        let state = world.get(&fleet::of(place), id).and_then(|found| found.fact("State.Name"));
        matches!(state, None | Some("terminated" | "shutting-down"))
    };
    let known = fleet::machine(world, place, id).is_some_and(|machine| {
        let trusted = fleet::is_trusted(world, place, &machine);
        machine.ping(trusted, world.now()).0 != fleet::Ping::Unregistered
    });
    known && !gone()
}

/// A number that the model says is one.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
