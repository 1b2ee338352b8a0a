//! Conformance of the models, codecs and endpoint rules with public cases.
//!
//! The cases are not in this repository: they are read from the folder that `REEVE_SUITES` names, or `../shared/suites`
//! beside the checkout. A suite that is not there is skipped, and the test says so.

#[cfg(test)]
mod compare;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod protocols;
#[cfg(test)]
mod protocols_malformed;
#[cfg(test)]
mod protocols_services;
#[cfg(test)]
mod suites;
