//! The runner with suites that were made up for it, and with those that are here.

#![cfg(test)]

mod open_suites;
mod runner;
