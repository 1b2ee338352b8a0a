#![doc = include_str!("../README.md")]

mod endpoints;
mod events;
mod expressions;
mod inputs;
mod message;
mod models;
mod operations;
mod requests;
mod responses;
pub mod seeds;

pub use endpoints::{endpoint_parameters, endpoint_rules};
pub use events::{event_frames, events};
pub use expressions::expressions;
pub use inputs::inputs;
pub use models::models;
pub use requests::requests;
pub use responses::responses;
