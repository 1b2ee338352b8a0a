//! Judgements: made when resources change or time comes, kept, counted, and told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    announce,
    judge::{self, Compliance, Judged, Parameters},
    managed::{self, Check},
    recorder, remediation,
    rules::{PAGES, RULE, chosen},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Definition,
    page::Paging,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&RESULT],
    operations: &[
        ("DescribeComplianceByConfigRule", Action::Own(by_rule)),
        ("DescribeComplianceByResource", Action::Own(by_resource)),
        ("GetComplianceDetailsByConfigRule", Action::Own(details_by_rule)),
        ("GetComplianceDetailsByResource", Action::Own(details_by_resource)),
        ("GetComplianceSummaryByConfigRule", Action::Own(summary_by_rule)),
        ("GetComplianceSummaryByResourceType", Action::Own(summary_by_type)),
        ("PutEvaluations", Action::Own(put)),
        ("PutExternalEvaluation", Action::Own(put_external)),
        ("DeleteEvaluationResults", Action::Own(delete)),
    ],
    tasks: &[],
};

/// What a rule found of a resource; its id is the rule, a bar, the type, a space and the resource's id.
pub(crate) static RESULT: Definition = Definition {
    resource_type: "AWS::Config::EvaluationResult",
    arn: "arn:{partition}:config:{region}:{account}:evaluation-result/{id}",
    ..Definition::OF
};

/// How many resources are counted before it says that there are more.
const CAP: i64 = 25;

/// What a rule found of a resource.
pub(super) struct Evaluated {
    /// The type.
    pub(super) resource_type: String,
    /// The id.
    pub(super) id: String,
    /// What was found.
    pub(super) compliance: String,
    /// Why.
    pub(super) annotation: String,
    /// When.
    pub(super) ordering: Timestamp,
}

fn key(rule: &str, resource_type: &str, id: &str) -> String {
    format!("{rule}|{resource_type} {id}")
}

fn parameters(rule: &Resource) -> Parameters {
    let written = rule.fact("InputParameters").unwrap_or("{}");
    let json: serde_json::Value = serde_json::from_str(written).unwrap_or_default();
    let members = json.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect()
}

/// The types that a rule looks at: its scope's, or those that the managed rule is about.
fn types(rule: &Resource, identifier: &str) -> Vec<String> {
    let scope = rule.list("Scope.ComplianceResourceTypes");
    if !scope.is_empty() {
        return scope.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    managed::named(identifier)
        .map_or_else(Vec::new, |rule| rule.types.iter().map(|name| (*name).to_owned()).collect())
}

/// Whether a resource is in a rule's scope.
fn in_scope(world: &World, rule: &Resource, judged: &Judged) -> bool {
    let only = rule.fact("Scope.ComplianceResourceId");
    if only.is_some_and(|only| only != judged.id) {
        return false;
    }
    let Some(key) = rule.fact("Scope.TagKey") else {
        return true;
    };
    let found =
        world.store.locate(&judged.arn).and_then(|(place, id)| world.get(&place, &id).cloned());
    let value = found.as_ref().and_then(|found| found.tags.get(key));
    value.is_some_and(|value| rule.fact("Scope.TagValue").is_none_or(|wanted| wanted == value))
}

/// Has a rule judge everything that it is about.
pub(super) fn evaluate(world: &mut World, place: &Place, name: &str) {
    let Some(rule) = world.get(place, name).cloned() else {
        return;
    };
    match rule.fact("Source.Owner") {
        Some("AWS") => evaluate_managed(world, place, (name, &rule)),
        Some("CUSTOM_LAMBDA") => invoke(world, place, (name, &rule), None),
        _ => finished(world, place, name, Some("custom policies are not evaluated here")),
    }
}

fn evaluate_managed(world: &mut World, place: &Place, (name, rule): (&str, &Resource)) {
    let identifier = rule.fact("Source.SourceIdentifier").unwrap_or_default();
    let (types, given) = (types(rule, identifier), parameters(rule));
    let owner = (&place.account, &place.region);
    let judged = judge::judge_all(world, owner, (identifier, &types, &given));
    let mut seen = Vec::new();
    for (resource, compliance) in judged {
        if in_scope(world, rule, &resource) {
            seen.push(key(name, &resource.resource_type, &resource.id));
            settle(world, place, name, (&resource, compliance));
        }
    }
    // What is gone, or out of scope, has no result any more.
    let results = place.beside(&RESULT);
    let prefix = format!("{name}|");
    let old: Vec<String> = world
        .shelf(&results)
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
        .map(|(key, _)| key.clone())
        .filter(|key| !seen.contains(key))
        .collect();
    for key in old {
        world.remove(&results, &key);
    }
    finished(world, place, name, None);
}

fn finished(world: &mut World, place: &Place, name: &str, error: Option<&str>) {
    let now = world.now();
    world.change_inside(place, name, |inside| {
        inside.insert("FirstEvaluationStarted", true);
        match error {
            None => {
                inside.insert("LastSuccessfulInvocationTime", now);
                inside.insert("LastSuccessfulEvaluationTime", now);
            }
            Some(message) => {
                inside.insert("LastFailedEvaluationTime", now);
                inside.insert("LastErrorCode", "NotImplemented");
                inside.insert("LastErrorMessage", message);
            }
        }
    });
}

/// A resource was recorded: the rules that look at such changes judge it.
pub(super) fn on_change(world: &mut World, changed: &Place, id: &str) {
    let place = changed.beside(&RULE);
    let names: Vec<String> = world.shelf(&place).keys().cloned().collect();
    for name in names {
        let Some(rule) = world.get(&place, &name).cloned() else {
            continue;
        };
        let identifier = rule.fact("Source.SourceIdentifier").unwrap_or_default();
        let resource_type = changed.kind.resource_type;
        if !types(&rule, identifier).iter().any(|one| one == resource_type) {
            continue;
        }
        if rule.fact("Source.Owner") == Some("CUSTOM_LAMBDA") {
            invoke(world, &place, (&name, &rule), Some((changed, id)));
            continue;
        }
        let Some(managed) = managed::named(identifier).filter(|one| one.on_change) else {
            continue;
        };
        let judged = Judged {
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
            arn: changed.arn_of(changed.kind, id),
        };
        let is_there = world.get(changed, id).is_some();
        if !is_there || !in_scope(world, &rule, &judged) {
            let results = place.beside(&RESULT);
            world.remove(&results, &key(&name, resource_type, id));
            continue;
        }
        if !matches!(managed.check, Check::Account(_)) {
            let compliance = judge::one(world, managed, (changed.clone(), id), &parameters(&rule));
            settle(world, &place, &name, (&judged, compliance));
            finished(world, &place, &name, None);
        }
    }
}

/// Asks a function to judge; it answers by `PutEvaluations`.
fn invoke(
    world: &mut World,
    place: &Place,
    (name, rule): (&str, &Resource),
    changed: Option<(&Place, &str)>,
) {
    let function = rule.fact("Source.SourceIdentifier").unwrap_or_default().to_owned();
    let message = match changed {
        Some((changed, id)) => value!({
            "messageType": "ConfigurationItemChangeNotification",
            "configurationItem": {
                "resourceType": (changed.kind.resource_type),
                "resourceId": (id),
                "awsAccountId": (changed.account.as_str()),
                "awsRegion": (changed.region.as_str())
            }
        }),
        None => {
            value!({ "messageType": "ScheduledNotification", "awsAccountId": (place.account.as_str()) })
        }
    };
    let event = value!({
        "invokingEvent": (message.to_json().to_string()),
        "ruleParameters": (rule.fact("InputParameters").unwrap_or("{}")),
        "resultToken": (format!("{name}|{}", place.account)),
        "configRuleName": (name),
        "configRuleId": (rule.fact("ConfigRuleId").unwrap_or_default()),
        "configRuleArn": (rule.fact("ConfigRuleArn").unwrap_or_default()),
        "accountId": (place.account.as_str()),
        "version": "1.0"
    });
    let payload = event.to_json().to_string().into_bytes();
    let origin = Origin::at(place, "config.amazonaws.com");
    let input =
        value!({ "FunctionName": (function), "InvocationType": "Event", "Payload": (payload) });
    let error = world.call(&origin, "lambda", "Invoke", input).err();
    finished(world, place, name, error.as_ref().map(|failure| failure.message.as_str()));
}

fn settle(
    world: &mut World,
    place: &Place,
    name: &str,
    (judged, compliance): (&Judged, Compliance),
) {
    let annotation = match &compliance {
        Compliance::NonCompliant(reason) | Compliance::Unknown(reason) => reason.clone(),
        Compliance::Compliant | Compliance::NotApplicable => String::new(),
    };
    let evaluated = Evaluated {
        resource_type: judged.resource_type.clone(),
        id: judged.id.clone(),
        compliance: compliance.as_str().to_owned(),
        annotation,
        ordering: world.now(),
    };
    keep(world, place, name, &evaluated);
}

/// Keeps a result, tells of it if it is another than before, and has it remedied if wanted.
fn keep(world: &mut World, place: &Place, name: &str, evaluated: &Evaluated) {
    let results = place.beside(&RESULT);
    let key = key(name, &evaluated.resource_type, &evaluated.id);
    let before = world.get(&results, &key).map(|found| found.facts.clone());
    let now = world.now();
    let mut result = object! {
        "ConfigRuleName": (name),
        "ResourceType": (evaluated.resource_type.as_str()),
        "ResourceId": (evaluated.id.as_str()),
        "ComplianceType": (evaluated.compliance.as_str()),
        "ResultRecordedTime": (now),
        "ConfigRuleInvokedTime": (now),
        "OrderingTimestamp": (evaluated.ordering)
    };
    if !evaluated.annotation.is_empty() {
        result.insert("Annotation", evaluated.annotation.as_str());
    }
    let was =
        before.as_ref().and_then(|before| before.get("ComplianceType")).and_then(Value::as_str);
    let is_changed = was != Some(evaluated.compliance.as_str());
    let old = was.map(str::to_owned);
    world.put(results, key, Resource::new(facts(result.clone()), std::sync::Arc::default()));
    if !is_changed || evaluated.compliance == "NOT_APPLICABLE" && old.is_none() {
        return;
    }
    announce::tell(world, place, name, (evaluated, old));
    if evaluated.compliance == "NON_COMPLIANT" {
        remediation::automatic(world, place, name, (&evaluated.resource_type, &evaluated.id));
    }
    announce::import(world, place, name, evaluated);
}

/// The results of a place, of one rule or of all.
pub(super) fn results(world: &World, place: &Place, rule: Option<&str>) -> Vec<Object> {
    let place = place.beside(&RESULT);
    let prefix = rule.map(|rule| format!("{rule}|"));
    world
        .shelf(&place)
        .iter()
        .filter(|(key, _)| prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix)))
        .map(|(_, found)| (*found.facts).clone())
        .collect()
}

/// Forgets what a rule found.
pub(super) fn forget(world: &mut World, place: &Place, name: &str) {
    let results = place.beside(&RESULT);
    let prefix = format!("{name}|");
    let keys: Vec<String> =
        world.shelf(&results).keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
    for key in keys {
        world.remove(&results, &key);
    }
}

/// A text of a result.
pub(super) fn text<'r>(result: &'r Object, member: &str) -> &'r str {
    result.text(member)
}

/// A result as the details operations show it.
pub(super) fn shown(result: &Object) -> Object {
    let mut shown = object! {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": (text(result, "ConfigRuleName")),
                "ResourceType": (text(result, "ResourceType")),
                "ResourceId": (text(result, "ResourceId")),
                "EvaluationMode": "DETECTIVE"
            },
            "OrderingTimestamp": (result.get("OrderingTimestamp").cloned().unwrap_or_default())
        }
    };
    shown.extend(result.pick([
        "ComplianceType",
        "ResultRecordedTime",
        "ConfigRuleInvokedTime",
        "Annotation",
    ]));
    shown
}

/// What results come to: not compliant if one is not, and how many are.
pub(super) fn overall(results: &[Object]) -> (&'static str, i64) {
    let count = |wanted: &str| {
        let count = results.iter().filter(|one| text(one, "ComplianceType") == wanted).count();
        i64::try_from(count).unwrap_or(0)
    };
    match (count("NON_COMPLIANT"), count("COMPLIANT")) {
        (0, 0) => ("INSUFFICIENT_DATA", 0),
        (0, good) => ("COMPLIANT", good),
        (bad, _) => ("NON_COMPLIANT", bad),
    }
}

/// A compliance with the count that goes with it.
pub(super) fn compliance((kind, count): (&str, i64)) -> Value {
    let mut compliance = object! { "ComplianceType": (kind) };
    if kind == "NON_COMPLIANT" {
        compliance.insert("ComplianceContributorCount", capped(count));
    }
    compliance.into()
}

fn capped(count: i64) -> Value {
    value!({ "CappedCount": (count.min(CAP)), "CapExceeded": (count > CAP) })
}

static UNSIZED: Paging = Paging::of("", "NextToken", (25, 25), "InvalidNextTokenException");

fn by_rule(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("ComplianceTypes");
    let mut shown = Vec::new();
    for (name, _) in chosen(call, world, "ConfigRuleNames")? {
        let overall = overall(&results(world, &call.place(&RULE), Some(&name)));
        if wanted.is_empty() || wanted.contains(&overall.0) {
            shown.push(value!({ "ConfigRuleName": (name), "Compliance": (compliance(overall)) }));
        }
    }
    UNSIZED.slice(call, "ComplianceByConfigRules", shown)
}

fn grouped(results: Vec<Object>, key: impl Fn(&Object) -> String) -> BTreeMap<String, Vec<Object>> {
    let mut groups: BTreeMap<String, Vec<Object>> = BTreeMap::new();
    for result in results {
        groups.entry(key(&result)).or_default().push(result);
    }
    groups
}

fn by_resource(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("ComplianceTypes");
    let (kind, id) = (call.text("ResourceType"), call.text("ResourceId"));
    if id.is_some() && kind.is_none() {
        return Err(call.invalid("ResourceType must be given with ResourceId"));
    }
    let mut all = results(world, &call.place(&RULE), None);
    all.retain(|one| {
        kind.is_none_or(|kind| text(one, "ResourceType") == kind)
            && id.is_none_or(|id| text(one, "ResourceId") == id)
            && text(one, "ComplianceType") != "NOT_APPLICABLE"
    });
    let groups =
        grouped(all, |one| format!("{} {}", text(one, "ResourceType"), text(one, "ResourceId")));
    let mut shown = Vec::new();
    for results in groups.into_values() {
        let overall = overall(&results);
        let Some(first) = results.first() else {
            continue;
        };
        if wanted.is_empty() || wanted.contains(&overall.0) {
            shown.push(value!({
                "ResourceType": (text(first, "ResourceType")),
                "ResourceId": (text(first, "ResourceId")),
                "Compliance": (compliance(overall))
            }));
        }
    }
    PAGES.slice(call, "ComplianceByResources", shown)
}

fn details(call: &Call, world: &World, rule: Option<&str>) -> Vec<Object> {
    let wanted = call.texts("ComplianceTypes");
    let mut all = results(world, &call.place(&RULE), rule);
    all.retain(|one| {
        let compliance = text(one, "ComplianceType");
        if wanted.is_empty() {
            compliance != "NOT_APPLICABLE"
        } else {
            wanted.contains(&compliance)
        }
    });
    all
}

fn details_by_rule(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    call.find(world, &RULE, name)?;
    let shown = details(call, world, Some(name)).iter().map(|one| shown(one).into()).collect();
    PAGES.slice(call, "EvaluationResults", shown)
}

fn details_by_resource(call: &Call, world: &mut World) -> Answer {
    let mut all = details(call, world, None);
    all.retain(|one| {
        call.text("ResourceType").is_none_or(|kind| text(one, "ResourceType") == kind)
            && call.text("ResourceId").is_none_or(|id| text(one, "ResourceId") == id)
    });
    let shown = all.iter().map(|one| shown(one).into()).collect();
    UNSIZED.slice(call, "EvaluationResults", shown)
}

/// How many of the groups are compliant, and how many are not.
pub(super) fn summary(world: &World, groups: impl Iterator<Item = (&'static str, i64)>) -> Value {
    let (mut good, mut bad) = (0, 0);
    for (kind, _) in groups {
        good += i64::from(kind == "COMPLIANT");
        bad += i64::from(kind == "NON_COMPLIANT");
    }
    value!({
        "CompliantResourceCount": (capped(good)),
        "NonCompliantResourceCount": (capped(bad)),
        "ComplianceSummaryTimestamp": (world.now())
    })
}

fn summary_by_rule(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&RULE);
    let names: Vec<String> = world.shelf(&place).keys().cloned().collect();
    let each = names.iter().map(|name| overall(&results(world, &place, Some(name))));
    let each: Vec<_> = each.collect();
    Ok(value!({ "ComplianceSummary": (summary(world, each.into_iter())) }))
}

fn summary_by_type(call: &Call, world: &mut World) -> Answer {
    let wanted = call.texts("ResourceTypes");
    let all = results(world, &call.place(&RULE), None);
    let resources =
        grouped(all, |one| format!("{} {}", text(one, "ResourceType"), text(one, "ResourceId")));
    let mut types: BTreeMap<String, Vec<(&'static str, i64)>> = BTreeMap::new();
    for (key, results) in resources {
        let kind = key.split(' ').next().unwrap_or_default().to_owned();
        let kind = if wanted.is_empty() { "all".to_owned() } else { kind };
        types.entry(kind).or_default().push(overall(&results));
    }
    let shown: Value = types
        .into_iter()
        .filter(|(kind, _)| wanted.is_empty() || wanted.contains(&kind.as_str()))
        .map(|(kind, each)| {
            let mut one = object! { "ComplianceSummary": (summary(world, each.into_iter())) };
            if !wanted.is_empty() {
                one.insert("ResourceType", kind);
            }
            Value::from(one)
        })
        .collect();
    Ok(value!({ "ComplianceSummariesByResourceType": (shown) }))
}

fn evaluated(one: &Value) -> Evaluated {
    Evaluated {
        resource_type: one.text("ComplianceResourceType").to_owned(),
        id: one.text("ComplianceResourceId").to_owned(),
        compliance: one.text("ComplianceType").to_owned(),
        annotation: one.text("Annotation").to_owned(),
        ordering: one.get("OrderingTimestamp").and_then(Value::as_timestamp).unwrap_or_default(),
    }
}

fn put(call: &Call, world: &mut World) -> Answer {
    let token = call.required("ResultToken")?;
    let place = call.place(&RULE);
    let rule = token.split_once('|').map(|(rule, _)| rule.to_owned());
    let rule = rule.filter(|rule| world.get(&place, rule).is_some()).ok_or_else(|| {
        let message = "The resultToken provided is invalid.";
        Failure::new("InvalidResultTokenException", message)
    })?;
    if !call.flag("TestMode") {
        for one in call.list("Evaluations") {
            keep(world, &place, &rule, &evaluated(one));
        }
        finished(world, &place, &rule, None);
    }
    Ok(value!({ "FailedEvaluations": [] }))
}

fn put_external(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    call.find(world, &RULE, name)?;
    if let Some(one) = call.input.get("ExternalEvaluation") {
        keep(world, &call.place(&RULE), name, &evaluated(one));
    }
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("ConfigRuleName")?;
    call.find(world, &RULE, name)?;
    recorder::required(call, world)?;
    forget(world, &call.place(&RULE), name);
    Ok(Value::object())
}
