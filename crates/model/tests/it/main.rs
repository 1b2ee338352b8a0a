//! The codecs with the operations of real services, whole and damaged. The published cases are run by
//! `reeve-conformance`.

#[cfg(test)]
mod protocols_events;
#[cfg(test)]
mod protocols_inputs;
#[cfg(test)]
mod protocols_judged;
#[cfg(test)]
mod protocols_malformed;
#[cfg(test)]
mod protocols_outputs;
#[cfg(test)]
mod protocols_services;
#[cfg(test)]
mod small_model;
#[cfg(test)]
mod waiters;
