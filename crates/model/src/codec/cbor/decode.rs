//! CBOR to values, in one pass.

use std::borrow::Cow;

use crate::{
    Name, Object, Value,
    codec::{
        DEPTH_LIMIT,
        cbor::reader::{Items, Reader, Token},
        error::{DecodeError, excerpt},
        kind::Kind,
        path::AtPath,
        scalar, timestamp, union,
    },
    schema::{Member, Service, ShapeKind, Structure},
};

const EPOCH_SECONDS: u64 = 1;
const POSITIVE_BIG_NUMBER: u64 = 2;
const NEGATIVE_BIG_NUMBER: u64 = 3;
const DECIMAL_FRACTION: u64 = 4;

/// Reads a body that is a member's value. An empty body is null.
pub(crate) fn decode_value(
    service: &Service,
    member: &Member,
    body: &[u8],
) -> Result<Value, DecodeError> {
    decode(service, Kind::of(service, member), body)
}

/// Reads a body whose members are a structure's. An empty body has none.
pub(crate) fn decode_members(
    service: &Service,
    structure: &Structure,
    body: &[u8],
) -> Result<Object, DecodeError> {
    match decode(service, Kind::Structure(structure), body)? {
        Value::Object(object) => Ok(object),
        // Null, the only other thing that a structure may be.
        _ => Ok(Object::new()),
    }
}

fn decode(service: &Service, kind: Kind<'_>, body: &[u8]) -> Result<Value, DecodeError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let mut decoder = Decoder { service, reader: Reader::new(body), depth: 0 };
    let token = decoder.reader.token()?;
    let value = decoder.value(kind, token)?;
    decoder.reader.finish()?;
    Ok(value)
}

/// Reads the texts at the top of a body: what every error has in common.
pub(crate) fn error_fields(body: &[u8]) -> Result<Vec<(String, String)>, DecodeError> {
    let mut fields = Vec::new();
    if body.is_empty() {
        return Ok(fields);
    }
    let mut reader = Reader::new(body);
    let Token::Map(count) = reader.token()? else {
        return Err(reader.malformed("no map"));
    };
    let mut items = Items::new(count);
    while let Some(key) = items.next(&mut reader)? {
        let value = reader.token()?;
        match (key, value) {
            (Token::Text(key), Token::Text(text)) => {
                fields.push((key.into_owned(), text.into_owned()));
            }
            (key, value) => {
                reader.skip(&key, 1)?;
                reader.skip(&value, 1)?;
            }
        }
    }
    reader.finish()?;
    Ok(fields)
}

struct Decoder<'a> {
    service: &'a Service,
    reader: Reader<'a>,
    depth: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, kind: Kind<'a>, token: Token<'a>) -> Result<Value, DecodeError> {
        if self.depth > DEPTH_LIMIT {
            return Err(self.reader.malformed("it is nested too deeply"));
        }
        self.depth += 1;
        let value = match (token, kind) {
            (Token::Null, _) => Value::Null,
            (Token::Map(count), Kind::Structure(structure)) => self.structure(structure, count)?,
            (Token::Map(count), Kind::Map { value, sparse }) => {
                self.map(Kind::of(self.service, value), count, sparse)?
            }
            (Token::Map(count), Kind::Document) => self.map(Kind::Document, count, true)?,
            (Token::List(count), Kind::List(member)) => {
                self.list(Kind::of(self.service, member), count)?
            }
            (Token::List(count), Kind::Document) => self.list(Kind::Document, count)?,
            (Token::Tag(tag), kind) => self.tagged(tag, kind)?,
            (Token::Break, _) => {
                return Err(self.reader.malformed("a break where a value must be"));
            }
            (token, Kind::Scalar(kind)) => scalar_value(kind, &token)?,
            (token, Kind::Document) => document(token)?,
            (token, kind) => {
                return Err(DecodeError::mismatch(kind.expected(), &described(&token)));
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn structure(
        &mut self,
        structure: &'a Structure,
        count: Option<u64>,
    ) -> Result<Value, DecodeError> {
        let mut object = Object::with_capacity(structure.members().len().min(8));
        let mut items = Items::new(count);
        let mut next = 0;
        let mut unknown = None;
        while let Some(key) = items.next(&mut self.reader)? {
            let key = self.key(key)?;
            let token = self.reader.token()?;
            let Some((position, member)) = structure.member_on_wire(&key, next) else {
                self.reader.skip(&token, self.depth)?;
                if structure.union && token != Token::Null && key != "__type" {
                    unknown = unknown.or(Some(Name::from(&*key)));
                }
                continue;
            };
            let value = self
                .value(Kind::of(self.service, member), token)
                .map_err(|error| error.in_member(&member.name))?;
            if value.is_null() {
                continue;
            }
            // Members in the model's order cannot have come before.
            if position >= next {
                object.push(member.name.clone(), value);
                next = position + 1;
            } else {
                object.insert(&member.name, value);
            }
        }
        union::note_unknown(&mut object, unknown);
        Ok(Value::Object(object))
    }

    fn list(&mut self, kind: Kind<'a>, count: Option<u64>) -> Result<Value, DecodeError> {
        let mut elements = Vec::new();
        let mut items = Items::new(count);
        loop {
            let token = items.next(&mut self.reader);
            let element =
                token.and_then(|token| token.map(|token| self.value(kind, token)).transpose());
            match element.map_err(|error| error.in_element(elements.len()))? {
                Some(element) => elements.push(element),
                None => return Ok(Value::List(elements)),
            }
        }
    }

    fn map(
        &mut self,
        kind: Kind<'a>,
        count: Option<u64>,
        sparse: bool,
    ) -> Result<Value, DecodeError> {
        let mut entries = Object::new();
        let mut items = Items::new(count);
        while let Some(key) = items.next(&mut self.reader)? {
            let key = self.key(key)?;
            let token = self.reader.token()?;
            let value = self.value(kind, token).map_err(|error| error.in_member(&key))?;
            if sparse || !value.is_null() {
                entries.insert(&*key, value);
            }
        }
        Ok(Value::Object(entries))
    }

    fn key(&self, token: Token<'a>) -> Result<Cow<'a, str>, DecodeError> {
        match token {
            Token::Text(key) => Ok(key),
            other => Err(self.reader.malformed(&format!("a key that is {}", described(&other)))),
        }
    }

    /// A tag that means nothing to a shape leaves the value as it is.
    fn tagged(&mut self, tag: u64, kind: Kind<'a>) -> Result<Value, DecodeError> {
        let token = self.reader.token()?;
        match (tag, kind, token) {
            (EPOCH_SECONDS, Kind::Document, token) => scalar_value(&ShapeKind::Timestamp, &token),
            (POSITIVE_BIG_NUMBER | NEGATIVE_BIG_NUMBER, kind, Token::Bytes(bytes)) => {
                let negative = tag == NEGATIVE_BIG_NUMBER;
                match (kind, big_number(&bytes, negative)) {
                    (Kind::Scalar(kind), token) => scalar_value(kind, &token),
                    (Kind::Document, token) => document(token),
                    (kind, token) => {
                        Err(DecodeError::mismatch(kind.expected(), &described(&token)))
                    }
                }
            }
            (DECIMAL_FRACTION, Kind::Scalar(kind), Token::List(count)) => {
                let token = self.decimal_fraction(count)?;
                scalar_value(kind, &token)
            }
            (_, kind, token) => self.value(kind, token),
        }
    }

    /// An exponent of ten and a mantissa.
    fn decimal_fraction(&mut self, count: Option<u64>) -> Result<Token<'a>, DecodeError> {
        let mut items = Items::new(count);
        let mut parts: Vec<i128> = Vec::new();
        while let Some(token) = items.next(&mut self.reader)? {
            let part = match token {
                Token::Unsigned(number) => i128::from(number),
                Token::Negative(number) => -1 - i128::from(number),
                _ => return Err(self.reader.malformed("a decimal fraction without numbers")),
            };
            if parts.len() == 2 {
                return Err(self.reader.malformed("a decimal fraction with more than two parts"));
            }
            parts.push(part);
        }
        let number = match &*parts {
            [exponent, mantissa] => format!("{mantissa}e{exponent}").parse().ok(),
            _ => None,
        };
        number
            .map(Token::Float)
            .ok_or_else(|| self.reader.malformed("a decimal fraction that is none"))
    }
}

fn scalar_value(kind: &ShapeKind, token: &Token<'_>) -> Result<Value, DecodeError> {
    let found = match (kind, token) {
        (_, Token::Null) => Some(Value::Null),
        (ShapeKind::Boolean, Token::Bool(truth)) => Some(Value::Bool(*truth)),
        (ShapeKind::Integer | ShapeKind::Long, Token::Float(number)) => {
            scalar::integer_from_float(*number).map(Value::Integer)
        }
        (ShapeKind::Integer | ShapeKind::Long, token) => integer(token).map(Value::Integer),
        (ShapeKind::Float | ShapeKind::Double, token) => float(token).map(Value::Float),
        (ShapeKind::String(_), Token::Text(text)) => Some(Value::from(&**text)),
        (ShapeKind::Blob, Token::Bytes(bytes)) => Some(Value::Blob(bytes.to_vec())),
        (ShapeKind::Blob, Token::Text(text)) => Some(Value::Blob(text.as_bytes().to_vec())),
        (ShapeKind::Timestamp, Token::Text(text)) => timestamp::parse(text).map(Value::Timestamp),
        (ShapeKind::Timestamp, Token::Float(seconds)) => {
            timestamp::from_seconds(*seconds).map(Value::Timestamp)
        }
        (ShapeKind::Timestamp, token) => integer(token)
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
            .map(Value::Timestamp),
        _ => None,
    };
    found.ok_or_else(|| DecodeError::mismatch(kind.expected(), &described(token)))
}

/// A value of no shape.
fn document(token: Token<'_>) -> Result<Value, DecodeError> {
    Ok(match token {
        Token::Bool(truth) => Value::Bool(truth),
        Token::Float(number) => Value::Float(number),
        Token::Text(text) => Value::String(text.into_owned()),
        Token::Bytes(bytes) => Value::Blob(bytes.into_owned()),
        Token::Null => Value::Null,
        token => match (integer(&token), float(&token)) {
            (Some(number), _) => Value::Integer(number),
            (None, Some(number)) => Value::Float(number),
            (None, None) => return Err(DecodeError::mismatch("any value", &described(&token))),
        },
    })
}

fn integer(token: &Token<'_>) -> Option<i64> {
    match token {
        Token::Unsigned(number) => i64::try_from(*number).ok(),
        Token::Negative(number) => i64::try_from(-1 - i128::from(*number)).ok(),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the model says that it is a float")]
fn float(token: &Token<'_>) -> Option<f64> {
    match token {
        Token::Float(number) => Some(*number),
        Token::Unsigned(number) => Some(*number as f64),
        Token::Negative(number) => Some(-1.0 - *number as f64),
        _ => None,
    }
}

/// A number of any length; beyond 64 bits only its size is kept.
fn big_number(bytes: &[u8], negative: bool) -> Token<'static> {
    let significant = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(significant..).unwrap_or_default();
    if digits.len() <= 8 {
        let number = digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        return if negative { Token::Negative(number) } else { Token::Unsigned(number) };
    }
    let magnitude = digits.iter().fold(0.0, |number, byte| number * 256.0 + f64::from(*byte));
    Token::Float(if negative { -1.0 - magnitude } else { magnitude })
}

fn described(token: &Token<'_>) -> String {
    match token {
        Token::Unsigned(number) => format!("`{number}`"),
        Token::Negative(number) => format!("`{}`", -1 - i128::from(*number)),
        Token::Float(number) => format!("`{number}`"),
        Token::Text(text) => format!("`{}`", excerpt(text, 40)),
        Token::Bytes(_) => "bytes".to_owned(),
        Token::List(_) => "a list".to_owned(),
        Token::Map(_) => "a map".to_owned(),
        Token::Tag(_) => "a tagged value".to_owned(),
        Token::Bool(_) => "a boolean".to_owned(),
        Token::Null => "null".to_owned(),
        Token::Break => "a break".to_owned(),
    }
}
