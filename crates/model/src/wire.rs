//! HTTP messages, as far as a codec knows them: no host, no credentials, no connection.

use percent_encoding::utf8_percent_encode;

use crate::{Name, Value, codec::UNRESERVED};

/// A request that is ready to be addressed and signed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, percent-encoded, beginning with a slash.
    pub path: String,
    /// The parameters of the query string, decoded, in order. A bare key has an empty value.
    pub query: Vec<(String, String)>,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What precedes the host name.
    pub host_prefix: Option<String>,
}

impl WireRequest {
    /// Path and query string as they stand in a URL.
    pub fn path_and_query(&self) -> String {
        let mut target = self.path.clone();
        for (position, (key, value)) in self.query.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            target.extend(utf8_percent_encode(key, UNRESERVED));
            target.push('=');
            target.extend(utf8_percent_encode(value, UNRESERVED));
        }
        target
    }

    /// The value of a header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl WireResponse {
    /// The value of a header, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(header, _)| header.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// An error that a service answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// The service's code, such as `UnauthorizedOperation`, or the HTTP status if the body had none.
    pub code: String,
    /// The service's message, or an excerpt of the body if it was no error of the service.
    pub message: String,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Whether the service says that the sender is at fault.
    pub sender_fault: bool,
    /// The members of the error's shape, if the model knows the code.
    pub detail: Value,
}

impl ServiceError {
    /// An error of the sender's, with the status 400.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            request_id: None,
            status: 400,
            sender_fault: true,
            detail: Value::object(),
        }
    }

    /// The same error with another status; from 500 on it is the service's fault.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self.sender_fault = status < 500;
        self
    }

    /// The same error with the id of its request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// The same error with a member of its shape.
    #[must_use]
    pub fn with_detail(mut self, member: impl Into<Name>, value: impl Into<Value>) -> Self {
        if let Some(detail) = self.detail.as_object_mut() {
            detail.insert(member, value);
        }
        self
    }
}
