//! The binary as people use it: each test is what they type and what they see.

#![cfg(test)]

mod access;
mod bad_input;
mod calls;
mod corruption;
mod crash;
mod databases;
mod demonstration;
mod effects;
mod environment;
mod execution_undo;
mod fan_out;
mod harness;
mod http;
mod journey;
mod machines;
mod progress;
mod recording;
mod rehearsals;
mod runbooks;
mod server;
mod shapes;
mod streams;
mod targets;
mod twin;
