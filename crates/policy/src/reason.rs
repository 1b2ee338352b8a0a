//! Decisions as AWS's access-denied messages word them.

use crate::decide::{Decision, Request};

/// The kinds of policies, as messages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Of users, groups and roles.
    Identity,
    /// Of resources.
    Resource,
    /// Permissions boundaries.
    Boundary,
    /// Of sessions.
    Session,
    /// Service control policies.
    ServiceControl,
    /// Resource control policies.
    ResourceControl,
}

impl Family {
    /// As messages name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
        }
    }

    fn article(self) -> &'static str {
        match self {
            Self::Identity => "an",
            _ => "a",
        }
    }
}

impl Decision<'_> {
    /// What follows "is not authorized to perform … on resource …"; nothing if it is authorized.
    pub fn reason(&self, action: &str) -> Option<String> {
        match self {
            Self::Allowed { .. } => None,
            Self::ExplicitDeny { family, .. } => {
                Some(format!("with an explicit deny in {} {}", family.article(), family.as_str()))
            }
            Self::ImplicitDeny(lacking) => {
                Some(format!("because no {} allows the {action} action", lacking.family.as_str()))
            }
        }
    }

    /// The whole message; nothing if the request is allowed.
    pub fn message(&self, request: &Request<'_>) -> Option<String> {
        let reason = self.reason(request.action)?;
        let Request { caller, action, resource, .. } = request;
        let name = caller.name();
        Some(format!(
            "User: {name} is not authorized to perform: {action} on resource: {resource} {reason}"
        ))
    }
}
