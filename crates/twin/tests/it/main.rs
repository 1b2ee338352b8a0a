//! The twin from outside: requests as clients encode them, answers as clients decode them.

mod access;
mod faults;
mod pages;
mod refusals;
mod round_trips;
mod serving;
mod tagging_api;
mod world;
