#![doc = include_str!("../README.md")]

mod batch;
mod chain;
mod committer;
mod connection;
mod dialect;
mod entry;
mod error;
mod executions;
mod ledger;
mod location;
mod lock;
mod migrations;
mod observe;
mod open;
mod page;
mod plans;
mod propose;
#[cfg(test)]
mod query_plans;
mod replay;
mod resources;
mod serialize;
mod standing;
mod store;
mod undone;
mod verify;
mod verify_plans;

pub use entry::{Entry, Event, NewEntry, RunFinished};
pub use error::StoreError;
pub use executions::{
    Along, ExecutionFilter, ExecutionRecord, ExecutionSummary, Heeded, Leased, Move, NewExecution,
    NewRecord, NewUndo, Pulse, RunbookAttachment, RunbookDocument, Standing, UndoSummary,
};
pub use ledger::{LedgerFilter, Suspension};
pub use location::{DatabaseLocation, ParseDatabaseLocationError};
pub use lock::EngineLock;
pub use observe::{Coverage, ObservedResource};
pub use open::OpenError;
pub use page::{Limit, Page};
pub use plans::{PlanFilter, PlanSummary, PlannedAction};
pub use propose::Proposed;
pub use resources::{
    KnownAccount, KnownResource, KnownScope, KnownUnknown, ParseResourceCursorError,
    ResourceCursor, ResourceFilter, ScopeTotals, Totals, VerdictKind,
};
pub use serialize::DocumentError;
pub use store::Store;
pub use undone::UndoneChange;
pub use verify::{Problem, Verification, VerifyError, verify_ledger};
