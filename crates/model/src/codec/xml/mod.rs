//! XML bodies, driven by the shapes.

mod decode;
mod encode;
mod error;
mod reader;

pub(crate) use decode::{check_response, decode_root, decode_within};
pub(crate) use encode::Writer;
pub(crate) use error::read_error;
