#![doc = include_str!("../README.md")]

mod core_schema;
mod diagnostic;
mod json;
mod nearest;
mod node;
mod reader;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use json::parse_json;
pub use nearest::nearest;
pub use node::{Entry, MAXIMUM_DEPTH, Node, NodeValue, Position};
pub use reader::{Cursor, Fields, Problems};
pub use yaml::parse_yaml;
