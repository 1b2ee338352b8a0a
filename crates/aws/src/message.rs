//! Builds HTTP requests from what the codecs write, and gives them back what was answered.

use bytes::Bytes;
use reeve_model::{Endpoint, Operation, WireRequest, WireResponse};

/// How much of an unreadable body is shown.
const EXCERPT: usize = 200;

/// S3 operations that answer 200 before they have succeeded, and say so in the body if they then fail.
const EARLY_SUCCESS: &[&str] = &["CompleteMultipartUpload", "CopyObject", "UploadPartCopy"];

/// Where S3's URIs begin. Its endpoint rules put the bucket into the endpoint, so that it is not to be repeated.
const BUCKET: &str = "/{Bucket}";

/// Addresses a request. `keep_host` says that the endpoint was configured and is called as it is.
pub(crate) fn http_request(
    (operation, wire): (&Operation, &WireRequest),
    endpoint: &Endpoint,
    keep_host: bool,
) -> Result<http::Request<Bytes>, String> {
    let mut url = match &wire.host_prefix {
        Some(prefix) if !keep_host => with_host_prefix(&endpoint.url, prefix),
        _ => endpoint.url.clone(),
    };
    url.truncate(url.trim_end_matches('/').len());
    url.push_str(path_after_endpoint(operation, &wire.path));
    push_query(&mut url, &wire.query);
    let mut builder = http::Request::builder().method(wire.method.as_str()).uri(url);
    for (name, value) in &wire.headers {
        builder = builder.header(name, value);
    }
    for (name, value) in &endpoint.headers {
        builder = builder.header(name, value);
    }
    builder.body(Bytes::from(wire.body.clone())).map_err(|error| error.to_string())
}

/// What the codecs read. A header that is not text is of no concern to them.
pub(crate) fn wire_response(operation: &str, response: http::Response<Bytes>) -> WireResponse {
    let headers = response.headers().iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let mut wire = WireResponse {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    wire.body = response.into_body().into();
    if wire.status == 200 && EARLY_SUCCESS.contains(&operation) && is_xml_error(&wire.body) {
        wire.status = 500;
    }
    wire
}

/// The beginning of a body, for a message.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..EXCERPT).unwrap_or(body)).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    let ellipsis = if body.len() > EXCERPT { "…" } else { "" };
    format!("{}{ellipsis}", words.join(" "))
}

fn path_after_endpoint<'a>(operation: &Operation, path: &'a str) -> &'a str {
    if !operation.http.request_uri.starts_with(BUCKET) {
        return path;
    }
    let after_slash = path.strip_prefix('/').unwrap_or(path);
    let bucket_ends = after_slash.find('/').unwrap_or(after_slash.len());
    after_slash.get(bucket_ends..).unwrap_or_default()
}

fn with_host_prefix(url: &str, prefix: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{prefix}{rest}"),
        None => url.to_owned(),
    }
}

fn push_query(url: &mut String, query: &[(String, String)]) {
    for (index, (name, value)) in query.iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        push_encoded(url, name);
        url.push('=');
        push_encoded(url, value);
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters, as signatures require.
fn push_encoded(url: &mut String, text: &str) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(digit(byte >> 4));
            url.push(digit(byte & 15));
        }
    }
}

fn is_xml_error(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body.get(..EXCERPT).unwrap_or(body));
    let text = text.trim_start();
    let root = match text.strip_prefix("<?xml") {
        Some(declaration) => declaration.split_once("?>").map_or("", |(_, root)| root.trim_start()),
        None => text,
    };
    root.starts_with("<Error>") || root.starts_with("<Error ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(service: &str, operation: &str, (endpoint_url, keep_host): (&str, bool)) -> String {
        let service = reeve_model::catalog().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let wire = WireRequest {
            method: "GET".into(),
            path: "/a%20b/c".into(),
            query: vec![("x y".into(), "ä/~".into()), ("tagging".into(), String::new())],
            host_prefix: Some("data.".into()),
            ..WireRequest::default()
        };
        let endpoint = Endpoint {
            url: endpoint_url.into(),
            auth_scheme: "sigv4".into(),
            signing_name: String::new(),
            signing_region: String::new(),
            disable_double_encoding: false,
            headers: Vec::new(),
            properties: reeve_model::Value::object(),
        };
        http_request((operation, &wire), &endpoint, keep_host).unwrap().uri().to_string()
    }

    #[test]
    fn a_request_is_addressed_to_its_endpoint_and_strictly_encoded() {
        let query = "?x%20y=%C3%A4%2F~&tagging=";
        for (endpoint, path) in [
            (("https://s.amazonaws.com", false), "https://data.s.amazonaws.com/a%20b/c"),
            (("http://localhost:1/base/", true), "http://localhost:1/base/a%20b/c"),
        ] {
            assert_eq!(url("lambda", "ListFunctions", endpoint), format!("{path}{query}"));
        }
    }

    #[test]
    fn a_bucket_that_is_in_the_endpoint_is_not_repeated_in_the_path() {
        let endpoint = ("http://localhost:1/bucket", true);
        let object = url("s3", "GetObject", endpoint);
        assert!(object.starts_with("http://localhost:1/bucket/c?"), "{object}");
    }

    #[test]
    fn an_early_success_that_failed_is_a_failure() {
        let status = |operation: &str, body: &'static str| {
            let response = http::Response::new(Bytes::from_static(body.as_bytes()));
            wire_response(operation, response).status
        };
        let error = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";
        assert_eq!(status("CopyObject", error), 500);
        assert_eq!(status("CopyObject", "<CopyObjectResult/>"), 200);
        assert_eq!(status("GetObject", error), 200, "an object may well be such a document");
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(b"<html>\n  <body>"), "<html> <body>");
        assert_eq!(excerpt(&[b'a'; 300]).chars().count(), 201);
    }
}
