//! Legal holds: recovery points under one cannot be deleted, by nobody and no lifecycle.

use reeve_model::Value;

use super::{
    PAGES,
    point::{POINT, created},
};
use crate::{
    call::{Answer, Call},
    kind::{Definition, Identity, Missing},
    page::plain,
    recipe::{Action, Create, Describe, List, NewId, TagInput},
    services::Part,
    store::{Place, Resource},
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&HOLD],
    operations: &[
        ("CreateLegalHold", Action::Create(&CREATE)),
        ("GetLegalHold", Action::Describe(&GET)),
        ("ListLegalHolds", Action::List(&LIST)),
        ("CancelLegalHold", Action::Own(cancel)),
        ("ListRecoveryPointsByLegalHold", Action::Own(points)),
    ],
    tasks: &[],
};

/// A legal hold.
pub(super) static HOLD: Definition = Definition {
    resource_type: "AWS::Backup::LegalHold",
    tagging_type: "backup:legal-hold",
    arn: "arn:{partition}:backup:{region}:{account}:legal-hold:{id}",
    identity: &[("LegalHoldId", Identity::Id), ("LegalHoldArn", Identity::Arn)],
    missing: Missing::new("ResourceNotFoundException", "Legal hold {id} not found"),
    ..Definition::OF
};

static CREATE: Create = Create {
    kind: &HOLD,
    id: NewId::Uuid,
    keep: &[
        ("Title", "Title"),
        ("Description", "Description"),
        ("RecoveryPointSelection", "RecoveryPointSelection"),
    ],
    facts: |call, _| object! {"Status": "ACTIVE", "CreationDate": (call.now)},
    tags: TagInput::Map("Tags"),
    ..Create::OF
};

static GET: Describe = Describe { kind: &HOLD, id: "LegalHoldId", ..Describe::OF };

static LIST: List = List { kind: &HOLD, member: "LegalHolds", paging: &PAGES, ..List::OF };

/// Whether a legal hold is on a recovery point.
pub(super) fn holds(world: &World, place: &Place, point: &Resource) -> bool {
    let shelf = world.shelf(&place.beside(&HOLD));
    shelf.values().any(|hold| hold.fact("Status") == Some("ACTIVE") && covers(hold, point))
}

fn covers(hold: &Resource, point: &Resource) -> bool {
    let Some(selection) = hold.facts.get("RecoveryPointSelection") else { return true };
    let any = |member: &str, wanted: Option<&str>| {
        let named = selection.list(member);
        named.is_empty() || named.iter().any(|name| name.as_str() == wanted)
    };
    let date = |member: &str| selection.path("DateRange")?.get(member)?.as_timestamp();
    let made = created(point);
    any("VaultNames", point.fact("BackupVaultName"))
        && any("ResourceIdentifiers", point.fact("ResourceArn"))
        && date("FromDate").is_none_or(|from| made.is_some_and(|made| made >= from))
        && date("ToDate").is_none_or(|to| made.is_some_and(|made| made <= to))
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let id = call.required("LegalHoldId")?;
    let hold = call.find(world, &HOLD, id)?;
    if hold.fact("Status") != Some("ACTIVE") {
        return Err(super::refused("Legal hold is not active"));
    }
    let until = call.integer("RetainRecordInDays").map(|days| super::days_later(call.now, days));
    world.change(&call.place(&HOLD), id, |facts| {
        facts.insert("Status", "CANCELED");
        facts.insert("CancelDescription", call.text("CancelDescription").unwrap_or_default());
        facts.insert("CancellationDate", call.now);
        if let Some(until) = until {
            facts.insert("RetainRecordUntil", until);
        }
    });
    Ok(Value::object())
}

fn points(call: &Call, world: &mut World) -> Answer {
    let id = call.required("LegalHoldId")?;
    let hold = call.find(world, &HOLD, id)?.clone();
    let keep = |_: &str, point: &Resource| covers(&hold, point);
    let listed = PAGES.list((call, world), (&POINT, "RecoveryPoints"), keep, plain);
    listed.map(|output| call.fit(output))
}
