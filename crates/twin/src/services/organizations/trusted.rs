//! Services that the organization trusts, and accounts that administer them.

use reeve_model::Value;

use super::{constraint, member, organization, page};
use crate::{
    call::{Answer, Call},
    directory::Organization,
    failure::Failure,
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("EnableAWSServiceAccess", Action::Own(enable)),
        ("DisableAWSServiceAccess", Action::Own(disable)),
        ("ListAWSServiceAccessForOrganization", Action::Own(list_services)),
        ("RegisterDelegatedAdministrator", Action::Own(register)),
        ("DeregisterDelegatedAdministrator", Action::Own(deregister)),
        ("ListDelegatedAdministrators", Action::Own(list_administrators)),
        ("ListDelegatedServicesForAccount", Action::Own(list_delegated)),
    ],
    tasks: &[],
};

fn service(call: &Call) -> Result<String, Failure> {
    let service = call.required("ServicePrincipal")?;
    if service.ends_with(".amazonaws.com") {
        return Ok(service.to_owned());
    }
    let message = "You specified an unrecognized service principal.";
    Err(call.invalid(message).with_detail("Reason", "UNRECOGNIZED_SERVICE_PRINCIPAL"))
}

fn enable(call: &Call, world: &mut World) -> Answer {
    let service = service(call)?;
    organization(call, world)?.trusted.entry(service).or_insert(call.now);
    Ok(Value::object())
}

fn disable(call: &Call, world: &mut World) -> Answer {
    let service = service(call)?;
    let organization = organization(call, world)?;
    organization.trusted.remove(&service);
    for services in organization.delegated.values_mut() {
        services.remove(&service);
    }
    organization.delegated.retain(|_, services| !services.is_empty());
    Ok(Value::object())
}

fn list_services(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let entries = organization.trusted.iter().map(|(service, since)| {
        (service.clone(), value!({"ServicePrincipal": (service.as_str()), "DateEnabled": (*since)}))
    });
    page(call, "EnabledServicePrincipals", entries.collect())
}

fn register(call: &Call, world: &mut World) -> Answer {
    let service = service(call)?;
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    if account == organization.management {
        let message = "You cannot register a management account as a delegated administrator for your organization.";
        return Err(constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message));
    }
    organization.trusted.entry(service.clone()).or_insert(call.now);
    let services = organization.delegated.entry(account).or_default();
    if services.contains_key(&service) {
        let message =
            "The specified account is already a delegated administrator for this AWS service.";
        return Err(Failure::new("AccountAlreadyRegisteredException", message));
    }
    services.insert(service, call.now);
    Ok(Value::object())
}

fn not_registered() -> Failure {
    let message = "The specified account is not a delegated administrator for this AWS service.";
    Failure::new("AccountNotRegisteredException", message)
}

fn deregister(call: &Call, world: &mut World) -> Answer {
    let service = service(call)?;
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    let services = organization.delegated.get_mut(&account).ok_or_else(not_registered)?;
    services.remove(&service).ok_or_else(not_registered)?;
    if services.is_empty() {
        organization.delegated.remove(&account);
    }
    Ok(Value::object())
}

fn list_administrators(call: &Call, world: &mut World) -> Answer {
    let wanted = call.text("ServicePrincipal");
    organization(call, world)?;
    let directory = &world.directory;
    let Some(organization) = &directory.organization else { return Ok(Value::object()) };
    let fitting = organization
        .delegated
        .iter()
        .filter(|(_, services)| wanted.is_none_or(|wanted| services.contains_key(wanted)));
    let entries = fitting.filter_map(|(id, services)| {
        let (account, member) = (directory.accounts.get(id)?, organization.members.get(id)?);
        let since = services.values().min()?;
        let shown = value!({
            "Id": (id.as_str()),
            "Arn": (organization.account_arn(id)),
            "Email": (account.email.as_str()),
            "Name": (account.name.as_str()),
            "Status": (member.status.as_str()),
            "State": (member.status.as_str()),
            "JoinedMethod": (member.method.as_str()),
            "JoinedTimestamp": (member.joined),
            "DelegationEnabledDate": (*since),
        });
        Some((id.to_string(), shown))
    });
    page(call, "DelegatedAdministrators", entries.collect())
}

fn list_delegated(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    let account = member(call, organization, "AccountId")?;
    let services = services(organization, &account).ok_or_else(not_registered)?;
    page(call, "DelegatedServices", services)
}

fn services(
    organization: &Organization,
    account: &reeve_types::AccountId,
) -> Option<Vec<(String, Value)>> {
    let services = organization.delegated.get(account)?.iter();
    let shown = services.map(|(service, since)| {
        let shown =
            value!({"ServicePrincipal": (service.as_str()), "DelegationEnabledDate": (*since)});
        (service.clone(), shown)
    });
    Some(shown.collect())
}
