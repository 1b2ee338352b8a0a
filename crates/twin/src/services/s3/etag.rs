//! Entity tags as S3 makes them: the MD5 of a body, or of the parts' MD5s with their number.

use base64::{Engine, engine::general_purpose::STANDARD};
use reeve_model::{ChecksumAlgorithm, ChecksumHasher};

/// The entity tag of a body put at once, with its quotes.
pub(super) fn of_body(body: &[u8]) -> String {
    format!("\"{}\"", hex::encode(md5(body)))
}

/// The entity tag of a body put in parts, whose entity tags are given.
pub(super) fn of_parts<'t>(tags: impl Iterator<Item = &'t str>) -> String {
    let mut digests = Vec::new();
    let mut count = 0;
    for tag in tags {
        digests.extend(hex::decode(bare(tag)).unwrap_or_default());
        count += 1;
    }
    format!("\"{}-{count}\"", hex::encode(md5(&digests)))
}

/// An entity tag without its quotes, as clients may give it.
pub(super) fn bare(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/").trim_matches('"')
}

/// A checksum in base64.
pub(super) fn checksum(algorithm: ChecksumAlgorithm, body: &[u8]) -> String {
    let mut hasher = ChecksumHasher::new(algorithm);
    hasher.update(body);
    hasher.finish()
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    STANDARD.decode(checksum(ChecksumAlgorithm::Md5, bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_and_parts_have_the_tags_that_s3_gives_them() {
        assert_eq!(of_body(b""), "\"d41d8cd98f00b204e9800998ecf8427e\"");
        assert_eq!(of_body(b"hello"), "\"5d41402abc4b2a76b9719d911017c592\"");
        let parts = [of_body(b"hello"), of_body(b"world")];
        let whole = of_parts(parts.iter().map(String::as_str));
        assert!(whole.ends_with("-2\""), "{whole}");
        assert_eq!(bare(&whole).len(), 34);
    }
}
