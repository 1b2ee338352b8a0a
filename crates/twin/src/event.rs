//! What happens in the world, as Amazon EventBridge is told of it.

use jiff::Timestamp;
use reeve_model::Value;
use reeve_types::{AccountId, Region};
use serde::{Deserialize, Serialize};

use crate::store::Place;

/// One event on its way to the default bus of an account and Region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Its id.
    pub(crate) id: String,
    /// The account it is in.
    pub(crate) account: AccountId,
    /// The Region it is in.
    pub(crate) region: Region,
    /// When it happened.
    pub(crate) time: Timestamp,
    /// Who says so, such as `aws.ec2`.
    pub(crate) source: String,
    /// What kind of event it is.
    pub(crate) detail_type: String,
    /// The ARNs it is about.
    pub(crate) resources: Vec<String>,
    /// What happened, of the shape that belongs to the kind.
    pub(crate) detail: Value,
}

impl Event {
    /// An event in a place; its id and time are given when it is emitted.
    pub(crate) fn new(source: &str, detail_type: &str, place: &Place) -> Self {
        Self {
            id: String::new(),
            account: place.account.clone(),
            region: place.region.clone(),
            time: Timestamp::UNIX_EPOCH,
            source: source.to_owned(),
            detail_type: detail_type.to_owned(),
            resources: Vec::new(),
            detail: Value::object(),
        }
    }

    /// The same about one more resource.
    #[must_use]
    pub(crate) fn about(mut self, arn: impl Into<String>) -> Self {
        self.resources.push(arn.into());
        self
    }

    /// The same with its detail.
    #[must_use]
    pub(crate) fn with(mut self, detail: impl Into<Value>) -> Self {
        self.detail = detail.into();
        self
    }
}
