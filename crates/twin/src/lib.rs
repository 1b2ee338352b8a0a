#![doc = include_str!("../README.md")]
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "in a static, a method is not general enough in its lifetimes"
)]

mod access;
mod adopt;
mod answer;
mod arn_template;
mod bus;
mod call;
mod call_log;
mod check;
mod clock;
mod control;
mod coverage;
mod dialect;
mod digest;
mod directory;
mod event;
mod failure;
mod fault;
mod filter;
mod fit;
mod fleet;
mod idempotency;
mod kind;
mod log_store;
mod messages;
mod metrics;
mod moment;
mod objects;
mod page;
mod pattern;
mod recipe;
mod scenario;
pub mod seed;
mod serve;
mod services;
mod signature;
mod snapshot;
mod store;
mod tagging;
mod target;
mod task;
mod trail;
mod transport;
mod twin;
mod value;
mod world;

pub use adopt::{Look, RealAnswer, ids_in, looks_for, serves};
pub use call_log::{CallOutcome, ServedCall};
pub use coverage::coverage;
pub use directory::{Account, Role, UserKey};
pub use fault::{Effect, FaultRule};
pub use moment::{DescribedResource, Moment, ResourceChange};
pub use scenario::{Generate, Scenario, ScenarioAccount, ScenarioError};
pub use seed::{Adopted, Draft, SeededEstate, UnknownKind, open};
pub use snapshot::SnapshotError;
pub use twin::{Faults, Twin, is_disconnected, latency};
