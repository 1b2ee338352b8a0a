//! Checksums of request bodies.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use sha2::Sha256;

use crate::{Operation, Value, WireRequest, codec::error::EncodeError};

/// Adds the checksum that an operation requires or the input asks for, unless the input brings one.
pub(super) fn add_checksum(
    operation: &Operation,
    input: &Value,
    request: &mut WireRequest,
) -> Result<(), EncodeError> {
    let is_present = request.headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name == "content-md5"
            || (name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-mode")
    });
    if is_present {
        return Ok(());
    }
    let member = operation.checksum.request_algorithm_member.as_ref();
    let algorithm = member.and_then(|member| input.get(member)).and_then(Value::as_str);
    let body = &request.body;
    let header = match algorithm {
        Some("CRC32") => {
            ("x-amz-checksum-crc32", STANDARD.encode(crc32fast::hash(body).to_be_bytes()))
        }
        Some("SHA256") => ("x-amz-checksum-sha256", STANDARD.encode(Sha256::digest(body))),
        Some(other) => {
            return Err(EncodeError::UnsupportedChecksum { algorithm: other.to_owned() });
        }
        None if operation.checksum.required => ("Content-MD5", STANDARD.encode(Md5::digest(body))),
        None => return Ok(()),
    };
    request.headers.push((header.0.to_owned(), header.1));
    Ok(())
}
