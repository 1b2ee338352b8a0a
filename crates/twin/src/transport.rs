//! Between `http`'s messages and the codecs' own.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use reeve_model::{Object, Value, WireRequest, WireResponse};

use crate::signature::query_pairs;

/// The request as codecs read it.
pub(crate) fn wire_request(request: &Request<Bytes>) -> WireRequest {
    WireRequest {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: query_pairs(request.uri()),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text_of(value)))
            .collect(),
        body: request.body().to_vec(),
        host_prefix: None,
    }
}

/// What a header says; almost always it is ASCII.
pub(crate) fn text_of(value: &HeaderValue) -> String {
    match value.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(value.as_bytes()).into_owned(),
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
/// Clients pointed at `http://localhost` write `http://bucket.localhost`; at an IP address they use paths. Clients that
/// are in the same process may not be pointed anywhere, and write AWS's own names.
pub(crate) fn bucket_into_path(request: &mut WireRequest, authority: Option<&str>) {
    let host = request.header("host").or(authority).unwrap_or_default();
    if let Some(bucket) = bucket_of(host) {
        request.path = format!("/{bucket}{}", request.path);
    }
}

/// The bucket that a host name belongs to.
pub(crate) fn bucket_of(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let of_aws = || name.rsplit_once(".s3.").filter(|(_, rest)| rest.contains("amazonaws.com"));
    name.strip_suffix(".localhost")
        .or_else(|| of_aws().map(|(bucket, _)| bucket))
        .filter(|bucket| !bucket.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_in_virtual_hosts_only() {
        for (host, expected) in [
            ("127.0.0.1:4599", None),
            ("localhost:4599", None),
            ("s3.eu-west-1.amazonaws.com", None),
            ("logs.localhost:4599", Some("logs")),
            ("logs.s3.amazonaws.com", Some("logs")),
            ("a.b.s3.eu-west-1.amazonaws.com", Some("a.b")),
            ("logs.s3.dualstack.eu-west-1.amazonaws.com", Some("logs")),
        ] {
            assert_eq!(bucket_of(host), expected, "{host}");
        }
    }

    #[test]
    fn further_members_of_an_s3_error_are_escaped() {
        let mut body = b"<Error><Code>NoSuchBucket</Code></Error>".to_vec();
        add_error_members(&mut body, &Value::from_iter([("BucketName", "<&>")]));
        let expected =
            "<Error><Code>NoSuchBucket</Code><BucketName>&lt;&amp;></BucketName></Error>";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }
}
