//! Definitions against outputs as AWS sends them.

mod attaching;
mod calls;
mod lookups;
mod reading;
mod recordings;
