//! Runbooks from the outside: documents are refused or accepted, and executions go where they should.

mod documents;
mod executions;
mod player;
mod replays;
