#![doc = include_str!("../README.md")]

mod clock;
mod id_generator;

pub use clock::{Clock, Stopwatch};
pub use id_generator::IdGenerator;
