#![doc = include_str!("../README.md")]

mod error;
mod message;
mod sender;

pub use error::SendError;
pub use message::{Answer, InvalidMessage, Message};
pub use sender::Sender;
