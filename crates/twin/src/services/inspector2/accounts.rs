//! Which accounts are scanned, who administers them for the organization, and which belong to that.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::{pages, scan};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, Identity, Missing},
    page::Paging,
    recipe::Action,
    services::Part,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCOUNT, &DELEGATION, &MEMBER],
    operations: &[
        ("Enable", Action::Own(enable)),
        ("Disable", Action::Own(disable)),
        ("BatchGetAccountStatus", Action::Own(status)),
        ("EnableDelegatedAdminAccount", Action::Own(delegate)),
        ("DisableDelegatedAdminAccount", Action::Own(undelegate)),
        ("ListDelegatedAdminAccounts", Action::Own(list_delegates)),
        ("GetDelegatedAdminAccount", Action::Own(get_delegate)),
        ("AssociateMember", Action::Own(associate)),
        ("DisassociateMember", Action::Own(disassociate)),
        ("GetMember", Action::Own(get_member)),
        ("ListMembers", Action::Own(list_members)),
        ("DescribeOrganizationConfiguration", Action::Own(organization)),
        ("UpdateOrganizationConfiguration", Action::Own(update_organization)),
    ],
    tasks: &[("inspector2:enabled", enabled), ("inspector2:scan", scan::scan)],
};

/// Whether an account is scanned in a Region; its only id is `settings`.
pub(super) static ACCOUNT: Definition = Definition {
    resource_type: "AWS::InspectorV2::Account",
    arn: "arn:{partition}:inspector2:{region}:{account}:account/{id}",
    ..Definition::OF
};

/// The account that administers Inspector for the organization, kept with the management account.
static DELEGATION: Definition = Definition {
    resource_type: "AWS::InspectorV2::DelegatedAdmin",
    arn: "arn:{partition}:inspector2:{region}:{account}:delegated-admin/{id}",
    identity: &[("accountId", Identity::Id)],
    ..Definition::OF
};

/// An account that belongs to an administrator, kept with that, by account.
static MEMBER: Definition = Definition {
    resource_type: "AWS::InspectorV2::Member",
    arn: "arn:{partition}:inspector2:{region}:{account}:member/{id}",
    identity: &[("accountId", Identity::Id), ("delegatedAdminAccountId", Identity::Account)],
    missing: Missing::new("ResourceNotFoundException", "Account {id} is not a member")
        .with_status(404),
    ..Definition::OF
};

const SETTINGS: &str = "settings";
const ENABLING: SignedDuration = SignedDuration::from_secs(30);
static FIVE: Paging = pages(5);
static FIFTY: Paging = pages(50);

/// Whether a place is scanned.
pub(super) fn is_enabled(world: &World, place: &Place) -> bool {
    let here = place.beside(&ACCOUNT);
    world.get(&here, SETTINGS).and_then(|one| one.fact("status")) == Some("ENABLED")
}

/// The places whose findings a caller sees: its own account's and those of its members.
pub(super) fn visible(call: &Call, world: &World) -> Vec<Place> {
    let own = call.place(&ACCOUNT);
    let members = world.shelf(&call.place(&MEMBER)).keys();
    let members = members.filter_map(|id| id.parse().ok());
    let theirs = members.map(|account: AccountId| Place { account, ..own.clone() });
    std::iter::once(own.clone()).chain(theirs).collect()
}

/// The accounts that the caller names, its own if none; those that are not its to administer are refused.
fn named(call: &Call, world: &World) -> (Vec<AccountId>, Vec<Value>) {
    let ids = call.texts("accountIds");
    if ids.is_empty() {
        return (vec![call.account().clone()], Vec::new());
    }
    let allowed: BTreeSet<String> =
        visible(call, world).into_iter().map(|place| place.account.to_string()).collect();
    let administers = administrator(world, call).as_deref() == Some(call.account().as_str());
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for id in ids {
        match id.parse() {
            Ok(account) if allowed.contains(id) || administers => good.push(account),
            _ => bad.push(value!({
                "accountId": id, "errorCode": "ACCESS_DENIED",
                "errorMessage": "Invoking account does not have access to the account.",
            })),
        }
    }
    (good, bad)
}

fn check_types(call: &Call) -> Result<(), Failure> {
    match call.texts("resourceTypes").iter().find(|one| **one != "EC2") {
        Some(other) => {
            let message = format!("the twin does not implement scans of {other}");
            Err(Failure::new("NotImplemented", message).with_status(501))
        }
        None => Ok(()),
    }
}

fn resource_status(status: &str) -> Value {
    value!({
        "ec2": status, "ecr": "DISABLED", "lambda": "DISABLED", "lambdaCode": "DISABLED",
        "codeRepository": "DISABLED",
    })
}

fn enable(call: &Call, world: &mut World) -> Answer {
    check_types(call)?;
    let (accounts, failed) = named(call, world);
    let mut shown = Vec::new();
    for account in accounts {
        let place = Place { account: account.clone(), ..call.place(&ACCOUNT) };
        begin_enabling(world, &place);
        let status = status_of(world, &place);
        shown.push(value!({
            "accountId": (account.to_string()), "status": (status.as_str()),
            "resourceStatus": (resource_status(&status)),
        }));
    }
    Ok(call.fit(value!({"accounts": (shown), "failedAccounts": (failed)})))
}

fn begin_enabling(world: &mut World, place: &Place) {
    if !is_enabled(world, place) {
        let facts = object! {"status": "ENABLING"};
        world.put(place.clone(), SETTINGS, Resource::new(Arc::new(facts), Arc::default()));
        let due = world.now() + ENABLING;
        world.schedule(due, Task::new("inspector2:enabled", place, SETTINGS));
    }
}

fn enabled(world: &mut World, task: &Task) {
    if status_of(world, &task.place) == "ENABLING" {
        world.set(&task.place, SETTINGS, "status", "ENABLED");
        scan::begin(world, &task.place);
    }
}

fn status_of(world: &World, place: &Place) -> String {
    let here = place.beside(&ACCOUNT);
    world.get(&here, SETTINGS).and_then(|one| one.fact("status")).unwrap_or("DISABLED").to_owned()
}

fn disable(call: &Call, world: &mut World) -> Answer {
    check_types(call)?;
    let (accounts, failed) = named(call, world);
    let mut shown = Vec::new();
    for account in accounts {
        let place = Place { account: account.clone(), ..call.place(&ACCOUNT) };
        world.remove(&place, SETTINGS);
        scan::forget(world, &place);
        shown.push(value!({
            "accountId": (account.to_string()), "status": "DISABLED",
            "resourceStatus": (resource_status("DISABLED")),
        }));
    }
    Ok(call.fit(value!({"accounts": (shown), "failedAccounts": (failed)})))
}

fn status(call: &Call, world: &mut World) -> Answer {
    let (accounts, failed) = named(call, world);
    let state = |status: &str| value!({"status": status, "errorCode": "ALREADY_ENABLED", "errorMessage": "Resource status"});
    let shown = accounts.into_iter().map(|account| {
        let place = Place { account: account.clone(), ..call.place(&ACCOUNT) };
        let status = status_of(world, &place);
        let off = || state("DISABLED");
        value!({
            "accountId": (account.to_string()), "state": (state(&status)),
            "resourceState": {"ec2": (state(&status)), "ecr": (off()), "lambda": (off()), "lambdaCode": (off())},
        })
    });
    let shown: Vec<Value> = shown.collect();
    Ok(call.fit(value!({"accounts": (shown), "failedAccounts": (failed)})))
}

/// Where delegations are kept: with the management account, if there is an organization.
fn head_office(world: &World, call: &Call) -> Place {
    let account = world.directory.management.clone().unwrap_or_else(|| call.account().clone());
    Place { account, ..call.place(&DELEGATION) }
}

fn administrator(world: &World, call: &Call) -> Option<String> {
    world.shelf(&head_office(world, call)).keys().next().cloned()
}

/// Only the organization's management account may.
fn check_management(call: &Call, world: &World) -> Result<(), Failure> {
    if world.directory.management.as_ref() == Some(call.account()) {
        return Ok(());
    }
    let message =
        "You must be the management account of an organization to perform this operation.";
    Err(Failure::new("AccessDeniedException", message).with_status(403))
}

fn delegate(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    let account = call.required("delegatedAdminAccountId")?;
    if administrator(world, call).is_some_and(|other| other != account) {
        let message = "The organization has another delegated administrator already.";
        return Err(Failure::new("ConflictException", message).with_status(409));
    }
    let known =
        account.parse::<AccountId>().is_ok_and(|id| world.directory.accounts.contains_key(&id));
    if !known {
        let message = format!("{account} is not an account of the organization");
        return Err(Failure::new("ResourceNotFoundException", message).with_status(404));
    }
    let place = head_office(world, call);
    world.put(
        place,
        account,
        Resource::new(Arc::new(object! {"status": "ENABLED"}), Arc::default()),
    );
    Ok(value!({"delegatedAdminAccountId": account}))
}

fn undelegate(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    let account = call.required("delegatedAdminAccountId")?;
    let place = head_office(world, call);
    if world.remove(&place, account).is_none() {
        let message = format!("{account} is not the delegated administrator");
        return Err(Failure::new("ResourceNotFoundException", message).with_status(404));
    }
    Ok(value!({"delegatedAdminAccountId": account}))
}

fn list_delegates(call: &Call, world: &mut World) -> Answer {
    check_management(call, world)?;
    let place = head_office(world, call);
    let items = world
        .shelf(&place)
        .keys()
        .map(|id| (id.clone(), value!({"accountId": (id.as_str()), "status": "ENABLED"})));
    FIVE.sort(call, "delegatedAdminAccounts", items.collect())
}

fn get_delegate(call: &Call, world: &mut World) -> Answer {
    let account = administrator(world, call).ok_or_else(|| {
        let message = "The account has no delegated administrator.";
        Failure::new("ResourceNotFoundException", message).with_status(404)
    })?;
    Ok(value!({"delegatedAdmin": {"accountId": account, "relationshipStatus": "ENABLED"}}))
}

fn check_administrator(call: &Call, world: &World) -> Result<(), Failure> {
    if administrator(world, call).as_deref() == Some(call.account().as_str()) {
        return Ok(());
    }
    let message = "Invoking account is not the delegated administrator.";
    Err(Failure::new("AccessDeniedException", message).with_status(403))
}

fn associate(call: &Call, world: &mut World) -> Answer {
    check_administrator(call, world)?;
    let account = call.required("accountId")?;
    add_member(world, &call.place(&ACCOUNT), account);
    Ok(value!({"accountId": account}))
}

/// Makes an account a member of an administrator's; it is scanned if the organization's settings say so of new members.
fn add_member(world: &mut World, administrator: &Place, account: &str) {
    let members = administrator.beside(&MEMBER);
    let facts = object! {"relationshipStatus": "ENABLED", "updatedAt": (world.now())};
    let is_new = world.get(&members, account).is_none();
    world.put(members, account, Resource::new(Arc::new(facts), Arc::default()));
    let Ok(account) = account.parse::<AccountId>() else { return };
    if is_new && enables_new(world, administrator) {
        begin_enabling(world, &Place { account, ..administrator.clone() });
    }
}

fn enables_new(world: &World, administrator: &Place) -> bool {
    let settings = world.get(administrator, ORGANIZATION);
    settings.and_then(|one| one.value("autoEnable.ec2")).and_then(Value::as_bool) == Some(true)
}

/// An account has joined the organization: where new members are scanned, it becomes one.
pub(crate) fn joined(world: &mut World, account: &AccountId) {
    let settings = world.store.every(&ACCOUNT).filter(|(_, id, _)| *id == ORGANIZATION);
    let places: Vec<Place> = settings.map(|(place, ..)| place.clone()).collect();
    for place in places {
        if enables_new(world, &place) {
            add_member(world, &place, account.as_str());
        }
    }
}

fn disassociate(call: &Call, world: &mut World) -> Answer {
    check_administrator(call, world)?;
    let account = call.required("accountId")?;
    match world.remove(&call.place(&MEMBER), account) {
        Some(_) => Ok(value!({"accountId": account})),
        None => Err(MEMBER.missing.failure(account)),
    }
}

fn get_member(call: &Call, world: &mut World) -> Answer {
    let account = call.required("accountId")?;
    let member = call.find(world, &MEMBER, account)?;
    let shown = call.describe(&MEMBER, account, member);
    Ok(call.fit(value!({"member": shown})))
}

fn list_members(call: &Call, world: &mut World) -> Answer {
    let items = world
        .shelf(&call.place(&MEMBER))
        .iter()
        .map(|(id, member)| (id.clone(), call.describe(&MEMBER, id, member).into()));
    FIFTY.sort(call, "members", items.collect())
}

const ORGANIZATION: &str = "organization";

fn organization(call: &Call, world: &mut World) -> Answer {
    check_administrator(call, world)?;
    let own = world.get(&call.place(&ACCOUNT), ORGANIZATION);
    let usual = || value!({"ec2": false, "ecr": false, "lambda": false, "lambdaCode": false, "codeRepository": false});
    let set = own.and_then(|one| one.value("autoEnable").cloned()).unwrap_or_else(usual);
    Ok(value!({"autoEnable": set, "maxAccountLimitReached": false}))
}

fn update_organization(call: &Call, world: &mut World) -> Answer {
    check_administrator(call, world)?;
    let set = call.input.get("autoEnable").cloned().unwrap_or_default();
    for (name, on) in set.as_object().into_iter().flat_map(Object::iter) {
        if name.as_str() != "ec2" && on.as_bool() == Some(true) {
            let message = format!("the twin does not implement scans of {name}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    }
    let facts = object! {"autoEnable": (set.clone())};
    world.put(call.place(&ACCOUNT), ORGANIZATION, Resource::new(Arc::new(facts), Arc::default()));
    Ok(value!({"autoEnable": set}))
}
