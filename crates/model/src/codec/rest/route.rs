//! Which operation a request means.
//!
//! Several templates can match: `/{Bucket}` and `/{Bucket}?tagging` both match `GET /logs?tagging`, and only required
//! members tell S3's `UploadPart` from `PutObject`. The most specific template wins.

use crate::{
    Operation, WireRequest,
    codec::error::DecodeError,
    schema::{Location, Member, Service, Structure},
};

/// Finds the operation of a request.
pub(crate) fn find_operation<'a>(
    service: &'a Service,
    request: &WireRequest,
) -> Result<&'a Operation, DecodeError> {
    let candidates = service
        .operations()
        .iter()
        .filter_map(|operation| Some((rank(service, operation, request)?, operation)));
    // Of equals the first in the model stays, unless it has a successor: S3 has two operations for a bucket's lifecycle.
    let best = candidates.reduce(|best, other| {
        let succeeds = other.0 == best.0 && best.1.deprecated && !other.1.deprecated;
        if other.0 > best.0 || succeeds { other } else { best }
    });
    best.map(|(_, operation)| operation).ok_or_else(|| DecodeError::UnknownOperation {
        service: service.name().clone(),
        request: format!("`{} {}`", request.method, request.path),
    })
}

type Rank = (usize, usize, usize, usize);

fn rank(service: &Service, operation: &Operation, request: &WireRequest) -> Option<Rank> {
    let template = &operation.http.uri;
    if *operation.http.method != *request.method {
        return None;
    }
    let has_literals = template.query.iter().all(|(key, value)| {
        request
            .query
            .iter()
            .any(|(name, text)| name == key && value.as_ref().is_none_or(|value| value == text))
    });
    if !has_literals {
        return None;
    }
    template.match_path(&request.path)?;
    let (literal, plain, query) = template.specificity();
    Some((literal, plain, query, required_bindings(service, operation, request)?))
}

/// How many required members the query string and the headers hold; none if one is missing.
fn required_bindings(
    service: &Service,
    operation: &Operation,
    request: &WireRequest,
) -> Option<usize> {
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let members = structure.into_iter().flat_map(Structure::members);
    let mut count = 0;
    for member in members.filter(|member| member.flags.required) {
        match is_present(member, request) {
            Some(true) => count += 1,
            Some(false) => return None,
            None => {}
        }
    }
    Some(count)
}

fn is_present(member: &Member, request: &WireRequest) -> Option<bool> {
    match member.location {
        Some(Location::QueryString) => {
            Some(request.query.iter().any(|(key, _)| **key == *member.wire_name))
        }
        Some(Location::Header) => Some(request.header(&member.wire_name).is_some()),
        _ => None,
    }
}
