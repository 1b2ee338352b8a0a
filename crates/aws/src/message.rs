//! Builds HTTP requests from what the codecs write, and gives them back what was answered.

use std::io::Read;

use reeve_model::{Endpoint, Operation, Service, WireRequest, WireResponse};

use crate::body::WHOLE_LIMIT;

/// How much of an unreadable body is shown.
const EXCERPT: usize = 200;

/// Where S3's URIs begin. Its endpoint rules put the bucket into the endpoint, so that it is not to be repeated.
const BUCKET: &str = "/{Bucket}";

/// Addresses a request. `keep_host` says that the endpoint was configured and is called as it is.
pub(crate) fn http_request(
    (operation, wire): (&Operation, &WireRequest),
    endpoint: &Endpoint,
    keep_host: bool,
) -> Result<http::Request<()>, String> {
    let mut url = match &wire.host_prefix {
        Some(prefix) if !keep_host => with_host_prefix(&endpoint.url, prefix),
        _ => endpoint.url.clone(),
    };
    url.truncate(url.trim_end_matches('/').len());
    let path = path_after_endpoint(operation, &wire.path);
    if let Some(segment) = path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        // What makes URLs of paths on the way resolves it: the request would reach something else than was named.
        return Err(format!("a part of its path is `{segment}`, which would lead elsewhere"));
    }
    url.push_str(path);
    push_query(&mut url, &wire.query);
    let mut builder = http::Request::builder().method(wire.method.as_str()).uri(url);
    for (name, value) in &wire.headers {
        builder = builder.header(name, value);
    }
    for (name, value) in &endpoint.headers {
        builder = builder.header(name, value);
    }
    builder.body(()).map_err(|error| error.to_string())
}

/// The head of what the codecs read. A header that is not text is of no concern to them.
pub(crate) fn wire_head(head: &http::response::Parts) -> WireResponse {
    let headers = head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    WireResponse { status: head.status.as_u16(), headers: headers.collect(), body: Vec::new() }
}

/// Finds out whether an operation of S3 failed after it had begun to answer that it succeeds, as those may that take long.
/// What is stored may well be such a document, so that outputs which are handed on as they are count as they are.
pub(crate) fn find_late_failure(
    (service, operation): (&Service, &Operation),
    answer: &mut WireResponse,
) {
    let is_document =
        operation.streaming_output(service).is_none() && operation.event_output(service).is_none();
    if answer.status == 200 && service.name() == "s3" && is_document && is_xml_error(&answer.body) {
        answer.status = 500;
    }
}

/// How long the body of an answer is to be.
pub(crate) fn content_length(answer: &WireResponse) -> Option<u64> {
    answer.header("content-length")?.trim().parse().ok()
}

/// Makes plain a body that says it is compressed, as something between AWS and us may have made it. Nobody asked for it,
/// and what is stored compressed is not touched: this is for answers that are to be read here.
pub(crate) fn decompress(answer: &mut WireResponse) -> Result<(), String> {
    let is_gzip =
        answer.header("content-encoding").is_some_and(|it| it.eq_ignore_ascii_case("gzip"));
    if !is_gzip || answer.body.is_empty() {
        return Ok(());
    }
    let limit = u64::try_from(WHOLE_LIMIT).unwrap_or(u64::MAX);
    let mut plain = Vec::new();
    let length = flate2::read::MultiGzDecoder::new(&*answer.body)
        .take(limit)
        .read_to_end(&mut plain)
        .map_err(|error| format!("it is not the gzip that it says it is: {error}"))?;
    if u64::try_from(length).is_ok_and(|length| length >= limit) {
        return Err(format!("it is longer than {limit} bytes when it is not compressed"));
    }
    answer.body = plain;
    Ok(())
}

/// The beginning of an answer of success that cannot be read, for a message; nothing of one that may hold secrets.
pub(crate) fn excerpt_of(service: &Service, operation: &Operation, body: &[u8]) -> String {
    if reeve_model::output_has_secrets(service, operation) {
        return format!("{} bytes that may hold secrets", body.len());
    }
    excerpt(body)
}

/// The beginning of a body, for a message.
fn excerpt(body: &[u8]) -> String {
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
pub(crate) fn push_encoded(url: &mut String, text: &str) {
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

/// Whether a document begins as S3's errors do. Blanks come before it, and between its parts, while S3 is not done yet.
fn is_xml_error(body: &[u8]) -> bool {
    let text = body.trim_ascii_start();
    let root = match text.strip_prefix(b"<?xml") {
        Some(rest) => rest.splitn(2, |byte| *byte == b'>').nth(1).unwrap_or_default(),
        None => text,
    };
    let root = root.trim_ascii_start();
    root.starts_with(b"<Error>") || root.starts_with(b"<Error ")
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
        let service = reeve_model::catalog().service("s3").unwrap();
        let status = |operation: &str, body: &str| {
            let mut answer =
                WireResponse { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
            let operation = service.operation(operation).unwrap();
            find_late_failure((&service, operation), &mut answer);
            answer.status
        };
        let error = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";
        assert_eq!(status("CopyObject", error), 500);
        assert_eq!(status("DeleteObjects", error), 500);
        assert_eq!(status("CopyObject", "<CopyObjectResult/>"), 200);
        assert_eq!(status("GetObject", error), 200, "an object may well be such a document");
        let late = error.replace("?>", &format!("?>{}", " ".repeat(5_000)));
        assert_eq!(status("CompleteMultipartUpload", &late), 500);
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(b"<html>\n  <body>"), "<html> <body>");
        assert_eq!(excerpt(&[b'a'; 300]).chars().count(), 201);
    }
}
