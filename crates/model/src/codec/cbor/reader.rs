//! CBOR as tokens (RFC 8949).
//!
//! A claimed length is compared with what is there before anything is kept: texts and bytes are slices of the body, and how
//! many elements a list claims is only counted down.

use std::borrow::Cow;

use crate::codec::{DEPTH_LIMIT, cbor::FORMAT, error::DecodeError};

/// One step of reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A number from 0.
    Unsigned(u64),
    /// The number -1 - n.
    Negative(u64),
    /// Bytes, in however many pieces they came.
    Bytes(Cow<'a, [u8]>),
    /// Text, in however many pieces it came.
    Text(Cow<'a, str>),
    /// The beginning of a list of so many elements, or of one that ends with a break.
    List(Option<u64>),
    /// The beginning of a map of so many entries, or of one that ends with a break.
    Map(Option<u64>),
    /// How to understand what follows.
    Tag(u64),
    /// A truth.
    Bool(bool),
    /// Null, or undefined.
    Null,
    /// A float of any width.
    Float(f64),
    /// The end of a list or map that said no length.
    Break,
}

/// Reads a body token by token.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body, length: body.len() }
    }

    /// The next token.
    pub(super) fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        let [first] = *self.take(1)? else { return Err(self.malformed("it ends too early")) };
        let (major, info) = (first >> 5, first & 0x1f);
        Ok(match major {
            0 => Token::Unsigned(self.argument(info)?),
            1 => Token::Negative(self.argument(info)?),
            2 => Token::Bytes(self.bytes(major, info)?),
            3 => Token::Text(self.text(info)?),
            4 => Token::List(self.count(info)?),
            5 => Token::Map(self.count(info)?),
            6 => Token::Tag(self.argument(info)?),
            _ => self.simple(info)?,
        })
    }

    /// Whether the whole body has been read.
    pub(super) fn finish(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed("more follows its end")) }
    }

    /// The value that begins with `token`, to its end.
    pub(super) fn skip(&mut self, token: &Token<'a>, depth: usize) -> Result<(), DecodeError> {
        if depth > DEPTH_LIMIT {
            return Err(self.malformed("it is nested too deeply"));
        }
        match *token {
            Token::List(count) => {
                let mut items = Items::new(count);
                while let Some(token) = items.next(self)? {
                    self.skip(&token, depth + 1)?;
                }
            }
            Token::Map(count) => {
                let mut items = Items::new(count);
                while let Some(key) = items.next(self)? {
                    self.skip(&key, depth + 1)?;
                    let value = self.token()?;
                    self.skip(&value, depth + 1)?;
                }
            }
            Token::Tag(_) => {
                let tagged = self.token()?;
                self.skip(&tagged, depth + 1)?;
            }
            Token::Break => return Err(self.malformed("a break where a value must be")),
            _ => {}
        }
        Ok(())
    }

    /// An error here.
    pub(super) fn malformed(&self, reason: &str) -> DecodeError {
        let offset = self.length - self.rest.len();
        DecodeError::malformed(FORMAT, format!("{reason}, at byte {offset}"))
    }

    fn bytes(&mut self, major: u8, info: u8) -> Result<Cow<'a, [u8]>, DecodeError> {
        if info != INDEFINITE {
            return self.counted(info).map(Cow::Borrowed);
        }
        let mut bytes = Vec::new();
        loop {
            let [first] = *self.take(1)? else { return Err(self.malformed("it ends too early")) };
            match (first >> 5, first & 0x1f) {
                _ if first == BREAK => return Ok(Cow::Owned(bytes)),
                (chunk, info) if chunk == major && info != INDEFINITE => {
                    bytes.extend_from_slice(self.counted(info)?);
                }
                _ => return Err(self.malformed("a piece of another kind")),
            }
        }
    }

    fn text(&mut self, info: u8) -> Result<Cow<'a, str>, DecodeError> {
        let text = match self.bytes(3, info)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
        };
        text.ok_or_else(|| self.malformed("a text that is not UTF-8"))
    }

    fn counted(&mut self, info: u8) -> Result<&'a [u8], DecodeError> {
        let length = self.argument(info)?;
        let length = usize::try_from(length).map_err(|_| self.malformed("it ends too early"))?;
        self.take(length)
    }

    fn count(&mut self, info: u8) -> Result<Option<u64>, DecodeError> {
        if info == INDEFINITE { Ok(None) } else { self.argument(info).map(Some) }
    }

    fn simple(&mut self, info: u8) -> Result<Token<'a>, DecodeError> {
        Ok(match info {
            20 => Token::Bool(false),
            21 => Token::Bool(true),
            22 | 23 => Token::Null,
            25 => Token::Float(float_from_half(self.argument(info)?)),
            26 => {
                let bits = u32::try_from(self.argument(info)?).unwrap_or_default();
                Token::Float(f32::from_bits(bits).into())
            }
            27 => Token::Float(f64::from_bits(self.argument(info)?)),
            INDEFINITE => Token::Break,
            _ => return Err(self.malformed("a simple value without a meaning")),
        })
    }

    fn argument(&mut self, info: u8) -> Result<u64, DecodeError> {
        let length = match info {
            0..24 => return Ok(info.into()),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(self.malformed("a reserved length")),
        };
        let bytes = self.take(length)?;
        Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.malformed("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }
}

const INDEFINITE: u8 = 31;
const BREAK: u8 = 0xff;

/// Counts the elements of a list, or the entries of a map, down to its end.
pub(super) struct Items {
    left: Option<u64>,
}

impl Items {
    pub(super) fn new(count: Option<u64>) -> Self {
        Self { left: count }
    }

    /// The first token of the next element, or of the next entry's key; none at the end.
    pub(super) fn next<'a>(
        &mut self,
        reader: &mut Reader<'a>,
    ) -> Result<Option<Token<'a>>, DecodeError> {
        match &mut self.left {
            Some(0) => Ok(None),
            Some(left) => {
                *left -= 1;
                reader.token().map(Some)
            }
            None => match reader.token()? {
                Token::Break => Ok(None),
                token => Ok(Some(token)),
            },
        }
    }
}

/// A float of half precision: a sign, five bits of exponent, ten of mantissa.
fn float_from_half(bits: u64) -> f64 {
    let mantissa = f64::from(u16::try_from(bits & 0x3ff).unwrap_or_default());
    let exponent = i32::try_from(bits >> 10 & 0x1f).unwrap_or_default();
    let magnitude = match exponent {
        0 => mantissa * 2.0_f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2.0_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &Token<'_>) {
        let mut reader = Reader::new(bytes);
        assert_eq!(&reader.token().unwrap(), expected, "{bytes:02x?}");
        assert_eq!(reader.finish(), Ok(()));
    }

    // The numbers are those of RFC 8949, appendix A.
    #[test]
    fn numbers_of_every_width_are_read() {
        check(&[0x17], &Token::Unsigned(23));
        check(&[0x18, 0x18], &Token::Unsigned(24));
        check(&[0x19, 0x03, 0xe8], &Token::Unsigned(1000));
        check(&[0x1a, 0x00, 0x0f, 0x42, 0x40], &Token::Unsigned(1_000_000));
        check(&[0x1b, 255, 255, 255, 255, 255, 255, 255, 255], &Token::Unsigned(u64::MAX));
        check(&[0x39, 0x03, 0xe7], &Token::Negative(999));
        check(&[0xf9, 0x3c, 0x00], &Token::Float(1.0));
        check(&[0xf9, 0x3e, 0x00], &Token::Float(1.5));
        check(&[0xf9, 0x7b, 0xff], &Token::Float(65504.0));
        check(&[0xf9, 0x00, 0x01], &Token::Float(5.960_464_477_539_063e-8));
        check(&[0xf9, 0x04, 0x00], &Token::Float(0.000_061_035_156_25));
        check(&[0xf9, 0xc4, 0x00], &Token::Float(-4.0));
        check(&[0xf9, 0xfc, 0x00], &Token::Float(f64::NEG_INFINITY));
        check(&[0xfa, 0x47, 0xc3, 0x50, 0x00], &Token::Float(100_000.0));
        check(&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], &Token::Float(1.1));
        let not_a_number = Reader::new(&[0xf9, 0x7e, 0x00]).token().unwrap();
        assert!(matches!(not_a_number, Token::Float(number) if number.is_nan()));
    }

    #[test]
    fn texts_and_bytes_may_come_in_pieces() {
        check(b"\x63abc", &Token::Text("abc".into()));
        check(b"\x7f\x62ab\x61c\xff", &Token::Text("abc".into()));
        check(b"\x5f\x42\x01\x02\x41\x03\xff", &Token::Bytes(vec![1, 2, 3].into()));
        // A character may be split between pieces.
        check(b"\x7f\x61\xc3\x61\xa4\xff", &Token::Text("ä".into()));
    }

    #[test]
    fn what_is_cut_short_or_has_no_meaning_is_refused_with_its_place() {
        for (bytes, expected) in [
            (&b""[..], "it ends too early, at byte 0"),
            (b"\x19\x01", "it ends too early, at byte 1"),
            (b"\x63ab", "it ends too early, at byte 1"),
            (b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff", "it ends too early, at byte 9"),
            (b"\x1c", "a reserved length, at byte 1"),
            (b"\xf8\x20", "a simple value without a meaning, at byte 1"),
            (b"\x62\xc3\x28", "a text that is not UTF-8, at byte 3"),
            (b"\x7f\x41a\xff", "a piece of another kind, at byte 2"),
        ] {
            let error = Reader::new(bytes).token().unwrap_err().to_string();
            assert!(error.ends_with(expected), "{error}");
        }
    }
}
