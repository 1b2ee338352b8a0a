#![doc = include_str!("../README.md")]

mod clock;
mod id_generator;
mod schedule;

pub use clock::{Clock, Stopwatch};
pub use id_generator::IdGenerator;
pub use schedule::{ScheduleError, ScheduleExpression};
