//! One message of a stream: typed headers and bytes.

use jiff::Timestamp;
use uuid::Uuid;

/// The kinds of values that headers have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// Yes or no.
    Bool(bool),
    /// A number of 8 bits.
    Byte(i8),
    /// A number of 16 bits.
    Short(i16),
    /// A number of 32 bits.
    Integer(i32),
    /// A number of 64 bits.
    Long(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// An instant, to the millisecond.
    Timestamp(Timestamp),
    /// An identifier.
    Uuid(Uuid),
}

impl HeaderValue {
    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Byte(_) | Self::Short(_) | Self::Integer(_) | Self::Long(_) => "an integer",
            Self::Bytes(_) => "bytes",
            Self::Text(_) => "a text",
            Self::Timestamp(_) => "a timestamp",
            Self::Uuid(_) => "a UUID",
        }
    }
}

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventMessage {
    /// The headers, in order.
    pub headers: Vec<(String, HeaderValue)>,
    /// What the message carries.
    pub payload: Vec<u8>,
}

impl EventMessage {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value)
    }

    /// The text of a header, if it has one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.header(name)? {
            HeaderValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same message with a text as a further header.
    #[must_use]
    pub fn with_text(mut self, name: &str, text: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), HeaderValue::Text(text.into())));
        self
    }
}
