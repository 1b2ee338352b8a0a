//! The twin behind a socket.
//!
//! Connections are kept alive, and can be cut without an answer: a fault that loses a response has to look to the client
//! exactly as a lost response does. So each connection's stream has a switch that its requests carry, and a stream that
//! was switched off refuses to be written to.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State, connect_info::Connected},
    response::Response,
    serve::{IncomingStream, Listener},
};
use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::{
    control,
    twin::{Twin, is_disconnected, latency},
};

const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The body of a request to the twin's own API may be a whole world.
const LARGEST_SNAPSHOT: usize = 4 * 1024 * 1024 * 1024 - 1;

/// How often a world moves that nobody calls.
const TICK: Duration = Duration::from_secs(1);

impl Twin {
    /// Serves until `shutdown` completes; requests under way are answered first.
    pub async fn serve<F>(&self, listener: TcpListener, shutdown: F) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let moving = tokio::spawn(keep_moving(self.clone()));
        let router = Router::new().fallback(answer).with_state(self.clone());
        let service = router.into_make_service_with_connect_info::<Switch>();
        let served = axum::serve(Lines(listener), service).with_graceful_shutdown(shutdown).await;
        moving.abort();
        served
    }
}

/// Lets the world age while nobody calls, so that the next call does not have to wait for days of it.
async fn keep_moving(twin: Twin) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        twin.advance();
    }
}

/// The twin's own API is for this machine, unless the twin was told otherwise.
fn is_forbidden(twin: &Twin, path: &str, switch: &Switch) -> bool {
    control::is_for(path)
        && !twin.is_open()
        && !switch.peer.is_some_and(|peer| peer.ip().is_loopback())
}

async fn answer(
    State(twin): State<Twin>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if is_forbidden(&twin, path, &switch) {
        return control::forbidden().map(Body::from);
    }
    let largest = if control::is_for(path) { LARGEST_SNAPSHOT } else { LARGEST_BODY };
    let Ok(body) = to_bytes(body, largest).await else {
        // The client went away, or sends more than any call needs.
        switch.off();
        return Response::default();
    };
    let response = twin.handle(http::Request::from_parts(parts, body));
    let held_back = latency(&response);
    if !held_back.is_zero() {
        tokio::time::sleep(held_back).await;
    }
    if is_disconnected(&response) {
        switch.off();
    }
    response.map(|body: Bytes| Body::from(body))
}

/// Turns a connection off.
#[derive(Debug, Clone, Default)]
struct Switch {
    off: Arc<AtomicBool>,
    /// Who is at the other end.
    peer: Option<SocketAddr>,
}

impl Switch {
    fn off(&self) {
        self.off.store(true, Ordering::Release);
    }

    fn is_off(&self) -> bool {
        self.off.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().switch.clone()
    }
}

/// Accepts connections with a switch.
struct Lines(TcpListener);

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        // The listener of the standard library's kind retries what passes, such as too many open files.
        let (stream, address) = Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let switch = Switch { off: Arc::default(), peer: Some(address) };
        (Line { stream, switch }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection with a switch.
struct Line {
    stream: TcpStream,
    switch: Switch,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        if self.switch.is_off() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }
}
