//! Scripts run in processes of their own, and what they must not do they cannot.

#![cfg(test)]

mod clients;
mod failures;
mod interpreters;
mod isolation;
mod kit;
mod limits;
mod powershell;
mod results;
