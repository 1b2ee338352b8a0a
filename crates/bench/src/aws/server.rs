//! Answers calls from memory, as cheaply as can be: it shares two cores with what is measured.
//!
//! One thread, kept-alive connections, answers made beforehand. A request is recognised by a word of it, and signatures
//! are not looked at. Pages of `DescribeInstances` never end: the token of each is one more than that of the one before.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use reeve_model::WireResponse;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::LocalSet,
};

use crate::{
    aws::{instances, samples},
    report,
};

/// Stands in the page where its token goes.
const TOKEN: &str = "--token--";

/// What is answered.
struct Answers {
    small: Vec<(&'static str, Vec<u8>)>,
    page: Page,
}

/// A page up to its token, and from there on.
struct Page {
    head: String,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// Serves on a free port, and prints its address.
pub(super) async fn serve() -> Result<()> {
    let answers = Arc::new(Answers::new()?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    report::print(&format!("http://{}", listener.local_addr()?))?;
    let connections = LocalSet::new();
    connections
        .run_until(async {
            loop {
                let (connection, _) = listener.accept().await?;
                connection.set_nodelay(true)?;
                let answers = Arc::clone(&answers);
                // A client that goes away is no error.
                connections.spawn_local(async move { answers.serve(connection).await.ok() });
            }
        })
        .await
}

impl Answers {
    fn new() -> Result<Self> {
        let small = samples::small_calls().into_iter().map(|(call, output)| {
            let answer = samples::answer(call.service, call.operation, &output)?;
            let mark = if call.service == "s3" { "tagging" } else { call.operation };
            Ok((mark, [head(&answer, answer.body.len()).as_bytes(), &answer.body].concat()))
        });
        let small = small.collect::<Result<_>>()?;
        Ok(Self { small, page: Page::new()? })
    }

    async fn serve(&self, mut connection: TcpStream) -> Result<()> {
        let mut read = Vec::with_capacity(4096);
        loop {
            read.clear();
            if !read_request(&mut connection, &mut read).await? {
                return Ok(());
            }
            let request = std::str::from_utf8(&read)?;
            match self.small.iter().find(|(mark, _)| request.contains(mark)) {
                Some((_, answer)) => connection.write_all(answer).await?,
                None => self.page.send(request, &mut connection).await?,
            }
        }
    }
}

impl Page {
    fn new() -> Result<Self> {
        let page = instances::page(samples::PAGE, TOKEN);
        let answer = samples::answer("ec2", "DescribeInstances", &page)?;
        let text = std::str::from_utf8(&answer.body)?;
        let (before, after) = text.split_once(TOKEN).context("the page has no token")?;
        // Tokens have ten digits, so that all pages have one length.
        let head = head(&answer, before.len() + 10 + after.len());
        Ok(Self { head, before: before.into(), after: after.into() })
    }

    async fn send(&self, request: &str, connection: &mut TcpStream) -> Result<()> {
        let asked = request.split_once("NextToken=").map_or("", |(_, token)| token);
        let number: u64 = asked.get(..10).and_then(|token| token.parse().ok()).unwrap_or_default();
        connection.write_all(self.head.as_bytes()).await?;
        connection.write_all(&self.before).await?;
        connection.write_all(format!("{:010}", number + 1).as_bytes()).await?;
        connection.write_all(&self.after).await?;
        Ok(())
    }
}

fn head(answer: &WireResponse, length: usize) -> String {
    let headers: String =
        answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {} OK\r\n{headers}content-length: {length}\r\n\r\n", answer.status)
}

/// Reads one request, head and body; false if no more comes.
async fn read_request(connection: &mut TcpStream, read: &mut Vec<u8>) -> Result<bool> {
    loop {
        if connection.read_buf(read).await? == 0 {
            return Ok(false);
        }
        let text = std::str::from_utf8(read)?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().filter_map(|line| line.split_once(": ")).find_map(|header| {
            header.0.eq_ignore_ascii_case("content-length").then(|| header.1.parse().ok())?
        });
        if body.len() >= length.unwrap_or(0_usize) {
            return Ok(true);
        }
    }
}
