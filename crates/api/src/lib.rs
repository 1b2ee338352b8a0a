#![doc = include_str!("../README.md")]

mod assets;
mod error;
mod guard;
mod handlers;
mod json;
mod server;

pub use guard::Token;
pub use server::{Server, router};
