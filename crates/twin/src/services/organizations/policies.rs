//! Policies of the organization: made, attached, in force.

use reeve_model::Value;
use reeve_policy::{Form, Policy};
use reeve_types::AccountId;

use super::{constraint, effective, organization, page, root};
use crate::{
    call::{Answer, Call},
    directory::{
        Organization,
        organization::{DEFAULTS, OrganizationPolicy},
    },
    failure::Failure,
    services::{Action, Part},
    tagging,
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("CreatePolicy", Action::Own(create)),
        ("DescribePolicy", Action::Own(describe)),
        ("UpdatePolicy", Action::Own(update)),
        ("DeletePolicy", Action::Own(delete)),
        ("ListPolicies", Action::Own(list)),
        ("AttachPolicy", Action::Own(attach)),
        ("DetachPolicy", Action::Own(detach)),
        ("ListPoliciesForTarget", Action::Own(list_for_target)),
        ("ListTargetsForPolicy", Action::Own(list_targets)),
        ("EnablePolicyType", Action::Own(enable)),
        ("DisablePolicyType", Action::Own(disable)),
        ("DescribeEffectivePolicy", Action::Own(effective::describe)),
    ],
    tasks: &[],
};

const MOST_ATTACHED: usize = 5;

fn summary(organization: &Organization, id: &str, policy: &OrganizationPolicy) -> Value {
    value!({
        "Id": (id),
        "Arn": (organization.policy_arn(id, policy)),
        "Name": (policy.name.as_str()),
        "Description": (policy.description.as_str()),
        "Type": (policy.kind.as_str()),
        "AwsManaged": (policy.is_managed),
    })
}

fn show(organization: &Organization, id: &str, policy: &OrganizationPolicy) -> Value {
    value!({"Policy": {
        "PolicySummary": (summary(organization, id, policy)), "Content": (policy.content.as_str()),
    }})
}

fn policy<'c, 'o>(
    call: &'c Call,
    organization: &'o Organization,
) -> Result<(&'c str, &'o OrganizationPolicy), Failure> {
    let id = call.required("PolicyId")?;
    let found = organization.policies.get(id).ok_or_else(|| {
        let message = "We can't find a policy with the PolicyId that you specified.";
        Failure::new("PolicyNotFoundException", message)
    })?;
    Ok((id, found))
}

const SYNTAX: &str =
    "The provided policy document does not meet the requirements of the specified policy type.";

fn check_content(kind: &str, content: &str) -> Result<(), Failure> {
    let malformed = |message: String| Failure::new("MalformedPolicyDocumentException", message);
    let (longest, top) = match kind {
        "SERVICE_CONTROL_POLICY" => {
            Policy::parse(Form::ServiceControl, content)
                .map_err(|_| malformed(SYNTAX.to_owned()))?;
            (5120, "Statement")
        }
        "RESOURCE_CONTROL_POLICY" => {
            Policy::parse(Form::ResourceControl, content)
                .map_err(|_| malformed(SYNTAX.to_owned()))?;
            (5120, "Statement")
        }
        "TAG_POLICY" => (10_000, "tags"),
        "BACKUP_POLICY" => (10_000, "plans"),
        "AISERVICES_OPT_OUT_POLICY" => (2500, "services"),
        _ => (10_000, ""),
    };
    if content.chars().count() > longest {
        let message = "You attempted to create a policy that is larger than the maximum size.";
        return Err(constraint("POLICY_CONTENT_LIMIT_EXCEEDED", message));
    }
    let parsed: serde_json::Value =
        serde_json::from_str(content).map_err(|_| malformed(SYNTAX.to_owned()))?;
    if !parsed.is_object() || (!top.is_empty() && parsed.get(top).is_none()) {
        return Err(malformed(SYNTAX.to_owned()));
    }
    Ok(())
}

fn check_name(
    organization: &Organization,
    (id, kind, name): (&str, &str, &str),
) -> Result<(), Failure> {
    let is_other = |(known, policy): (&String, &OrganizationPolicy)| {
        known != id && policy.kind == kind && policy.name == name
    };
    if organization.policies.iter().any(is_other) {
        let message = "A policy with the same name already exists.";
        return Err(Failure::new("DuplicatePolicyException", message));
    }
    Ok(())
}

fn create(call: &Call, world: &mut World) -> Answer {
    let (kind, name) = (call.required("Type")?, call.required("Name")?);
    let content = call.required("Content")?;
    let given = tagging::listed(call, "Tags");
    tagging::check(call, &given)?;
    check_content(kind, content)?;
    let id = format!("p-{}", world.random_letters(10).to_lowercase());
    let organization = organization(call, world)?;
    check_name(organization, (&id, kind, name))?;
    let policy = OrganizationPolicy {
        name: name.to_owned(),
        description: call.text("Description").unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        content: content.to_owned(),
        is_managed: false,
        tags: given.into_iter().collect(),
    };
    let shown = show(organization, &id, &policy);
    organization.policies.insert(id, policy);
    Ok(shown)
}

fn describe(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, found) = policy(call, organization)?;
    Ok(show(organization, id, found))
}

fn own<'c, 'o>(
    call: &'c Call,
    organization: &'o Organization,
) -> Result<(&'c str, &'o OrganizationPolicy), Failure> {
    let (id, found) = policy(call, organization)?;
    if found.is_managed {
        let message = "You can't modify a policy that AWS manages.";
        return Err(call.invalid(message).with_detail("Reason", "IMMUTABLE_POLICY"));
    }
    Ok((id, found))
}

fn update(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, found) = own(call, organization)?;
    let mut changed = found.clone();
    if let Some(content) = call.text("Content") {
        check_content(&found.kind, content)?;
        content.clone_into(&mut changed.content);
    }
    if let Some(name) = call.text("Name") {
        check_name(organization, (id, &found.kind, name))?;
        name.clone_into(&mut changed.name);
    }
    if let Some(text) = call.input.get("Description").and_then(Value::as_str) {
        text.clone_into(&mut changed.description);
    }
    organization.policies.insert(id.to_owned(), changed);
    let (id, found) = policy(call, organization)?;
    Ok(show(organization, id, found))
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, _) = own(call, organization)?;
    if organization.attachments.values().any(|attached| attached.contains(id)) {
        let message = "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts \
                       before performing this operation.";
        return Err(Failure::new("PolicyInUseException", message));
    }
    organization.policies.remove(id);
    Ok(Value::object())
}

fn list(call: &Call, world: &mut World) -> Answer {
    let kind = call.required("Filter")?;
    let organization = organization(call, world)?;
    let found = organization.policies.iter().filter(|(_, policy)| policy.kind == kind);
    let entries = found.map(|(id, policy)| (id.clone(), summary(organization, id, policy)));
    page(call, "Policies", entries.collect())
}

fn target(call: &Call, organization: &Organization) -> Result<String, Failure> {
    let id = call.required("TargetId")?;
    let is_account = id.parse::<AccountId>().is_ok_and(|it| organization.members.contains_key(&it));
    if is_account || id == organization.root() || organization.units.contains_key(id) {
        return Ok(id.to_owned());
    }
    let message = "We can't find a root, OU, or account with the TargetId that you specified.";
    Err(Failure::new("TargetNotFoundException", message))
}

fn not_enabled() -> Failure {
    let message = "This operation can be performed only for enabled policy types.";
    Failure::new("PolicyTypeNotEnabledException", message)
}

fn attach(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, found) = policy(call, organization)?;
    let target = target(call, organization)?;
    if !organization.enabled.contains(&found.kind) {
        return Err(not_enabled());
    }
    let attached: Vec<&String> =
        organization.attached(&target, &found.kind).map(|(id, _)| id).collect();
    if attached.iter().any(|known| *known == id) {
        let message = "The selected policy is already attached to the specified target.";
        return Err(Failure::new("DuplicatePolicyAttachmentException", message));
    }
    if attached.len() >= MOST_ATTACHED {
        let message = "You have attached the maximum number of policies of that type to the specified target.";
        return Err(constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    organization.attachments.entry(target).or_default().insert(id.to_owned());
    Ok(Value::object())
}

fn detach(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let (id, found) = policy(call, organization)?;
    let target = target(call, organization)?;
    let attached: Vec<&String> =
        organization.attached(&target, &found.kind).map(|(id, _)| id).collect();
    if !attached.iter().any(|known| *known == id) {
        let message = "The policy isn't attached to the specified target in the specified root.";
        return Err(Failure::new("PolicyNotAttachedException", message));
    }
    if id == "p-RCPFullAWSAccess" {
        return Err(call
            .invalid("You can't detach the RCPFullAWSAccess policy.")
            .with_detail("Reason", "IMMUTABLE_POLICY"));
    }
    if found.kind == "SERVICE_CONTROL_POLICY" && attached.len() == 1 {
        let message = "You cannot remove the last policy attached to the specified target. You should have at least one \
                       attached policy.";
        return Err(constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", message));
    }
    if let Some(attached) = organization.attachments.get_mut(&target) {
        attached.remove(id);
    }
    Ok(Value::object())
}

fn list_for_target(call: &Call, world: &mut World) -> Answer {
    let kind = call.required("Filter")?;
    let organization = organization(call, world)?;
    let target = target(call, organization)?;
    let entries = organization.attached(&target, kind);
    let entries = entries.map(|(id, policy)| (id.clone(), summary(organization, id, policy)));
    page(call, "Policies", entries.collect())
}

fn list_targets(call: &Call, world: &mut World) -> Answer {
    organization(call, world)?;
    let Some(organization) = &world.directory.organization else { return Ok(Value::object()) };
    let (id, _) = policy(call, organization)?;
    let targets = organization.attachments.iter().filter(|(_, attached)| attached.contains(id));
    let entries = targets.map(|(target, _)| {
        let (kind, arn, name) = if let Some(unit) = organization.units.get(target) {
            let arn = organization.arn("ou", &format!("{}/{target}", organization.id));
            ("ORGANIZATIONAL_UNIT", arn, unit.name.clone())
        } else if let Ok(account) = target.parse::<AccountId>() {
            let name = world.directory.accounts.get(&account).map(|it| it.name.clone());
            ("ACCOUNT", organization.account_arn(&account), name.unwrap_or_default())
        } else {
            let arn = organization.arn("root", &format!("{}/{target}", organization.id));
            ("ROOT", arn, "Root".to_owned())
        };
        let shown =
            value!({"TargetId": (target.as_str()), "Arn": (arn), "Name": (name), "Type": (kind)});
        (target.clone(), shown)
    });
    page(call, "Targets", entries.collect())
}

fn check_root(call: &Call, organization: &Organization) -> Result<(), Failure> {
    if call.required("RootId")? == organization.root() {
        return Ok(());
    }
    Err(Failure::new(
        "RootNotFoundException",
        "We can't find a root with the RootId that you specified.",
    ))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let kind = call.required("PolicyType")?.to_owned();
    let organization = organization(call, world)?;
    check_root(call, organization)?;
    if !organization.enabled.insert(kind.clone()) {
        let message = "The specified policy type is already enabled in the specified root.";
        return Err(Failure::new("PolicyTypeAlreadyEnabledException", message));
    }
    if let Some((_, id)) = DEFAULTS.iter().find(|(known, _)| *known == kind) {
        for target in organization.targets() {
            organization.attachments.entry(target).or_default().insert((*id).to_owned());
        }
    }
    Ok(value!({"Root": (root(organization))}))
}

fn disable(call: &Call, world: &mut World) -> Answer {
    let kind = call.required("PolicyType")?;
    let organization = organization(call, world)?;
    check_root(call, organization)?;
    if !organization.enabled.remove(kind) {
        return Err(not_enabled());
    }
    // All attachments of the kind are gone, also when it is enabled again.
    let policies = &organization.policies;
    for attached in organization.attachments.values_mut() {
        attached.retain(|id| policies.get(id).is_none_or(|policy| policy.kind != kind));
    }
    Ok(value!({"Root": (root(organization))}))
}
