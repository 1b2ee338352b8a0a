//! Everything that decides what a caller may do, gathered.

use std::sync::Arc;

use reeve_policy::{
    Caller, Decision, Form, Named, Policies, Policy, Request, ResourcePolicy, Session, decide,
};
use reeve_types::AccountId;

use super::cache::compiled;
use crate::{
    call::Call,
    directory::{Identity, Organization},
    kind::{HOME_REGION, Kind},
    services::iam::{
        common::{id_of, inline_policies, inner_texts},
        kinds::{GROUP, ROLE, USER},
        managed, policy_document,
    },
    store::{Place, Resource},
    world::World,
};

/// A policy and what it is called.
pub(crate) type Kept = (String, Arc<Policy>);

/// The policies that apply to a caller.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    account: String,
    arn: String,
    role: String,
    is_root: bool,
    is_federated: bool,
    pub(crate) identity: Vec<Kept>,
    pub(crate) boundary: Option<Kept>,
    pub(crate) session: Option<Vec<Kept>>,
    pub(crate) service_control: Vec<Vec<Kept>>,
}

impl Gathered {
    /// Those of whoever makes a call.
    pub(crate) fn of(world: &World, call: &Call) -> Self {
        let caller = &call.caller;
        let mut gathered = match &caller.identity {
            Identity::User(id) => Self::of_principal(world, &caller.account, (&USER, id)),
            Identity::Role(id) => {
                let mut gathered = Self::of_principal(world, &caller.account, (&ROLE, id));
                gathered.role = format!("arn:aws:iam::{}:role/{id}", caller.account);
                gathered
            }
            Identity::Federated(id) => {
                let mut gathered = Self::of_principal(world, &caller.account, (&USER, id));
                gathered.role = format!("arn:aws:iam::{}:user/{id}", caller.account);
                gathered.is_federated = true;
                gathered
            }
            Identity::Root => Self { is_root: true, ..Self::default() },
            Identity::Service => Self::default(),
        };
        gathered.account = caller.account.to_string();
        gathered.arn.clone_from(&caller.arn);
        if let Some(session) = &caller.session
            && (!session.policies.is_empty() || gathered.is_federated)
        {
            let policies = session.policies.iter().filter_map(|text| {
                Some(("session policy".to_owned(), compiled(Form::Identity, text)?))
            });
            gathered.session = Some(policies.collect());
        }
        let is_linked =
            matches!(&caller.identity, Identity::Role(id) if id.starts_with("aws-service-role/"));
        if !is_linked {
            gathered.service_control =
                levels(world, &caller.account, Form::ServiceControl).unwrap_or_default();
        }
        gathered
    }

    /// Those of a user or role itself, without session and organization.
    pub(crate) fn of_principal(
        world: &World,
        account: &AccountId,
        (kind, id): (Kind, &str),
    ) -> Self {
        let mut gathered = Self { account: account.to_string(), ..Self::default() };
        let Some(place) = place(account, kind) else { return gathered };
        gathered.arn = place.arn_of(kind, id);
        let Some(principal) = world.get(&place, id) else { return gathered };
        add_policies(world, account, principal, &mut gathered.identity);
        for name in inner_texts(principal, "Groups") {
            let Some(place) = self::place(account, &GROUP) else { continue };
            let group = id_of(world, &place, &name).and_then(|id| world.get(&place, &id));
            if let Some(group) = group {
                add_policies(world, account, group, &mut gathered.identity);
            }
        }
        if let Some(arn) = principal.fact("PermissionsBoundary.PermissionsBoundaryArn") {
            // A boundary that was deleted allows nothing.
            let policy = managed_policy(world, account, arn).or_else(nothing);
            gathered.boundary = policy.map(|policy| (arn.to_owned(), policy));
        }
        gathered
    }

    /// Takes in what the organization lets the account do.
    pub(crate) fn limit_by_organization(&mut self, world: &World, account: &AccountId) {
        self.service_control = levels(world, account, Form::ServiceControl).unwrap_or_default();
    }

    /// The caller as policies name them.
    pub(crate) fn caller(&self) -> Caller<'_> {
        let (account, arn) = (&*self.account, &*self.arn);
        if self.is_root {
            Caller::Root { account }
        } else if self.is_federated {
            Caller::Federated { account, user: &self.role, arn }
        } else if self.role.is_empty() {
            Caller::User { account, arn }
        } else {
            Caller::Session { account, role: &self.role, arn }
        }
    }

    /// Whether the caller may do everything in the account, as far as their side goes.
    pub(crate) fn is_unlimited(&self) -> bool {
        let harmless = |(_, policy): &Kept| !policy.denies_something();
        let full = |policies: &[Kept]| {
            policies.iter().any(|(_, policy)| policy.allows_everything())
                && policies.iter().all(harmless)
        };
        (self.is_root || full(&self.identity))
            && self.boundary.is_none()
            && self.session.as_ref().is_none_or(|session| full(session))
            && self.service_control.iter().all(|level| full(level))
    }

    /// Decides a request of the caller, and hands the decision on.
    pub(crate) fn decide<T>(
        &self,
        world: &World,
        request: &Request<'_>,
        resource: Option<ResourcePolicy<'_>>,
        then: impl FnOnce(&Decision<'_>) -> T,
    ) -> T {
        let owner = request.resource_account.and_then(|it| it.parse::<AccountId>().ok());
        let service = request.action.split(':').next().unwrap_or_default();
        let resource_control = match owner {
            Some(owner) if RESOURCE_CONTROLLED.contains(&service) => {
                levels(world, &owner, Form::ResourceControl).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let identity = named(&self.identity);
        let session = self.session.as_deref().map(named);
        let service_control: Vec<Vec<Named<'_>>> =
            self.service_control.iter().map(|level| named(level)).collect();
        let resource_control: Vec<Vec<Named<'_>>> =
            resource_control.iter().map(|level| named(level)).collect();
        let service_control: Vec<&[Named<'_>]> =
            service_control.iter().map(Vec::as_slice).collect();
        let resource_control: Vec<&[Named<'_>]> =
            resource_control.iter().map(Vec::as_slice).collect();
        let policies = Policies {
            identity: &identity,
            resource,
            boundary: self.boundary.as_ref().map(|(name, policy)| Named { name, policy }),
            session: session.as_deref().map_or(Session::Unlimited, Session::Policies),
            service_control: &service_control,
            resource_control: &resource_control,
        };
        then(&decide(request, &policies))
    }
}

/// The services whose resources resource control policies are about.
const RESOURCE_CONTROLLED: [&str; 8] =
    ["s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "dynamodb", "logs"];

fn named(kept: &[Kept]) -> Vec<Named<'_>> {
    kept.iter().map(|(name, policy)| Named { name, policy }).collect()
}

fn place(account: &AccountId, kind: Kind) -> Option<Place> {
    Some(Place { account: account.clone(), region: HOME_REGION.parse().ok()?, kind })
}

fn nothing() -> Option<Arc<Policy>> {
    let text =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    compiled(Form::Identity, text)
}

fn add_policies(world: &World, account: &AccountId, owner: &Resource, into: &mut Vec<Kept>) {
    for arn in inner_texts(owner, "Attached") {
        if let Some(policy) = managed_policy(world, account, &arn) {
            into.push((arn, policy));
        }
    }
    for (name, text) in inline_policies(owner) {
        if let Some(policy) = compiled(Form::Identity, &text) {
            into.push((name, policy));
        }
    }
}

fn managed_policy(world: &World, account: &AccountId, arn: &str) -> Option<Arc<Policy>> {
    if let Some(managed) = managed::find(arn) {
        return compiled(Form::Identity, &managed.document);
    }
    compiled(Form::Identity, &policy_document(world, account, arn)?)
}

/// The policies of each level above an account; nothing if the organization has none of this kind in force for it.
fn levels(world: &World, account: &AccountId, form: Form) -> Option<Vec<Vec<Kept>>> {
    let organization: &Organization = world.directory.organization.as_ref()?;
    let kind = match form {
        Form::ResourceControl => "RESOURCE_CONTROL_POLICY",
        _ => "SERVICE_CONTROL_POLICY",
    };
    let is_member = organization.members.contains_key(account);
    if !organization.enabled.contains(kind) || !is_member || organization.management == *account {
        return None;
    }
    let level = |target: String| {
        let attached = organization.attached(&target, kind);
        attached
            .filter_map(|(id, policy)| {
                let name = organization.policy_arn(id, policy);
                Some((name, compiled(form, &policy.content)?))
            })
            .collect()
    };
    Some(organization.path_to(account.as_str()).into_iter().map(level).collect())
}
