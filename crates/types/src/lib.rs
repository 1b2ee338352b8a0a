#![doc = include_str!("../README.md")]

mod account;
mod actor;
mod arn;
mod ids;
mod partition;
mod region;
mod resource;
mod tags;
mod verdict;

pub use account::{AccountId, ParseAccountIdError};
pub use actor::Actor;
pub use arn::{Arn, ParseArnError};
pub use ids::{ExecutionId, ParseIdError, PlanId, RequestId, RunId};
pub use partition::Partition;
pub use region::{ParseRegionError, Region};
pub use resource::{Attribute, Resource, ResourceRef, ResourceType, Scope};
pub use tags::Tags;
pub use verdict::{Unknown, Verdict};
