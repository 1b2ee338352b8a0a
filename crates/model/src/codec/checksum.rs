//! Checksums of bodies.
//!
//! There are two generations. Operations of the first require a `Content-MD5`. Those of the second let the caller choose an
//! algorithm, and clients say the CRC-32 where nobody chose; its header is `x-amz-checksum-…`, also in responses.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use crc::{Crc, Table};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use xxhash_rust::{xxh3::Xxh3, xxh64::Xxh64};

use crate::{
    Name, Operation, Service, Value, WireRequest, WireResponse,
    codec::{
        ChecksumPolicy,
        error::{DecodeError, EncodeError},
    },
    schema::{Location, Member, Structure},
};

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// CRC-32 of ISO 3309.
    Crc32,
    /// CRC-32 with Castagnoli's polynomial.
    Crc32c,
    /// CRC-64 as `NVMe` has it.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// MD5.
    Md5,
    /// xxHash of 64 bits.
    XxHash64,
    /// XXH3 of 64 bits.
    XxHash3,
    /// XXH3 of 128 bits.
    XxHash128,
}

impl ChecksumAlgorithm {
    const ALL: [Self; 10] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::XxHash64,
        Self::XxHash3,
        Self::XxHash128,
    ];

    /// The name in the models.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::XxHash64 => "XXHASH64",
            Self::XxHash3 => "XXHASH3",
            Self::XxHash128 => "XXHASH128",
        }
    }

    /// Reads the name in the models.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    /// The header, or the trailer, that has the checksum.
    pub fn header(self) -> String {
        format!("x-amz-checksum-{}", self.as_str().to_ascii_lowercase())
    }
}

impl fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&crc::CRC_32_ISCSI);
static CRC64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&crc::CRC_64_NVME);

/// Computes a checksum piece by piece, for bodies that pass by.
pub struct ChecksumHasher(Hasher);

enum Hasher {
    Crc32(crc32fast::Hasher),
    Crc32c(crc::Digest<'static, u32, Table<16>>),
    Crc64(crc::Digest<'static, u64, Table<16>>),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    Md5(Md5),
    XxHash64(Xxh64),
    XxHash3(Box<Xxh3>),
    XxHash128(Box<Xxh3>),
}

impl fmt::Debug for ChecksumHasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ChecksumHasher").finish_non_exhaustive()
    }
}

impl ChecksumHasher {
    /// Begins.
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        Self(match algorithm {
            ChecksumAlgorithm::Crc32 => Hasher::Crc32(crc32fast::Hasher::new()),
            ChecksumAlgorithm::Crc32c => Hasher::Crc32c(CRC32C.digest()),
            ChecksumAlgorithm::Crc64Nvme => Hasher::Crc64(CRC64.digest()),
            ChecksumAlgorithm::Sha1 => Hasher::Sha1(Sha1::new()),
            ChecksumAlgorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            ChecksumAlgorithm::Sha512 => Hasher::Sha512(Box::new(Sha512::new())),
            ChecksumAlgorithm::Md5 => Hasher::Md5(Md5::new()),
            ChecksumAlgorithm::XxHash64 => Hasher::XxHash64(Xxh64::new(0)),
            ChecksumAlgorithm::XxHash3 => Hasher::XxHash3(Box::new(Xxh3::new())),
            ChecksumAlgorithm::XxHash128 => Hasher::XxHash128(Box::new(Xxh3::new())),
        })
    }

    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Hasher::Crc32(hasher) => hasher.update(bytes),
            Hasher::Crc32c(digest) => digest.update(bytes),
            Hasher::Crc64(digest) => digest.update(bytes),
            Hasher::Sha1(digest) => digest.update(bytes),
            Hasher::Sha256(digest) => digest.update(bytes),
            Hasher::Sha512(digest) => digest.update(bytes),
            Hasher::Md5(digest) => digest.update(bytes),
            Hasher::XxHash64(hasher) => hasher.update(bytes),
            Hasher::XxHash3(hasher) | Hasher::XxHash128(hasher) => hasher.update(bytes),
        }
    }

    /// The checksum as headers have it: in base64.
    pub fn finish(self) -> String {
        match self.0 {
            Hasher::Crc32(hasher) => STANDARD.encode(hasher.finalize().to_be_bytes()),
            Hasher::Crc32c(digest) => STANDARD.encode(digest.finalize().to_be_bytes()),
            Hasher::Crc64(digest) => STANDARD.encode(digest.finalize().to_be_bytes()),
            Hasher::Sha1(digest) => STANDARD.encode(digest.finalize()),
            Hasher::Sha256(digest) => STANDARD.encode(digest.finalize()),
            Hasher::Sha512(digest) => STANDARD.encode(digest.finalize()),
            Hasher::Md5(digest) => STANDARD.encode(digest.finalize()),
            Hasher::XxHash64(hasher) => STANDARD.encode(hasher.digest().to_be_bytes()),
            Hasher::XxHash3(hasher) => STANDARD.encode(hasher.digest().to_be_bytes()),
            Hasher::XxHash128(hasher) => STANDARD.encode(hasher.digest128().to_be_bytes()),
        }
    }
}

fn checksum(algorithm: ChecksumAlgorithm, body: &[u8]) -> String {
    let mut hasher = ChecksumHasher::new(algorithm);
    hasher.update(body);
    hasher.finish()
}

/// The algorithm by which a request's body is to be checked: the one that the input names, or CRC-32 where the operation
/// wants one. None where the input brings a checksum of its own.
///
/// Whoever attaches a streaming body sends the checksum as a trailer.
pub fn request_checksum(
    service: &Service,
    operation: &Operation,
    input: &Value,
    policy: ChecksumPolicy,
) -> Result<Option<ChecksumAlgorithm>, EncodeError> {
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let mut members = structure.into_iter().flat_map(Structure::members);
    if members.any(|member| is_checksum(member) && is_given(input, member)) {
        return Ok(None);
    }
    let asked = operation.checksum.request_algorithm_member.as_ref();
    match asked.and_then(|member| input.get(member)).and_then(Value::as_str) {
        Some(name) => match ChecksumAlgorithm::from_name(name) {
            Some(algorithm) => Ok(Some(algorithm)),
            None => Err(EncodeError::UnsupportedChecksum { algorithm: name.to_owned() }),
        },
        None => {
            let is_wanted = match policy {
                ChecksumPolicy::WhenSupported => asked.is_some() || operation.checksum.required,
                ChecksumPolicy::WhenRequired => operation.checksum.required,
                ChecksumPolicy::WhenAsked => false,
            };
            Ok(is_wanted.then_some(ChecksumAlgorithm::Crc32))
        }
    }
}

/// Fills the members that name a checksum's algorithm and ask for checksums in the response, where the input leaves them
/// out and there is something to say.
pub(super) fn fill_members(
    service: &Service,
    operation: &Operation,
    policy: ChecksumPolicy,
    input: &mut Cow<'_, Value>,
) -> Result<(), EncodeError> {
    let mode = operation.checksum.request_validation_mode_member.as_ref();
    if let Some(member) = mode.filter(|_| policy == ChecksumPolicy::WhenSupported) {
        fill(member, "ENABLED", input);
    }
    // Elsewhere than in a header, naming an algorithm would say more than which checksum follows.
    if let Some(member) = algorithm_member(service, operation)
        && let Some(algorithm) = request_checksum(service, operation, input, policy)?
    {
        fill(&member.name, algorithm.as_str(), input);
    }
    Ok(())
}

fn fill(member: &Name, text: &str, input: &mut Cow<'_, Value>) {
    if input.get(member).is_none_or(Value::is_null)
        && let Some(object) = input.to_mut().as_object_mut()
    {
        object.insert(member, text);
    }
}

/// Adds the checksum that an operation requires or the input asks for, unless the input brings one.
///
/// A streaming body that is not there yet gets none: it is not known.
pub(super) fn add_checksum(
    service: &Service,
    operation: &Operation,
    (input, policy): (&Value, ChecksumPolicy),
    request: &mut WireRequest,
) -> Result<(), EncodeError> {
    if request.headers.iter().any(|(name, _)| has_checksum(name)) {
        return Ok(());
    }
    let streamed = operation.streaming_input(service).is_some_and(|body| !is_given(input, body));
    let body = &request.body;
    if let Some(algorithm) = request_checksum(service, operation, input, policy)? {
        let checksum = (!streamed).then(|| (algorithm.header(), checksum(algorithm, body)));
        request.headers.extend(checksum);
    } else if operation.checksum.md5_required && policy != ChecksumPolicy::WhenAsked && !streamed {
        let checksum = checksum(ChecksumAlgorithm::Md5, body);
        request.headers.push(("Content-MD5".to_owned(), checksum));
    }
    Ok(())
}

/// The checksum that a response says its body has, if the operation's responses can be checked by it.
///
/// That of an object which came in parts is a checksum of checksums, by which the body cannot be checked.
pub fn response_checksum(
    operation: &Operation,
    response: &WireResponse,
) -> Option<(ChecksumAlgorithm, String)> {
    let mut algorithms = operation.checksum.response_algorithms.iter();
    algorithms.find_map(|name| {
        let algorithm = ChecksumAlgorithm::from_name(name)?;
        let checksum = response.header(&algorithm.header())?;
        (!checksum.contains('-')).then(|| (algorithm, checksum.trim().to_owned()))
    })
}

/// Compares a response's body with the checksum that it brings. A body that is still to come is checked by whoever reads it.
pub(super) fn check_response(
    operation: &Operation,
    response: &WireResponse,
) -> Result<(), DecodeError> {
    if response.body.is_empty() {
        return Ok(());
    }
    let Some((algorithm, expected)) = response_checksum(operation, response) else {
        return Ok(());
    };
    let found = checksum(algorithm, &response.body);
    if found == expected {
        return Ok(());
    }
    Err(DecodeError::Checksum { algorithm, expected, found })
}

/// The member that names the algorithm, if it travels in a header.
fn algorithm_member<'a>(service: &'a Service, operation: &'a Operation) -> Option<&'a Member> {
    let name = operation.checksum.request_algorithm_member.as_ref()?;
    let member = service.structure(operation.input.as_ref()?.shape)?.member(name)?;
    (member.location == Some(Location::Header)).then_some(member)
}

fn is_given(input: &Value, member: &Member) -> bool {
    input.get(&member.name).is_some_and(|value| !value.is_null())
}

fn is_checksum(member: &Member) -> bool {
    member.location == Some(Location::Header) && has_checksum(&member.wire_name)
}

/// Whether a header is a checksum.
fn has_checksum(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    let algorithm = header.strip_prefix("x-amz-checksum-");
    header == "content-md5"
        || algorithm.is_some_and(|name| ChecksumAlgorithm::from_name(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_gives_the_published_checksum() {
        // The check values that the algorithms' catalogues give for these digits.
        for (algorithm, expected) in [
            (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
            (ChecksumAlgorithm::Crc32c, "4waSgw=="),
            (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
            (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
            (ChecksumAlgorithm::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
            (ChecksumAlgorithm::Md5, "JfnnlDI7RTiF9RgfG2JNCw=="),
        ] {
            assert_eq!(checksum(algorithm, b"123456789"), expected, "{algorithm}");
            let mut hasher = ChecksumHasher::new(algorithm);
            hasher.update(b"1234");
            hasher.update(b"56789");
            assert_eq!(hasher.finish(), expected, "{algorithm} in pieces");
            assert_eq!(ChecksumAlgorithm::from_name(algorithm.as_str()), Some(algorithm));
        }
        // xxHash of nothing, as its reference implementation has it.
        assert_eq!(checksum(ChecksumAlgorithm::XxHash64, b""), "70bbN1HY6Zk=");
        assert_eq!(checksum(ChecksumAlgorithm::XxHash3, b""), "LQaABTjTlMI=");
    }
}
