//! `GetCostAndUsage`: filtered, grouped and summed over parts of a period.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::{
    Item, items,
    period::{Day, Period, on_day},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    value::value,
    world::World,
};

const METRICS: [&str; 7] = [
    "AmortizedCost",
    "BlendedCost",
    "NetAmortizedCost",
    "NetUnblendedCost",
    "NormalizedUsageAmount",
    "UnblendedCost",
    "UsageQuantity",
];
const MOST_GROUPS: usize = 2;

/// Whose costs a caller sees: everybody's in the management account, its own elsewhere.
pub(super) fn visible(call: &Call, world: &World) -> impl Fn(&AccountId) -> bool + use<> {
    let all = world.directory.management.as_ref() == Some(call.account());
    let own = call.account().clone();
    move |account: &AccountId| all || *account == own
}

/// Whether a filter lets an item through.
pub(super) fn holds(call: &Call, filter: &Value, item: &Item) -> Result<bool, Failure> {
    for part in filter.list("And") {
        if !holds(call, part, item)? {
            return Ok(false);
        }
    }
    if !filter.list("Or").is_empty() {
        let mut any = false;
        for part in filter.list("Or") {
            any |= holds(call, part, item)?;
        }
        if !any {
            return Ok(false);
        }
    }
    if let Some(part) = filter.get("Not")
        && holds(call, part, item)?
    {
        return Ok(false);
    }
    if filter.get("CostCategories").is_some() || filter.get("ProductAttributes").is_some() {
        return Err(call.invalid("Cost categories and product attributes are not simulated."));
    }
    if let Some(part) = filter.get("Dimensions") {
        let key = part.text("Key");
        if !matches(call, part, Some(&dimension(call, key, item)?))? {
            return Ok(false);
        }
    }
    if let Some(part) = filter.get("Tags") {
        let key = part.text("Key");
        return matches(call, part, item.tags.get(key).map(String::as_str));
    }
    Ok(true)
}

fn matches(call: &Call, part: &Value, found: Option<&str>) -> Result<bool, Failure> {
    let options = part.list("MatchOptions");
    let mut fits: fn(&str, &str) -> bool = |found, wanted| found == wanted;
    let mut ignores_case = false;
    for option in options {
        match option.as_str().unwrap_or_default() {
            "EQUALS" | "CASE_SENSITIVE" => {}
            "CASE_INSENSITIVE" => ignores_case = true,
            "STARTS_WITH" => fits = |found, wanted| found.starts_with(wanted),
            "ENDS_WITH" => fits = |found, wanted| found.ends_with(wanted),
            "CONTAINS" => fits = |found, wanted| found.contains(wanted),
            "ABSENT" => return Ok(found.is_none_or(str::is_empty)),
            other => {
                return Err(call.invalid(format!("The match option {other} cannot be used here.")));
            }
        }
    }
    let values = part.list("Values");
    let found = found.unwrap_or_default();
    Ok(values.iter().filter_map(Value::as_str).any(|wanted| {
        if ignores_case {
            fits(&found.to_ascii_lowercase(), &wanted.to_ascii_lowercase())
        } else {
            fits(found, wanted)
        }
    }))
}

/// What an item's dimension is.
pub(super) fn dimension(call: &Call, key: &str, item: &Item) -> Result<String, Failure> {
    let none = |what: &str| format!("No{what}");
    Ok(match key {
        "SERVICE" => item.service.to_owned(),
        "LINKED_ACCOUNT" => item.account.to_string(),
        "REGION" => item.region.clone(),
        "USAGE_TYPE" => item.usage_type.clone(),
        "OPERATION" => item.operation.to_owned(),
        "INSTANCE_TYPE" if item.instance_type.is_empty() => none("InstanceType"),
        "INSTANCE_TYPE" => item.instance_type.clone(),
        "RECORD_TYPE" => "Usage".to_owned(),
        "PURCHASE_TYPE" => "On Demand Instances".to_owned(),
        "RESOURCE_ID" => item.resource.clone(),
        other => return Err(call.invalid(format!("The dimension {other} is not simulated."))),
    })
}

/// What a caller groups by.
fn group_keys(call: &Call, item: &Item) -> Result<Vec<String>, Failure> {
    let mut keys = Vec::new();
    for group in call.list("GroupBy") {
        let key = group.text("Key");
        keys.push(match group.text("Type") {
            "DIMENSION" => dimension(call, key, item)?,
            "TAG" => format!("{key}${}", item.tags.get(key).map_or("", String::as_str)),
            other => return Err(call.invalid(format!("Groups of type {other} are not simulated."))),
        });
    }
    Ok(keys)
}

/// The items that a caller sees and its filter lets through.
pub(super) fn wanted(call: &Call, world: &World) -> Result<Vec<Item>, Failure> {
    let mut wanted = Vec::new();
    let filter = call.input.get("Filter");
    for item in items(world, &visible(call, world)) {
        if filter.map_or(Ok(true), |filter| holds(call, filter, &item))? {
            wanted.push(item);
        }
    }
    Ok(wanted)
}

/// `GetCostAndUsage`.
pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let period = Period::read(call)?;
    let granularity = call.required("Granularity")?;
    if granularity == "HOURLY" {
        return Err(call.invalid("Hourly granularity is not enabled for this account."));
    }
    let metrics = call.texts("Metrics");
    if let Some(unknown) = metrics.iter().find(|metric| !METRICS.contains(metric)) {
        return Err(call.invalid(format!("Invalid metric: {unknown}")));
    }
    if call.list("GroupBy").len() > MOST_GROUPS {
        return Err(call.invalid(format!("At most {MOST_GROUPS} groups can be given.")));
    }
    let mut keyed = Vec::new();
    for item in wanted(call, world)? {
        keyed.push((group_keys(call, &item)?, item));
    }
    let grouped = !call.list("GroupBy").is_empty();
    let today = Day::of(call.now);
    let part = |part: Period| {
        let mut sums: BTreeMap<&[String], (f64, f64)> = BTreeMap::new();
        for (keys, item) in &keyed {
            let (mut cost, mut usage) = (0.0, 0.0);
            for day in part.days() {
                let (of_day, used) = on_day(world, item, day, call.now);
                cost += of_day;
                usage += used;
            }
            if cost > 0.0 {
                let sum = sums.entry(keys.as_slice()).or_default();
                *sum = (sum.0 + cost, sum.1 + usage);
            }
        }
        let all = sums.values().fold((0.0, 0.0), |all, sum| (all.0 + sum.0, all.1 + sum.1));
        let groups = sums.iter().filter(|_| grouped).map(|(keys, sum)| {
            let keys: Value = keys.iter().map(Value::from).collect();
            value!({"Keys": (keys), "Metrics": (amounts(&metrics, *sum))})
        });
        let groups: Value = groups.collect();
        let total = if grouped { Value::object() } else { amounts(&metrics, all) };
        // The bill of a month is open until some days after it.
        let open = part.end > today.0.first_of_month();
        value!({
            "TimePeriod": (part.shown()), "Total": (total), "Groups": (groups), "Estimated": (open),
        })
    };
    let results: Value = period.parts(granularity).into_iter().map(part).collect();
    let mut output = Object::from_iter([("ResultsByTime", results)]);
    if let Some(groups) = call.input.get("GroupBy") {
        output.insert("GroupDefinitions", groups.clone());
    }
    output.insert("DimensionValueAttributes", account_names(call, world));
    Ok(call.fit(output.into()))
}

/// The names of accounts, if they are what is grouped by.
fn account_names(call: &Call, world: &World) -> Value {
    let is = |group: &Value| group.text("Key") == "LINKED_ACCOUNT";
    if !call.list("GroupBy").iter().any(is) {
        return Value::List(Vec::new());
    }
    let accounts = world.directory.accounts.iter();
    accounts
        .map(|(id, account)| {
            value!({"Value": (id.as_str()), "Attributes": {"description": (account.name.as_str())}})
        })
        .collect()
}

fn amounts(metrics: &[&str], (cost, usage): (f64, f64)) -> Value {
    let amount = |metric: &str| {
        let of_usage = metric == "UsageQuantity" || metric == "NormalizedUsageAmount";
        let (amount, unit) = if of_usage { (usage, "N/A") } else { (cost, "USD") };
        (metric.to_owned(), value!({"Amount": (money(amount)), "Unit": (unit)}))
    };
    metrics.iter().copied().map(amount).collect::<Object>().into()
}

/// An amount as bills write it.
pub(super) fn money(amount: f64) -> String {
    format!("{amount:.10}")
}
