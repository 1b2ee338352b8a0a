//! Definitions against the service models and against outputs as AWS sends them.
//!
//! What AWS once answered is not in this repository: it is read from the folder that `REEVE_SUITES` names, or
//! `../shared/suites` beside the checkout. If it is not there, the tests that need it say so and pass.

#[cfg(test)]
mod attaching;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod lookups;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod recordings;
