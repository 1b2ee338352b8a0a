//! One statement: whom, what and which resources it is about, and when.

use crate::{
    condition::Condition,
    context::Context,
    pattern::{Pattern, glob},
    principal::{Caller, Grant, Principals},
};

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    /// Absent in policies that are attached to whom they are about.
    pub(crate) principals: Option<(Principals, bool)>,
    pub(crate) actions: Actions,
    /// Absent in policies that are attached to what they are about.
    pub(crate) resources: Option<(Box<[Pattern]>, bool)>,
    pub(crate) conditions: Box<[Condition]>,
    /// Where it begins and ends in its document, as lines and columns.
    pub(crate) place: (usize, usize),
}

/// The actions of a statement, and whether it is about all others instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions {
    pub(crate) patterns: Box<[ActionPattern]>,
    pub(crate) is_negated: bool,
}

/// An action with wildcards, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ActionPattern {
    Any,
    Exact(Box<str>),
    Prefix(Box<str>),
    Wild(Box<str>),
}

impl ActionPattern {
    pub(crate) fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        match text.find(['*', '?']) {
            _ if text == "*" || text == "*:*" => Self::Any,
            None => Self::Exact(text.into()),
            Some(at) if at + 1 == text.len() && text.ends_with('*') => {
                Self::Prefix(text.trim_end_matches('*').into())
            }
            Some(_) => Self::Wild(text.into()),
        }
    }

    fn matches(&self, action: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *action,
            Self::Prefix(prefix) => action.starts_with(&**prefix),
            Self::Wild(wild) => glob(wild.as_bytes(), action.as_bytes()),
        }
    }
}

/// What a statement is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) caller: &'a Caller<'a>,
    /// In lower case.
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a dyn Context,
}

impl Statement {
    /// What the statement is called, if it has an id.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it allows or denies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The line and column at which it begins.
    pub fn place(&self) -> (usize, usize) {
        self.place
    }

    /// The keys that its conditions ask for, as they are written.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|condition| &*condition.written_key)
    }

    pub(crate) fn allows_everything(&self) -> bool {
        let any_action =
            !self.actions.is_negated && self.actions.patterns.contains(&ActionPattern::Any);
        let any_resource = match &self.resources {
            Some((patterns, false)) => patterns.contains(&Pattern::Any),
            Some((_, true)) => false,
            None => true,
        };
        self.effect == Effect::Allow
            && self.principals.is_none()
            && any_action
            && any_resource
            && self.conditions.is_empty()
    }

    /// Whether the statement is about some action of a service, given by its prefix such as `ec2`.
    pub fn is_about_service(&self, service: &str) -> bool {
        let is_of = |pattern: &ActionPattern| match pattern {
            ActionPattern::Any => true,
            ActionPattern::Exact(text)
            | ActionPattern::Prefix(text)
            | ActionPattern::Wild(text) => {
                let prefix = text.split(':').next().unwrap_or_default();
                glob(prefix.as_bytes(), service.as_bytes())
            }
        };
        // Of what is left out, only a whole service is left out wholly.
        let whole = |pattern: &ActionPattern| match pattern {
            ActionPattern::Any => true,
            ActionPattern::Prefix(text) => text.strip_suffix(':') == Some(service),
            ActionPattern::Exact(_) | ActionPattern::Wild(_) => false,
        };
        if self.actions.is_negated {
            !self.actions.patterns.iter().any(whole)
        } else {
            self.actions.patterns.iter().any(is_of)
        }
    }

    /// Whether the statement is about an action, given in lower case, on whatever resource.
    pub fn is_about_action(&self, action: &str) -> bool {
        self.actions.patterns.iter().any(|pattern| pattern.matches(action))
            != self.actions.is_negated
    }

    /// How it applies to the request, if it does: firmest where it is about everybody.
    pub(crate) fn applies(&self, question: &Question<'_>) -> Option<Grant> {
        if !self.is_about_action(question.action) {
            return None;
        }
        let grant = self.grant(question.caller)?;
        if let Some((patterns, is_negated)) = &self.resources {
            let is_named =
                patterns.iter().any(|pattern| pattern.matches(question.resource, question.context));
            if is_named == *is_negated {
                return None;
            }
        }
        self.conditions.iter().all(|condition| condition.is_met(question.context)).then_some(grant)
    }

    fn grant(&self, caller: &Caller<'_>) -> Option<Grant> {
        match &self.principals {
            None => Some(Grant::Direct),
            Some((principals, false)) => principals.names(caller),
            Some((principals, true)) => principals.names(caller).is_none().then_some(Grant::Direct),
        }
    }
}
