//! Which services a user, group, role or the users of a policy used, and when.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value, catalog};

use super::{
    common::{inner_texts, missing},
    groups,
    kinds::{ACCESS_REPORT, GROUP, POLICY, ROLE, USER},
    managed,
    users::PRINCIPALS,
};
use crate::{
    access::principal::Gathered,
    call::{Answer, Call},
    directory::LastUse,
    kind::{Kind, parse_arn},
    page::Paging,
    services::{Action, Part},
    store::{Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCESS_REPORT],
    operations: &[
        ("GenerateServiceLastAccessedDetails", Action::Own(generate)),
        ("GetServiceLastAccessedDetails", Action::Own(get)),
    ],
    tasks: &[],
};

const TAKES: SignedDuration = SignedDuration::from_secs(5);

const PAGES: Paging = super::common::PAGES;

fn generate(call: &Call, world: &mut World) -> Answer {
    let arn = call.required("Arn")?;
    let found = parse_arn(arn).map(|(kind, parsed)| (kind, parsed.id.to_owned()));
    let exists =
        found.as_ref().is_some_and(|(kind, id)| world.get(&call.place(kind), id).is_some());
    if !exists && managed::find(arn).is_none() {
        return Err(missing(format!("ARN {arn} does not exist.")));
    }
    let uses = uses(call, world, arn, found);
    let services = allowed(call, world, arn).into_iter().map(|service| {
        let mut shown = object! {
            "ServiceName": (title(&service)),
            "ServiceNamespace": (service.as_str()),
            "TotalAuthenticatedEntities": 0,
        };
        if let Some((principal, last)) =
            uses.get(&service).and_then(|all| all.iter().max_by_key(|it| it.1.at))
        {
            shown.insert("LastAuthenticated", last.at);
            shown.insert("LastAuthenticatedEntity", principal.as_str());
            shown.insert("LastAuthenticatedRegion", last.region.as_str());
            let count = uses.get(&service).map_or(0, Vec::len);
            shown.insert("TotalAuthenticatedEntities", i64::try_from(count).unwrap_or(0));
        }
        Value::from(shown)
    });
    let described = object! {
        "Arn": (arn), "JobCreationDate": (call.now), "Services": (services.collect::<Value>()),
    };
    let id = world.uuid();
    world.put(
        call.place(&ACCESS_REPORT),
        id.clone(),
        Resource::new(facts(described), Arc::default()),
    );
    Ok(value!({"JobId": (id)}))
}

type Uses = BTreeMap<String, Vec<(String, LastUse)>>;

/// What the principals behind an ARN used.
fn uses(call: &Call, world: &World, arn: &str, found: Option<(Kind, String)>) -> Uses {
    let mut principals = Vec::new();
    let users = call.place(&USER);
    match found {
        Some((kind, id)) if kind == &GROUP => {
            let members = groups::members(call, world, super::common::last_segment(&id));
            principals.extend(members.iter().map(|id| users.arn_of(&USER, id)));
        }
        Some((kind, _)) if kind == &USER || kind == &ROLE => principals.push(arn.to_owned()),
        _ => {
            for kind in PRINCIPALS {
                let place = call.place(kind);
                let attached = world.shelf(&place).iter().filter(|(_, it)| {
                    inner_texts(it, "Attached").iter().any(|attached| attached == arn)
                });
                principals.extend(attached.map(|(id, _)| place.arn_of(kind, id)));
            }
        }
    }
    let mut uses = Uses::new();
    for principal in principals {
        let known = world.directory.last_uses.get(&principal);
        for (service, last) in known.into_iter().flatten() {
            uses.entry(service.clone()).or_default().push((principal.clone(), last.clone()));
        }
    }
    uses
}

/// The services that the policies of an ARN allow something of.
fn allowed(call: &Call, world: &World, arn: &str) -> Vec<String> {
    let gathered = match parse_arn(arn) {
        Some((kind, parsed)) if kind != &POLICY => {
            Gathered::of_principal(world, call.account(), (kind, parsed.id))
        }
        _ => {
            let mut gathered = Gathered::default();
            let document = super::policies::document(world, call.account(), arn);
            let compiled = document.and_then(|text| {
                crate::access::cache::compiled(reeve_policy::Form::Identity, &text)
            });
            gathered.identity.extend(compiled.map(|policy| (arn.to_owned(), policy)));
            gathered
        }
    };
    let mut services: Vec<String> = crate::services::SERVED
        .iter()
        .map(|service| service.iam_prefix.to_owned())
        .filter(|service| {
            let statements = gathered.identity.iter().flat_map(|(_, policy)| policy.statements());
            let mut allowing = statements.filter(|it| it.effect() == reeve_policy::Effect::Allow);
            allowing.any(|statement| statement.is_about_service(service))
        })
        .collect();
    services.sort();
    services.dedup();
    services
}

fn title(prefix: &str) -> String {
    let served = crate::services::SERVED.iter().find(|service| service.iam_prefix == prefix);
    let model = served.and_then(|service| catalog().service(service.model).ok());
    model.map_or_else(|| prefix.to_owned(), |model| model.name().to_string())
}

fn get(call: &Call, world: &mut World) -> Answer {
    let id = call.required("JobId")?;
    let report = call.find(world, &ACCESS_REPORT, id)?;
    let began = report.value("JobCreationDate").and_then(Value::as_timestamp).unwrap_or(call.now);
    let done = began.saturating_add(TAKES).unwrap_or(began);
    let mut output = object! {"JobType": "SERVICE_LEVEL", "JobCreationDate": (began)};
    if call.now < done {
        output.insert("JobStatus", "IN_PROGRESS");
        output.insert("ServicesLastAccessed", Value::List(Vec::new()));
        output.insert("JobCompletionDate", began);
        return Ok(output.into());
    }
    output.insert("JobStatus", "COMPLETED");
    output.insert("JobCompletionDate", done);
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let after = start.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let all = report.list("Services");
    let services: Vec<Value> = all.iter().skip(after).take(size).cloned().collect();
    let reached = after + services.len();
    output.insert("ServicesLastAccessed", services);
    output.insert("IsTruncated", reached < all.len());
    let next = (reached < all.len()).then(|| reached.to_string());
    Ok(PAGES.finish(call, Object::clone(&output), next.as_deref()))
}
