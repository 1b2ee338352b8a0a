#![doc = include_str!("../README.md")]

mod condition;
mod context;
mod decide;
mod document;
mod pattern;
mod principal;
mod problem;
mod reason;
mod statement;
mod variable;

pub use context::{Context, ContextMap, ContextValue};
pub use decide::{Decision, Lacking, Named, Policies, Request, ResourcePolicy, Session, decide};
pub use document::{Form, Policy};
pub use principal::{Caller, Grant};
pub use problem::PolicyProblem;
pub use reason::Family;
pub use statement::{Effect, Statement};
