//! Why a message was not delivered, or is not known to be.

use std::time::Duration;

use crate::message::InvalidMessage;

/// Why a message was not delivered, or is not known to be. None of it repeats an address or a header.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// It cannot be sent as it is.
    #[error(transparent)]
    Invalid(#[from] InvalidMessage),
    /// No connection was made.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection was lost before the answer was complete.
    #[error("the connection was lost before the answer was complete: {0}")]
    Lost(String),
    /// No answer came in time.
    #[error("no answer came within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The server wants it to be sent to another host, or in another way.
    #[error(
        "it answered {code} and sends whoever asks elsewhere: only redirects of the same request within its own host are followed"
    )]
    Redirected {
        /// The status of the answer.
        code: u16,
    },
    /// The answer is longer than what is read.
    #[error("it answered {code} with more than {limit} bytes")]
    TooLong {
        /// The status of the answer.
        code: u16,
        /// The most that is read.
        limit: usize,
    },
}

impl SendError {
    /// Whether the server may have received it, and nobody knows what came of it.
    #[must_use]
    pub fn may_have_been_received(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::TimedOut(_))
    }
}
