//! CloudWatch Logs Insights queries: a useful part of the language, compiled once and run over log events.
//!
//! ```text
//! text ──lexer──► tokens ──parse──► commands ──run──► rows
//! ```

mod cell;
mod expression;
mod functions;
mod lexer;
mod parse;
mod run;
mod stats;

use expression::Expression;
use regex_lite::Regex;

/// A compiled query.
#[derive(Debug, Clone)]
pub struct Query {
    commands: Vec<Command>,
}

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} and position {position}")]
pub struct QueryError {
    /// What is wrong.
    pub reason: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub position: usize,
}

/// A log event as queries see it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// Milliseconds since 1970.
    pub ingestion_time: i64,
    /// The text.
    pub message: &'r str,
    /// The name of its stream.
    pub log_stream: &'r str,
    /// `account:group`.
    pub log: &'r str,
    /// What `GetLogRecord` finds it by.
    pub pointer: &'r str,
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Each row: names and values, in the order of the query.
    pub rows: Vec<Vec<(String, String)>>,
    /// How many log events there were.
    pub scanned: u64,
    /// How many passed the filters.
    pub matched: u64,
    /// How long their messages were.
    pub bytes: u64,
}

/// An expression and the name of its column.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    expression: Expression,
}

#[derive(Debug, Clone)]
enum Command {
    Fields(Vec<Column>),
    Display(Vec<Column>),
    Filter(Expression),
    Parse { source: Expression, with: Extraction },
    Stats { values: Vec<Column>, by: Vec<Column> },
    Sort(Vec<(Expression, Direction)>),
    Limit(usize),
    Dedup(Vec<Column>),
}

/// How `parse` takes a text apart.
#[derive(Debug, Clone)]
enum Extraction {
    /// Fixed pieces around the names.
    Pieces { pieces: Vec<String>, names: Vec<String> },
    /// A regular expression with named groups.
    Groups(Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl Query {
    /// Compiles a query.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::query(text)
    }

    /// Runs the query; `limit` bounds the rows of a query that has no bound itself.
    pub fn run<'r>(&self, records: impl IntoIterator<Item = Record<'r>>, limit: usize) -> Rows {
        run::run(&self.commands, records, limit)
    }
}
