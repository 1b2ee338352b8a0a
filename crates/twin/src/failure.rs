//! An error as a service answers it.

use reeve_model::{ServiceError, Value};

/// Why a call was not performed, as its service says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// Further members of the error.
    pub(crate) detail: Value,
    /// Further headers of the response.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Failure {
    /// A failure with HTTP status 400, which is what most are.
    pub(crate) fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
            detail: Value::object(),
            headers: Vec::new(),
        }
    }

    /// The same with another HTTP status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a further member.
    pub(crate) fn with_detail(mut self, member: &str, value: impl Into<Value>) -> Self {
        if let Some(detail) = self.detail.as_object_mut() {
            detail.insert(member, value);
        }
        self
    }

    /// The same with a further header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The error to encode.
    pub(crate) fn into_service_error(self, request_id: &str) -> ServiceError {
        ServiceError {
            code: self.code,
            message: self.message,
            request_id: Some(request_id.to_owned()),
            status: self.status,
            sender_fault: self.status < 500,
            detail: self.detail,
        }
    }
}
