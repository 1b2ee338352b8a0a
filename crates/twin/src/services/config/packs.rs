//! Conformance packs: rules that come and go together, written as a template.

use jiff::Span;
use reeve_model::{Object, Value};

use super::{
    evaluation::{self, text},
    rules,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    services::{Action, Part, cloudformation::yaml},
    store::{Resource, facts},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&PACK],
    operations: &[
        ("PutConformancePack", Action::Own(put)),
        ("DescribeConformancePacks", Action::Own(describe_packs)),
        ("DescribeConformancePackStatus", Action::Own(status)),
        ("DescribeConformancePackCompliance", Action::Own(compliance)),
        ("GetConformancePackComplianceDetails", Action::Own(details)),
        ("GetConformancePackComplianceSummary", Action::Own(summary)),
        ("DeleteConformancePack", Action::Own(delete)),
    ],
    tasks: &[("config:pack-created", created)],
};

/// A conformance pack.
pub(crate) static PACK: Definition = Definition {
    resource_type: "AWS::Config::ConformancePack",
    tagging_type: "config:conformance-pack",
    arn: "arn:{partition}:config:{region}:{account}:conformance-pack/{id}",
    identity: &[("ConformancePackName", Identity::Id), ("ConformancePackArn", Identity::Arn)],
    missing: Missing::new(
        "NoSuchConformancePackException",
        "The conformance pack '{id}' does not exist.",
    ),
    ..Definition::OF
};

static PAGES: Paging = Paging::of("Limit", "NextToken", (20, 20), "InvalidNextTokenException");

/// How long making the rules of a pack takes, in seconds.
const CREATING: i64 = 60;

fn put(call: &Call, world: &mut World) -> Answer {
    super::recorder::required(call, world)?;
    let name = call.required("ConformancePackName")?.to_owned();
    let invalid =
        |message: String| Failure::new("ConformancePackTemplateValidationException", message);
    let Some(body) = call.text("TemplateBody") else {
        return Err(
            call.invalid("Only TemplateBody is supported here as the source of a conformance pack")
        );
    };
    let template = yaml::read(body).map_err(invalid)?;
    let rules = rules_of(&template, call).map_err(invalid)?;
    let now = world.now();
    let place = call.place(&PACK);
    let id =
        world.get(&place, &name).and_then(|one| one.fact("ConformancePackId")).map(str::to_owned);
    let id = id
        .unwrap_or_else(|| format!("conformance-pack-{}", world.random_letters(9).to_lowercase()));
    let mut kept = object! {
        "ConformancePackId": (id),
        "LastUpdateRequestedTime": (now),
        "ConformancePackInputParameters": (Value::List(call.list("ConformancePackInputParameters").to_vec()))
    };
    kept.extend(call.given_texts(["DeliveryS3Bucket", "DeliveryS3KeyPrefix"]));
    let inside = object! {
        "Rules": (rules.into_iter().collect::<Object>()),
        "ConformancePackState": "CREATE_IN_PROGRESS"
    };
    let resource = Resource::new(facts(kept), std::sync::Arc::default()).with_inside(inside);
    world.put(place.clone(), name.as_str(), resource);
    world.schedule(
        now + Span::new().seconds(CREATING),
        Task::new("config:pack-created", &place, &name),
    );
    Ok(value!({ "ConformancePackArn": (place.arn_of(&PACK, &name)) }))
}

/// The rules that a pack's template declares, with its parameters put in.
fn rules_of(template: &Value, call: &Call) -> Result<Vec<(String, Value)>, String> {
    let given = call.list("ConformancePackInputParameters");
    let parameter = |name: &str| {
        let part =
            |one: &Value, member: &str| one.get(member).and_then(Value::as_str).map(str::to_owned);
        let given = given.iter().find(|one| part(one, "ParameterName").as_deref() == Some(name));
        given.and_then(|one| part(one, "ParameterValue")).or_else(|| {
            template.get("Parameters")?.get(name)?.get("Default").map(crate::filter::as_text)
        })
    };
    let resources = template.get("Resources").and_then(Value::as_object);
    let resources = resources.ok_or("The template has no Resources")?;
    let mut rules = Vec::new();
    for (logical, resource) in resources.iter() {
        match resource.get("Type").and_then(Value::as_str) {
            Some("AWS::Config::ConfigRule") => {}
            Some(other) => {
                return Err(format!(
                    "The resource type {other} of {logical} is not supported here"
                ));
            }
            None => return Err(format!("The resource {logical} has no Type")),
        }
        let mut properties =
            resource.get("Properties").map_or_else(Value::object, |one| filled(one, &parameter));
        if let Some(rule) = properties.as_object_mut()
            && let Some(written) =
                rule.get("InputParameters").filter(|one| one.as_object().is_some()).cloned()
        {
            rule.insert("InputParameters", written.to_json().to_string());
        }
        rules.push((logical.to_string(), properties));
    }
    Ok(rules)
}

/// References to parameters become their values; `AWS::NoValue`, and what has no value, goes.
fn filled(value: &Value, parameter: &dyn Fn(&str) -> Option<String>) -> Value {
    match value {
        Value::List(elements) => elements.iter().map(|one| filled(one, parameter)).collect(),
        Value::Object(members) => {
            if let Some(name) = members.get("Ref").and_then(Value::as_str) {
                return parameter(name).map_or(Value::Null, Value::from);
            }
            if let Some([_, yes, _]) = members.get("Fn::If").map(Value::as_list) {
                return filled(yes, parameter);
            }
            let filled = members.iter().map(|(name, inner)| (name, filled(inner, parameter)));
            filled.filter(|(_, inner)| !inner.is_null()).collect::<Object>().into()
        }
        other => other.clone(),
    }
}

fn suffix(id: &str) -> &str {
    id.strip_prefix("conformance-pack-").unwrap_or(id)
}

/// The rules of a pack have been made.
fn created(world: &mut World, task: &Task) {
    let Some(pack) = world.get(&task.place, &task.id).cloned() else {
        return;
    };
    let id = pack.fact("ConformancePackId").unwrap_or_default().to_owned();
    let place = task.place.beside(&rules::RULE);
    let mut names = Vec::new();
    let mut problem = None;
    for (logical, rule) in
        pack.inside.get("Rules").and_then(Value::as_object).into_iter().flat_map(Object::iter)
    {
        let mut rule = rule.as_object().cloned().unwrap_or_default();
        let own = rule.get("ConfigRuleName").and_then(Value::as_str).unwrap_or(logical.as_str());
        let name = format!("{own}-conformance-pack-{}", suffix(&id));
        rule.insert("CreatedBy", "config-conforms.amazonaws.com");
        match rules::put_one(world, &place, &name, rule) {
            Ok(()) => names.push(Value::from(name)),
            Err(message) => problem = Some(message),
        }
    }
    let now = world.now();
    world.change_inside(&task.place, &task.id, |inside| {
        let state = if problem.is_some() { "CREATE_FAILED" } else { "CREATE_COMPLETE" };
        inside.insert("ConformancePackState", state);
        inside.insert("Names", Value::List(names));
        inside.insert("LastUpdateCompletedTime", now);
        if let Some(problem) = problem {
            inside.insert("ConformancePackStatusReason", problem);
        }
    });
}

fn chosen(call: &Call, world: &World) -> Result<Vec<(String, Resource)>, Failure> {
    let wanted = call.texts("ConformancePackNames");
    for name in &wanted {
        call.find(world, &PACK, name)?;
    }
    let shelf = world.shelf(&call.place(&PACK)).iter();
    let chosen = shelf.filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()));
    Ok(chosen.map(|(name, found)| (name.clone(), found.clone())).collect())
}

fn describe_packs(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&PACK);
    let shown = chosen(call, world)?
        .into_iter()
        .map(|(name, found)| place.describe(&PACK, &name, &found).into())
        .collect();
    PAGES.slice(call, "ConformancePackDetails", shown)
}

fn status(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&PACK);
    let shown = chosen(call, world)?
        .into_iter()
        .map(|(name, found)| {
            let mut shown = place.describe(&PACK, &name, &found);
            for (member, value) in found.inside.iter() {
                shown.insert(member, value.clone());
            }
            let stack = format!("awsconfigconforms-{name}");
            shown.insert(
                "StackArn",
                format!(
                    "arn:{}:cloudformation:{}:{}:stack/{stack}/{}",
                    place.region.partition(),
                    place.region,
                    place.account,
                    crate::kind::uuid_of(&stack)
                ),
            );
            shown.into()
        })
        .collect();
    PAGES.slice(call, "ConformancePackStatusDetails", shown)
}

fn names(pack: &Resource) -> Vec<String> {
    let names = pack.inside.list("Names");
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn filter<'c>(call: &'c Call, member: &str) -> Option<&'c Value> {
    call.input.get("Filters")?.get(member)
}

fn compliance(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConformancePackName")?;
    let pack = call.find(world, &PACK, name)?.clone();
    let wanted = filter(call, "ComplianceType").and_then(Value::as_str);
    let only = filter(call, "ConfigRuleNames").map_or(&[][..], Value::as_list);
    let mut shown = Vec::new();
    for rule in names(&pack) {
        let found = evaluation::overall(&evaluation::results(
            world,
            &call.place(&rules::RULE),
            Some(&rule),
        ))
        .0;
        let is_named = only.is_empty() || only.iter().any(|one| one.as_str() == Some(&rule));
        if is_named && wanted.is_none_or(|wanted| wanted == found) {
            shown.push(
                value!({ "ConfigRuleName": (rule), "ComplianceType": (found), "Controls": [] }),
            );
        }
    }
    let output = object! { "ConformancePackName": (name) };
    PAGES.slice_beside(call, "ConformancePackRuleComplianceList", shown, output)
}

fn details(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConformancePackName")?;
    let pack = call.find(world, &PACK, name)?.clone();
    let wanted = filter(call, "ComplianceType").and_then(Value::as_str);
    let only = filter(call, "ConfigRuleNames").map_or(&[][..], Value::as_list);
    let mut shown = Vec::new();
    for rule in names(&pack) {
        if !only.is_empty() && !only.iter().any(|one| one.as_str() == Some(&rule)) {
            continue;
        }
        let results = evaluation::results(world, &call.place(&rules::RULE), Some(&rule));
        let fitting = results.iter().filter(|one| {
            let found = text(one, "ComplianceType");
            wanted.map_or(found != "NOT_APPLICABLE", |wanted| wanted == found)
        });
        shown.extend(fitting.map(|one| Value::from(evaluation::shown(one))));
    }
    let output = object! { "ConformancePackName": (name) };
    PAGES.slice_beside(call, "ConformancePackRuleEvaluationResults", shown, output)
}

fn summary(call: &Call, world: &mut World) -> Answer {
    let mut shown = Vec::new();
    for (name, pack) in chosen(call, world)? {
        let mut all = Vec::new();
        for rule in names(&pack) {
            all.extend(evaluation::results(world, &call.place(&rules::RULE), Some(&rule)));
        }
        let (overall, _) = evaluation::overall(&all);
        shown.push(
            value!({ "ConformancePackName": (name), "ConformancePackComplianceStatus": (overall) }),
        );
    }
    PAGES.slice(call, "ConformancePackComplianceSummaryList", shown)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConformancePackName")?;
    let pack = call.find(world, &PACK, name)?.clone();
    let place = call.place(&rules::RULE);
    for rule in names(&pack) {
        rules::remove(world, &place, &rule);
    }
    world.remove(&call.place(&PACK), name);
    Ok(Value::object())
}
