#![doc = include_str!("../README.md")]

mod decision;
mod level;
mod rule;

pub use decision::{Cause, Decision, Suspension, decide};
pub use level::{Level, ParseLevelError};
pub use rule::{Authority, Rule, TagCondition};
