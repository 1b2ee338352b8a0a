//! Sends messages over HTTP.

use std::error::Error;

use reqwest::{Client, StatusCode, redirect};

use crate::{
    error::SendError,
    message::{Answer, Message},
};

/// The most of an answer that is read.
const MOST_BYTES: usize = 100 * 1024;

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 5;

/// Sends messages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
}

impl Sender {
    /// A sender that trusts whom the operating system trusts. Nothing is sent yet.
    pub fn new() -> Result<Self, SendError> {
        // An error says that a provider is already installed, which is what is wanted.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .user_agent(concat!("reeve/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::custom(follow))
                .referer(false)
                .pool_max_idle_per_host(0)
        };
        let client = builder().build().or_else(|error| {
            // A minimal container has no certificates; plain HTTP to this machine works there nevertheless.
            tracing::warn!(%error, "no trusted certificates found: no server can be reached by https");
            builder().tls_certs_only([]).build()
        });
        client.map(|client| Self { client }).map_err(|error| SendError::Connect(chain(&error)))
    }

    /// Sends a message, once. Whatever status the server answers is an answer.
    pub async fn send(&self, message: &Message) -> Result<Answer, SendError> {
        let request = self
            .client
            .post(message.url().clone())
            .headers(message.headers().clone())
            .body(message.body().to_owned())
            .timeout(message.timeout());
        let mut response = request.send().await.map_err(|error| failure(error, message))?;
        let status = response.status();
        let code = status.as_u16();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(SendError::Redirected { code });
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| failure(error, message))? {
            if body.len() + piece.len() > MOST_BYTES {
                return Err(SendError::TooLong { code, limit: MOST_BYTES });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { code, body: message.masked(&String::from_utf8_lossy(&body)) })
    }
}

/// The same request to the same place may be made again where the server says so; anything else is the server's answer.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let is_same_request = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT]
        .contains(&attempt.status());
    let place = |url: &reqwest::Url| {
        (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
    };
    let is_same_place =
        attempt.previous().first().is_some_and(|first| place(first) == place(attempt.url()));
    if is_same_request && is_same_place && attempt.previous().len() <= MOST_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn failure(error: reqwest::Error, message: &Message) -> SendError {
    let (connecting, timed_out) = (error.is_connect() || error.is_builder(), error.is_timeout());
    let text = message.masked(&chain(&error.without_url()));
    if connecting {
        SendError::Connect(text)
    } else if timed_out {
        SendError::TimedOut(message.timeout())
    } else {
        SendError::Lost(text)
    }
}

/// An error with all that caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
