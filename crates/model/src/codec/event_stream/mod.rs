//! Streams of events: what a response, or a request, says piece by piece.
//!
//! Bytes become messages ([`FrameReader`]), and messages become events by the model ([`decode_event`]). Neither waits for
//! anything: whoever has the connection pushes what arrived and asks what is complete.
//!
//! ```text
//! bytes ─► FrameReader ─► EventMessage ─► decode_event ─► Event      (client)
//! bytes ◄─ encode_frame ◄─ EventMessage ◄─ encode_event ◄─ value     (server)
//! ```
//!
//! The frames are read here and not by AWS's own crate for them, because that one brings the types of AWS's SDK into a
//! crate that is to stay without a runtime, and bounds neither what it keeps nor what it is told.

mod decode;
mod encode;
mod frame;
mod message;

pub use decode::{Event, decode_event};
pub use encode::{encode_event, encode_initial_response};
pub use frame::{FrameError, FrameReader, MESSAGE_LIMIT, encode_frame};
pub use message::{EventMessage, HeaderValue};

pub(crate) use decode::decode_stream;
pub(crate) use encode::encode_stream;

/// The content type of a stream.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";
