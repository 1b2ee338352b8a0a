//! Automation rules: what is done to findings as they come in.

use reeve_model::{Object, Value};

use super::{
    filters, findings,
    hub::{PAGES, required},
};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Identity},
    recipe::{Create, List, NewId, TagInput},
    services::{Action, Part},
    store::Place,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&RULE],
    operations: &[
        ("CreateAutomationRule", Action::Create(&CREATE)),
        ("ListAutomationRules", Action::List(&LIST)),
        ("BatchGetAutomationRules", Action::Own(get)),
        ("BatchUpdateAutomationRules", Action::Own(update)),
        ("BatchDeleteAutomationRules", Action::Own(delete)),
    ],
    tasks: &[],
};

/// An automation rule.
pub(crate) static RULE: Definition = Definition {
    resource_type: "AWS::SecurityHub::AutomationRule",
    arn: "arn:{partition}:securityhub:{region}:{account}:automation-rule/{id}",
    identity: &[("RuleArn", Identity::Arn)],
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &RULE,
    id: NewId::Uuid,
    keep: &[
        ("RuleOrder", "RuleOrder"),
        ("RuleName", "RuleName"),
        ("Description", "Description"),
        ("Criteria", "Criteria"),
        ("Actions", "Actions"),
    ],
    facts: first_facts,
    tags: TagInput::Map("Tags"),
    check: |call, world, _| required(call, world),
    ..Create::OF
};

static LIST: List =
    List { kind: &RULE, member: "AutomationRulesMetadata", paging: &PAGES, ..List::OF };

fn first_facts(call: &Call, world: &mut World) -> Object {
    object! {
        "RuleStatus": (call.text("RuleStatus").unwrap_or("ENABLED")),
        "IsTerminal": (call.flag("IsTerminal")),
        "CreatedAt": (world.now()),
        "UpdatedAt": (world.now()),
        "CreatedBy": (call.caller.arn.as_str())
    }
}

/// Applies the rules of a place to a finding, in their order.
pub(super) fn apply(world: &World, place: &Place, finding: &mut Object) {
    let now = world.now();
    let shelf = world.shelf(&place.beside(&RULE));
    let mut rules: Vec<_> =
        shelf.values().filter(|rule| rule.fact("RuleStatus") == Some("ENABLED")).collect();
    rules.sort_by_key(|rule| rule.value("RuleOrder").and_then(Value::as_i64));
    for rule in rules {
        let criteria = rule.value("Criteria").and_then(Value::as_object);
        if criteria.is_some_and(|wanted| filters::hold(finding, wanted, now) != Ok(true)) {
            continue;
        }
        for action in rule.list("Actions") {
            if let Some(update) = action.get("FindingFieldsUpdate").and_then(Value::as_object) {
                findings::set(finding, update, &now.to_string());
            }
        }
        if rule.flag("IsTerminal") {
            return;
        }
    }
}

/// The rules named, and those that are not there as the batch operations show them.
fn each(
    call: &Call,
    world: &mut World,
    arns: Vec<&str>,
    mut act: impl FnMut(&mut World, &str, &str),
) -> Vec<Value> {
    let mut missing = Vec::new();
    for arn in arns {
        let id = call.id_of(&RULE, arn);
        if world.get(&call.place(&RULE), &id).is_some() {
            act(world, arn, &id);
        } else {
            missing.push(value!({
                "RuleArn": (arn),
                "ErrorCode": (404),
                "ErrorMessage": "The automation rule was not found"
            }));
        }
    }
    missing
}

fn get(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&RULE);
    let mut rules = Vec::new();
    let missing = each(call, world, call.texts("AutomationRulesArns"), |world, _, id| {
        rules
            .extend(world.get(&place, id).map(|rule| Value::from(place.describe(&RULE, id, rule))));
    });
    Ok(call.fit(value!({ "Rules": (rules), "UnprocessedAutomationRules": (missing) })))
}

fn update(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&RULE);
    let items = call.list("UpdateAutomationRulesRequestItems");
    let arns: Vec<&str> = items.iter().filter_map(|one| one.get("RuleArn")?.as_str()).collect();
    let mut processed = Vec::new();
    let missing = each(call, world, arns, |world, arn, id| {
        let now = world.now();
        let item = items.iter().find(|one| one.get("RuleArn").and_then(Value::as_str) == Some(arn));
        world.change(&place, id, |facts| {
            for (name, value) in item.and_then(Value::as_object).into_iter().flat_map(Object::iter)
            {
                if name.as_str() != "RuleArn" {
                    facts.insert(name, value.clone());
                }
            }
            facts.insert("UpdatedAt", now);
        });
        processed.push(Value::from(arn));
    });
    Ok(value!({ "ProcessedAutomationRules": (processed), "UnprocessedAutomationRules": (missing) }))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&RULE);
    let mut processed = Vec::new();
    let missing = each(call, world, call.texts("AutomationRulesArns"), |world, arn, id| {
        world.remove(&place, id);
        processed.push(Value::from(arn));
    });
    Ok(value!({ "ProcessedAutomationRules": (processed), "UnprocessedAutomationRules": (missing) }))
}
