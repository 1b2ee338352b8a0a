//! How requests travel: over HTTP, or to a function in this process.
//!
//! The function is the seam where tests and simulations answer in AWS's place. It sees requests as AWS would: signed, and
//! one for each attempt. Each request has the [`CallSite`](crate::CallSite) that it is for among its extensions, so that
//! what stands around a transport need not guess it from the URL.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{TryStreamExt, future::BoxFuture};

use crate::{ClientConfig, ConfigError, RequestBody, ResponseBody, Timeouts, Unanswered};

/// How long a connection is kept that nobody uses. Services close theirs after a minute and less.
const IDLE: Duration = Duration::from_secs(30);

/// After how much silence a connection is tried.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How requests travel.
#[derive(Clone)]
pub enum Transport {
    /// Over HTTP(S), on pooled connections.
    Http(reqwest::Client),
    /// To a function in this process, which is given whole bodies and answers with such.
    Function(TransportFunction),
    /// To a function in this process, bodies piece by piece: what stands around another transport.
    Streaming(StreamingFunction),
}

/// Answers requests in AWS's place.
pub type TransportFunction = Arc<
    dyn Fn(
            http::Request<Bytes>,
        ) -> BoxFuture<'static, Result<http::Response<Bytes>, TransportError>>
        + Send
        + Sync,
>;

/// Answers requests in AWS's place, or passes them on.
pub type StreamingFunction = Arc<
    dyn Fn(
            http::Request<RequestBody>,
        ) -> BoxFuture<'static, Result<http::Response<ResponseBody>, TransportError>>
        + Send
        + Sync,
>;

/// A body ended before it was complete.
#[derive(Debug, thiserror::Error)]
#[error("it ended too early")]
pub(crate) struct LostMidway;

/// What was to be sent could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreadable(Arc<std::io::Error>);

/// No answer came.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// No connection was made: the request was not performed.
    #[error("cannot connect")]
    Connect(#[source] Arc<dyn Error + Send + Sync>),
    /// The connection was lost: whether the request was performed is not known.
    #[error("the connection was lost before the answer was complete")]
    Lost(#[source] Arc<dyn Error + Send + Sync>),
    /// Nothing was sent: the host gave no answer to others lately, and one of them is trying it. With what the
    /// last attempt came to.
    #[error("not tried, since the endpoint answered nobody lately")]
    Silent(#[source] Box<Self>),
    /// No answer came in time: whether the request was performed is not known.
    #[error("no answer in time")]
    TimedOut,
    /// What was to be sent could not be read; the request was not sent to its end.
    #[error("what was to be sent cannot be read")]
    Source(#[source] Arc<dyn Error + Send + Sync>),
    /// The answer is longer than what is held in memory.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The most that would have been held.
        limit: usize,
    },
    /// A recording that is replayed has no such answer.
    #[error(transparent)]
    NotRecorded(Arc<Unanswered>),
}

impl Transport {
    /// HTTP with TLS by rustls and ring, trusting what the configuration or the operating system trusts.
    pub fn http(config: &ClientConfig) -> Result<Self, ConfigError> {
        install_crypto_provider();
        if let Some(path) = &config.ca_bundle {
            let failed = |reason: String| ConfigError::Certificates { path: path.clone(), reason };
            let bundle = std::fs::read(path).map_err(|error| failed(chain(&error)))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&bundle);
            let certificates = certificates.map_err(|error| failed(chain(&error)))?;
            let client = client_builder(&config.timeouts).tls_certs_only(certificates).build();
            return client.map(Self::Http).map_err(|error| failed(chain(&error)));
        }
        client_builder(&config.timeouts).build().map(Self::Http).or_else(|error| {
            // A minimal container has no certificates; plain HTTP to a local endpoint works there nevertheless.
            tracing::warn!(
                error = chain(&error),
                "no trusted certificates found: endpoints that begin with https:// cannot be reached"
            );
            let client = client_builder(&config.timeouts).tls_certs_only([]).build();
            client.map(Self::Http).map_err(|error| ConfigError::Https { reason: chain(&error) })
        })
    }

    /// A function in this process.
    pub fn function<F, Answer>(function: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> Answer + Send + Sync + 'static,
        Answer: Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'static,
    {
        Self::Function(Arc::new(move |request| Box::pin(function(request))))
    }

    /// A function in this process that may pass bodies on piece by piece.
    pub fn streaming<F, Answer>(function: F) -> Self
    where
        F: Fn(http::Request<RequestBody>) -> Answer + Send + Sync + 'static,
        Answer:
            Future<Output = Result<http::Response<ResponseBody>, TransportError>> + Send + 'static,
    {
        Self::Streaming(Arc::new(move |request| Box::pin(function(request))))
    }

    /// Sends a request; comes back with the head of the answer, or with all of it.
    pub async fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> Result<http::Response<ResponseBody>, TransportError> {
        match self {
            Self::Http(client) => send(client, request).await,
            Self::Streaming(function) => function(request).await,
            Self::Function(function) => {
                let (head, body) = request.into_parts();
                let whole = body
                    .collect()
                    .await
                    .map_err(|error| TransportError::Source(Arc::new(error)))?;
                let answer = function(http::Request::from_parts(head, whole)).await?;
                Ok(answer.map(ResponseBody::Whole))
            }
        }
    }
}

impl TransportError {
    /// Whether the request may have been performed although no answer came.
    pub fn may_have_been_performed(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::Silent(_) | Self::NotRecorded(_))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http(_) => "Http",
            Self::Function(_) => "Function",
            Self::Streaming(_) => "Streaming",
        })
    }
}

/// Whoever uses TLS in this process finds ring, and nothing else, as the provider.
pub(crate) fn install_crypto_provider() {
    // An error says that a provider is already installed, which is what is wanted.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

/// An error with all that caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        // Some libraries repeat their source in their own message.
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}

fn client_builder(timeouts: &Timeouts) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("reeve/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .tcp_nodelay(true)
        // A scan calls hundreds of hosts: what a host is not asked again soon costs a descriptor, here and there.
        .pool_max_idle_per_host(64)
        .pool_idle_timeout(IDLE)
        // A connection on which events are waited for is found dead although nothing is sent on it.
        .tcp_keepalive(KEEP_ALIVE)
        // A redirect to another host would need another signature: following one is the caller's business.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
}

async fn send(
    client: &reqwest::Client,
    request: http::Request<RequestBody>,
) -> Result<http::Response<ResponseBody>, TransportError> {
    let request = request.map(http_body).try_into().map_err(failure)?;
    let mut response = client.execute(request).await.map_err(failure)?;
    let mut answer = http::Response::new(());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = std::mem::take(response.headers_mut());
    let chunks = response.bytes_stream().map_err(failure);
    Ok(answer.map(|()| ResponseBody::Chunks(Box::pin(chunks))))
}

fn http_body(body: RequestBody) -> reqwest::Body {
    match body {
        RequestBody::Whole(bytes) => bytes.into(),
        RequestBody::Streamed(body) => {
            let pieces = body.open().map_err(|error| Unreadable(Arc::new(error)));
            reqwest::Body::wrap_stream(pieces)
        }
    }
}

fn failure(error: reqwest::Error) -> TransportError {
    if let Some(Unreadable(error)) = find_cause(&error) {
        return TransportError::Source(Arc::clone(error) as Arc<dyn Error + Send + Sync>);
    }
    let (connecting, timed_out) = (error.is_connect() || error.is_builder(), error.is_timeout());
    // The URL may carry what is asked for; the endpoint is named by the error around this one.
    let error = Arc::new(error.without_url());
    if connecting {
        TransportError::Connect(error)
    } else if timed_out {
        TransportError::TimedOut
    } else {
        TransportError::Lost(error)
    }
}

fn find_cause<T: Error + 'static>(error: &dyn Error) -> Option<&T> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
