//! Requests whose body is a blob of any length, such as an object of S3.
//!
//! A file is read twice: once for its checksums, and once while it is sent. The first spares the coding in pieces with the
//! checksum at their end (`aws-chunked`), which not everything that speaks S3 understands, works the same with and without
//! TLS, and makes the service notice if the file has changed meanwhile. A request that is sent again reads it once more.

use std::{
    fmt::{Display, Write},
    io,
    path::PathBuf,
};

use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use reeve_model::{ChecksumAlgorithm, ChecksumHasher, ChecksumPolicy, Value, request_checksum};
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncReadExt};

use crate::{
    CallError, CallOptions, CallSite, Client, StreamedBody, Target,
    call::{self, Manner, Payload, Reading, Request, Sent},
    credentials::Identity,
};

/// How much of a file is read at once.
const PIECE: usize = 128 << 10;

/// What is sent as the body.
#[derive(Debug, Clone)]
pub enum Upload {
    /// What is in memory.
    Bytes(Bytes),
    /// A file, as long as it is when the call begins.
    File(PathBuf),
}

/// What is known of a body before it is sent.
struct Summary {
    length: u64,
    sha256: String,
    checksum: Option<String>,
}

impl Client {
    /// Calls an operation whose input has a body of any length, which `upload` is.
    pub async fn upload(
        &self,
        target: &Target,
        (service, operation): (&str, &str),
        input: Value,
        upload: Upload,
    ) -> Result<Value, CallError> {
        let site = CallSite::of(target, service, operation);
        let invalid = |problem: String| CallError::invalid(&site, problem);
        let found_service = call::find_service(service)?;
        let found = call::find_operation(&found_service, operation)?;
        let member = found
            .streaming_input(&found_service)
            .ok_or_else(|| invalid("its input has no stream of bytes: call it".to_owned()))?;
        if input.get(&member.name).is_some_and(|value| !value.is_null()) {
            return Err(invalid(format!("`{}` is given twice", member.name)));
        }
        let policy = ChecksumPolicy::WhenSupported;
        let algorithm = request_checksum(&found_service, found, &input, policy)
            .map_err(|error| invalid(error.to_string()))?;
        let sent = upload.prepare(algorithm).await.map_err(invalid)?;
        let request = Request { target, identity: Identity::of(target), service, operation };
        let options = CallOptions::default();
        let manner = Manner { options, reading: Reading::Whole, upload: Some(sent) };
        let answered = self.inner.perform(request, input, manner).await?;
        Ok(answered.output)
    }
}

impl Upload {
    async fn prepare(self, algorithm: Option<ChecksumAlgorithm>) -> Result<Sent, String> {
        let header = |checksum: Option<String>| {
            algorithm.zip(checksum).map(|(algorithm, checksum)| (algorithm.header(), checksum))
        };
        match self {
            Self::Bytes(bytes) => {
                let checksum = algorithm.map(|algorithm| {
                    let mut hasher = ChecksumHasher::new(algorithm);
                    hasher.update(&bytes);
                    hasher.finish()
                });
                Ok(Sent { payload: Payload::Whole(bytes), checksum: header(checksum) })
            }
            Self::File(path) => {
                let unreadable =
                    |error: &dyn Display| format!("`{}` cannot be read: {error}", path.display());
                let of = path.clone();
                let summary = tokio::task::spawn_blocking(move || summarise(&of, algorithm));
                let summary = summary.await.map_err(|error| unreadable(&error))?;
                let Summary { length, sha256, checksum } =
                    summary.map_err(|error| unreadable(&error))?;
                let body = StreamedBody::new(length, move || read(path.clone(), length));
                let payload = Payload::Hashed(body, sha256);
                Ok(Sent { payload, checksum: header(checksum) })
            }
        }
    }
}

/// Reads a file once, for what has to be said of it in advance.
fn summarise(path: &std::path::Path, algorithm: Option<ChecksumAlgorithm>) -> io::Result<Summary> {
    let mut file = std::fs::File::open(path)?;
    let (mut sha256, mut hasher) = (Sha256::new(), algorithm.map(ChecksumHasher::new));
    let (mut piece, mut length) = (vec![0; PIECE], 0_u64);
    loop {
        let count = match io::Read::read(&mut file, &mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = piece.get(..count).unwrap_or_default();
        sha256.update(read);
        if let Some(hasher) = &mut hasher {
            hasher.update(read);
        }
        length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    let mut hexadecimal = String::with_capacity(64);
    for byte in sha256.finalize() {
        write!(hexadecimal, "{byte:02x}").map_err(io::Error::other)?;
    }
    Ok(Summary { length, sha256: hexadecimal, checksum: hasher.map(ChecksumHasher::finish) })
}

/// Reads the first `length` bytes of a file.
fn read(path: PathBuf, length: u64) -> BoxStream<'static, io::Result<Bytes>> {
    let start = (None::<File>, path, length);
    let pieces = stream::try_unfold(start, |(file, path, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut file = match file {
            Some(file) => file,
            None => File::open(&path).await?,
        };
        let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut piece = BytesMut::with_capacity(wanted);
        let mut part = (&mut file).take(u64::try_from(wanted).unwrap_or(left));
        if part.read_buf(&mut piece).await? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("`{}` has become shorter", path.display()),
            ));
        }
        let left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        Ok(Some((piece.freeze(), (Some(file), path, left))))
    });
    pieces.boxed()
}
