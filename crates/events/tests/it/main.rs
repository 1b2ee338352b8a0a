//! What AWS's documentation says of its small languages, as tables.

mod filter_patterns;
mod patterns;
mod queries;
mod transformers;
