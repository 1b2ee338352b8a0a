//! Accounts: made in the background, moved, closed.

use jiff::SignedDuration;
use reeve_model::Value;
use reeve_types::AccountId;

use super::{constraint, member, organization, page};
use crate::{
    call::{Answer, Call},
    directory::{
        Account, Organization, Role,
        organization::{Creation, Member},
    },
    event::Event,
    failure::Failure,
    kind::{Definition, HOME_REGION, Scope},
    services::{Action, Part},
    store::Place,
    tagging,
    task::Task,
    value::{object, value},
    world::World,
};

/// Accounts are kept in the directory; as a kind they only have a place for tasks and events, and an ARN.
static ACCOUNT: Definition = Definition {
    resource_type: "AWS::Organizations::Account",
    arn: "arn:{partition}:organizations::{account}:account/{id}",
    scope: Scope::Global,
    ..Definition::OF
};

pub(super) static PART: Part = Part {
    kinds: &[&ACCOUNT],
    operations: &[
        ("ListAccounts", Action::Own(list)),
        ("ListAccountsForParent", Action::Own(list_for_parent)),
        ("DescribeAccount", Action::Own(describe)),
        ("CreateAccount", Action::Own(create)),
        ("DescribeCreateAccountStatus", Action::Own(describe_creation)),
        ("ListCreateAccountStatus", Action::Own(list_creations)),
        ("MoveAccount", Action::Own(move_account)),
        ("CloseAccount", Action::Own(close)),
        ("RemoveAccountFromOrganization", Action::Own(remove)),
        ("LeaveOrganization", Action::Own(leave)),
    ],
    tasks: &[("organizations:account-created", created), ("organizations:account-closed", closed)],
};

const CLOSING_TAKES: SignedDuration = SignedDuration::from_mins(5);

fn show(world: &World, organization: &Organization, id: &AccountId) -> Value {
    let account = world.directory.accounts.get(id);
    let (name, email) = account.map_or(("", ""), |it| (it.name.as_str(), it.email.as_str()));
    let Some(member) = organization.members.get(id) else { return Value::Null };
    // The status knows fewer words than the state.
    let status = if member.status == "CLOSED" { "SUSPENDED" } else { &*member.status };
    value!({
        "Id": (id.as_str()),
        "Arn": (organization.account_arn(id)),
        "Email": (email),
        "Name": (name),
        "Status": (status),
        "State": (member.status.as_str()),
        "JoinedMethod": (member.method.as_str()),
        "JoinedTimestamp": (member.joined),
    })
}

fn listed(call: &Call, world: &mut World, keep: impl Fn(&Member) -> bool) -> Answer {
    organization(call, world)?;
    let Some(organization) = &world.directory.organization else { return Ok(Value::object()) };
    let found = organization.members.iter().filter(|(_, member)| keep(member));
    let entries = found.map(|(id, _)| (id.to_string(), show(world, organization, id)));
    page(call, "Accounts", entries.collect())
}

fn list(call: &Call, world: &mut World) -> Answer {
    listed(call, world, |_| true)
}

fn list_for_parent(call: &Call, world: &mut World) -> Answer {
    let parent = super::units::parent(call, organization(call, world)?, "ParentId")?;
    listed(call, world, |member| member.parent == parent)
}

fn describe(call: &Call, world: &mut World) -> Answer {
    let id = member(call, organization(call, world)?, "AccountId")?;
    let Some(organization) = &world.directory.organization else { return Ok(Value::object()) };
    Ok(value!({"Account": (show(world, organization, &id))}))
}

fn show_creation(id: &str, creation: &Creation) -> Value {
    let mut shown = object! {
        "Id": (id),
        "AccountName": (creation.name.as_str()),
        "State": (creation.state.as_str()),
        "RequestedTimestamp": (creation.requested),
    };
    if let Some(at) = creation.completed {
        shown.insert("CompletedTimestamp", at);
    }
    if let Some(account) = &creation.account {
        shown.insert("AccountId", account.as_str());
    }
    if let Some(reason) = &creation.failure {
        shown.insert("FailureReason", reason.as_str());
    }
    shown.into()
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (name, email) = (call.required("AccountName")?, call.required("Email")?);
    if !email.contains('@') {
        let message = "You provided a value that does not match the required pattern.";
        return Err(call.invalid(message).with_detail("Reason", "INVALID_PATTERN"));
    }
    let tags = tagging::listed(call, "Tags");
    tagging::check(call, &tags)?;
    organization(call, world)?;
    let id = format!("car-{}", world.random_hex(32));
    let creation = Creation {
        name: name.to_owned(),
        email: email.to_owned(),
        state: "IN_PROGRESS".to_owned(),
        requested: call.now,
        completed: None,
        account: None,
        failure: None,
        role: call.text("RoleName").unwrap_or("OrganizationAccountAccessRole").to_owned(),
        tags: tags.into_iter().collect(),
    };
    let shown = show_creation(&id, &creation);
    organization(call, world)?.creations.insert(id.clone(), creation);
    let takes = SignedDuration::from_secs(world.random_between(20, 90));
    let due = call.now.saturating_add(takes).unwrap_or(call.now);
    world.schedule(due, Task::new("organizations:account-created", &call.place(&ACCOUNT), &id));
    Ok(value!({"CreateAccountStatus": (shown)}))
}

fn created(world: &mut World, task: &Task) {
    let digits = world.random_between(100_000_000_000, 999_999_999_999).to_string();
    let Ok(account) = digits.parse::<AccountId>() else { return };
    let now = world.now();
    let Some(organization) = world.directory.organization.as_mut() else { return };
    let root = organization.root();
    let management = organization.management.clone();
    let Some(creation) = organization.creations.get_mut(&task.id) else { return };
    creation.completed = Some(now);
    let is_taken = world.directory.accounts.values().any(|it| it.email == creation.email);
    let mut result = object! {
        "id": (task.id.as_str()), "accountName": "****", "requestedTimestamp": (creation.requested.to_string()),
    };
    if is_taken {
        "FAILED".clone_into(&mut creation.state);
        creation.failure = Some("EMAIL_ALREADY_EXISTS".to_owned());
        result.insert("failureReason", "EMAIL_ALREADY_EXISTS");
    } else {
        "SUCCEEDED".clone_into(&mut creation.state);
        creation.account = Some(account.clone());
        result.insert("accountId", account.as_str());
        let (name, email) = (creation.name.clone(), creation.email.clone());
        let role = Role {
            account: account.clone(),
            name: creation.role.clone(),
            trusted: [management].into(),
            external_id: None,
            max_session_seconds: 3600,
        };
        let member = Member {
            parent: root,
            joined: now,
            method: "CREATED".to_owned(),
            status: "ACTIVE".to_owned(),
            tags: creation.tags.clone(),
        };
        organization.join(&account, member);
        let member_account = account.clone();
        world
            .directory
            .accounts
            .insert(account.clone(), Account { id: account, name, email, unit: None });
        world.directory.add_role(role);
        crate::access::settle(world);
        crate::services::guardduty::joined(world, &member_account);
        crate::services::inspector2::joined(world, &member_account);
    }
    result.insert("state", if is_taken { "FAILED" } else { "SUCCEEDED" });
    let detail = value!({
        "eventSource": "organizations.amazonaws.com",
        "eventName": "CreateAccountResult",
        "eventType": "AwsServiceEvent",
        "serviceEventDetails": {"createAccountStatus": (result)},
    });
    let event = Event::new("aws.organizations", "AWS Service Event via CloudTrail", &task.place);
    world.emit(event.with(detail));
}

fn describe_creation(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let id = call.required("CreateAccountRequestId")?;
    let creation = organization.creations.get(id).ok_or_else(|| {
        let message = "We can't find a create account request with the CreateAccountRequestId that you specified.";
        Failure::new("CreateAccountStatusNotFoundException", message)
    })?;
    Ok(value!({"CreateAccountStatus": (show_creation(id, creation))}))
}

fn list_creations(call: &Call, world: &mut World) -> Answer {
    let states = call.texts("States");
    let organization = organization(call, world)?;
    let wanted = organization
        .creations
        .iter()
        .filter(|(_, it)| states.is_empty() || states.contains(&&*it.state));
    let entries = wanted.map(|(id, it)| (id.clone(), show_creation(id, it))).collect();
    page(call, "CreateAccountStatuses", entries)
}

fn move_account(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    let exists = |id: &str| id == organization.root() || organization.units.contains_key(id);
    let (source, target) =
        (call.required("SourceParentId")?, call.required("DestinationParentId")?);
    if !exists(source) {
        let message = "We can't find a source root or OU with the ParentId that you specified.";
        return Err(Failure::new("SourceParentNotFoundException", message));
    }
    if !exists(target) {
        let message = "We can't find the destination container (a root or OU) with the ParentId that you specified.";
        return Err(Failure::new("DestinationParentNotFoundException", message));
    }
    let Some(found) = organization.members.get_mut(&account) else { return Ok(Value::object()) };
    if found.parent == target {
        let message = "That account is already present in the specified destination.";
        return Err(Failure::new("DuplicateAccountException", message));
    }
    if found.parent != source {
        let message = "You specified an account that doesn't exist.";
        return Err(Failure::new("AccountNotFoundException", message));
    }
    target.clone_into(&mut found.parent);
    let unit = organization.unit_path(target);
    if let Some(known) = world.directory.accounts.get_mut(&account) {
        known.unit = unit;
    }
    Ok(Value::object())
}

fn close(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    if account == organization.management {
        let message = "You can't close the management account.";
        return Err(constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", message));
    }
    let Some(found) = organization.members.get_mut(&account) else { return Ok(Value::object()) };
    if found.status != "ACTIVE" {
        let message = "You attempted to close an account that is already closed.";
        return Err(Failure::new("AccountAlreadyClosedException", message));
    }
    "PENDING_CLOSURE".clone_into(&mut found.status);
    let due = call.now.saturating_add(CLOSING_TAKES).unwrap_or(call.now);
    let task = Task::new("organizations:account-closed", &call.place(&ACCOUNT), account.as_str());
    world.schedule(due, task);
    Ok(Value::object())
}

fn closed(world: &mut World, task: &Task) {
    let Ok(account) = task.id.parse::<AccountId>() else { return };
    let members = world.directory.organization.as_mut().map(|it| &mut it.members);
    if let Some(member) = members.and_then(|members| members.get_mut(&account)) {
        "CLOSED".clone_into(&mut member.status);
    }
    let Ok(region) = HOME_REGION.parse() else { return };
    let place = Place { account: task.place.account.clone(), region, kind: &ACCOUNT };
    let detail = value!({
        "eventSource": "organizations.amazonaws.com",
        "eventName": "CloseAccountResult",
        "serviceEventDetails": {"closeAccountStatus": {"accountId": (task.id.as_str()), "state": "SUCCEEDED"}},
    });
    let event = Event::new("aws.organizations", "AWS Service Event via CloudTrail", &place);
    world.emit(event.with(detail));
}

fn forget(organization: &mut Organization, account: &AccountId) -> Answer {
    if *account == organization.management {
        let message = "You can't remove a management account from an organization.";
        return Err(Failure::new("MasterCannotLeaveOrganizationException", message));
    }
    organization.members.remove(account);
    organization.attachments.remove(account.as_str());
    organization.delegated.remove(account);
    organization.strangers.insert(account.clone());
    Ok(Value::object())
}

fn remove(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    forget(organization, &account)
}

fn leave(call: &Call, world: &mut World) -> Answer {
    let account = call.account().clone();
    let organization = world.directory.organization.as_mut().ok_or_else(super::not_in_use)?;
    if !organization.members.contains_key(&account) {
        return Err(super::not_in_use());
    }
    forget(organization, &account)
}
