//! The twin from outside: requests as clients encode them, answers as clients decode them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]
#![expect(clippy::needless_pass_by_value, reason = "calls read best with their input in place")]

mod access;
mod aws;
mod compute;
mod coverage;
mod data;
mod delivery;
mod faults;
mod findings;
mod fleet;
mod identity;
mod measures;
mod messages;
mod network;
mod pages;
mod refusals;
mod round_trips;
mod scenarios;
mod serving;
mod snapshots;
mod tagging_api;
mod world;
