#![doc = include_str!("../README.md")]

mod access;
mod action;
mod app;
pub mod background;
mod calls;
pub mod engine;
mod error;
pub mod executions;
mod ledger;
pub mod observe;
mod overview;
pub mod plans;
mod queries;
mod resources;
pub mod run;
mod scope;
mod suspension;
pub mod views;

pub use access::{AccessRequest, access, known_calls};
pub use app::{App, Context, Parts, Settings, chain_options, client_config};
pub use calls::NotedCall;
pub use engine::Stopped;
pub use error::{Error, ErrorKind};
pub use ledger::verify_ledger_in;
pub use plans::Approval;
pub use queries::{ExecutionQuery, LedgerQuery, PageQuery, PlanQuery, ResourceQuery};
pub use run::RunRequest;
