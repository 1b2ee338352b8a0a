#![doc = include_str!("../README.md")]

mod call;
mod call_log;
mod control;
mod dialect;
mod digest;
mod directory;
mod failure;
mod fault;
mod kind;
mod page;
mod pattern;
pub mod seed;
mod serve;
mod services;
mod signature;
mod state;
mod store;
mod tagging;
mod transport;
mod twin;

pub use call_log::{CallOutcome, ServedCall};
pub use directory::{Account, Role, UserKey};
pub use fault::{Effect, FaultRule};
pub use seed::{Draft, SeededEstate, UnknownKind};
pub use twin::{Faults, Twin, is_disconnected, latency};
