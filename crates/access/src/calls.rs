//! Every call that Reeve makes of its own accord.
//!
//! This is the one list of them. The calls about resources are not written here: they are read from the definitions that
//! the calls are made by. What people call themselves, with `reeve aws`, is theirs to be allowed.

use std::fmt;

use reeve_inventory::{Definition, Purpose};
use reeve_types::ResourceType;

/// A call that Reeve makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The service, by the name the AWS CLI uses.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// What it is for.
    pub purpose: CallPurpose,
    /// The resource type that it is about, if it is about one.
    pub resource_type: Option<ResourceType>,
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallPurpose {
    /// To know whose credentials are used.
    Identify,
    /// To enter an account.
    Enter,
    /// Something about resources.
    Resources(Purpose),
}

impl CallPurpose {
    /// Whether such a call changes something.
    pub fn changes(self) -> bool {
        match self {
            Self::Identify | Self::Enter => false,
            Self::Resources(purpose) => purpose.changes(),
        }
    }
}

impl fmt::Display for CallPurpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Identify => "know whose credentials are used",
            Self::Enter => "enter an account",
            Self::Resources(Purpose::List) => "list resources, or find one again",
            Self::Resources(Purpose::Detail) => "learn more about resources",
            Self::Resources(Purpose::Tag) => "set tags",
            Self::Resources(Purpose::Untag) => "remove tags",
        })
    }
}

/// Every call that looking after resources of these types can lead to, in the order in which they are made.
pub fn calls<'a>(definitions: impl IntoIterator<Item = &'a Definition>) -> Vec<Call> {
    let sts = |operation: &str, purpose| Call {
        service: "sts".to_owned(),
        operation: operation.to_owned(),
        purpose,
        resource_type: None,
    };
    let mut calls = vec![
        sts("GetCallerIdentity", CallPurpose::Identify),
        sts("AssumeRole", CallPurpose::Enter),
    ];
    for definition in definitions {
        calls.extend(definition.calls().into_iter().map(|call| Call {
            service: call.service.to_owned(),
            operation: call.operation.to_owned(),
            purpose: CallPurpose::Resources(call.purpose),
            resource_type: Some(definition.resource_type().clone()),
        }));
    }
    calls
}
