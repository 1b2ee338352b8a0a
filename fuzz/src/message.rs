//! Messages as a fuzzer writes them: nearly HTTP, so that it can find its way.
//!
//! ```text
//! <one byte: which operation><first line>
//! header: value
//!
//! body
//! ```

use reeve_model::{WireRequest, WireResponse};

/// A message that is neither request nor response yet.
pub(crate) struct Message<'a> {
    /// Which operation it is for.
    pub(crate) choice: u8,
    first_line: String,
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    pub(crate) fn parse(input: &'a [u8]) -> Option<Self> {
        let (choice, rest) = input.split_first()?;
        let end = rest.windows(2).position(|two| two == b"\n\n");
        let (head, body) =
            end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 2..]));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split('\n');
        let first_line = lines.next().unwrap_or_default().to_owned();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Some(Self { choice: *choice, first_line, headers: headers.collect(), body })
    }

    /// The message as a response: its first line is the status.
    pub(crate) fn response(self) -> WireResponse {
        let status = self.first_line.parse().unwrap_or(200_u16).clamp(200, 599);
        WireResponse { status, headers: self.headers, body: self.body.to_vec() }
    }

    /// The message as a request: its first line is the method and the target.
    pub(crate) fn request(self) -> WireRequest {
        let (method, target) = self.first_line.split_once(' ').unwrap_or(("POST", "/"));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        WireRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            headers: self.headers,
            body: self.body.to_vec(),
            host_prefix: None,
        }
    }
}

/// Writes a response as [`Message::parse`] reads it.
pub(crate) fn from_response(choice: u8, response: &WireResponse) -> Vec<u8> {
    write(choice, &response.status.to_string(), (&response.headers, &response.body))
}

/// Writes a request as [`Message::parse`] reads it.
pub(crate) fn from_request(choice: u8, request: &WireRequest) -> Vec<u8> {
    let query: Vec<String> =
        request.query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let target = format!("{} {}?{}", request.method, request.path, query.join("&"));
    write(choice, &target, (&request.headers, &request.body))
}

fn write(choice: u8, first_line: &str, rest: (&[(String, String)], &[u8])) -> Vec<u8> {
    let (headers, body) = rest;
    let mut message = vec![choice];
    message.extend(first_line.bytes());
    for (name, value) in headers {
        message.extend(format!("\n{name}: {value}").bytes());
    }
    message.extend(b"\n\n");
    message.extend(body);
    message
}
