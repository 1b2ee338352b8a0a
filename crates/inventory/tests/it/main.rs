//! Definitions against outputs as AWS sends them.

mod calls;
mod reading;
