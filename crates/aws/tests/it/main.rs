//! The client against answers that are written down here: no AWS, and no network beyond loopback.

#![cfg(test)]

mod calls;
mod credentials;
mod failures;
mod harness;
mod http;
