//! A server on loopback that does with a connection what a script says.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use reeve_aws::{Client, EndpointOverrides};
use reeve_time::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::harness::config;

/// What is done after a request was read.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Nothing more, until the other side goes away.
    Hang,
    Close,
}

/// A server and what it saw.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) accepted: Arc<AtomicUsize>,
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The head of a request, in lower case, and its body.
    pub(crate) fn request(&self, number: usize) -> (String, Vec<u8>) {
        let request = self.requests.lock().unwrap()[number].clone();
        let end = head_end(&request).unwrap();
        (String::from_utf8_lossy(&request[..end]).to_lowercase(), request[end..].to_vec())
    }

    /// Waits until no connection is open.
    pub(crate) async fn closed(&self) {
        while self.open.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// A client that knows nothing but this server.
    pub(crate) fn client(&self) -> Client {
        let (mut config, _) = config();
        config.endpoints = EndpointOverrides::everywhere(self.url.clone());
        Client::new(config, Clock::system()).unwrap()
    }
}

/// Serves; the script is given the number of the request.
pub(crate) async fn serve(script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        url: format!("http://{}", listener.local_addr().unwrap()),
        accepted: Arc::default(),
        open: Arc::default(),
        requests: Arc::default(),
    };
    let (accepted, open) = (Arc::clone(&server.accepted), Arc::clone(&server.open));
    let requests = Arc::clone(&server.requests);
    let script = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            accepted.fetch_add(1, Ordering::Relaxed);
            open.fetch_add(1, Ordering::Relaxed);
            let (script, open) = (Arc::clone(&script), Arc::clone(&open));
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                // However it ended, it is over.
                let _over = answer(stream, &*script, &requests).await;
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    server
}

/// An answer with a body of known length.
pub(crate) fn whole(head: &str, body: &[u8]) -> Step {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 200 OK\r\n{head}content-length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    Step::Send(bytes)
}

async fn answer(
    mut stream: TcpStream,
    script: &(impl Fn(usize) -> Vec<Step> + Send + Sync),
    requests: &Mutex<Vec<Vec<u8>>>,
) -> io::Result<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(request);
            requests.len() - 1
        };
        for step in script(number) {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::Hang => {
                    stream.read_to_end(&mut Vec::new()).await?;
                }
                Step::Close => return Ok(()),
            }
        }
    }
}

/// Reads one request, however it is cut into pieces.
async fn read_request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = vec![0; 64 << 10];
        let length = stream.read(&mut piece).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..length]);
        let Some(end) = head_end(&bytes) else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let expected: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if bytes.len() >= end + expected {
            return Ok(bytes);
        }
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}
