//! JSON bodies, driven by the shapes.

mod decode;
mod encode;

pub(crate) use decode::{decode_body, decode_members};
pub(crate) use encode::{encode_members, encode_value};
