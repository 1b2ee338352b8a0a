#![doc = include_str!("../README.md")]

mod answer;
mod environment;
mod error;
mod family;
mod folder;
mod interpreter;
mod launch;
mod limits;
mod log;
mod powershell;
mod process;
mod python;
mod redact;
mod runner;

pub use environment::{Credentials, ScriptEnvironment};
pub use error::ScriptError;
pub use interpreter::{Interpreter, InterpreterError, Places};
pub use limits::{Exceeded, Limits};
pub use log::Log;
pub use powershell::find_powershell;
pub use runner::{Finished, Job, Runner, User};
