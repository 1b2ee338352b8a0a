//! Compressed requests.
//!
//! Some operations say that their bodies may be compressed; of the encodings, clients know gzip.

use std::io::{Read, Write};

use flate2::{Compression, GzBuilder, read::MultiGzDecoder};

use crate::{Operation, Service, WireRequest, codec::error::DecodeError};

const HEADER: &str = "Content-Encoding";
const GZIP: &str = "gzip";

/// The largest body that is unpacked: a few kilobytes can claim to be terabytes.
const UNPACKED_LIMIT: u64 = 64 * 1024 * 1024;

/// Compresses a request's body, if the operation allows it and it is large enough.
///
/// A streaming body's size means nothing: it is compressed unless its length must be known before it is sent.
pub(super) fn compress(
    service: &Service,
    operation: &Operation,
    minimum: Option<usize>,
    request: &mut WireRequest,
) {
    let is_allowed = operation.request_encodings.iter().any(|encoding| *encoding == *GZIP);
    let is_worth_it = match (minimum, operation.streaming_input(service)) {
        (None, _) => false,
        (Some(_), Some(body)) => !body.flags.requires_length && !request.body.is_empty(),
        (Some(minimum), None) => request.body.len() >= minimum,
    };
    if !is_allowed || !is_worth_it {
        return;
    }
    // Without a time, so that the same input gives the same request.
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    // Writing to memory cannot fail; if it did, the body would go as it is.
    let Ok(packed) = encoder.write_all(&request.body).and_then(|()| encoder.finish()) else {
        return;
    };
    request.body = packed;
    let header = request.headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(HEADER));
    match header {
        Some((_, encodings)) => {
            encodings.push_str(", ");
            encodings.push_str(GZIP);
        }
        None => request.headers.push((HEADER.to_owned(), GZIP.to_owned())),
    }
}

/// The request as it was before it was compressed, if it may have been.
pub(super) fn decompress(
    service: &Service,
    request: &WireRequest,
) -> Result<Option<WireRequest>, DecodeError> {
    let Some(encodings) = request.header(HEADER) else { return Ok(None) };
    let (before, last) = encodings.rsplit_once(',').unwrap_or(("", encodings));
    let is_possible = last.trim().eq_ignore_ascii_case(GZIP)
        && service.operations().iter().any(|operation| !operation.request_encodings.is_empty());
    if !is_possible {
        return Ok(None);
    }
    let malformed = |reason: String| DecodeError::malformed(GZIP, reason);
    let mut body = Vec::new();
    let mut decoder = MultiGzDecoder::new(&*request.body).take(UNPACKED_LIMIT + 1);
    decoder.read_to_end(&mut body).map_err(|error| malformed(error.to_string()))?;
    if body.len() as u64 > UNPACKED_LIMIT {
        return Err(malformed(format!("it unpacks to more than {UNPACKED_LIMIT} bytes")));
    }
    let mut plain = WireRequest { body, ..request.clone() };
    let before = before.trim().to_owned();
    plain.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(HEADER));
    if !before.is_empty() {
        plain.headers.push((HEADER.to_owned(), before));
    }
    Ok(Some(plain))
}
