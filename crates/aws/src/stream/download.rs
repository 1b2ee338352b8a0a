//! Answers whose body is a blob of any length, such as an object of S3.
//!
//! The body is handed on piece by piece, and memory holds one piece. Its checksum, where the answer brings one, is compared
//! while it passes: whoever uses pieces before the end has to throw them away if the last item is an error.
//!
//! A connection that breaks is made again where that is safe: the operation takes a range and a condition (`Range`,
//! `IfMatch`), the caller gave neither, and the answer named the version (`ETag`). What follows is then of the same version
//! or an error.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use reeve_model::{
    ChecksumAlgorithm, ChecksumHasher, Operation, Service, Value, WireResponse, response_checksum,
};

use super::flow::Flow;
use crate::{
    CallError, CallOptions, CallSite, Client, Target,
    call::{self, Answered, Manner, Reading, Request},
    credentials::Identity,
};

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct Download {
    /// The output without the body.
    pub output: Value,
    /// How many bytes the body has, if the service says so.
    pub length: Option<u64>,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// The body.
    pub body: DownloadBody,
}

/// A body that comes piece by piece. An error is the last item. Dropping it ends the connection.
pub struct DownloadBody(BoxStream<'static, Result<Bytes, CallError>>);

/// Reads a body.
struct Reader {
    flow: Flow,
    checksum: Option<Checksum>,
    resumption: Option<Resumption>,
}

struct Checksum {
    algorithm: ChecksumAlgorithm,
    hasher: ChecksumHasher,
    expected: String,
}

/// How to go on after the connection broke.
struct Resumption {
    client: Client,
    target: Target,
    service: String,
    operation: String,
    /// With the condition that the version is the same.
    input: Value,
    left: u32,
}

impl Client {
    /// Calls an operation whose answer has a body of any length, and hands that on while it comes.
    pub async fn download(
        &self,
        target: &Target,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Download, CallError> {
        let names = (service, operation);
        let site = CallSite::of(target, service, operation);
        let found_service = call::find_service(service)?;
        let found = call::find_operation(&found_service, operation)?;
        if found.streaming_output(&found_service).is_none() {
            return Err(CallError::invalid(&site, "its answer is no stream of bytes: call it"));
        }
        let Answered { output, head, body } = self.open(target, names, input.clone()).await?;
        let flow = Flow::new(site, &head, body, self.config().timeouts.attempt);
        let resumption = Resumption::of(&found_service, found, (&input, &output), &head);
        let reader = Reader {
            checksum: Checksum::of(found, &head),
            resumption: resumption.map(|input| Resumption {
                client: self.clone(),
                target: target.clone(),
                service: service.to_owned(),
                operation: operation.to_owned(),
                input,
                left: self.config().retry.max_attempts.saturating_sub(1),
            }),
            flow,
        };
        Ok(Download {
            output,
            length: reader.flow.expected,
            request_id: reader.flow.request_id.clone(),
            body: DownloadBody(reader.into_stream()),
        })
    }

    /// Calls an operation as far as the head of its answer.
    pub(super) async fn open(
        &self,
        target: &Target,
        (service, operation): (&str, &str),
        input: Value,
    ) -> Result<Answered, CallError> {
        let request = Request { target, identity: Identity::of(target), service, operation };
        let options = CallOptions::default();
        let manner = Manner { options, reading: Reading::Head, upload: None };
        self.inner.perform(request, input, manner).await
    }
}

impl DownloadBody {
    /// Reads all of it into memory, if it is not longer than `limit` bytes; nothing if it is.
    pub async fn whole(mut self, limit: usize) -> Result<Option<Bytes>, CallError> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.0.next().await {
            let chunk = chunk?;
            if whole.len().saturating_add(chunk.len()) > limit {
                return Ok(None);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(Some(whole.freeze()))
    }
}

impl Stream for DownloadBody {
    type Item = Result<Bytes, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for DownloadBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DownloadBody")
    }
}

impl Reader {
    fn into_stream(self) -> BoxStream<'static, Result<Bytes, CallError>> {
        let next = async |mut reader: Self| Ok(reader.next().await?.map(|chunk| (chunk, reader)));
        // After an error, and after the end, there is nothing.
        stream::try_unfold(self, next).fuse().boxed()
    }

    async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        loop {
            match self.flow.next().await {
                Ok(Some(chunk)) => {
                    if let Some(checksum) = &mut self.checksum {
                        checksum.hasher.update(&chunk);
                    }
                    return Ok(Some(chunk));
                }
                Ok(None) => return self.check().map(|()| None),
                Err(error) => self.resume(error).await?,
            }
        }
    }

    fn check(&mut self) -> Result<(), CallError> {
        let Some(Checksum { algorithm, hasher, expected }) = self.checksum.take() else {
            return Ok(());
        };
        let found = hasher.finish();
        if found == expected {
            return Ok(());
        }
        let reason = format!(
            "the body has the {algorithm} checksum `{found}`, not `{expected}` as announced"
        );
        Err(self.flow.malformed(reason, String::new()))
    }

    /// Asks for what is missing; else says why it is.
    async fn resume(&mut self, error: CallError) -> Result<(), CallError> {
        let (received, expected) = (self.flow.received, self.flow.expected);
        let Some(resumption) = &mut self.resumption else { return Err(error) };
        if resumption.left == 0 || received == 0 || expected.is_none_or(|all| received >= all) {
            return Err(error);
        }
        resumption.left = resumption.left.saturating_sub(1);
        tracing::debug!(aws.received = received, error = %error, "asking for the rest");
        let answered = resumption.ask(received).await?;
        let missing = expected.map(|all| all.saturating_sub(received));
        if answered.head.status != 206 || crate::message::content_length(&answered.head) != missing
        {
            return Err(error);
        }
        self.flow.continue_with(answered.body);
        Ok(())
    }
}

impl Checksum {
    fn of(operation: &Operation, head: &WireResponse) -> Option<Self> {
        let (algorithm, expected) = response_checksum(operation, head)?;
        // The checksum of a part is that of the whole, which is not here.
        (head.status != 206).then(|| Self {
            algorithm,
            hasher: ChecksumHasher::new(algorithm),
            expected,
        })
    }
}

impl Resumption {
    /// The input to go on with, where that is safe.
    fn of(
        service: &Service,
        operation: &Operation,
        (input, output): (&Value, &Value),
        head: &WireResponse,
    ) -> Option<Value> {
        let structure = service.structure(operation.input.as_ref()?.shape)?;
        let on_wire = |member: &str, header: &str| {
            structure.member(member).is_some_and(|member| &*member.wire_name == header)
        };
        let is_possible = on_wire("Range", "Range") && on_wire("IfMatch", "If-Match");
        let is_free = ["Range", "IfMatch", "PartNumber"].iter().all(|it| input.get(it).is_none());
        let etag = output.get("ETag")?.as_str()?;
        if !is_possible || !is_free || head.status != 200 || etag.starts_with("W/") {
            return None;
        }
        let mut input = input.clone();
        input.as_object_mut()?.insert("IfMatch", etag);
        Some(input)
    }

    async fn ask(&self, received: u64) -> Result<Answered, CallError> {
        let mut input = self.input.clone();
        if let Some(members) = input.as_object_mut() {
            members.insert("Range", format!("bytes={received}-"));
        }
        self.client.open(&self.target, (&self.service, &self.operation), input).await
    }
}
