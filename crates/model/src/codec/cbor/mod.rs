//! CBOR bodies, driven by the shapes.
//!
//! Tokens are read and written here: the crates of the field either read from streams and copy every text, or come under a
//! licence that this project does not take.

mod decode;
mod encode;
mod reader;

pub(crate) use decode::{decode_members, decode_value, error_fields};
pub(crate) use encode::{Encoder, encode_members, encode_value};

const FORMAT: &str = "CBOR";
