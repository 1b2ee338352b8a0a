//! Bodies on their way: whole, or piece by piece.
//!
//! A request's body is sent anew in each attempt, so a body that is not in memory is one that can be opened again. An
//! answer's body comes once.

use std::{fmt, io, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream::BoxStream};
use tokio::sync::watch;

use crate::TransportError;

/// The longest answer that is held in memory: many times the longest page of any service.
pub(crate) const WHOLE_LIMIT: usize = 256 << 20;

/// The body of a request.
#[derive(Debug, Clone)]
pub enum RequestBody {
    /// All of it is in memory.
    Whole(Bytes),
    /// It is read while it is sent.
    Streamed(StreamedBody),
}

/// A body of known length that is read while it is sent, and can be sent again.
#[derive(Clone)]
pub struct StreamedBody {
    length: u64,
    open: Arc<dyn Fn() -> BoxStream<'static, io::Result<Bytes>> + Send + Sync>,
}

/// The body of an answer.
pub enum ResponseBody {
    /// All of it is in memory.
    Whole(Bytes),
    /// It comes piece by piece; after an error, nothing more.
    Chunks(BoxStream<'static, Result<Bytes, TransportError>>),
}

impl RequestBody {
    /// How many bytes will be sent.
    pub fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Streamed(body) => body.length,
        }
    }

    /// Reads all of it into memory.
    pub async fn collect(self) -> io::Result<Bytes> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Streamed(body) => {
                let mut whole = BytesMut::new();
                let mut chunks = body.open();
                while let Some(chunk) = chunks.next().await {
                    whole.extend_from_slice(&chunk?);
                }
                Ok(whole.freeze())
            }
        }
    }
}

impl StreamedBody {
    /// A body of `length` bytes that `open` reads from its beginning, as often as it is sent.
    pub fn new(
        length: u64,
        open: impl Fn() -> BoxStream<'static, io::Result<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self { length, open: Arc::new(open) }
    }

    /// How many bytes will be sent.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The same body, and what tells of each piece of it that is taken.
    pub(crate) fn watched(&self) -> (Self, watch::Receiver<()>) {
        let (taken, pieces) = watch::channel(());
        let (taken, body) = (Arc::new(taken), self.clone());
        let open = move || {
            let taken = Arc::clone(&taken);
            body.open().inspect(move |_| taken.send_replace(())).boxed()
        };
        (Self::new(self.length, open), pieces)
    }

    /// Reads the body from its beginning.
    pub fn open(&self) -> BoxStream<'static, io::Result<Bytes>> {
        (self.open)()
    }
}

impl ResponseBody {
    /// Reads all of it into memory, if it is not longer than `limit` bytes.
    pub async fn collect(self, limit: usize) -> Result<Bytes, TransportError> {
        match self {
            Self::Whole(bytes) if bytes.len() <= limit => Ok(bytes),
            body => {
                let mut whole = Vec::new();
                body.collect_into(&mut whole, limit).await?;
                Ok(whole.into())
            }
        }
    }

    /// Appends all of it to `whole`, up to `limit` bytes. What came before an error is there too.
    pub(crate) async fn collect_into(
        self,
        whole: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), TransportError> {
        let mut chunks = match self {
            Self::Whole(bytes) if bytes.len() <= limit => {
                *whole = bytes.into();
                return Ok(());
            }
            Self::Whole(_) => return Err(TransportError::TooLong { limit }),
            Self::Chunks(chunks) => chunks,
        };
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if whole.len().saturating_add(chunk.len()) > limit {
                return Err(TransportError::TooLong { limit });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(())
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl fmt::Debug for StreamedBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StreamedBody({} bytes)", self.length)
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(formatter, "Whole({} bytes)", bytes.len()),
            Self::Chunks(_) => formatter.write_str("Chunks"),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn chunks(lengths: &[usize]) -> ResponseBody {
        let chunks: Vec<_> =
            lengths.iter().map(|length| Ok(Bytes::from(vec![7; *length]))).collect();
        ResponseBody::Chunks(stream::iter(chunks).boxed())
    }

    #[tokio::test]
    async fn a_body_is_held_up_to_its_limit_and_no_further() {
        let whole = |length: usize| ResponseBody::Whole(Bytes::from(vec![7; length]));
        for (body, length) in [
            (whole(10), Some(10)),
            (whole(11), None),
            (chunks(&[]), Some(0)),
            (chunks(&[4, 0, 6]), Some(10)),
            (chunks(&[4, 6, 1]), None),
            (chunks(&[11]), None),
        ] {
            let collected = body.collect(10).await;
            assert_eq!(collected.as_ref().ok().map(Bytes::len), length, "{collected:?}");
        }
    }

    #[tokio::test]
    async fn what_came_before_an_error_is_there() {
        let broken = [Ok(Bytes::from_static(b"hallo")), Err(TransportError::TimedOut)];
        let mut whole = Vec::new();
        let body = ResponseBody::Chunks(stream::iter(broken).boxed());
        assert!(body.collect_into(&mut whole, 10).await.is_err());
        assert_eq!(whole, b"hallo");
    }
}
