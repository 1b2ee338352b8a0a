//! Rules: made, shown, and asked for what they found.

use jiff::Span;
use reeve_model::{Object, Value};

use super::{evaluation, managed, recorder};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::{TagAccess, TagInput},
    services::{Action, Part},
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&RULE],
    operations: &[
        ("PutConfigRule", Action::Own(put)),
        ("DescribeConfigRules", Action::Own(describe_rules)),
        ("DeleteConfigRule", Action::Own(delete)),
        ("DescribeConfigRuleEvaluationStatus", Action::Own(status)),
        ("StartConfigRulesEvaluation", Action::Own(start)),
        ("GetCustomRulePolicy", Action::Own(policy)),
        ("ListTagsForResource", Action::ListTags(&TAGS)),
        ("TagResource", Action::Tag(&TAGS)),
        ("UntagResource", Action::Untag(&TAGS)),
    ],
    tasks: &[
        ("config:evaluate", evaluate),
        ("config:periodic", periodic),
        ("config:delete-rule", delete_now),
    ],
};

/// A rule.
pub(crate) static RULE: Definition = Definition {
    resource_type: "AWS::Config::ConfigRule",
    tagging_type: "config:config-rule",
    arn: "arn:{partition}:config:{region}:{account}:config-rule/{id}",
    identity: &[("ConfigRuleName", Identity::Id)],
    missing: Missing::new(
        "NoSuchConfigRuleException",
        "The ConfigRule '{id}' provided in the request is invalid. Please check the configRule name.",
    ),
    ..Definition::OF
};

static TAGS: TagAccess = TagAccess {
    kinds: &[&RULE, &recorder::RECORDER, &super::packs::PACK, &super::aggregators::AGGREGATOR],
    tags: TagInput::List("Tags"),
    ..TagAccess::OF
};

/// How listings of rules are paged.
pub(super) static PAGES: Paging =
    Paging::of("Limit", "NextToken", (25, 100), "InvalidNextTokenException");

/// How many rules an account may have in a Region.
const MOST: usize = 1_000;
/// How long deleting a rule takes, in seconds.
const DELETING: i64 = 5;
/// How long a rule's first judgement takes, in seconds.
const FIRST: i64 = 10;

fn put(call: &Call, world: &mut World) -> Answer {
    recorder::required(call, world)?;
    let rule = call.object("ConfigRule").cloned().unwrap_or_default();
    let tags = tagging::listed(call, "Tags");
    tagging::check(call, &tags)?;
    let name = rule.text("ConfigRuleName").to_owned();
    put_one(world, &call.place(&RULE), &name, rule).map_err(|message| call.invalid(message))?;
    if !tags.is_empty()
        && let Some(found) = world.store.get_mut(&call.place(&RULE), &name)
    {
        found.set_tags(tags.into_iter().collect());
    }
    Ok(Value::object())
}

/// Makes or changes a rule, and has it judge soon.
pub(super) fn put_one(
    world: &mut World,
    place: &Place,
    name: &str,
    mut rule: Object,
) -> Result<(), String> {
    if name.is_empty() {
        return Err("ConfigRuleName, ConfigRuleArn or ConfigRuleId is required".to_owned());
    }
    let source = rule.get("Source").cloned().unwrap_or_else(Value::object);
    let identifier = source.text("SourceIdentifier");
    let owner = source.text("Owner");
    if owner == "AWS" && managed::named(identifier).is_none() {
        return Err(format!(
            "The sourceIdentifier {identifier} is invalid. Please refer to the documentation for a list of valid sourceIdentifiers that can be used when AWS is the Owner."
        ));
    }
    if let Some(written) = rule.get("InputParameters").and_then(Value::as_str) {
        let is_object =
            serde_json::from_str::<serde_json::Value>(written).is_ok_and(|json| json.is_object());
        if !written.is_empty() && !is_object {
            return Err("Invalid json passed in the InputParameters field".to_owned());
        }
    }
    let known = world.get(place, name);
    if known.is_none() && world.shelf(place).len() >= MOST {
        return Err(format!("The account has the maximum number of rules, {MOST}, already"));
    }
    let id = known.and_then(|known| known.fact("ConfigRuleId")).map(str::to_owned);
    let id =
        id.unwrap_or_else(|| format!("config-rule-{}", world.random_letters(6).to_lowercase()));
    rule.insert("ConfigRuleArn", place_arn(place, &id));
    rule.insert("ConfigRuleId", id);
    rule.insert("ConfigRuleState", "ACTIVE");
    rule.remove("ConfigRuleName");
    if !rule.contains("EvaluationModes") {
        rule.insert("EvaluationModes", value!([{ "Mode": "DETECTIVE" }]));
    }
    let is_new = world.get(place, name).is_none();
    let mut resource = world.get(place, name).cloned().unwrap_or_else(|| {
        let activated =
            object! { "FirstActivatedTime": (world.now()), "FirstEvaluationStarted": (false) };
        Resource::default().with_inside(activated)
    });
    resource.facts = facts(rule);
    world.put(place.clone(), name, resource);
    let soon = world.now() + Span::new().seconds(FIRST);
    world.schedule(soon, Task::new("config:evaluate", place, name));
    if is_new {
        schedule_periodic(world, place, name);
    }
    Ok(())
}

fn place_arn(place: &Place, id: &str) -> String {
    place.arn_of(&RULE, id)
}

fn hours(frequency: &str) -> i64 {
    match frequency {
        "One_Hour" => 1,
        "Three_Hours" => 3,
        "Six_Hours" => 6,
        "Twelve_Hours" => 12,
        _ => 24,
    }
}

/// The hours between two periodic judgements, if a rule is judged so.
fn period(rule: &Resource) -> Option<i64> {
    let identifier = rule.fact("Source.SourceIdentifier").unwrap_or_default();
    let frequency = rule.fact("MaximumExecutionFrequency");
    match managed::named(identifier).filter(|_| rule.fact("Source.Owner") == Some("AWS")) {
        Some(managed) => (!managed.on_change).then(|| hours(frequency.unwrap_or_default())),
        None => frequency.map(hours),
    }
}

fn schedule_periodic(world: &mut World, place: &Place, name: &str) {
    if let Some(hours) = world.get(place, name).and_then(period) {
        let due = world.now() + Span::new().hours(hours);
        world.schedule(due, Task::new("config:periodic", place, name));
    }
}

fn evaluate(world: &mut World, task: &Task) {
    evaluation::evaluate(world, &task.place, &task.id);
}

fn periodic(world: &mut World, task: &Task) {
    if recorder::is_recording(world, &task.place) {
        evaluation::evaluate(world, &task.place, &task.id);
    }
    schedule_periodic(world, &task.place, &task.id);
}

/// The rules named, or all.
pub(super) fn chosen(
    call: &Call,
    world: &World,
    member: &str,
) -> Result<Vec<(String, Resource)>, Failure> {
    let wanted = call.texts(member);
    for name in &wanted {
        call.find(world, &RULE, name)?;
    }
    let shelf = world.shelf(&call.place(&RULE)).iter();
    let chosen = shelf.filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()));
    Ok(chosen.map(|(name, rule)| (name.clone(), rule.clone())).collect())
}

fn describe_rules(call: &Call, world: &mut World) -> Answer {
    static PAGES: Paging = Paging::of("", "NextToken", (25, 25), "InvalidNextTokenException");
    let place = call.place(&RULE);
    let shown = chosen(call, world, "ConfigRuleNames")?
        .into_iter()
        .map(|(name, rule)| {
            let mut shown = place.describe(&RULE, &name, &rule);
            // The text of a custom policy is shown by an operation of its own.
            if let Some(details) = shown.get_mut("Source").and_then(Value::as_object_mut)
                && let Some(details) =
                    details.get_mut("CustomPolicyDetails").and_then(Value::as_object_mut)
            {
                details.insert("PolicyText", "");
            }
            shown.into()
        })
        .collect();
    PAGES.slice(call, "ConfigRules", shown)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    call.find(world, &RULE, name)?;
    let place = call.place(&RULE);
    let remediation = place.beside(&super::remediation::CONFIGURATION);
    if world.get(&remediation, name).is_some() {
        let message = format!(
            "An AWS Config rule with a remediation action associated to it cannot be deleted. Delete the remediation action associated with {name} and try again."
        );
        return Err(Failure::new("ResourceInUseException", message));
    }
    world.set(&place, name, "ConfigRuleState", "DELETING");
    let due = world.now() + Span::new().seconds(DELETING);
    world.schedule(due, Task::new("config:delete-rule", &place, name));
    Ok(Value::object())
}

fn delete_now(world: &mut World, task: &Task) {
    let found = world.get(&task.place, &task.id);
    if found.is_some_and(|rule| rule.fact("ConfigRuleState") == Some("DELETING")) {
        remove(world, &task.place, &task.id);
    }
}

/// Takes a rule away, with what it found.
pub(super) fn remove(world: &mut World, place: &Place, name: &str) {
    world.remove(place, name);
    evaluation::forget(world, place, name);
}

fn status(call: &Call, world: &mut World) -> Answer {
    let shown = chosen(call, world, "ConfigRuleNames")?
        .into_iter()
        .map(|(name, rule)| {
            let mut status = (*rule.inside).clone();
            for member in ["ConfigRuleArn", "ConfigRuleId"] {
                status.insert(member, rule.fact(member).unwrap_or_default());
            }
            status.insert("ConfigRuleName", name);
            status.into()
        })
        .collect();
    PAGES.slice(call, "ConfigRulesEvaluationStatus", shown)
}

fn start(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&RULE);
    for (name, _) in chosen(call, world, "ConfigRuleNames")? {
        let now = world.now();
        world.schedule(
            now + Span::new().seconds(FIRST),
            Task::new("config:evaluate", &place, &name),
        );
    }
    Ok(Value::object())
}

fn policy(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    let rule = call.find(world, &RULE, name)?;
    let text = rule.fact("Source.CustomPolicyDetails.PolicyText").unwrap_or_default();
    Ok(value!({ "PolicyText": (text) }))
}
