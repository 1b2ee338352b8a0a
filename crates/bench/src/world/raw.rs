//! A client that sends the same bytes over and over and counts the answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

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

/// How many answers a second come to a request.
pub(super) async fn rate(endpoint: &str, request: &[u8], duration: Duration) -> Result<f64> {
    let address = endpoint.trim_start_matches("http://").to_owned();
    let request: Arc<[u8]> = request.into();
    let answered = Arc::new(AtomicU32::new(0));
    let watch = Stopwatch::start();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, request, answered) =
            (address.clone(), Arc::clone(&request), Arc::clone(&answered));
        connections.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            while watch.elapsed() < duration {
                let asked = tokio::time::timeout(PATIENCE, connection.ask(&request)).await;
                let stays = asked.context("no answer came")??;
                answered.fetch_add(1, Ordering::Relaxed);
                if !stays {
                    connection = Connection::open(&address).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = connections.join_next().await {
        ended??;
    }
    Ok(f64::from(answered.load(Ordering::Relaxed)) / watch.elapsed().as_secs_f64())
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

    /// Sends the request and reads its answer to the end. Whether the connection stays open.
    async fn ask(&mut self, request: &[u8]) -> Result<bool> {
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
        Ok(!text.contains("connection: close") && text.starts_with("http/1.1"))
    }
}
