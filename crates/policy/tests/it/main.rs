//! What the crate promises, from outside.

#![cfg(test)]

mod conditions;
mod decisions;
mod documents;
