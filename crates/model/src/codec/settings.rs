//! What a client settles about its requests beyond their input.

use std::fmt;

/// The size from which AWS's own clients compress.
const COMPRESS_FROM: usize = 10_240;

/// How a request is to be written.
pub struct RequestSettings<'a> {
    /// Where absent idempotency tokens come from: the same token makes a repeated request do nothing twice.
    pub token: &'a mut dyn FnMut() -> String,
    /// The size in bytes from which a body is compressed, where its operation allows it; none if it never is.
    pub compress_from: Option<usize>,
    /// Which bodies get a checksum, and of which responses one is asked for.
    pub checksums: ChecksumPolicy,
}

impl<'a> RequestSettings<'a> {
    /// The settings that AWS's own clients have if nobody says otherwise.
    pub fn new(token: &'a mut dyn FnMut() -> String) -> Self {
        let checksums = ChecksumPolicy::WhenSupported;
        Self { token, compress_from: Some(COMPRESS_FROM), checksums }
    }
}

impl fmt::Debug for RequestSettings<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestSettings")
            .field("compress_from", &self.compress_from)
            .field("checksums", &self.checksums)
            .finish_non_exhaustive()
    }
}

/// Which bodies get a checksum that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChecksumPolicy {
    /// All whose operation knows checksums.
    #[default]
    WhenSupported,
    /// Those whose operation requires one.
    WhenRequired,
    /// None: for requests that are signed in advance, whose body is not known.
    WhenAsked,
}
