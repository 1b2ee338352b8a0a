#![doc = include_str!("../README.md")]

mod access;
mod definition;
mod definitions;
#[cfg(test)]
mod fitting;
mod found;
mod path;
mod read;
mod template;

pub use access::{DefinedCall, Purpose};
pub use definition::{Call, Definition, Detail, Lookup, Place};
pub use definitions::{Definitions, definitions};
pub use found::Found;
