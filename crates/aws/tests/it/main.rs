//! The client against answers that are written down here: no AWS, and no network beyond loopback.

#![cfg(test)]

mod authentication;
mod calls;
mod clocks;
mod credentials;
mod deadlines;
mod events;
mod failures;
mod fan_out;
mod habits;
mod harness;
mod http;
mod limits;
mod malformed;
mod presign;
mod recording;
mod role_chains;
mod streams;
mod waits;
mod wire;
