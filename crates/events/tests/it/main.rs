//! What AWS's documentation says of its small languages, as tables.

#[cfg(test)]
mod filter_patterns;
#[cfg(test)]
mod patterns;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod transformers;
