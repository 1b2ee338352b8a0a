//! Reads the file in which the service models are embedded.
//!
//! ```text
//! "REEVEAWS"  format: u32  length of the index: u32   (little-endian)
//! index                    one zstd frame of JSON: where everything is, and what to know without opening it
//! body                     the dictionary, the partitions, the retry rules, then one frame per service
//! ```
//!
//! All service frames are compressed with the one dictionary, which holds what models have in common. A service's frame is
//! four JSON texts without anything between them: model, paginators, waiters, endpoint rules. Frames carry checksums.
//!
//! The file is written by `cargo xtask models`. Although it is embedded, nothing here trusts it: damage is an error.

use std::{io, sync::OnceLock};

use serde::Deserialize;
use zstd::bulk::Decompressor;

const MAGIC: &[u8] = b"REEVEAWS";
const FORMAT: u32 = 1;
/// No index and no part is nearly as large; a damaged length must not ask for all the memory there is.
const LARGEST: usize = 64 * 1024 * 1024;

/// The embedded service models cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactError {
    /// The file does not begin as it should.
    #[error("the embedded service models do not begin as they should")]
    NotAnArtefact,
    /// The file is of another format.
    #[error("the embedded service models are of format {found}, this program reads {FORMAT}")]
    Format {
        /// The format.
        found: u32,
    },
    /// The file ends too early.
    #[error("the embedded service models end before {part}")]
    Truncated {
        /// What should be there.
        part: String,
    },
    /// A part cannot be decompressed.
    #[error("{part} of the embedded service models is damaged")]
    Damaged {
        /// The part.
        part: String,
        /// What the decompressor says.
        source: io::Error,
    },
    /// A part is not what it should be.
    #[error("{part} of the embedded service models is not as expected")]
    Malformed {
        /// The part.
        part: String,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The opened file.
#[derive(Debug)]
pub(crate) struct Artefact {
    body: &'static [u8],
    dictionary: OnceLock<Vec<u8>>,
    pub(crate) index: Index,
}

/// Where everything is.
#[derive(Debug, Deserialize)]
pub(crate) struct Index {
    pub(crate) botocore: String,
    dictionary: Frame,
    partitions: Frame,
    retry: Frame,
    pub(crate) services: Vec<Entry>,
}

/// What the index says about one service.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) service_id: String,
    pub(crate) full_name: String,
    pub(crate) protocol: String,
    pub(crate) endpoint_prefix: String,
    pub(crate) signing_name: String,
    pub(crate) api_version: String,
    pub(crate) aliases: Vec<String>,
    frame: Frame,
    // The lengths of the four texts.
    parts: [usize; 4],
}

/// A compressed part of the body.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Frame {
    offset: usize,
    length: usize,
    size: usize,
}

/// What is published about one service.
#[derive(Debug)]
pub(crate) struct Parts {
    texts: Vec<u8>,
    model: usize,
    pub(crate) paginators: serde_json::Value,
    pub(crate) waiters: serde_json::Value,
    pub(crate) endpoint_rules: serde_json::Value,
}

impl Parts {
    /// The text of the model, which is too large for a tree of it to be made on the way.
    pub(crate) fn model(&self) -> &[u8] {
        self.texts.get(..self.model).unwrap_or_default()
    }
}

impl Artefact {
    /// Opens a file: reads its index and nothing else.
    pub(crate) fn open(bytes: &'static [u8]) -> Result<Self, ArtefactError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ArtefactError::NotAnArtefact)?;
        let truncated = || ArtefactError::Truncated { part: "their index".to_owned() };
        let (format, rest) = split_number(rest).ok_or_else(truncated)?;
        if format != FORMAT {
            return Err(ArtefactError::Format { found: format });
        }
        let (length, rest) = split_number(rest).ok_or_else(truncated)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (index, body) = rest.split_at_checked(length).ok_or_else(truncated)?;
        let index = zstd::stream::decode_all(index)
            .map_err(|source| ArtefactError::Damaged { part: "the index".to_owned(), source })?;
        Ok(Self { body, dictionary: OnceLock::new(), index: parse("the index", &index)? })
    }

    /// What is published about a service.
    pub(crate) fn service(&self, entry: &Entry) -> Result<Parts, ArtefactError> {
        let part = format!("the model of `{}`", entry.name);
        let texts = self.decompress(&part, entry.frame, self.dictionary()?)?;
        let truncated = || ArtefactError::Truncated { part: part.clone() };
        let [model, paginators, waiters, endpoint_rules] = entry.parts;
        let mut rest = texts.get(model..).ok_or_else(truncated)?;
        let mut next = |length: usize| {
            let (text, after) = rest.split_at_checked(length).ok_or_else(truncated)?;
            rest = after;
            parse(&part, text)
        };
        let (paginators, waiters, endpoint_rules) =
            (next(paginators)?, next(waiters)?, next(endpoint_rules)?);
        Ok(Parts { texts, model, paginators, waiters, endpoint_rules })
    }

    /// `partitions.json`.
    pub(crate) fn partitions(&self) -> Result<serde_json::Value, ArtefactError> {
        parse("the partitions", &self.decompress("the partitions", self.index.partitions, &[])?)
    }

    /// `_retry.json`.
    pub(crate) fn retry_rules(&self) -> Result<serde_json::Value, ArtefactError> {
        parse("the retry rules", &self.decompress("the retry rules", self.index.retry, &[])?)
    }

    fn dictionary(&self) -> Result<&[u8], ArtefactError> {
        if let Some(dictionary) = self.dictionary.get() {
            return Ok(dictionary);
        }
        let dictionary = self.decompress("the dictionary", self.index.dictionary, &[])?;
        Ok(self.dictionary.get_or_init(|| dictionary))
    }

    fn decompress(
        &self,
        part: &str,
        frame: Frame,
        dictionary: &[u8],
    ) -> Result<Vec<u8>, ArtefactError> {
        let end = frame.offset.saturating_add(frame.length);
        let compressed = self
            .body
            .get(frame.offset..end)
            .ok_or_else(|| ArtefactError::Truncated { part: part.to_owned() })?;
        Decompressor::with_dictionary(dictionary)
            .and_then(|mut decompressor| {
                decompressor.decompress(compressed, frame.size.min(LARGEST))
            })
            .map_err(|source| ArtefactError::Damaged { part: part.to_owned(), source })
    }
}

fn split_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn parse<'a, T: Deserialize<'a>>(part: &str, text: &'a [u8]) -> Result<T, ArtefactError> {
    serde_json::from_slice(text)
        .map_err(|source| ArtefactError::Malformed { part: part.to_owned(), source: source.into() })
}
