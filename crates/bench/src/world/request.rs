//! A request as Reeve's own client signs it, caught before it is sent.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use reeve_aws::{
    AccessKey, Client, ClientConfig, CredentialSource, EndpointOverrides, Secret, Target, Transport,
};
use reeve_model::{catalog, conform};
use reeve_time::Clock;

/// A signed request, to be sent any number of times.
pub(super) struct Request(http::request::Parts, Bytes);

impl Request {
    /// As it goes over a connection.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Self(parts, body) = self;
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut bytes = format!("{} {path} HTTP/1.1\r\n", parts.method).into_bytes();
        let mut has_host = false;
        for (name, value) in &parts.headers {
            has_host |= name == http::header::HOST;
            if name == http::header::CONTENT_LENGTH {
                continue;
            }
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        if !has_host && let Some(authority) = parts.uri.authority() {
            bytes.extend_from_slice(format!("host: {authority}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    /// As the twin takes it without a socket.
    pub(super) fn to_http(&self) -> Result<http::Request<Bytes>> {
        let Self(parts, body) = self;
        let mut request = http::Request::builder().method(&parts.method).uri(&parts.uri);
        for (name, value) in &parts.headers {
            request = request.header(name, value);
        }
        if let Some(authority) = parts.uri.authority() {
            request = request.header(http::header::HOST, authority.as_str());
        }
        Ok(request.body(body.clone())?)
    }
}

/// Signs a call with the key of every shipped scenario.
pub(super) async fn signed(
    endpoint: &str,
    service: &str,
    operation: &str,
    input: &str,
) -> Result<Request> {
    let key = AccessKey {
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: None,
    };
    let config = ClientConfig {
        credentials: CredentialSource::Fixed(key),
        endpoints: EndpointOverrides::everywhere(endpoint),
        ..ClientConfig::default()
    };
    let caught = Arc::new(Mutex::new(None));
    let catching = Arc::clone(&caught);
    let transport = Transport::function(move |request: http::Request<Bytes>| {
        let (parts, body) = request.into_parts();
        *catching.lock().unwrap_or_else(PoisonError::into_inner) = Some(Request(parts, body));
        async { Ok(http::Response::new(Bytes::new())) }
    });
    let client = Client::with_transport(config, Clock::system(), transport)?;
    let model = catalog().service(service)?;
    let input = conform(&model, model.operation(operation)?, &serde_json::from_str(input)?)
        .map_err(|wrong| anyhow::anyhow!("{wrong:?}"))?;
    let region = "eu-west-1".parse()?;
    let target =
        Target { account: None, region, actor: "bench".to_owned(), reason: None, role: None };
    // The answer is empty and may not be one; the request is what is wanted.
    client.call(&target, service, operation, input).await.ok();
    let request = caught.lock().unwrap_or_else(PoisonError::into_inner).take();
    request.context("no request was made")
}
