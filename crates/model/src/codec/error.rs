//! What can go wrong between a value and the wire.

use std::fmt;

use crate::{
    ChecksumAlgorithm, Name, ServiceError,
    codec::path::{AtPath, ValuePath},
};

/// A value that cannot be put on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A value is of the wrong kind.
    #[error("{} must be {expected}, not {found}", Place(path))]
    Mismatch {
        /// Where.
        path: ValuePath,
        /// What the model wants.
        expected: &'static str,
        /// What the value is.
        found: &'static str,
    },
    /// A member that the structure does not have.
    #[error("{} is not a member of `{shape}`", Place(path))]
    UnknownMember {
        /// Where.
        path: ValuePath,
        /// The structure.
        shape: Name,
    },
    /// A member that the URI or the host name is made of is absent or empty.
    #[error("{} is missing, and the request's {part} needs it", Place(path))]
    Missing {
        /// Where.
        path: ValuePath,
        /// The part of the request.
        part: &'static str,
    },
    /// A text that cannot be part of a host name.
    #[error("{} cannot be part of a host name: `{text}`", Place(path))]
    InvalidHostLabel {
        /// Where.
        path: ValuePath,
        /// The text.
        text: String,
    },
    /// A value that is nested too deeply.
    #[error("{} is nested too deeply", Place(path))]
    TooDeep {
        /// Where.
        path: ValuePath,
    },
    /// An event that no frame can hold.
    #[error("an event cannot be written: {reason}")]
    Event {
        /// Why.
        reason: String,
    },
    /// A checksum that cannot be computed here.
    #[error(
        "the checksum algorithm `{algorithm}` is not supported, expected one such as `CRC32` or `SHA256`"
    )]
    UnsupportedChecksum {
        /// The algorithm.
        algorithm: String,
    },
}

/// A message from the wire that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body is not well-formed, or ends too early.
    #[error("the body is not well-formed {format}{}: {reason}", Within(path))]
    Malformed {
        /// What it should be.
        format: &'static str,
        /// Where reading stopped.
        path: ValuePath,
        /// What is wrong.
        reason: String,
    },
    /// A value is not what the model says.
    #[error("{} must be {expected}, not {found}", Place(path))]
    Mismatch {
        /// Where.
        path: ValuePath,
        /// What the model wants.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// The body is not the one that was sent.
    #[error("the body has the {algorithm} checksum `{found}`, not `{expected}` as its header says")]
    Checksum {
        /// How it is computed.
        algorithm: ChecksumAlgorithm,
        /// What the header says.
        expected: String,
        /// What came.
        found: String,
    },
    /// The service answered with an error under a status of success.
    #[error("the service answered with `{}` under the status {}: {}", .0.code, .0.status, .0.message)]
    Service(Box<ServiceError>),
    /// A request that no operation of the service accepts.
    #[error("`{service}` has no operation for {request}")]
    UnknownOperation {
        /// The service.
        service: Name,
        /// What was asked for.
        request: String,
    },
}

impl EncodeError {
    pub(crate) fn mismatch(expected: &'static str, found: &'static str) -> Self {
        Self::Mismatch { path: ValuePath::default(), expected, found }
    }
}

impl DecodeError {
    pub(crate) fn mismatch(expected: &'static str, found: &str) -> Self {
        Self::Mismatch { path: ValuePath::default(), expected, found: excerpt(found, 80) }
    }

    pub(crate) fn malformed(format: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { format, path: ValuePath::default(), reason: reason.into() }
    }
}

impl AtPath for EncodeError {
    fn path_mut(&mut self) -> Option<&mut ValuePath> {
        match self {
            Self::Mismatch { path, .. }
            | Self::UnknownMember { path, .. }
            | Self::Missing { path, .. }
            | Self::InvalidHostLabel { path, .. }
            | Self::TooDeep { path } => Some(path),
            Self::UnsupportedChecksum { .. } | Self::Event { .. } => None,
        }
    }
}

impl AtPath for DecodeError {
    fn path_mut(&mut self) -> Option<&mut ValuePath> {
        match self {
            Self::Malformed { path, .. } | Self::Mismatch { path, .. } => Some(path),
            Self::Service(_) | Self::UnknownOperation { .. } | Self::Checksum { .. } => None,
        }
    }
}

/// At most `limit` characters of a text, on one line.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > 4 * limit {
            break;
        }
    }
    match words.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", words.split_at_checked(end).map_or("", |(kept, _)| kept)),
        None => words,
    }
}

struct Place<'a>(&'a ValuePath);

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            formatter.write_str("the whole")
        } else {
            write!(formatter, "`{}`", self.0)
        }
    }
}

struct Within<'a>(&'a ValuePath);

impl fmt::Display for Within<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(formatter, " at `{}`", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt("  a\n  b ", 10), "a b");
        assert_eq!(excerpt("äöüäöü", 3), "äöü…");
        assert_eq!(excerpt(&"x ".repeat(10_000), 5), "x x x…");
    }

    #[test]
    fn an_error_says_where_and_what_was_expected() {
        let error = EncodeError::mismatch("a list", "a string")
            .in_member("Values")
            .in_element(0)
            .in_member("Filters");
        assert_eq!(error.to_string(), "`Filters[0].Values` must be a list, not a string");
    }
}
