//! As much of HTTP as the tests need to ask a server.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

/// Where a server listens, and the token it asks for.
pub(crate) struct Address {
    host: String,
    token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Address {
    /// Reads `http://host/#token=…`.
    pub(crate) fn parse(url: &str) -> Self {
        let (host, token) = url.split_once("/#token=").unwrap();
        Self { host: host.trim_start_matches("http://").to_owned(), token: token.trim().to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, body)
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { host: self.host.clone(), token: token.to_owned() }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let Self { host, token } = self;
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, body: body.to_owned() }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// `404 RV1012: there is nothing at …`, for answers that are errors.
    pub(crate) fn error(&self) -> String {
        let json = self.json();
        let text = |key: &str| json["error"][key].as_str().unwrap_or_default().to_owned();
        format!("{} {}: {}", self.status, text("code"), text("message"))
    }
}
