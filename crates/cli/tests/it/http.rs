//! As much of HTTP as the tests need to ask a server.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
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

/// A server-sent event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Value,
}

/// Server-sent events, as they arrive.
pub(crate) struct Events {
    stream: BufReader<TcpStream>,
    text: String,
}

impl Address {
    /// Listens to events, after one that was seen.
    pub(crate) fn listen(&self, path: &str, last: Option<u64>) -> Events {
        let Self { host, token } = self;
        let mut stream = TcpStream::connect(host).unwrap();
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n{last}\
             accept: text/event-stream\r\n\r\n",
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let head: Vec<String> = stream
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        Events { stream, text: String::new() }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim().to_owned())
                };
                // What has no data is a comment.
                let Some(data) = field("data:") else { continue };
                return Some(Event {
                    kind: field("event:").unwrap(),
                    id: field("id:").map(|id| id.parse().unwrap()),
                    data: serde_json::from_str(&data).unwrap(),
                });
            }
            let mut size = String::new();
            self.stream.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).unwrap();
            if size == 0 {
                return None;
            }
            self.text += std::str::from_utf8(&chunk[..size]).unwrap();
        }
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
