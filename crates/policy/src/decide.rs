//! Decides one request over every policy that applies to it.
//!
//! The flow is AWS's ("how AWS enforcement code logic evaluates requests"): denials first, then the organization, then the
//! resource's policy, then the caller's own, then what limits those.

use std::fmt;

use crate::{
    context::Context,
    document::Policy,
    principal::{Caller, Grant},
    reason::Family,
    statement::{Effect, Question, Statement},
};

/// What somebody asks to do.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: Caller<'a>,
    /// The action, such as `ec2:StopInstances`.
    pub action: &'a str,
    /// The ARN of the resource, or `*`.
    pub resource: &'a str,
    /// The account of the resource; the caller's if nothing else is known.
    pub resource_account: Option<&'a str>,
    /// The values that conditions ask for.
    pub context: &'a dyn Context,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { caller, action, resource, resource_account, context: _ } = self;
        formatter
            .debug_struct("Request")
            .field("caller", caller)
            .field("action", action)
            .field("resource", resource)
            .field("resource_account", resource_account)
            .finish_non_exhaustive()
    }
}

/// A policy with the name that it is known by, such as its ARN.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
    /// The policy.
    pub policy: &'a Policy,
}

/// The policy of the resource.
#[derive(Debug, Clone, Copy)]
pub struct ResourcePolicy<'a> {
    /// The policy.
    pub policy: Named<'a>,
    /// Whether nothing is allowed without it, also within its own account: trust and key policies.
    pub opens_alone: bool,
}

/// What limits a session besides its role.
#[derive(Debug, Clone, Copy, Default)]
pub enum Session<'a> {
    /// Nothing: no session, or one without policies.
    #[default]
    Unlimited,
    /// The policies given when the session began.
    Policies(&'a [Named<'a>]),
}

/// Every policy that applies to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// Those of the user and its groups, or of the role.
    pub identity: &'a [Named<'a>],
    /// That of the resource.
    pub resource: Option<ResourcePolicy<'a>>,
    /// The permissions boundary of the user or role.
    pub boundary: Option<Named<'a>>,
    /// Those of the session.
    pub session: Session<'a>,
    /// Service control policies, one list for the root, each organizational unit and the account.
    pub service_control: &'a [&'a [Named<'a>]],
    /// Resource control policies, likewise.
    pub resource_control: &'a [&'a [Named<'a>]],
}

/// What was decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision<'a> {
    /// The request is allowed, by this statement.
    Allowed {
        /// The policy that allows; absent for the root user, whom none needs to.
        by: Option<(&'a str, &'a Statement)>,
    },
    /// A statement denies it.
    ExplicitDeny {
        /// What kind of policy it is in.
        family: Family,
        /// The name of the policy.
        policy: &'a str,
        /// The statement.
        statement: &'a Statement,
    },
    /// Nothing allows it.
    ImplicitDeny(Lacking),
}

/// What kind of policy would have had to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking {
    /// The kind.
    pub family: Family,
}

impl Decision<'_> {
    /// Whether the request is allowed.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

/// Decides a request.
pub fn decide<'a>(request: &Request<'_>, policies: &Policies<'a>) -> Decision<'a> {
    let action = lowered(request.action);
    let question = Question {
        caller: &request.caller,
        action: &action,
        resource: request.resource,
        context: request.context,
    };
    let case = Case { request, policies, question };
    if let Some(denial) = case.explicit_denial() {
        return denial;
    }
    case.permission()
}

fn lowered(action: &str) -> std::borrow::Cow<'_, str> {
    if action.bytes().any(|byte| byte.is_ascii_uppercase()) {
        action.to_ascii_lowercase().into()
    } else {
        action.into()
    }
}

struct Case<'q, 'a> {
    request: &'q Request<'q>,
    policies: &'q Policies<'a>,
    question: Question<'q>,
}

type Found<'a> = (&'a str, &'a Statement);

impl<'a> Case<'_, 'a> {
    fn explicit_denial(&self) -> Option<Decision<'a>> {
        let Policies { identity, resource, boundary, session, .. } = *self.policies;
        let resource = resource.map(|resource| resource.policy);
        let session: &'a [Named<'a>] = match session {
            Session::Unlimited => &[],
            Session::Policies(policies) => policies,
        };
        self.levels_deny(Family::ServiceControl, self.policies.service_control)
            .or_else(|| self.levels_deny(Family::ResourceControl, self.policies.resource_control))
            .or_else(|| self.denial(Family::Resource, resource.as_slice()))
            .or_else(|| self.denial(Family::Identity, identity))
            .or_else(|| self.denial(Family::Boundary, boundary.as_slice()))
            .or_else(|| self.denial(Family::Session, session))
    }

    fn levels_deny(&self, family: Family, levels: &[&'a [Named<'a>]]) -> Option<Decision<'a>> {
        levels.iter().find_map(|level| self.denial(family, level))
    }

    fn denial(&self, family: Family, policies: &[Named<'a>]) -> Option<Decision<'a>> {
        let (policy, statement, _) = self.find(Effect::Deny, policies)?;
        Some(Decision::ExplicitDeny { family, policy, statement })
    }

    fn permission(&self) -> Decision<'a> {
        let lacking = |family| Decision::ImplicitDeny(Lacking { family });
        if !self.all_levels_allow(self.policies.resource_control) {
            return lacking(Family::ResourceControl);
        }
        if !self.all_levels_allow(self.policies.service_control) {
            return lacking(Family::ServiceControl);
        }
        let granted = self.resource_grant();
        let own = self.request.caller.account();
        let is_own = match (own, self.request.resource_account) {
            (Some(own), Some(other)) => own == other,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if own.is_none() {
            // Whoever is of no account has nothing but what the resource's policy says.
            return match granted {
                Some((by, _)) => Decision::Allowed { by: Some(by) },
                None => lacking(Family::Resource),
            };
        }
        let opens_alone = self.policies.resource.is_some_and(|resource| resource.opens_alone);
        match granted {
            None if opens_alone || !is_own => {
                return lacking(self.first_lack(Family::Resource));
            }
            Some((by, Grant::Direct)) if is_own => return Decision::Allowed { by: Some(by) },
            Some((by, Grant::Role)) if is_own => return self.within_limits(by),
            Some(_) | None => {}
        }
        if matches!(self.request.caller, Caller::Root { .. }) {
            return Decision::Allowed { by: None };
        }
        match self.allowing(self.policies.identity) {
            Some(by) => self.within_limits(by),
            None => lacking(Family::Identity),
        }
    }

    /// Across accounts the caller's side is told first, as they cannot see the other.
    fn first_lack(&self, otherwise: Family) -> Family {
        let is_root = matches!(self.request.caller, Caller::Root { .. });
        if is_root || self.allowing(self.policies.identity).is_some() {
            otherwise
        } else {
            Family::Identity
        }
    }

    fn within_limits(&self, by: Found<'a>) -> Decision<'a> {
        let lacking = |family| Decision::ImplicitDeny(Lacking { family });
        if let Some(boundary) = self.policies.boundary
            && self.allowing(&[boundary]).is_none()
        {
            return lacking(Family::Boundary);
        }
        if let Session::Policies(session) = self.policies.session
            && self.allowing(session).is_none()
        {
            return lacking(Family::Session);
        }
        Decision::Allowed { by: Some(by) }
    }

    fn resource_grant(&self) -> Option<(Found<'a>, Grant)> {
        let policy = self.policies.resource?.policy;
        let statements = policy.policy.statements();
        let grants = statements.iter().filter(|one| one.effect == Effect::Allow);
        let grants = grants.filter_map(|one| Some((one, one.applies(&self.question)?)));
        let (statement, grant) = grants.max_by_key(|(_, grant)| *grant)?;
        Some(((policy.name, statement), grant))
    }

    fn all_levels_allow(&self, levels: &[&'a [Named<'a>]]) -> bool {
        levels.iter().all(|level| self.allowing(level).is_some())
    }

    fn allowing(&self, policies: &[Named<'a>]) -> Option<Found<'a>> {
        self.find(Effect::Allow, policies).map(|(name, statement, _)| (name, statement))
    }

    fn find(
        &self,
        effect: Effect,
        policies: &[Named<'a>],
    ) -> Option<(&'a str, &'a Statement, Grant)> {
        policies.iter().find_map(|named| {
            named
                .policy
                .statements()
                .iter()
                .filter(|statement| statement.effect == effect)
                .find_map(|statement| {
                    Some((named.name, statement, statement.applies(&self.question)?))
                })
        })
    }
}
