//! A client that sends the same bytes over and over and counts the answers.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use reeve_time::Stopwatch;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

/// How many connections there are, each with one request under way.
const CONNECTIONS: usize = 16;

/// After so long a server that does not answer is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came back.
pub(super) struct Answered {
    /// How many answers.
    pub(super) count: u32,
    /// How many a second.
    pub(super) rate: f64,
    /// How long the body of one is.
    pub(super) bytes: usize,
}

/// How many answers a second come to a request.
pub(super) async fn rate(endpoint: &str, request: &[u8], duration: Duration) -> Result<Answered> {
    let address = endpoint.trim_start_matches("http://").to_owned();
    let request: Arc<[u8]> = request.into();
    let watch = Stopwatch::start();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, request) = (address.clone(), Arc::clone(&request));
        connections.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let (mut count, mut bytes) = (0_u32, 0);
            while watch.elapsed() < duration {
                let asked = tokio::time::timeout(PATIENCE, connection.ask(&request)).await;
                let answer = asked.context("no answer came")??;
                (count, bytes) = (count + 1, answer.bytes);
                if !answer.stays {
                    connection = Connection::open(&address).await?;
                }
            }
            anyhow::Ok((count, bytes))
        });
    }
    let (mut count, mut bytes) = (0, 0);
    while let Some(ended) = connections.join_next().await {
        let (of_one, length) = ended??;
        (count, bytes) = (count + of_one, length);
    }
    Ok(Answered { count, rate: f64::from(count) / watch.elapsed().as_secs_f64(), bytes })
}

/// One answer.
struct Answer {
    /// How long its body was.
    bytes: usize,
    /// Whether the connection stays open.
    stays: bool,
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 16] })
    }

    /// Sends the request and reads its answer to the end.
    async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let mut head = Vec::new();
        let body_starts = loop {
            let read = self.stream.read(&mut self.buffer).await?;
            ensure!(read > 0, "the connection was closed");
            head.extend_from_slice(self.buffer.get(..read).unwrap_or_default());
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text =
            String::from_utf8_lossy(head.get(..body_starts).unwrap_or_default()).to_lowercase();
        ensure!(
            text.starts_with("http/1.1 200") || text.starts_with("http/1.0 200"),
            "the call failed: {text}"
        );
        let length = text.split("content-length:").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.context("an answer without length")?.trim().parse()?;
        let mut missing = (body_starts + length).saturating_sub(head.len());
        while missing > 0 {
            let read = self.stream.read(&mut self.buffer).await?;
            ensure!(read > 0, "the connection was closed");
            missing = missing.saturating_sub(read);
        }
        let stays = !text.contains("connection: close") && text.starts_with("http/1.1");
        Ok(Answer { bytes: length, stays })
    }
}
