#![doc = include_str!("../README.md")]

mod event;
mod filter_pattern;
mod insights;
mod path;
mod pattern;
mod rule_set;
mod transform;

pub use event::Event;
pub use filter_pattern::{FilterPattern, FilterPatternError};
pub use insights::{Query, QueryError, Record, Rows};
pub use path::{JsonPath, PathError};
pub use pattern::{Pattern, PatternError};
pub use rule_set::RuleSet;
pub use transform::{Subject, Transformer, TransformerError};
