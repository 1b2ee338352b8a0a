//! Messages as frames of bytes.
//!
//! ```text
//! total length u32 │ headers length u32 │ CRC-32 of these │ headers │ payload │ CRC-32 of all before
//! └───────────── prelude, 12 bytes ─────────────────────┘
//! ```
//!
//! A length is believed only after its checksum is, and only up to a limit; what is kept is what arrived.

use jiff::Timestamp;
use uuid::Uuid;

use crate::event_stream::{EventMessage, HeaderValue};

/// The largest message that is read or written, in bytes.
pub const MESSAGE_LIMIT: usize = 16 * 1024 * 1024;

const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;
const HEADERS_LIMIT: usize = 128 * 1024;

/// A frame that cannot be read or written. Nothing after it can be read either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes are not those that were sent.
    #[error("the checksum of the event's {part} does not match, at byte {offset} of the stream")]
    Checksum {
        /// `prelude` or `message`.
        part: &'static str,
        /// Where the frame begins.
        offset: u64,
    },
    /// The lengths contradict each other or a limit.
    #[error(
        "the event claims {length} bytes with {headers} bytes of headers, at byte {offset} of the stream"
    )]
    Length {
        /// The frame's length.
        length: usize,
        /// The headers' length.
        headers: usize,
        /// Where the frame begins.
        offset: u64,
    },
    /// A header cannot be read.
    #[error("a header of the event cannot be read: {reason}, at byte {offset} of the stream")]
    Header {
        /// What is wrong.
        reason: String,
        /// Where the frame begins.
        offset: u64,
    },
    /// The stream ended within a frame.
    #[error("the stream ends within an event: {held} bytes follow byte {offset}")]
    Truncated {
        /// How much of it came.
        held: usize,
        /// Where the frame begins.
        offset: u64,
    },
    /// An error came before.
    #[error("the stream could not be read before this point")]
    Broken,
}

/// Reads frames from bytes that arrive piece by piece.
///
/// It holds at most one incomplete frame and what was pushed last. After an error it reads nothing more: no later frame can
/// be found.
#[derive(Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    start: usize,
    // Of the stream, where `start` is.
    offset: u64,
    is_broken: bool,
}

impl FrameReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.is_broken {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete message; none if more bytes are needed.
    pub fn next_message(&mut self) -> Result<Option<EventMessage>, FrameError> {
        if self.is_broken {
            return Err(FrameError::Broken);
        }
        let held = self.buffer.get(self.start..).unwrap_or_default();
        match read_frame(held, self.offset) {
            Ok(Some((message, length))) => {
                self.start += length;
                self.offset += length as u64;
                Ok(Some(message))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                self.is_broken = true;
                self.buffer = Vec::new();
                self.start = 0;
                Err(error)
            }
        }
    }

    /// Says that nothing more will arrive: an error if a message is incomplete.
    pub fn finish(&self) -> Result<(), FrameError> {
        let held = self.buffer.len().saturating_sub(self.start);
        if held == 0 {
            return Ok(());
        }
        Err(FrameError::Truncated { held, offset: self.offset })
    }
}

/// Reads one frame from the beginning of some bytes, with its length.
fn read_frame(bytes: &[u8], offset: u64) -> Result<Option<(EventMessage, usize)>, FrameError> {
    let Some((prelude, _)) = bytes.split_first_chunk::<PRELUDE>() else { return Ok(None) };
    let mut words = prelude.chunks_exact(4).map(number);
    let (length, headers_length, checksum) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next());
    let lengths = prelude.first_chunk::<8>().map_or(0, |lengths| crc32fast::hash(lengths));
    if checksum != Some(lengths) {
        return Err(FrameError::Checksum { part: "prelude", offset });
    }
    let (Ok(length), Ok(headers_length)) =
        (usize::try_from(length), usize::try_from(headers_length))
    else {
        return Err(FrameError::Length { length: 0, headers: 0, offset });
    };
    let is_possible = headers_length <= HEADERS_LIMIT
        && length <= MESSAGE_LIMIT
        && length >= PRELUDE + headers_length + CHECKSUM;
    if !is_possible {
        return Err(FrameError::Length { length, headers: headers_length, offset });
    }
    let Some((content, checksum)) =
        bytes.get(..length).and_then(|frame| frame.split_last_chunk::<CHECKSUM>())
    else {
        return Ok(None);
    };
    if number(checksum) != crc32fast::hash(content) {
        return Err(FrameError::Checksum { part: "message", offset });
    }
    let after_prelude = content.get(PRELUDE..).unwrap_or_default();
    let (headers, payload) = after_prelude.split_at_checked(headers_length).unwrap_or_default();
    let headers = read_headers(headers)
        .map_err(|reason| FrameError::Header { reason: reason.to_owned(), offset })?;
    Ok(Some((EventMessage { headers, payload: payload.to_vec() }, length)))
}

fn read_headers(mut bytes: &[u8]) -> Result<Vec<(String, HeaderValue)>, &'static str> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let length = number(take(&mut bytes, 1)?);
        let name = take(&mut bytes, length as usize)?;
        let name = std::str::from_utf8(name).map_err(|_| "its name is not UTF-8")?;
        let value = read_value(&mut bytes)?;
        headers.push((name.to_owned(), value));
    }
    Ok(headers)
}

fn read_value(bytes: &mut &[u8]) -> Result<HeaderValue, &'static str> {
    let kind = number(take(bytes, 1)?);
    Ok(match kind {
        0 => HeaderValue::Bool(true),
        1 => HeaderValue::Bool(false),
        2 => HeaderValue::Byte(i8::from_be_bytes(array(bytes)?)),
        3 => HeaderValue::Short(i16::from_be_bytes(array(bytes)?)),
        4 => HeaderValue::Integer(i32::from_be_bytes(array(bytes)?)),
        5 => HeaderValue::Long(i64::from_be_bytes(array(bytes)?)),
        6 => HeaderValue::Bytes(counted(bytes)?.to_vec()),
        7 => {
            let text = std::str::from_utf8(counted(bytes)?);
            HeaderValue::Text(text.map_err(|_| "its text is not UTF-8")?.to_owned())
        }
        8 => {
            let instant = Timestamp::from_millisecond(i64::from_be_bytes(array(bytes)?));
            HeaderValue::Timestamp(instant.map_err(|_| "its time is out of range")?)
        }
        9 => HeaderValue::Uuid(Uuid::from_bytes(array(bytes)?)),
        _ => return Err("its type is unknown"),
    })
}

fn counted<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], &'static str> {
    let length = number(take(bytes, 2)?);
    take(bytes, length as usize)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], &'static str> {
    let (array, rest) = bytes.split_first_chunk().ok_or(ENDS)?;
    *bytes = rest;
    Ok(*array)
}

const ENDS: &str = "it ends too early";

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], &'static str> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(ENDS)?;
    *bytes = rest;
    Ok(taken)
}

/// Up to four bytes as a number, the most significant first.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Writes a message as a frame.
pub fn encode_frame(message: &EventMessage) -> Result<Vec<u8>, FrameError> {
    let mut headers = Vec::new();
    for (name, value) in &message.headers {
        write_header(name, value, &mut headers)
            .map_err(|reason| FrameError::Header { reason: reason.to_owned(), offset: 0 })?;
    }
    let length = PRELUDE + headers.len() + message.payload.len() + CHECKSUM;
    let too_long = FrameError::Length { length, headers: headers.len(), offset: 0 };
    if length > MESSAGE_LIMIT || headers.len() > HEADERS_LIMIT {
        return Err(too_long);
    }
    let (Ok(total), Ok(of_headers)) = (u32::try_from(length), u32::try_from(headers.len())) else {
        return Err(too_long);
    };
    let mut frame = Vec::with_capacity(length);
    frame.extend_from_slice(&total.to_be_bytes());
    frame.extend_from_slice(&of_headers.to_be_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(&message.payload);
    frame.extend_from_slice(&crc32fast::hash(&frame).to_be_bytes());
    Ok(frame)
}

fn write_header(name: &str, value: &HeaderValue, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let length = u8::try_from(name.len()).map_err(|_| "its name is too long")?;
    out.push(length);
    out.extend_from_slice(name.as_bytes());
    match value {
        HeaderValue::Bool(truth) => out.push(u8::from(!truth)),
        HeaderValue::Byte(number) => write_fixed(2, &number.to_be_bytes(), out),
        HeaderValue::Short(number) => write_fixed(3, &number.to_be_bytes(), out),
        HeaderValue::Integer(number) => write_fixed(4, &number.to_be_bytes(), out),
        HeaderValue::Long(number) => write_fixed(5, &number.to_be_bytes(), out),
        HeaderValue::Bytes(bytes) => write_counted(6, bytes, out)?,
        HeaderValue::Text(text) => write_counted(7, text.as_bytes(), out)?,
        HeaderValue::Timestamp(instant) => {
            write_fixed(8, &instant.as_millisecond().to_be_bytes(), out);
        }
        HeaderValue::Uuid(id) => write_fixed(9, id.as_bytes(), out),
    }
    Ok(())
}

fn write_fixed(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn write_counted(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let length = u16::try_from(bytes.len()).map_err(|_| "its value is too long")?;
    out.push(kind);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> EventMessage {
        EventMessage {
            headers: vec![
                ("true".to_owned(), HeaderValue::Bool(true)),
                ("false".to_owned(), HeaderValue::Bool(false)),
                ("byte".to_owned(), HeaderValue::Byte(-1)),
                ("short".to_owned(), HeaderValue::Short(-300)),
                ("integer".to_owned(), HeaderValue::Integer(70_000)),
                ("long".to_owned(), HeaderValue::Long(i64::MIN)),
                ("bytes".to_owned(), HeaderValue::Bytes(vec![0, 255])),
                ("text".to_owned(), HeaderValue::Text("ä".to_owned())),
                (
                    "time".to_owned(),
                    HeaderValue::Timestamp(Timestamp::from_millisecond(8_675_309).unwrap()),
                ),
                ("id".to_owned(), HeaderValue::Uuid(Uuid::from_u128(7))),
            ],
            payload: b"{'foo':'bar'}".to_vec(),
        }
    }

    fn read_all(reader: &mut FrameReader) -> Vec<EventMessage> {
        std::iter::from_fn(|| reader.next_message().unwrap()).collect()
    }

    #[test]
    fn messages_are_read_however_their_bytes_arrive() {
        let one = encode_frame(&message()).unwrap();
        let bytes = [one.clone(), encode_frame(&EventMessage::default()).unwrap(), one].concat();
        for size in [1, 2, 7, 13, bytes.len()] {
            let mut reader = FrameReader::new();
            let mut read = Vec::new();
            for piece in bytes.chunks(size) {
                reader.push(piece);
                read.extend(read_all(&mut reader));
            }
            assert_eq!(read, [message(), EventMessage::default(), message()], "{size}");
            assert_eq!(reader.finish(), Ok(()));
        }
    }

    // The vectors that AWS's SDKs share.
    #[test]
    fn published_frames_are_read_and_written() {
        let payload = b"{'foo':'bar'}".to_vec();
        let header = ("event-type".to_owned(), HeaderValue::Integer(0xa00c));
        for (message, frame) in [
            (EventMessage::default(), "00000010000000000 5c248eb7d98c8ff"),
            (
                EventMessage { headers: Vec::new(), payload: payload.clone() },
                "0000001d 00000000 fd528c5a 7b27666f6f273a27626172277d c3653936",
            ),
            (
                EventMessage { headers: vec![header], payload },
                "0000002d 00000010 41c424b8 0a6576656e742d74797065 04 0000a00c \
                 7b27666f6f273a27626172277d 36f480a0",
            ),
        ] {
            let written = encode_frame(&message).unwrap();
            let digits: String = written.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digits, frame.replace(' ', ""));
            assert_eq!(read_frame(&written, 0), Ok(Some((message, written.len()))));
        }
    }

    #[test]
    fn a_wrong_byte_anywhere_is_found() {
        let frame = encode_frame(&message()).unwrap();
        for position in 0..frame.len() {
            let mut wrong = frame.clone();
            wrong[position] ^= 1;
            let mut reader = FrameReader::new();
            reader.push(&wrong);
            assert!(reader.next_message().is_err(), "{position}");
            assert_eq!(reader.next_message(), Err(FrameError::Broken));
        }
    }

    #[test]
    fn a_stream_that_ends_within_a_message_is_cut_off() {
        let frame = encode_frame(&message()).unwrap();
        for end in 1..frame.len() {
            let mut reader = FrameReader::new();
            reader.push(&frame[..end]);
            assert_eq!(reader.next_message(), Ok(None));
            assert_eq!(reader.finish(), Err(FrameError::Truncated { held: end, offset: 0 }));
        }
    }

    #[test]
    fn lengths_beyond_the_limit_are_refused_before_anything_is_awaited() {
        for (length, headers) in [(u32::MAX, 0), (100, 200), (15, 0), (16, u32::MAX), (0, 0)] {
            let mut bytes = [length.to_be_bytes(), headers.to_be_bytes()].concat();
            bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
            let mut reader = FrameReader::new();
            reader.push(&bytes);
            let error = reader.next_message().unwrap_err();
            assert!(matches!(error, FrameError::Length { .. }), "{error}");
        }
    }

    #[test]
    fn headers_that_contradict_their_lengths_are_refused() {
        for headers in
            [&b"\x05ab"[..], b"\x01a", b"\x01a\x0a", b"\x01a\x07\x00\x09x", b"\x01\xff\x00"]
        {
            assert!(read_headers(headers).is_err(), "{headers:?}");
        }
    }
}
