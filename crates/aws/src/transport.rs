//! How requests travel: over HTTP, or to a function in this process.
//!
//! The function is the seam where tests and simulations answer in AWS's place. It sees requests as AWS would: signed, and
//! one for each attempt.

use std::{error::Error, fmt, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{ClientConfig, ConfigError, Timeouts};

/// How requests travel.
#[derive(Clone)]
pub enum Transport {
    /// Over HTTP(S), on pooled connections.
    Http(reqwest::Client),
    /// To a function in this process.
    Function(TransportFunction),
}

/// Answers requests in AWS's place.
pub type TransportFunction = Arc<
    dyn Fn(
            http::Request<Bytes>,
        ) -> BoxFuture<'static, Result<http::Response<Bytes>, TransportError>>
        + Send
        + Sync,
>;

/// No answer came.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// No connection was made: the request was not performed.
    #[error("cannot connect")]
    Connect(#[source] Arc<dyn Error + Send + Sync>),
    /// The connection was lost: whether the request was performed is not known.
    #[error("the connection was lost before the answer was complete")]
    Lost(#[source] Arc<dyn Error + Send + Sync>),
    /// Nothing was sent: the host gave no answer to others lately, and one of them is trying it.
    #[error("not tried, since the endpoint answered nobody lately")]
    Silent,
    /// No answer came in time: whether the request was performed is not known.
    #[error("no answer in time")]
    TimedOut,
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

    pub(crate) async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        match self {
            Self::Http(client) => send(client, request).await,
            Self::Function(function) => function(request).await,
        }
    }
}

impl TransportError {
    /// Whether the request may have been performed although no answer came.
    pub fn may_have_been_performed(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::Silent)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http(_) => "Http",
            Self::Function(_) => "Function",
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
        .pool_max_idle_per_host(64)
        // A redirect to another host would need another signature: following one is the caller's business.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
}

async fn send(
    client: &reqwest::Client,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, TransportError> {
    let request = request.try_into().map_err(failure)?;
    let response = client.execute(request).await.map_err(failure)?;
    let mut answer = http::Response::new(Bytes::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await.map_err(failure)?;
    Ok(answer)
}

fn failure(error: reqwest::Error) -> TransportError {
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
