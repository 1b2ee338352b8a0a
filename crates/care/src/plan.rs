//! Plans: the exact actions a controller wants, each with its reason and its way back.
//!
//! A plan never changes once it is proposed. What happens to it is a list of events ([`crate::progress`]); its
//! [`Plan::digest`] binds an approval to the very actions that were shown.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use reeve_types::{Attribute, PlanId, ResourceRef};
use sha2::{Digest as _, Sha256};

/// The exact actions that a controller wants, in the order in which they are performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The controller that wants it, such as `resource-tagger`.
    pub controller: String,
    /// When it was decided.
    pub created_at: Timestamp,
    /// How it may start.
    pub start: Start,
    /// The actions, numbered from 1 without gaps.
    pub actions: Vec<Action>,
}

/// How a plan may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// It waits for a person's approval.
    OnApproval,
    /// The estate gives the controller the authority to act at once; the text says which rule.
    AtOnce(String),
}

/// The digest of a plan whose actions are at hand one after the other ([`Plan::digest`]).
#[derive(Debug, Clone)]
pub struct PlanDigest(Sha256);

/// One change to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its place in the plan, from 1.
    pub number: u32,
    /// The resource to change.
    pub resource: ResourceRef,
    /// What to change, in order of tag key; never empty.
    pub changes: Vec<TagChange>,
    /// The facts that the decision rested on, as they were observed.
    pub reads: Facts,
}

/// One tag set, replaced or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// The tag's key.
    pub key: String,
    /// Its value when it was observed; `None` if the tag was absent.
    pub before: Option<String>,
    /// The value it shall have; `None` if the tag shall go.
    pub after: Option<String>,
    /// Why: which configuration yields it, or why nothing does.
    pub reason: String,
}

/// The facts about a resource that a decision looked at, absent ones included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Tags by key; `None` where there was none.
    pub tags: BTreeMap<String, Option<String>>,
    /// Attributes by filter field name; `None` where the resource had none.
    pub attributes: BTreeMap<String, Option<Attribute>>,
}

impl Plan {
    /// A SHA-256 over the controller, the start and every action with what it rests on, in lower-case hexadecimal.
    ///
    /// An approval names the digest of what was shown; only a plan with that digest is applied. The id and time are left
    /// out, so that two runs that want the same for the same facts have the same digest.
    pub fn digest(&self) -> String {
        let mut digest = PlanDigest::new(&self.controller, &self.start);
        for action in &self.actions {
            digest.add(action);
        }
        digest.finish()
    }

    /// The action with `number`, if there is one.
    pub fn action(&self, number: u32) -> Option<&Action> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.actions.get(index)
    }

    /// The accounts it touches, in order, each once.
    pub fn accounts(&self) -> Vec<&reeve_types::AccountId> {
        let mut accounts: Vec<_> =
            self.actions.iter().map(|action| &action.resource.scope.account).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }
}

impl PlanDigest {
    /// The digest of a plan that has no action yet.
    pub fn new(controller: &str, start: &Start) -> Self {
        let mut hasher = Sha256::new();
        field(&mut hasher, controller);
        match start {
            Start::OnApproval => optional_field(&mut hasher, None),
            Start::AtOnce(rule) => optional_field(&mut hasher, Some(rule)),
        }
        Self(hasher)
    }

    /// Takes in the plan's next action.
    pub fn add(&mut self, action: &Action) {
        action.hash_into(&mut self.0);
        action.reads.hash_into(&mut self.0);
    }

    /// The digest of all that was taken in, in lower-case hexadecimal.
    pub fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

impl Action {
    /// A SHA-256 over the resource and the changes: the same wish about the same resource has the same digest, whatever
    /// facts it rests on.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        self.hash_into(&mut hasher);
        hex::encode(hasher.finalize())
    }

    fn hash_into(&self, hasher: &mut Sha256) {
        let scope = &self.resource.scope;
        for text in [
            scope.account.as_str(),
            scope.region.as_str(),
            scope.resource_type.as_str(),
            &self.resource.id,
            &self.resource.arn,
        ] {
            field(hasher, text);
        }
        count(hasher, self.changes.len());
        for change in &self.changes {
            field(hasher, &change.key);
            optional_field(hasher, change.before.as_deref());
            optional_field(hasher, change.after.as_deref());
        }
    }
}

impl Facts {
    fn hash_into(&self, hasher: &mut Sha256) {
        let Self { tags, attributes } = self;
        count(hasher, tags.len());
        for (key, value) in tags {
            field(hasher, key);
            optional_field(hasher, value.as_deref());
        }
        count(hasher, attributes.len());
        for (name, value) in attributes {
            field(hasher, name);
            match value {
                None => hasher.update([0]),
                Some(Attribute::Text(text)) => {
                    hasher.update([1]);
                    field(hasher, text);
                }
                Some(Attribute::Flag(flag)) => hasher.update([2, u8::from(*flag)]),
            }
        }
    }
}

/// Hashes a text with its length before it, so that no two lists of texts hash alike.
fn field(hasher: &mut Sha256, text: &str) {
    count(hasher, text.len());
    hasher.update(text.as_bytes());
}

fn optional_field(hasher: &mut Sha256, text: Option<&str>) {
    match text {
        None => hasher.update([0]),
        Some(text) => {
            hasher.update([1]);
            field(hasher, text);
        }
    }
}

fn count(hasher: &mut Sha256, number: usize) {
    hasher.update(u64::try_from(number).unwrap_or(u64::MAX).to_be_bytes());
}

impl fmt::Display for TagChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(formatter, "set `{}` to `{after}`", self.key),
            (Some(before), Some(after)) => {
                write!(formatter, "change `{}` from `{before}` to `{after}`", self.key)
            }
            (Some(before), None) => write!(formatter, "remove `{}` (was `{before}`)", self.key),
            (None, None) => write!(formatter, "leave `{}` absent", self.key),
        }
    }
}
