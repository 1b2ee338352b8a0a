//! Service settings, and the state of change calendars.

use std::sync::Arc;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use reeve_model::Value;

use super::{documents, documents::DOCUMENT};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Definition,
    recipe::Action,
    services::Part,
    store::Resource,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&SETTING],
    operations: &[
        ("GetServiceSetting", Action::Own(get)),
        ("UpdateServiceSetting", Action::Own(update)),
        ("ResetServiceSetting", Action::Own(reset)),
        ("GetCalendarState", Action::Own(calendar)),
    ],
    tasks: &[],
};

/// A setting that is not as it was, by its id without the slash before it.
static SETTING: Definition = Definition {
    resource_type: "AWS::SSM::ServiceSetting",
    arn: "arn:{partition}:ssm:{region}:{account}:servicesetting/{id}",
    ..Definition::OF
};

const HOST_MANAGEMENT: &str = "/ssm/managed-instance/default-ec2-instance-management-role";
/// The settings there are, and what they are by default.
const SETTINGS: [(&str, &str); 9] = [
    ("/ssm/appconfig/appconfig-poller", "Enabled"),
    ("/ssm/automation/customer-script-log-destination", "None"),
    ("/ssm/automation/customer-script-log-group-name", "/aws/ssm/automation"),
    ("/ssm/documents/console/public-sharing-permission", "Enable"),
    (HOST_MANAGEMENT, "$None"),
    ("/ssm/managed-instance/activation-tier", "standard"),
    ("/ssm/opsinsights/opscenter", "Disabled"),
    ("/ssm/parameter-store/default-parameter-tier", "Standard"),
    ("/ssm/parameter-store/high-throughput-enabled", "false"),
];

/// The id and default of the setting that the caller names.
fn named(call: &Call) -> Result<(&'static str, &'static str), Failure> {
    let asked = call.required("SettingId")?;
    let id = asked.split_once(":servicesetting").map_or(asked, |(_, id)| id);
    SETTINGS.iter().copied().find(|(known, _)| *known == id).ok_or_else(|| {
        Failure::new("ServiceSettingNotFound", format!("The setting {asked} does not exist."))
    })
}

fn shown(call: &Call, world: &World, (id, default): (&str, &str)) -> Value {
    let arn = call.arn_of(&SETTING, id.trim_start_matches('/'));
    let own = world.get(&call.place(&SETTING), id.trim_start_matches('/'));
    let mut setting = object! {"SettingId": id, "ARN": arn};
    match own {
        Some(own) => {
            for (member, value) in own.facts.iter() {
                setting.insert(member, value.clone());
            }
            setting.insert("Status", "Customized");
        }
        None => {
            setting.insert("SettingValue", default);
            setting.insert("LastModifiedDate", Timestamp::UNIX_EPOCH);
            setting.insert("LastModifiedUser", "System");
            setting.insert("Status", "Default");
        }
    }
    setting.into()
}

fn get(call: &Call, world: &mut World) -> Answer {
    let setting = shown(call, world, named(call)?);
    Ok(value!({"ServiceSetting": setting}))
}

fn manage_hosts(call: &Call, world: &mut World, id: &str, value: &str) {
    if id == HOST_MANAGEMENT {
        let here = format!("{}/{}", call.account(), call.region);
        if value == "$None" {
            world.fleet.host_management.remove(&here);
        } else {
            world.fleet.host_management.insert(here);
        }
    }
}

fn update(call: &Call, world: &mut World) -> Answer {
    let (id, _) = named(call)?;
    let value = call.required("SettingValue")?;
    let facts = object! {
        "SettingValue": value, "LastModifiedDate": (call.now),
        "LastModifiedUser": (call.caller.arn.as_str()),
    };
    let setting = Resource::new(Arc::new(facts), Arc::default());
    world.put(call.place(&SETTING), id.trim_start_matches('/'), setting);
    manage_hosts(call, world, id, value);
    Ok(Value::object())
}

fn reset(call: &Call, world: &mut World) -> Answer {
    let (id, default) = named(call)?;
    world.remove(&call.place(&SETTING), id.trim_start_matches('/'));
    manage_hosts(call, world, id, default);
    let setting = shown(call, world, (id, default));
    Ok(value!({"ServiceSetting": setting}))
}

/// One calendar: whether it is open where it has no event, and its events.
struct Calendar {
    open: bool,
    events: Vec<(Timestamp, Timestamp)>,
}

impl Calendar {
    fn is_open(&self, at: Timestamp) -> bool {
        self.open != self.events.iter().any(|(start, end)| *start <= at && at < *end)
    }
}

fn calendar(call: &Call, world: &mut World) -> Answer {
    let at = match call.text("AtTime") {
        Some(text) => text
            .parse()
            .map_err(|_| call.invalid(format!("{text} is no time in ISO 8601 format")))?,
        None => call.now,
    };
    let mut calendars = Vec::new();
    for name in call.texts("CalendarNames") {
        let missing = || DOCUMENT.missing.failure(name);
        let (kind, text) =
            documents::content(world, &call.place(&DOCUMENT), name).ok_or_else(missing)?;
        if kind != "ChangeCalendar" {
            let message = format!("The document {name} is not of type ChangeCalendar.");
            return Err(Failure::new("InvalidDocumentType", message));
        }
        if text.contains("RRULE") {
            let message = "the twin does not implement calendars with recurring events";
            return Err(Failure::new("UnsupportedCalendarException", message));
        }
        calendars.push(read(&text));
    }
    let is_open = |at: Timestamp| calendars.iter().all(|one| one.is_open(at));
    let edges =
        calendars.iter().flat_map(|one| &one.events).flat_map(|(start, end)| [*start, *end]);
    let mut edges: Vec<Timestamp> = edges.filter(|edge| *edge > at).collect();
    edges.sort();
    let open = is_open(at);
    let mut answer =
        object! {"State": (if open { "OPEN" } else { "CLOSED" }), "AtTime": (at.to_string())};
    if let Some(next) = edges.into_iter().find(|edge| is_open(*edge) != open) {
        answer.insert("NextTransitionTime", next.to_string());
    }
    Ok(answer.into())
}

/// Reads a calendar in the iCalendar format: its events without recurrence, and its default.
fn read(text: &str) -> Calendar {
    let unfolded = text.replace("\r\n", "\n").replace("\n ", "");
    let mut calendar = Calendar { open: true, events: Vec::new() };
    let (mut start, mut end) = (None, None);
    for line in unfolded.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let (name, parameters) = name.split_once(';').unwrap_or((name, ""));
        match name {
            "X-CALENDAR-TYPE" => calendar.open = value.trim() != "DEFAULT_CLOSED",
            "BEGIN" if value == "VEVENT" => (start, end) = (None, None),
            "DTSTART" => start = instant(value, parameters),
            "DTEND" => end = instant(value, parameters),
            "END" if value == "VEVENT" => {
                if let (Some(start), Some(end)) = (start, end) {
                    calendar.events.push((start, end));
                }
            }
            _ => {}
        }
    }
    calendar
}

fn instant(text: &str, parameters: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zone = parameters.split(';').find_map(|one| one.strip_prefix("TZID="));
    let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
    let civil: DateTime = text.trim_end_matches('Z').parse().ok()?;
    Some(civil.to_zoned(zone).ok()?.timestamp())
}
