//! A message, and what is answered to it.

use std::{fmt, net::IpAddr, time::Duration};

use reqwest::{
    Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

/// What takes the place of secrets.
const MASK: &str = "****";

/// Shorter texts are not looked for in answers: they would be found everywhere.
const SHORTEST_SECRET: usize = 6;

/// Something to be sent. Where and with which headers may be secret, and is not printed.
#[derive(Clone)]
pub struct Message {
    url: Url,
    headers: HeaderMap,
    body: String,
    timeout: Duration,
    secrets: Vec<String>,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub code: u16,
    /// The body, as text, without what the message kept secret.
    pub body: String,
}

/// Why something cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// The address is none.
    #[error("its address is no URL")]
    Url,
    /// The address is not one of HTTPS.
    #[error(
        "its address does not begin with https://, which only addresses of this machine need not"
    )]
    Unencrypted,
    /// A header's name or value is none.
    #[error("the header `{0}` is none of HTTP")]
    Header(String),
}

impl Message {
    /// A message of JSON, unless a header says otherwise.
    pub fn new(url: &str, body: String, timeout: Duration) -> Result<Self, InvalidMessage> {
        let url = parse_url(url)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let path = url.path().trim_matches('/').to_owned();
        let secrets = vec![url.as_str().to_owned(), path];
        Ok(Self { url, headers, body, timeout, secrets })
    }

    /// Adds a header, in the place of another of its name. What is secret is looked for in the answer.
    pub fn header(&mut self, name: &str, value: &str, secret: bool) -> Result<(), InvalidMessage> {
        let wrong = || InvalidMessage::Header(name.to_owned());
        let key: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut header: HeaderValue = value.parse().map_err(|_| wrong())?;
        header.set_sensitive(secret);
        self.headers.insert(key, header);
        if secret {
            self.secrets.push(value.to_owned());
            // What follows the scheme of a credential is the secret itself.
            self.secrets.extend(value.split_once(' ').map(|(_, rest)| rest.to_owned()));
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A text of the server's without what is secret.
    pub(crate) fn masked(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Message(****)")
    }
}

/// An address of HTTPS, or one of this machine.
fn parse_url(text: &str) -> Result<Url, InvalidMessage> {
    let url = Url::parse(text.trim()).map_err(|_| InvalidMessage::Url)?;
    let Some(host) = url.host_str() else { return Err(InvalidMessage::Url) };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(host) => Ok(url),
        "http" => Err(InvalidMessage::Unencrypted),
        _ => Err(InvalidMessage::Url),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<(), InvalidMessage> {
        Message::new(url, String::new(), Duration::ZERO).map(|_| ())
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_encryption() {
        for url in [
            "https://hooks.example.com/x",
            "http://localhost:8080/x",
            "http://127.0.0.1/x",
            "http://[::1]:9/x",
        ] {
            assert_eq!(read(url), Ok(()), "{url}");
        }
        for url in ["http://hooks.example.com", "http://10.0.0.1", "http://localhost.example.com"] {
            assert_eq!(read(url), Err(InvalidMessage::Unencrypted), "{url}");
        }
        for url in ["hooks.example.com", "ftp://127.0.0.1", "file:///etc/passwd", ""] {
            assert_eq!(read(url), Err(InvalidMessage::Url), "{url}");
        }
    }

    #[test]
    fn what_is_secret_is_masked_and_not_printed() {
        let mut message =
            Message::new("https://h.example.com/T0/B0/xyz", String::new(), Duration::ZERO).unwrap();
        message.header("Authorization", "Bearer abc123def", true).unwrap();
        assert_eq!(message.masked("no T0/B0/xyz for abc123def"), "no **** for ****");
        assert_eq!(format!("{message:?}"), "Message(****)");
        let wrong = message.header("two words", "x", false);
        assert_eq!(wrong, Err(InvalidMessage::Header("two words".to_owned())));
    }
}
