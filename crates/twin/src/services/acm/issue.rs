//! Certificates from request to end: pending until validated, issued for thirteen months, renewed while something uses them.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{CERTIFICATE, certificate};
use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    fault::Fate,
    store::{Place, Resource, facts},
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) const VALIDATED: &str = "acm:validated";
pub(super) const TIMED_OUT: &str = "acm:validation-timed-out";
pub(super) const DAILY: &str = "acm:daily";
/// Seconds until ACM has seen the records or mails that validate a certificate.
const VALIDATION: (i64, i64) = (120, 900);
/// Days for which a request waits to be validated.
const PATIENCE: i64 = 3;
/// Days for which an issued certificate holds.
const LIFETIME: i64 = 395;
/// Days before its end when a certificate in use is renewed.
const RENEWAL: i64 = 60;
const MOST_NAMES: usize = 100;
/// What `inside` of a certificate says once somebody looks at it daily.
const WATCHED: &str = "Watched";

/// So many days after a time.
pub(super) fn days_after(from: Timestamp, days: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(from)
}

pub(super) fn request(call: &Call, world: &mut World) -> Answer {
    if call.input.get("CertificateAuthorityArn").is_some() || call.input.get("ManagedBy").is_some()
    {
        return Err(Failure::new(
            "InvalidParameterException",
            "the twin has public certificates that customers manage only",
        ));
    }
    let domain = call.required("DomainName")?;
    let mut names = vec![domain.to_owned()];
    for name in call.texts("SubjectAlternativeNames") {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.len() > MOST_NAMES {
        return Err(Failure::new(
            "LimitExceededException",
            format!("the maximum number of {MOST_NAMES} domain names has been exceeded"),
        ));
    }
    let tags = tagging::checked(call, tagging::listed(call, "Tags"))?;
    tagging::check_count(call, &tags)?;
    let method = call.text("ValidationMethod").unwrap_or("EMAIL");
    let id = world.uuid();
    let validations: Vec<Value> = names.iter().map(|name| validation(name, method)).collect();
    let algorithm = call.text("KeyAlgorithm").unwrap_or("RSA_2048").replacen("RSA_", "RSA-", 1);
    let transparency =
        call.input.path("Options.CertificateTransparencyLoggingPreference").and_then(Value::as_str);
    let export = call.input.path("Options.Export").and_then(Value::as_str);
    let described = object!(
        "CreatedAt": (call.now),
        "DomainName": domain,
        "DomainValidationOptions": (validations),
        "ExtendedKeyUsages": [],
        "Issuer": "Amazon",
        "KeyAlgorithm": (algorithm),
        "KeyUsages": [],
        "Options": {
            "CertificateTransparencyLoggingPreference": (transparency.unwrap_or("ENABLED")),
            "Export": (export.unwrap_or("DISABLED")),
        },
        "RenewalEligibility": "INELIGIBLE",
        "SignatureAlgorithm": "SHA256WITHRSA",
        "Status": "PENDING_VALIDATION",
        "Subject": (format!("CN={domain}")),
        "SubjectAlternativeNames": (names.iter().map(Value::from).collect::<Value>()),
        "Type": "AMAZON_ISSUED",
    );
    let place = call.place(&CERTIFICATE);
    world.put(
        place.clone(),
        id.clone(),
        Resource::new(facts(described), std::sync::Arc::new(tags)),
    );
    let wait = SignedDuration::from_secs(world.random_between(VALIDATION.0, VALIDATION.1));
    world.schedule(
        call.now.checked_add(wait).unwrap_or(call.now),
        Task::new(VALIDATED, &place, &id),
    );
    world.schedule(days_after(call.now, PATIENCE), Task::new(TIMED_OUT, &place, &id));
    Ok(Value::from_iter([("CertificateArn", place.arn_of(&CERTIFICATE, &id))]))
}

/// What the owner of a domain is to do.
fn validation(name: &str, method: &str) -> Value {
    let bare = name.trim_start_matches("*.");
    let mut validation = object!(
        "DomainName": name,
        "ValidationDomain": name,
        "ValidationMethod": method,
        "ValidationStatus": "PENDING_VALIDATION",
    );
    if method == "DNS" {
        let digits = crate::digest::hex_digest(bare, 64);
        let (left, right) = digits.split_at_checked(32).unwrap_or((&digits, ""));
        validation.insert(
            "ResourceRecord",
            value!({
                "Name": (format!("_{left}.{bare}.")),
                "Type": "CNAME",
                "Value": (format!("_{right}.acm-validations.aws.")),
            }),
        );
    } else {
        let mails = ["administrator", "hostmaster", "postmaster", "webmaster", "admin"];
        let mails: Value = mails.iter().map(|who| Value::from(format!("{who}@{bare}"))).collect();
        validation.insert("ValidationEmails", mails);
    }
    validation.into()
}

/// The owner has shown that the names are theirs.
pub(super) fn validated(world: &mut World, task: &Task) {
    let pending = world.get(&task.place, &task.id).and_then(|found| found.fact("Status"))
        == Some("PENDING_VALIDATION");
    if !pending {
        return;
    }
    match world.fate(&task.place, &task.id, "Certificate") {
        Fate::Succeeds => {
            settle_validations(world, task, "SUCCESS");
            issue(world, &task.place, &task.id);
            watch(world, &task.place, &task.id);
        }
        Fate::Fails(_) => {
            settle_validations(world, task, "FAILED");
            world.change(&task.place, &task.id, |facts| {
                facts.insert("Status", "FAILED");
                facts.insert("FailureReason", "ADDITIONAL_VERIFICATION_REQUIRED");
            });
        }
        Fate::Never => {}
    }
}

fn settle_validations(world: &mut World, task: &Task, status: &str) {
    world.change(&task.place, &task.id, |facts| {
        let mut all = facts.list("DomainValidationOptions").to_vec();
        for one in all.iter_mut().filter_map(Value::as_object_mut) {
            one.insert("ValidationStatus", status);
        }
        facts.insert("DomainValidationOptions", all);
    });
}

/// Issues a certificate, or issues it anew.
fn issue(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    let serial = world.random_hex(32);
    world.change(place, id, |facts| {
        facts.insert("Status", "ISSUED");
        facts.insert("IssuedAt", now);
        facts.insert("NotBefore", now);
        facts.insert("NotAfter", days_after(now, LIFETIME));
        facts.insert("Serial", serial);
        facts.insert(
            "KeyUsages",
            value!([{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}]),
        );
        facts.insert(
            "ExtendedKeyUsages",
            value!([{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}]),
        );
    });
}

/// Nobody validated it in time.
pub(super) fn timed_out(world: &mut World, task: &Task) {
    let pending = world.get(&task.place, &task.id).and_then(|found| found.fact("Status"))
        == Some("PENDING_VALIDATION");
    if pending {
        settle_validations(world, task, "FAILED");
        world.set(&task.place, &task.id, "Status", "VALIDATION_TIMED_OUT");
    }
}

/// Has a certificate looked at every day from now on.
pub(super) fn watch(world: &mut World, place: &Place, id: &str) {
    if world.get(place, id).is_none_or(|found| found.inside.contains(WATCHED)) {
        return;
    }
    world.set_inside(place, id, WATCHED, true);
    world.schedule(days_after(world.now(), 1), Task::new(DAILY, place, id));
}

/// A day of a certificate: it may have run out, be renewed, or its end be told of.
pub(super) fn daily(world: &mut World, task: &Task) {
    let Some(found) = world.get(&task.place, &task.id) else { return };
    let Some(end) = found.value("NotAfter").and_then(Value::as_timestamp) else { return };
    let own = found.fact("Type") == Some("AMAZON_ISSUED");
    let name = found.fact("DomainName").unwrap_or_default().to_owned();
    let issued = found.fact("Status") == Some("ISSUED");
    let arn = task.place.arn_of(&CERTIFICATE, &task.id);
    let left = end.duration_since(task.due).as_hours().div_euclid(24);
    if issued && end <= task.due {
        world.set(&task.place, &task.id, "Status", "EXPIRED");
        tell(world, task, ("ACM Certificate Expired", &arn), expired(own, &name));
    } else if issued
        && own
        && left <= RENEWAL
        && !certificate::users(world, &task.place, &arn).is_empty()
    {
        renew_now(world, &task.place, &task.id);
        let detail = object!("Action": "RENEWAL", "CertificateType": "AMAZON_ISSUED", "CommonName": (name), "Exported": false);
        tell(world, task, ("ACM Certificate Available", &arn), detail);
    } else if issued && left <= certificate::days_before(world, &task.place) {
        let detail = object!("DaysToExpiry": left, "CommonName": (name));
        tell(world, task, ("ACM Certificate Approaching Expiration", &arn), detail);
    }
    world.schedule(days_after(task.due, 1), task.clone());
}

fn expired(own: bool, name: &str) -> Object {
    let kind = if own { "AMAZON_ISSUED" } else { "IMPORTED" };
    object!("CertificateType": kind, "CommonName": name, "DomainValidationMethod": "DNS")
}

fn tell(world: &mut World, task: &Task, (what, arn): (&str, &str), detail: Object) {
    world.emit(Event::new("aws.acm", what, &task.place).about(arn).with(detail));
}

fn renew_now(world: &mut World, place: &Place, id: &str) {
    issue(world, place, id);
    let now = world.now();
    world.change(place, id, |facts| {
        let validations = facts.get("DomainValidationOptions").cloned().unwrap_or_default();
        facts.insert(
            "RenewalSummary",
            value!({
                "DomainValidationOptions": (validations),
                "RenewalStatus": "SUCCESS",
                "UpdatedAt": now,
            }),
        );
    });
}

pub(super) fn renew(call: &Call, world: &mut World) -> Answer {
    let id = certificate::named(call, world)?;
    let found = call.find(world, &CERTIFICATE, &id)?;
    let exportable =
        found.fact("Type") == Some("PRIVATE") || found.fact("Options.Export") == Some("ENABLED");
    if !exportable || found.fact("Status") != Some("ISSUED") {
        return Err(call.invalid("The certificate is not eligible for renewal: only exported certificates can be renewed by request"));
    }
    renew_now(world, &call.place(&CERTIFICATE), &id);
    Ok(Value::object())
}

pub(super) fn resend(call: &Call, world: &mut World) -> Answer {
    let id = certificate::named(call, world)?;
    let found = call.find(world, &CERTIFICATE, &id)?;
    let by_mail = found.fact("DomainValidationOptions.0.ValidationMethod") == Some("EMAIL");
    if found.fact("Status") != Some("PENDING_VALIDATION") || !by_mail {
        let message = "The certificate does not wait to be validated by mail";
        return Err(Failure::new("InvalidStateException", message));
    }
    Ok(Value::object())
}

pub(super) fn update_options(call: &Call, world: &mut World) -> Answer {
    let id = certificate::named(call, world)?;
    let options = call.object("Options").cloned().unwrap_or_default();
    if let Some(member) =
        options.names().find(|name| &***name != "CertificateTransparencyLoggingPreference")
    {
        return Err(call.invalid(format!("the twin does not change {member}")));
    }
    world.change(&call.place(&CERTIFICATE), &id, |facts| {
        let mut kept = facts.get("Options").cloned().unwrap_or_else(Value::object);
        if let Some(kept) = kept.as_object_mut() {
            for (name, value) in options.iter() {
                kept.insert(name, value.clone());
            }
        }
        facts.insert("Options", kept);
    });
    Ok(Value::object())
}
