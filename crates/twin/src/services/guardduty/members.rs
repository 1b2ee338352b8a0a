//! Accounts that watch over others: invited one by one, or by the organization's administrator for `GuardDuty`.

use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::detectors::{DETECTOR, PAGES, required};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Kind},
    services::{Action, Part},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&MEMBER, &INVITATION, &ORGANIZATION],
    operations: &[
        ("CreateMembers", Action::Own(create)),
        ("GetMembers", Action::Own(get)),
        ("ListMembers", Action::Own(list)),
        ("InviteMembers", Action::Own(invite)),
        ("DeleteMembers", Action::Own(delete)),
        ("DisassociateMembers", Action::Own(disassociate)),
        ("StartMonitoringMembers", Action::Own(start)),
        ("StopMonitoringMembers", Action::Own(stop)),
        ("ListInvitations", Action::Own(list_invitations)),
        ("GetInvitationsCount", Action::Own(count_invitations)),
        ("AcceptAdministratorInvitation", Action::Own(accept)),
        ("GetAdministratorAccount", Action::Own(administrator)),
        ("DisassociateFromAdministratorAccount", Action::Own(leave)),
        ("EnableOrganizationAdminAccount", Action::Own(enable_administrator)),
        ("DisableOrganizationAdminAccount", Action::Own(disable_administrator)),
        ("ListOrganizationAdminAccounts", Action::Own(list_administrators)),
        ("DescribeOrganizationConfiguration", Action::Own(organization)),
        ("UpdateOrganizationConfiguration", Action::Own(configure_organization)),
    ],
    tasks: &[],
};

/// An account whose findings another sees; kept in the administrator's account.
pub(crate) static MEMBER: Definition = Definition {
    resource_type: "AWS::GuardDuty::Member",
    arn: "arn:{partition}:guardduty:{region}:{account}:member/{id}",
    identity: &[
        ("AccountId", Identity::Id),
        ("MasterId", Identity::Account),
        ("AdministratorId", Identity::Account),
    ],
    ..Definition::OF
};

/// What a member was asked; kept in the member's account by that of the administrator.
pub(crate) static INVITATION: Definition = Definition {
    resource_type: "AWS::GuardDuty::Invitation",
    arn: "arn:{partition}:guardduty:{region}:{account}:invitation/{id}",
    identity: &[("AccountId", Identity::Id)],
    ..Definition::OF
};

/// The organization's administrator (kept in its management account) and what is so for new accounts (in the former's).
pub(crate) static ORGANIZATION: Definition = Definition {
    resource_type: "AWS::GuardDuty::OrganizationConfiguration",
    arn: "arn:{partition}:guardduty:{region}:{account}:organization/{id}",
    ..Definition::OF
};

/// The places whose findings the caller sees: its own, and those of the members that are enabled.
pub(super) fn visible(call: &Call, world: &World, kind: Kind) -> Vec<Place> {
    let own = call.place(kind);
    let members = world.shelf(&call.place(&MEMBER)).iter();
    let enabled = members
        .filter(|(_, member)| member.fact("RelationshipStatus") == Some("Enabled"))
        .filter_map(|(id, _)| id.parse::<AccountId>().ok())
        .map(|account| Place { account, ..own.clone() });
    std::iter::once(own.clone()).chain(enabled).collect()
}

/// Does something to each of the accounts named; those for which it cannot be done are named in the answer.
fn each(
    call: &Call,
    world: &mut World,
    act: impl Fn(&mut World, &str) -> Result<(), &'static str>,
) -> Answer {
    required(call, world)?;
    let mut unprocessed = Vec::new();
    for id in call.texts("AccountIds") {
        if let Err(reason) = act(world, id) {
            unprocessed.push(value!({ "AccountId": (id), "Result": (reason) }));
        }
    }
    Ok(value!({ "UnprocessedAccounts": (unprocessed) }))
}

const NO_MEMBER: &str = "The request is rejected because the given account ID is not an associated \
                         member of the given account.";

/// Whether the caller's account is the organization's administrator for `GuardDuty`.
fn is_administrator(call: &Call, world: &World) -> bool {
    let Some(management) = world.directory.management.clone() else { return false };
    let place = Place { account: management, ..call.place(&ORGANIZATION) };
    world.get(&place, &format!("administrator/{}", call.account())).is_some()
}

fn create(call: &Call, world: &mut World) -> Answer {
    let detector = required(call, world)?;
    let is_administrator = is_administrator(call, world);
    let mut unprocessed = Vec::new();
    for one in call.list("AccountDetails") {
        let id = one.text("AccountId");
        let email = one.text("Email");
        if id == call.account().as_str() {
            let reason = "The request is rejected because the given account ID is the same as the administrator's.";
            unprocessed.push(value!({ "AccountId": (id), "Result": (reason) }));
            continue;
        }
        let known =
            id.parse().is_ok_and(|id: AccountId| world.directory.accounts.contains_key(&id));
        let status = if is_administrator && known { "Enabled" } else { "Created" };
        let member = object! {
            "Email": (email),
            "RelationshipStatus": (status),
            "UpdatedAt": (world.now().to_string()),
            "DetectorId": (detector.as_str())
        };
        if status == "Enabled" {
            enable_in(call, world, id);
        }
        world.put(call.place(&MEMBER), id, Resource::new(facts(member), std::sync::Arc::default()));
    }
    Ok(value!({ "UnprocessedAccounts": (unprocessed) }))
}

/// Turns `GuardDuty` on in a member, and remembers there who its administrator is.
fn enable_in(call: &Call, world: &mut World, id: &str) {
    let Ok(account) = id.parse::<AccountId>() else { return };
    let place = Place { account: account.clone(), ..call.place(&DETECTOR) };
    if world.shelf(&place).is_empty() {
        let origin = crate::world::Origin::at(&place, "guardduty.amazonaws.com");
        let configuration = world.get(&call.place(&ORGANIZATION), CONFIGURATION);
        let features = configuration.and_then(|kept| kept.value("Features"));
        let features = features.map_or(&[][..], Value::as_list).iter().filter_map(|feature| {
            let name = feature.get("Name")?.as_str()?;
            let is_on = feature.get("AutoEnable")?.as_str()? != "NONE";
            is_on.then(|| value!({"Name": name, "Status": "ENABLED"}))
        });
        let features: Vec<Value> = features.collect();
        let input = value!({ "Enable": (true), "Features": (features) });
        // Where it cannot be turned on the member stays without a detector, and without findings.
        let _ = world.call(&origin, "guardduty", "CreateDetector", input);
    }
    let place = Place { account, ..call.place(&INVITATION) };
    let invitation = object! {
        "InvitationId": (world.random_hex(32)),
        "InvitedAt": (world.now().to_string()),
        "RelationshipStatus": "Enabled"
    };
    let resource = Resource::new(facts(invitation), std::sync::Arc::default());
    world.put(place, call.account().as_str(), resource);
}

fn get(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&MEMBER);
    let (mut members, mut unprocessed) = (Vec::new(), Vec::new());
    for id in call.texts("AccountIds") {
        match world.get(&place, id) {
            Some(found) => members.push(Value::from(place.describe(&MEMBER, id, found))),
            None => unprocessed.push(value!({ "AccountId": (id), "Result": (NO_MEMBER) })),
        }
    }
    Ok(call.fit(value!({ "Members": (members), "UnprocessedAccounts": (unprocessed) })))
}

fn list(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let only_associated = call.text("OnlyAssociated") != Some("false");
    let associated = ["Enabled", "Paused"];
    let place = call.place(&MEMBER);
    let members = world.shelf(&place).iter().filter(|(_, member)| {
        !only_associated
            || associated.contains(&member.fact("RelationshipStatus").unwrap_or_default())
    });
    let shown =
        members.map(|(id, found)| Value::from(place.describe(&MEMBER, id, found))).collect();
    PAGES.slice(call, "Members", shown)
}

fn set_status(world: &mut World, place: &Place, id: &str, status: &str) -> bool {
    let now = world.now().to_string();
    world.change(place, id, |facts| {
        facts.insert("RelationshipStatus", status);
        facts.insert("UpdatedAt", now);
    })
}

fn invite(call: &Call, world: &mut World) -> Answer {
    let members = call.place(&MEMBER);
    each(call, world, |world, id| {
        if !set_status(world, &members, id, "Invited") {
            return Err(NO_MEMBER);
        }
        let now = world.now().to_string();
        world.set(&members, id, "InvitedAt", now.as_str());
        let account: AccountId = id.parse().map_err(|_| NO_MEMBER)?;
        let invitation = object! {
            "InvitationId": (world.random_hex(32)),
            "InvitedAt": (now.as_str()),
            "RelationshipStatus": "Invited"
        };
        let place = Place { account, ..call.place(&INVITATION) };
        let resource = Resource::new(facts(invitation), std::sync::Arc::default());
        world.put(place, call.account().as_str(), resource);
        Ok(())
    })
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&MEMBER);
    each(call, world, |world, id| {
        let enabled = world
            .get(&place, id)
            .is_some_and(|one| one.fact("RelationshipStatus") == Some("Enabled"));
        if enabled {
            return Err(
                "The request is rejected because the given account ID is still associated.",
            );
        }
        world.remove(&place, id).map(|_| ()).ok_or(NO_MEMBER)
    })
}

fn disassociate(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&MEMBER);
    each(call, world, |world, id| {
        if let Ok(account) = id.parse() {
            world.remove(&Place { account, ..call.place(&INVITATION) }, call.account().as_str());
        }
        set_status(world, &place, id, "Removed").then_some(()).ok_or(NO_MEMBER)
    })
}

fn start(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&MEMBER);
    each(call, world, |world, id| {
        set_status(world, &place, id, "Enabled").then_some(()).ok_or(NO_MEMBER)
    })
}

fn stop(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&MEMBER);
    each(call, world, |world, id| {
        set_status(world, &place, id, "Paused").then_some(()).ok_or(NO_MEMBER)
    })
}

fn list_invitations(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&INVITATION);
    let open = world
        .shelf(&place)
        .iter()
        .filter(|(_, one)| one.fact("RelationshipStatus") == Some("Invited"))
        .map(|(id, one)| Value::from(place.describe(&INVITATION, id, one)));
    let open = open.collect();
    PAGES.slice(call, "Invitations", open)
}

fn count_invitations(call: &Call, world: &mut World) -> Answer {
    let shelf = world.shelf(&call.place(&INVITATION)).values();
    let open = shelf.filter(|one| one.fact("RelationshipStatus") == Some("Invited")).count();
    Ok(value!({ "InvitationsCount": (i64::try_from(open).unwrap_or(0)) }))
}

fn accept(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let administrator = call.required("AdministratorId")?;
    let invitation = call.required("InvitationId")?;
    let place = call.place(&INVITATION);
    let fits = world
        .get(&place, administrator)
        .is_some_and(|one| one.fact("InvitationId") == Some(invitation));
    let account: AccountId = administrator.parse().ok().filter(|_| fits).ok_or_else(|| {
        call.invalid("The request is rejected because the invitation does not exist.")
    })?;
    set_status(world, &place, administrator, "Enabled");
    let members = Place { account, ..call.place(&MEMBER) };
    set_status(world, &members, call.account().as_str(), "Enabled");
    Ok(Value::object())
}

fn administrator(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&INVITATION);
    let mut shelf = world.shelf(&place).iter();
    let found = shelf.find(|(_, one)| one.fact("RelationshipStatus") == Some("Enabled"));
    let shown = found.map_or_else(Object::new, |(id, one)| place.describe(&INVITATION, id, one));
    Ok(call.fit(value!({ "Administrator": (shown) })))
}

fn leave(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let place = call.place(&INVITATION);
    let administrators: Vec<String> = world.shelf(&place).keys().cloned().collect();
    for id in administrators {
        world.remove(&place, &id);
        if let Ok(account) = id.parse() {
            let members = Place { account, ..call.place(&MEMBER) };
            set_status(world, &members, call.account().as_str(), "Resigned");
        }
    }
    Ok(Value::object())
}

fn only_management(call: &Call, world: &World) -> Result<Place, Failure> {
    if world.directory.management.as_ref() != Some(call.account()) {
        return Err(call.invalid(
            "The request failed because you must be a user in the organization's management account.",
        ));
    }
    Ok(call.place(&ORGANIZATION))
}

fn enable_administrator(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let account = call.required("AdminAccountId")?;
    if !world.shelf(&place).is_empty() {
        return Err(call.invalid(
            "The request failed because an account is already enabled as GuardDuty delegated administrator for the organization.",
        ));
    }
    let administrator = object! { "AdminAccountId": (account), "AdminStatus": "ENABLED" };
    let resource = Resource::new(facts(administrator), std::sync::Arc::default());
    world.put(place, format!("administrator/{account}"), resource);
    Ok(Value::object())
}

fn disable_administrator(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let id = format!("administrator/{}", call.required("AdminAccountId")?);
    world.remove(&place, &id).ok_or_else(|| {
        call.invalid("The request failed because the account is not a delegated administrator.")
    })?;
    Ok(Value::object())
}

fn list_administrators(call: &Call, world: &mut World) -> Answer {
    let place = only_management(call, world)?;
    let all = world.shelf(&place).values().map(|one| Value::Object((*one.facts).clone())).collect();
    PAGES.slice(call, "AdminAccounts", all)
}

const CONFIGURATION: &str = "configuration";

fn organization(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    let stored = world.get(&call.place(&ORGANIZATION), CONFIGURATION);
    let mut shown = object! {
        "AutoEnable": (false),
        "AutoEnableOrganizationMembers": "NONE",
        "MemberAccountLimitReached": (false)
    };
    for (name, value) in stored.into_iter().flat_map(|one| one.facts.iter()) {
        shown.insert(name, value.clone());
    }
    Ok(call.fit(shown.into()))
}

fn configure_organization(call: &Call, world: &mut World) -> Answer {
    required(call, world)?;
    if !is_administrator(call, world) {
        return Err(call.invalid(
            "The request failed because the account is not the delegated administrator of the organization.",
        ));
    }
    let mut kept = Object::new();
    kept.extend(call.given(["AutoEnable", "AutoEnableOrganizationMembers", "Features"]));
    let all = kept.text("AutoEnableOrganizationMembers") == "ALL";
    kept.insert("AutoEnable", all || call.flag("AutoEnable"));
    let resource = Resource::new(facts(kept), std::sync::Arc::default());
    world.put(call.place(&ORGANIZATION), CONFIGURATION, resource);
    if all {
        // All means those as well that are there already.
        let accounts: Vec<AccountId> = world.directory.accounts.keys().cloned().collect();
        enable_members(world, &call.place(&ORGANIZATION), &accounts);
    }
    Ok(Value::object())
}

/// An account joined the organization: administrators that enable new accounts by themselves do so.
pub(crate) fn joined(world: &mut World, account: &AccountId) {
    let enables = |kept: &Resource| {
        let whom = kept.fact("AutoEnableOrganizationMembers");
        let by_flag = kept.value("AutoEnable").and_then(Value::as_bool) == Some(true);
        matches!(whom, Some("NEW" | "ALL")) || whom.is_none() && by_flag
    };
    let all = world.every(&ORGANIZATION);
    let enabling = all.filter(|(_, id, kept)| *id == CONFIGURATION && enables(kept));
    let places: Vec<Place> = enabling.map(|(place, ..)| place.clone()).collect();
    for place in places {
        enable_members(world, &place, std::slice::from_ref(account));
    }
}

/// Makes accounts members of the organization's administrator, as far as they are not.
fn enable_members(world: &mut World, place: &Place, accounts: &[AccountId]) {
    let detectors = Place { kind: &DETECTOR, ..place.clone() };
    let Some(detector) = world.shelf(&detectors).keys().next().cloned() else { return };
    let members = Place { kind: &MEMBER, ..place.clone() };
    let wanted = accounts.iter().filter(|account| {
        **account != place.account && world.get(&members, account.as_str()).is_none()
    });
    let email = |account: &AccountId| {
        world.directory.accounts.get(account).map_or("", |known| known.email.as_str())
    };
    let details: Vec<Value> = wanted
        .map(|account| value!({"AccountId": (account.as_str()), "Email": (email(account))}))
        .collect();
    if details.is_empty() {
        return;
    }
    let origin = crate::world::Origin::at(place, "guardduty.amazonaws.com");
    let input = value!({"DetectorId": (detector), "AccountDetails": (details)});
    // An administrator that is none any more has no members to make.
    let _ = world.call(&origin, "guardduty", "CreateMembers", input);
}
