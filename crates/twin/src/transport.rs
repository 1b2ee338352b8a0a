//! Between `http`'s messages and the codecs' own.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use reeve_model::{Object, Value, WireRequest, WireResponse};

use crate::signature::query_pairs;

/// The request as codecs read it.
pub(crate) fn wire_request(request: &Request<Bytes>) -> WireRequest {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    WireRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: query_pairs(request.uri()),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body: request.body().to_vec(),
        host_prefix: None,
    }
}

/// The response as `http` carries it.
pub(crate) fn http_response(wire: WireResponse) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(wire.body));
    *response.status_mut() =
        StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in wire.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Adds members to an S3 error, which its model does not have and clients rely on: the Region to try instead, above all.
pub(crate) fn add_error_members(body: &mut Vec<u8>, members: &Value) {
    const END: &[u8] = b"</Error>";
    if let Some(kept) = body.strip_suffix(END).map(<[u8]>::len) {
        body.truncate(kept);
        for (name, value) in members.as_object().into_iter().flat_map(Object::iter) {
            let text = value.as_str().unwrap_or_default();
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            body.extend_from_slice(format!("<{name}>{text}</{name}>").as_bytes());
        }
        body.extend_from_slice(END);
    }
}

/// Puts the bucket of a virtual-hosted request into its path, where codecs look for it.
///
/// Clients pointed at `http://localhost` write `http://bucket.localhost`; at an IP address they use paths.
pub(crate) fn bucket_into_path(request: &mut WireRequest, authority: Option<&str>) {
    let host = request.header("host").or(authority).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if let Some(bucket) = name.strip_suffix(".localhost")
        && !bucket.is_empty()
    {
        request.path = format!("/{bucket}{}", request.path);
    }
}
