//! The credential report: a table of all users with their passwords, keys and devices. Made once in four hours at most.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{
    account::{keep, password_policy, setting},
    common::{inner_texts, last_segment},
    kinds::{ACCESS_KEY, USER},
};
use crate::{
    call::{Answer, Call},
    directory::organization::JOINED,
    failure::Failure,
    services::{Action, Part},
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("GenerateCredentialReport", Action::Own(generate)),
        ("GetCredentialReport", Action::Own(get)),
    ],
    tasks: &[],
};

const REPORT: &str = "CredentialReport";
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(4);
const TAKES: SignedDuration = SignedDuration::from_secs(3);

const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
                    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                    access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                    access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                    access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
                    cert_2_active,cert_2_last_rotated";

fn report(call: &Call, world: &World) -> Option<(Timestamp, Object)> {
    let found = setting(call, world, REPORT)?;
    let made = found.get("Made").and_then(Value::as_timestamp)?;
    Some((made, found.as_object()?.clone()))
}

fn generate(call: &Call, world: &mut World) -> Answer {
    if let Some((made, _)) = report(call, world)
        && call.now.duration_since(made) < GOOD_FOR
    {
        let is_done = call.now.duration_since(made) >= TAKES;
        let state = if is_done { "COMPLETE" } else { "INPROGRESS" };
        return Ok(value!({"State": (state)}));
    }
    let content = table(call, world);
    let made = object! {"Made": (call.now), "Content": (content)};
    keep(call, world, REPORT, Some(made.into()));
    Ok(value!({
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }))
}

fn get(call: &Call, world: &mut World) -> Answer {
    let (made, found) = report(call, world).ok_or_else(|| {
        Failure::new(
            "ReportNotPresent",
            "No report has been generated. Use GenerateCredentialReport first.",
        )
        .with_status(410)
    })?;
    let age = call.now.duration_since(made);
    if age < TAKES {
        let message = "Report generation is in progress.";
        return Err(Failure::new("ReportInProgress", message).with_status(404));
    }
    if age >= GOOD_FOR {
        let message = "Report has expired. Use GenerateCredentialReport to make a new one.";
        return Err(Failure::new("ReportExpired", message).with_status(410));
    }
    let content = found.text("Content");
    Ok(value!({
        "Content": (content.as_bytes().to_vec()),
        "ReportFormat": "text/csv",
        "GeneratedTime": (made),
    }))
}

fn table(call: &Call, world: &World) -> String {
    let account = call.account();
    let root = [
        "<root_account>".to_owned(),
        format!("arn:aws:iam::{account}:root"),
        JOINED.to_string(),
        "not_supported,no_information,not_supported,not_supported,false".to_owned(),
        "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A".to_owned(),
    ];
    let mut lines = vec![HEAD.to_owned(), root.join(",")];
    let place = call.place(&USER);
    for (id, user) in world.shelf(&place) {
        let arn = place.arn_of(&USER, id);
        lines.push(row(call, world, (last_segment(id), arn), user));
    }
    lines.join("\n")
}

fn row(call: &Call, world: &World, (name, arn): (&str, String), user: &Resource) -> String {
    let time = |value: Option<&Value>| {
        value.and_then(Value::as_timestamp).map_or_else(|| "N/A".to_owned(), |at| at.to_string())
    };
    let mut cells = vec![name.to_owned(), arn, time(user.value("CreateDate"))];
    match user.inside.get("LoginProfile") {
        Some(profile) => {
            let changed = profile.get("Changed").and_then(Value::as_timestamp);
            let age =
                password_policy(call, world).and_then(|it| it.get("MaxPasswordAge")?.as_i64());
            let rotation = match (changed, age) {
                (Some(changed), Some(days)) => changed
                    .saturating_add(SignedDuration::from_hours(24 * days))
                    .map_or_else(|_| "N/A".to_owned(), |at| at.to_string()),
                _ => "N/A".to_owned(),
            };
            let used = match user.value("PasswordLastUsed") {
                Some(_) => time(user.value("PasswordLastUsed")),
                None => "no_information".to_owned(),
            };
            cells.extend(["true".to_owned(), used, time(profile.get("Changed")), rotation]);
        }
        None => cells.extend(["false", "N/A", "N/A", "N/A"].map(str::to_owned)),
    }
    cells.push((!inner_texts(user, "Devices").is_empty()).to_string());
    let keys = world.shelf(&call.place(&ACCESS_KEY)).iter();
    let mut keys: Vec<_> = keys.filter(|(_, key)| key.fact("UserName") == Some(name)).collect();
    keys.sort_by_key(|(_, key)| key.value("CreateDate").and_then(Value::as_timestamp));
    for slot in 0..2 {
        match keys.get(slot) {
            Some((id, key)) => {
                cells.push((key.fact("Status") == Some("Active")).to_string());
                cells.push(time(key.value("CreateDate")));
                match world.directory.last_key_uses.get(*id) {
                    Some((last, service)) => {
                        cells.extend([last.at.to_string(), last.region.clone(), service.clone()]);
                    }
                    None => cells.extend(["N/A", "N/A", "N/A"].map(str::to_owned)),
                }
            }
            None => cells.extend(["false", "N/A", "N/A", "N/A", "N/A"].map(str::to_owned)),
        }
    }
    cells.extend(["false", "N/A", "false", "N/A"].map(str::to_owned));
    cells.join(",")
}
