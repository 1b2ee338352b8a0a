//! Accounts whose findings another account sees, and the organization's administrator for Security Hub.

use reeve_model::Value;
use reeve_types::{AccountId, Region};

use super::{
    hub::{DEFAULT, HUB, PAGES, required},
    insights,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind},
    recipe::List,
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::{Origin, World},
};

pub(super) static PART: Part = Part {
    kinds: &[&MEMBER, &ADMINISTRATOR],
    operations: &[
        ("CreateMembers", Action::Own(create)),
        ("GetMembers", Action::Own(get)),
        ("ListMembers", Action::List(&LIST)),
        ("DisassociateMembers", Action::Own(disassociate)),
        ("DeleteMembers", Action::Own(delete)),
        ("GetAdministratorAccount", Action::Own(administrator)),
        ("EnableOrganizationAdminAccount", Action::Own(enable)),
        ("DisableOrganizationAdminAccount", Action::Own(disable)),
        ("ListOrganizationAdminAccounts", Action::Own(list_administrators)),
    ],
    tasks: &[],
};

/// A member, kept in the administrator's account.
pub(crate) static MEMBER: Definition = Definition {
    resource_type: "AWS::SecurityHub::Member",
    arn: "arn:{partition}:securityhub:{region}:{account}:member/{id}",
    identity: &[
        ("AccountId", Identity::Id),
        ("MasterId", Identity::Account),
        ("AdministratorId", Identity::Account),
    ],
    ..Definition::OF
};

/// The organization's administrator, kept in the management account.
pub(crate) static ADMINISTRATOR: Definition = Definition {
    resource_type: "AWS::SecurityHub::DelegatedAdmin",
    arn: "arn:{partition}:securityhub:{region}:{account}:administrator/{id}",
    identity: &[("AccountId", Identity::Id)],
    ..Definition::OF
};

static LIST: List = List { kind: &MEMBER, member: "Members", paging: &PAGES, ..List::OF };

/// The places whose findings the caller sees: its own and its members', and in a Region that gathers those of others
/// also theirs.
pub(super) fn visible(call: &Call, world: &World, kind: Kind) -> Vec<Place> {
    let own = call.place(kind);
    let mut regions = vec![call.region.clone()];
    regions.extend(insights::linked(world, &call.place(&insights::AGGREGATOR)));
    let members = world.shelf(&call.place(&MEMBER)).iter();
    let enabled = members
        .filter(|(_, member)| member.fact("MemberStatus") == Some("Enabled"))
        .filter_map(|(id, _)| id.parse::<AccountId>().ok())
        .map(|account| Place { account, ..own.clone() });
    let accounts: Vec<Place> = std::iter::once(own.clone()).chain(enabled).collect();
    let in_region = |region: &Region| {
        let region = region.clone();
        accounts.iter().map(move |place| Place { region: region.clone(), ..place.clone() })
    };
    regions.iter().flat_map(in_region).collect()
}

fn is_administrator(call: &Call, world: &World) -> bool {
    let Some(management) = world.directory.management.clone() else { return false };
    let place = Place { account: management, ..call.place(&ADMINISTRATOR) };
    world.get(&place, call.account().as_str()).is_some()
}

fn create(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut unprocessed = Vec::new();
    for one in call.list("AccountDetails") {
        let id = one.text("AccountId");
        let account = id.parse::<AccountId>().ok();
        let account = account.filter(|account| world.directory.accounts.contains_key(account));
        let Some(account) = account.filter(|_| is_administrator(call, world)) else {
            let reason = "Only an account of the organization can be added, by its administrator for Security Hub";
            unprocessed.push(value!({ "AccountId": (id), "ProcessingResult": (reason) }));
            continue;
        };
        let place = Place { account, ..call.place(&HUB) };
        if world.get(&place, DEFAULT).is_none() {
            let origin = Origin::at(&place, "securityhub.amazonaws.com");
            world.call(&origin, "securityhub", "EnableSecurityHub", Value::object())?;
        }
        let member = object! {
            "Email": (one.get("Email").cloned().unwrap_or_default()),
            "MemberStatus": "Enabled",
            "InvitedAt": (world.now()),
            "UpdatedAt": (world.now())
        };
        world.put(call.place(&MEMBER), id, Resource::new(facts(member), std::sync::Arc::default()));
    }
    Ok(value!({ "UnprocessedAccounts": (unprocessed) }))
}

/// Does something to each member named; those that are none are named in the answer.
fn each(
    call: &Call,
    world: &mut World,
    mut act: impl FnMut(&mut World, &Place, &str) -> bool,
) -> Result<Vec<Value>, Failure> {
    required(call, world)?;
    let place = call.place(&MEMBER);
    let mut unprocessed = Vec::new();
    for id in call.texts("AccountIds") {
        if !act(world, &place, id) {
            let reason = "The account is not associated with this account";
            unprocessed.push(value!({ "AccountId": (id), "ProcessingResult": (reason) }));
        }
    }
    Ok(unprocessed)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let mut members = Vec::new();
    let unprocessed = each(call, world, |world, place, id| {
        let found = world.get(place, id);
        members.extend(found.map(|found| Value::from(place.describe(&MEMBER, id, found))));
        found.is_some()
    })?;
    Ok(call.fit(value!({ "Members": (members), "UnprocessedAccounts": (unprocessed) })))
}

fn disassociate(call: &Call, world: &mut World) -> Answer {
    each(call, world, |world, place, id| {
        let now = world.now();
        world.change(place, id, |facts| {
            facts.insert("MemberStatus", "Removed");
            facts.insert("UpdatedAt", now);
        })
    })?;
    Ok(Value::object())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let unprocessed = each(call, world, |world, place, id| {
        let is_removed =
            world.get(place, id).is_some_and(|one| one.fact("MemberStatus") != Some("Enabled"));
        is_removed && world.remove(place, id).is_some()
    })?;
    Ok(value!({ "UnprocessedAccounts": (unprocessed) }))
}

fn administrator(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let mut every = world.every(&MEMBER);
    let found = every.find(|(place, id, member)| {
        place.region == call.region
            && id.as_str() == call.account().as_str()
            && member.fact("MemberStatus") == Some("Enabled")
    });
    let Some((place, _, member)) = found else { return Ok(Value::object()) };
    let shown = object! {
        "AccountId": (place.account.as_str()),
        "InvitedAt": (member.value("InvitedAt").cloned().unwrap_or_default()),
        "MemberStatus": "Enabled"
    };
    Ok(call.fit(value!({ "Administrator": (shown) })))
}

fn only_management(call: &Call, world: &World) -> Result<Place, Failure> {
    if world.directory.management.as_ref() != Some(call.account()) {
        let message = "Account is not the management account of the organization";
        return Err(Failure::new("InvalidAccessException", message).with_status(401));
    }
    Ok(call.place(&ADMINISTRATOR))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let id = call.required("AdminAccountId")?;
    if world.shelf(&place).keys().any(|known| known != id) {
        let message = "Another account is the delegated Security Hub administrator already";
        return Err(Failure::new("ResourceConflictException", message).with_status(409));
    }
    let administrator = object! { "Status": "ENABLED" };
    world.put(place, id, Resource::new(facts(administrator), std::sync::Arc::default()));
    Ok(Value::object())
}

fn disable(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let id = call.required("AdminAccountId")?;
    let removed = world.remove(&place, id);
    removed.ok_or_else(|| call.invalid("The account is not a delegated administrator"))?;
    Ok(Value::object())
}

fn list_administrators(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let shown = world
        .shelf(&place)
        .iter()
        .map(|(id, one)| Value::from(place.describe(&ADMINISTRATOR, id, one)))
        .collect();
    PAGES.slice(call, "AdminAccounts", shown)
}
