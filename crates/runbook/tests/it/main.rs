//! Runbooks from the outside: documents are refused or accepted, and executions go where they should.

mod actions;
mod documents;
mod dry_runs;
mod endings;
mod executions;
mod foresight;
mod player;
mod public_documents;
mod replays;
