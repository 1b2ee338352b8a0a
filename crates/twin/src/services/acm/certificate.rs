//! Certificates that are there: described, listed, deleted unless something uses them.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{Object, Value};

use super::{CERTIFICATE, PAGES};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::describe as described,
    services::{elb, elbv2},
    store::{Place, Resource, facts},
    tagging,
    value::{object, value},
    world::World,
};

/// The place of the settings of an account and Region: days before the end when it is told of.
const USUAL_DAYS: i64 = 45;

/// The id of the certificate that a call names.
pub(super) fn named(call: &Call, world: &World) -> Result<String, Failure> {
    let arn = call.required("CertificateArn")?;
    if !arn.starts_with("arn:") {
        return Err(Failure::new("InvalidArnException", format!("Invalid ARN: {arn}")));
    }
    let id = call.id_of(&CERTIFICATE, arn);
    let own = call.place(&CERTIFICATE);
    let missing = || CERTIFICATE.missing.failure(arn);
    let (place, _) = world.store.parse(arn).ok_or_else(missing)?;
    if place != own || world.get(&own, &id).is_none() {
        return Err(missing());
    }
    Ok(id)
}

/// The ARNs of what uses a certificate.
pub(super) fn users(world: &World, place: &Place, arn: &str) -> Vec<String> {
    let mut users = Vec::new();
    let uses = |list: Option<&Value>| {
        let list = list.map_or(&[][..], Value::as_list);
        list.iter().any(|one| one.get("CertificateArn").and_then(Value::as_str) == Some(arn))
    };
    for listener in world.shelf(&place.beside(&elbv2::LISTENER)).values() {
        let balancer = listener.fact("LoadBalancerArn").unwrap_or_default().to_owned();
        let used =
            uses(listener.value("Certificates")) || uses(listener.inside.get("Certificates"));
        if used && !users.contains(&balancer) {
            users.push(balancer);
        }
    }
    for (name, balancer) in world.shelf(&place.beside(&elb::LOAD_BALANCER)) {
        let listeners = balancer.list("ListenerDescriptions");
        if listeners
            .iter()
            .any(|one| one.path("Listener.SSLCertificateId").and_then(Value::as_str) == Some(arn))
        {
            users.push(place.arn_of(&elb::LOAD_BALANCER, name));
        }
    }
    users
}

/// The description of a certificate, with what uses it.
fn shown(world: &World, place: &Place, (id, found): (&str, &Resource)) -> Object {
    let mut shown = described(&CERTIFICATE, (&place.account, &place.region), id, found);
    let arn = place.arn_of(&CERTIFICATE, id);
    let users = users(world, place, &arn);
    if found.fact("Type") == Some("AMAZON_ISSUED") && found.fact("Status") == Some("ISSUED") {
        shown
            .insert("RenewalEligibility", if users.is_empty() { "INELIGIBLE" } else { "ELIGIBLE" });
    }
    shown.insert("InUseBy", users.into_iter().map(Value::from).collect::<Value>());
    shown
}

pub(super) fn describe(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&CERTIFICATE);
    let found = call.find(world, &CERTIFICATE, &id)?;
    Ok(call.fit(Value::from_iter([("Certificate", shown(world, &place, (&id, found)))])))
}

pub(super) fn get(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let found = call.find(world, &CERTIFICATE, &id)?;
    if found.fact("Status") == Some("PENDING_VALIDATION") {
        let message =
            format!("Certificate {} is still pending validation", call.required("CertificateArn")?);
        return Err(Failure::new("RequestInProgressException", message));
    }
    let kept = |member: &str| found.inside.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut output = Object::new();
    output.insert("Certificate", kept("Certificate").unwrap_or_else(|| made_up(&id)));
    let chain = kept("CertificateChain")
        .or_else(|| (found.fact("Type") != Some("IMPORTED")).then(|| made_up("Amazon")));
    if let Some(chain) = chain {
        output.insert("CertificateChain", chain);
    }
    Ok(output.into())
}

/// Something that looks like a certificate: the twin signs nothing.
fn made_up(of: &str) -> String {
    let digits = crate::digest::hex_digest(of, 64).repeat(12);
    let encoded = STANDARD.encode(digits);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let letters: Vec<char> = encoded.chars().collect();
    for line in letters.chunks(64) {
        text.extend(line);
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----");
    text
}

pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&CERTIFICATE);
    let statuses = call.texts("CertificateStatuses");
    let types: Vec<&str> = call
        .input
        .path("Includes.keyTypes")
        .map_or(&[][..], Value::as_list)
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let unsupported = [
        "Includes.extendedKeyUsage",
        "Includes.keyUsage",
        "Includes.exportOption",
        "Includes.managedBy",
        "CertificateKeyPairOrigins",
    ];
    if let Some(member) = unsupported.iter().find(|path| call.input.path(path).is_some()) {
        return Err(call.invalid(format!("the twin does not list certificates by {member}")));
    }
    let algorithm =
        |found: &Resource| found.fact("KeyAlgorithm").unwrap_or_default().replace('-', "_");
    // Without key types only those that everything can use are listed.
    let fits = |found: &Resource| {
        (statuses.is_empty()
            || found.fact("Status").is_some_and(|status| statuses.contains(&status)))
            && if types.is_empty() {
                matches!(algorithm(found).as_str(), "RSA_1024" | "RSA_2048")
            } else {
                types.contains(&algorithm(found).as_str())
            }
    };
    let (size, start) = (PAGES.size(call)?, PAGES.start(call)?);
    let mut all: Vec<(&String, &Resource)> =
        world.shelf(&place).iter().filter(|(_, found)| fits(found)).collect();
    if call.text("SortBy").is_some() {
        all.sort_by_key(|(_, found)| found.value("CreatedAt").and_then(Value::as_timestamp));
        if call.text("SortOrder") == Some("DESCENDING") {
            all.reverse();
        }
    }
    let skipped = start
        .as_ref()
        .and_then(|start| all.iter().position(|(id, _)| *id == start))
        .map_or(0, |at| at + 1);
    let mut rest = all.into_iter().skip(skipped);
    let page: Vec<_> = rest.by_ref().take(size).collect();
    let last = page.last().map(|(id, _)| id.as_str()).filter(|_| rest.next().is_some());
    let summaries: Value =
        page.iter().map(|(id, found)| summary(world, &place, (id, found))).collect();
    let output = Object::from_iter([("CertificateSummaryList", summaries)]);
    Ok(call.fit(PAGES.finish(call, output, last)))
}

fn summary(world: &World, place: &Place, (id, found): (&str, &Resource)) -> Value {
    let mut summary = shown(world, place, (id, found));
    let used = summary.get("InUseBy").is_some_and(|users| !users.as_list().is_empty());
    let names = summary.get("SubjectAlternativeNames").cloned().unwrap_or_default();
    summary.insert("InUse", used);
    summary.insert("SubjectAlternativeNameSummaries", names);
    summary.insert("HasAdditionalSubjectAlternativeNames", false);
    let algorithm = found.fact("KeyAlgorithm").unwrap_or_default();
    summary.insert("KeyAlgorithm", algorithm);
    let usages = |member: &str| -> Value {
        let list = found.list(member);
        list.iter().filter_map(|one| one.get("Name").cloned()).collect()
    };
    summary.insert("KeyUsages", usages("KeyUsages"));
    summary.insert("ExtendedKeyUsages", usages("ExtendedKeyUsages"));
    summary.into()
}

pub(super) fn delete(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let place = call.place(&CERTIFICATE);
    let arn = place.arn_of(&CERTIFICATE, &id);
    if !users(world, &place, &arn).is_empty() {
        let message = format!("Certificate {arn} in account {} is in use.", place.account);
        return Err(Failure::new("ResourceInUseException", message));
    }
    world.remove(&place, &id);
    Ok(Value::object())
}

pub(super) fn untag(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world)?;
    let named = tagging::listed(call, "Tags");
    let place = call.place(&CERTIFICATE);
    let found = call.find(world, &CERTIFICATE, &id)?;
    // A value that is given must be the tag's.
    let given = |key: &str| {
        call.list("Tags").iter().any(|tag| {
            tag.get("Key").and_then(Value::as_str) == Some(key) && tag.get("Value").is_some()
        })
    };
    let keys: Vec<&str> = named
        .iter()
        .filter(|(key, value)| !given(key) || found.tags.get(key) == Some(value))
        .map(|(key, _)| key.as_str())
        .collect();
    let tags = tagging::without(call, found, &keys)?;
    if let Some(found) = world.store.get_mut(&place, &id) {
        found.set_tags(tags);
    }
    Ok(Value::object())
}

/// The settings of an account and Region are the certificate that no certificate can be: its id is `configuration`.
pub(super) static CONFIGURATION: crate::kind::Definition = crate::kind::Definition {
    resource_type: "AWS::CertificateManager::Account",
    arn: "arn:{partition}:acm:{region}:{account}:account/{id}",
    ..crate::kind::Definition::OF
};

/// How many days before its end a certificate's end is told of.
pub(super) fn days_before(world: &World, place: &Place) -> i64 {
    let place = place.beside(&CONFIGURATION);
    let kept = world
        .get(&place, "configuration")
        .and_then(|found| found.value("DaysBeforeExpiry")?.as_i64());
    kept.unwrap_or(USUAL_DAYS)
}

pub(super) fn get_account(call: &Call, world: &mut World) -> Answer {
    let days = days_before(world, &call.place(&CONFIGURATION));
    Ok(value!({"ExpiryEvents": {"DaysBeforeExpiry": days}}))
}

pub(super) fn put_account(call: &Call, world: &mut World) -> Answer {
    let days = call
        .input
        .path("ExpiryEvents.DaysBeforeExpiry")
        .and_then(Value::as_i64)
        .unwrap_or(USUAL_DAYS);
    let kept = object!("DaysBeforeExpiry": days);
    let resource = Resource::new(facts(kept), std::sync::Arc::default());
    world.put(call.place(&CONFIGURATION), "configuration", resource);
    Ok(Value::object())
}
