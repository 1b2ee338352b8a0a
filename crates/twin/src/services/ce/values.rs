//! The values that dimensions and tags have.

use std::collections::BTreeSet;

use reeve_model::Value;

use super::{
    cost::{dimension, wanted},
    period::{Period, on_day},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::{object, value},
    world::World,
};

/// `GetDimensionValues`.
pub(super) fn dimensions(call: &Call, world: &mut World) -> Answer {
    let key = call.required("Dimension")?;
    if call.text("Context").is_some_and(|context| context != "COST_AND_USAGE") {
        return Err(call.invalid("Only the context COST_AND_USAGE is simulated."));
    }
    let found = seen(call, world, &|item| dimension(call, key, item).map(|value| vec![value]))?;
    let accounts = &world.directory.accounts;
    let shown = |found: &String| {
        let name = accounts.iter().find(|(id, _)| key == "LINKED_ACCOUNT" && id.as_str() == found);
        let attributes = name.map_or_else(
            Value::object,
            |(_, account)| value!({"description": (account.name.as_str())}),
        );
        value!({"Value": (found), "Attributes": (attributes)})
    };
    answer(call, "DimensionValues", found.iter().map(shown).collect())
}

/// `GetTags`: the keys, or the values of one.
pub(super) fn tags(call: &Call, world: &mut World) -> Answer {
    let key = call.text("TagKey");
    let found = seen(call, world, &|item| {
        Ok(match key {
            Some(key) => vec![item.tags.get(key).cloned().unwrap_or_default()],
            None => item.tags.keys().cloned().collect(),
        })
    })?;
    answer(call, "Tags", found.into_iter().map(Value::from).collect())
}

fn seen(
    call: &Call,
    world: &World,
    of: &dyn Fn(&super::Item) -> Result<Vec<String>, Failure>,
) -> Result<BTreeSet<String>, Failure> {
    let period = Period::read(call)?;
    let search = call.text("SearchString").unwrap_or_default();
    let mut found = BTreeSet::new();
    for item in wanted(call, world)? {
        if period.days().any(|day| on_day(world, &item, day, call.now).0 > 0.0) {
            found.extend(of(&item)?);
        }
    }
    found.retain(|value| value.contains(search));
    Ok(found)
}

fn answer(call: &Call, member: &str, all: Vec<Value>) -> Answer {
    let most = call.integer("MaxResults").and_then(|most| usize::try_from(most).ok());
    let start = match call.text("NextPageToken") {
        None => 0,
        Some(token) => token.parse::<usize>().map_err(|_| {
            Failure::new("InvalidNextTokenException", "The next token is not valid.")
        })?,
    };
    let total = all.len();
    let size = most.unwrap_or(1000);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let page: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let mut output = object! {"ReturnSize": (count(page.len())), "TotalSize": (count(total))};
    output.insert(member, Value::List(page));
    if start + size < total {
        output.insert("NextPageToken", (start + size).to_string());
    }
    Ok(call.fit(output.into()))
}
