//! AWS Organizations: accounts, units, and the policies that hold for them.
//!
//! The management account may do everything, delegated administrators may read, and everybody may ask which organization
//! they are in. What policies decide is decided in `crate::access`.

mod accounts;
mod effective;
mod handshakes;
mod policies;
mod tags;
mod trusted;
mod units;

use reeve_model::Value;
use reeve_types::AccountId;

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call},
    dialect::Dialect,
    directory::Organization,
    failure::Failure,
    page::Paging,
    tagging::TagErrors,
    value::value,
    world::World,
};

pub(crate) use effective::{TagRule, tag_rules};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "organizations",
    signing_name: "organizations",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "organizations",
    invalid: "InvalidInputException",
    throttled: ("TooManyRequestsException", 400),
    tag_errors: TagErrors::all("InvalidInputException"),
    parts: &[
        &PART,
        &accounts::PART,
        &units::PART,
        &policies::PART,
        &trusted::PART,
        &handshakes::PART,
        &tags::PART,
    ],
};

static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("DescribeOrganization", Action::Own(describe_organization)),
        ("ListRoots", Action::Own(list_roots)),
        ("PutResourcePolicy", Action::Own(put_resource_policy)),
        ("DescribeResourcePolicy", Action::Own(describe_resource_policy)),
        ("DeleteResourcePolicy", Action::Own(delete_resource_policy)),
    ],
    tasks: &[],
};

const PAGES: Paging = Paging::of("MaxResults", "NextToken", (20, 20), "InvalidInputException");

fn not_in_use() -> Failure {
    let message = "Your account is not a member of an organization.";
    Failure::new("AWSOrganizationsNotInUseException", message)
}

fn denied() -> Failure {
    let message = "You don't have permissions to access this resource.";
    Failure::new("AccessDeniedException", message)
}

/// A refusal for a limit or rule of organizations.
fn constraint(reason: &str, message: &str) -> Failure {
    Failure::new("ConstraintViolationException", message).with_detail("Reason", reason)
}

/// The organization, if the caller may do this with it.
fn organization<'w>(call: &Call, world: &'w mut World) -> Result<&'w mut Organization, Failure> {
    world.directory.admit_accounts();
    let organization = world.directory.organization.as_mut().ok_or_else(not_in_use)?;
    let account = call.account();
    if !organization.members.contains_key(account) {
        return Err(not_in_use());
    }
    let reads = call.operation.starts_with("List") || call.operation.starts_with("Describe");
    let is_delegated = organization.delegated.contains_key(account);
    if *account == organization.management
        || (is_delegated && reads)
        || is_allowed_by_policy(call, organization)
    {
        return Ok(organization);
    }
    Err(denied())
}

/// Whether the organization's own resource policy lets a member do this.
fn is_allowed_by_policy(call: &Call, organization: &Organization) -> bool {
    use reeve_policy::{
        Caller, ContextMap, Form, Named, Policies, Request, ResourcePolicy, decide,
    };
    let Some((_, text, _)) = &organization.resource_policy else { return false };
    let Some(policy) = crate::access::cache::compiled(Form::Resource, text) else { return false };
    let account = call.account().as_str();
    let resource =
        ResourcePolicy { policy: Named { name: "", policy: &policy }, opens_alone: true };
    let action = format!("organizations:{}", call.operation);
    let request = Request {
        caller: Caller::Root { account },
        action: &action,
        resource: "*",
        resource_account: Some(organization.management.as_str()),
        context: &ContextMap::default(),
    };
    let policies = Policies { resource: Some(resource), ..Policies::default() };
    decide(&request, &policies).is_allowed()
}

/// A page of things in order of their keys.
fn page(call: &Call, member: &str, entries: Vec<(String, Value)>) -> Answer {
    PAGES.sort(call, member, entries)
}

fn describe_organization(call: &Call, world: &mut World) -> Answer {
    world.directory.admit_accounts();
    let directory = &world.directory;
    let organization = directory.organization.as_ref().ok_or_else(not_in_use)?;
    if !organization.members.contains_key(call.account()) {
        return Err(not_in_use());
    }
    let management = directory.accounts.get(&organization.management);
    let email = management.map(|account| account.email.clone()).unwrap_or_default();
    let types = Value::List(vec![value!({"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"})]);
    Ok(value!({"Organization": {
        "Id": (organization.id.as_str()),
        "Arn": (organization.arn("organization", &organization.id)),
        "FeatureSet": (organization.feature_set.as_str()),
        "MasterAccountArn": (organization.account_arn(&organization.management)),
        "MasterAccountId": (organization.management.as_str()),
        "MasterAccountEmail": (email),
        "AvailablePolicyTypes": (types),
    }}))
}

fn list_roots(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    Ok(value!({"Roots": [(root(organization))]}))
}

/// The root as listings show it.
fn root(organization: &Organization) -> Value {
    let id = organization.root();
    let types = organization
        .enabled
        .iter()
        .map(|kind| value!({"Type": (kind.as_str()), "Status": "ENABLED"}));
    value!({
        "Id": (id.as_str()),
        "Arn": (organization.arn("root", &format!("{}/{id}", organization.id))),
        "Name": "Root",
        "PolicyTypes": (types.collect::<Value>()),
    })
}

fn put_resource_policy(call: &Call, world: &mut World) -> Answer {
    use reeve_policy::{Form, Policy};
    let content = call.required("Content")?;
    Policy::parse(Form::Resource, content)
        .map_err(|problem| Failure::new("MalformedPolicyDocumentException", problem.message))?;
    let tags = crate::tagging::listed(call, "Tags").into_iter().collect();
    let id = format!("rp-{}", world.random_letters(10).to_lowercase());
    let organization = organization(call, world)?;
    let id = organization.resource_policy.as_ref().map_or(id, |(known, ..)| known.clone());
    organization.resource_policy = Some((id, content.to_owned(), tags));
    Ok(value!({"ResourcePolicy": (resource_policy(organization)?)}))
}

fn resource_policy(organization: &Organization) -> Result<Value, Failure> {
    let (id, content, _) = organization.resource_policy.as_ref().ok_or_else(|| {
        Failure::new(
            "ResourcePolicyNotFoundException",
            "We can't find a resource policy request with the parameter that you specified.",
        )
    })?;
    let arn = organization.arn("resourcepolicy", &format!("{}/{id}", organization.id));
    Ok(value!({
        "ResourcePolicySummary": {"Id": (id.as_str()), "Arn": (arn)},
        "Content": (content.as_str()),
    }))
}

fn describe_resource_policy(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    Ok(value!({"ResourcePolicy": (resource_policy(organization)?)}))
}

fn delete_resource_policy(call: &Call, world: &mut World) -> Answer {
    let organization = organization(call, world)?;
    resource_policy(organization)?;
    organization.resource_policy = None;
    Ok(Value::object())
}

/// An account id of the input that is of a member.
fn member(call: &Call, organization: &Organization, name: &str) -> Result<AccountId, Failure> {
    let wanted = call.required(name)?;
    let account: Option<AccountId> = wanted.parse().ok();
    account.filter(|account| organization.members.contains_key(account)).ok_or_else(|| {
        Failure::new("AccountNotFoundException", "You specified an account that doesn't exist.")
    })
}
