//! Answers that are a stream of events, such as the lines of a log while they are written.
//!
//! Events come over HTTP/1.1, one after the other, for as long as the service sends them. Operations that also take events
//! would need HTTP/2, and are refused by name.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use reeve_model::{
    DecodeError, EventMessage, Protocol, Service, Value,
    event_stream::{Event, FrameReader, decode_event},
};

use super::flow::Flow;
use crate::{
    CallError, CallSite, Client, Target, TransportError,
    call::{self, Answered},
    message,
    transport::LostMidway,
};

/// An answer whose events are still to come.
pub struct Events {
    /// The output without the events.
    pub output: Value,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    stream: BoxStream<'static, Result<Value, CallError>>,
}

/// Reads events out of bytes.
struct Reader {
    flow: Flow,
    frames: FrameReader,
    service: Arc<Service>,
    operation: String,
    // What was read before it was asked for.
    early: VecDeque<Value>,
}

impl Client {
    /// Calls an operation that answers with a stream of events.
    ///
    /// Each item is an object with one member, which is named after the kind of the event. An error is the last item, and
    /// dropping the stream ends the connection.
    pub async fn events(
        &self,
        target: &Target,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Events, CallError> {
        let names = (service, operation);
        let site = CallSite::of(target, service, operation);
        let invalid = |problem: &str| CallError::invalid(&site, problem);
        let service = call::find_service(service)?;
        let found = call::find_operation(&service, operation)?;
        let Some(member) = found.event_output(&service) else {
            return Err(invalid("its answer is no stream of events: call it"));
        };
        if found.event_input(&service).is_some() {
            return Err(invalid("it takes events while it sends some, which needs HTTP/2"));
        }
        let Answered { mut output, head, body } = self.open(target, names, input).await?;
        if let Some(members) = output.as_object_mut() {
            members.remove(&member.name);
        }
        let flow = Flow::new(site, &head, body, self.config().timeouts.attempt);
        let is_rpc = !matches!(service.metadata().protocol, Protocol::RestJson | Protocol::RestXml);
        let mut reader = Reader {
            flow,
            frames: FrameReader::new(),
            operation: operation.to_owned(),
            early: VecDeque::new(),
            service,
        };
        if is_rpc {
            output = reader.complete(output).await?;
        }
        let request_id = reader.flow.request_id.clone();
        Ok(Events { output, request_id, stream: reader.into_stream() })
    }
}

impl Stream for Events {
    type Item = Result<Value, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.poll_next_unpin(context)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Events")
            .field("output", &self.output)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Reader {
    fn into_stream(self) -> BoxStream<'static, Result<Value, CallError>> {
        let next = async |mut reader: Self| Ok(reader.next().await?.map(|event| (event, reader)));
        // After an error, and after the end, there is nothing.
        stream::try_unfold(self, next).fuse().boxed()
    }

    /// Adds what the RPC protocols say in the first message, if it says anything but an event.
    async fn complete(&mut self, mut output: Value) -> Result<Value, CallError> {
        match self.message().await?.map(|message| self.read(&message)).transpose()? {
            Some(Event::InitialResponse(Value::Object(members))) => {
                if let Some(output) = output.as_object_mut() {
                    output.extend(members);
                }
            }
            Some(Event::Member { value, .. }) => self.early.push_back(value),
            Some(Event::InitialResponse(_) | Event::Unknown { .. }) | None => {}
        }
        Ok(output)
    }

    async fn next(&mut self) -> Result<Option<Value>, CallError> {
        if let Some(early) = self.early.pop_front() {
            return Ok(Some(early));
        }
        while let Some(message) = self.message().await? {
            match self.read(&message)? {
                Event::Member { value, .. } => return Ok(Some(value)),
                Event::InitialResponse(_) => {}
                Event::Unknown { name } => {
                    tracing::debug!(aws.event = name, "skipped an event that the model lacks");
                }
            }
        }
        Ok(None)
    }

    /// The next message; none if the stream has ended as it should.
    async fn message(&mut self) -> Result<Option<EventMessage>, CallError> {
        loop {
            let next = self.frames.next_message();
            match next.map_err(|error| self.flow.malformed(error.to_string(), String::new()))? {
                Some(message) => return Ok(Some(message)),
                None => match self.flow.next().await? {
                    Some(bytes) => self.frames.push(&bytes),
                    None if self.frames.finish().is_err() => {
                        let lost = TransportError::Lost(Arc::new(LostMidway));
                        return Err(self.flow.interrupted(lost));
                    }
                    None => return Ok(None),
                },
            }
        }
    }

    fn read(&self, event: &EventMessage) -> Result<Event, CallError> {
        let operation = call::find_operation(&self.service, &self.operation)?;
        decode_event(&self.service, operation, event).map_err(|error| match error {
            DecodeError::Service(mut error) => {
                error.request_id = error.request_id.or_else(|| self.flow.request_id.clone());
                call::refused(&self.flow.site, (&self.service, operation), *error).0
            }
            error => {
                let shown = message::excerpt_of(&self.service, operation, &event.payload);
                self.flow.malformed(error.to_string(), shown)
            }
        })
    }
}
