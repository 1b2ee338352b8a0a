//! The client over real connections, to a server on loopback.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use reeve_aws::{CallError, Client, ClientConfig};
use reeve_model::Value;
use reeve_time::Clock;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::harness::{config, target};

const ANSWER: &str = "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>";

/// Reads one request, however it is cut into pieces.
async fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let expected = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
        });
        if body.len() >= expected.unwrap_or(0_usize) {
            return Ok(text);
        }
    }
}

/// A server that loses the first `losses` connections after it has read a request, and answers on the others.
async fn server(losses: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let number = counter.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                while let Ok(request) = read_request(&mut stream).await {
                    if number < losses {
                        return;
                    }
                    assert!(request.contains("authorization: AWS4-HMAC-SHA256 "), "{request}");
                    assert!(request.contains("user-agent: reeve/"), "{request}");
                    let length = ANSWER.len();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{ANSWER}");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, connections)
}

fn client(url: String) -> Client {
    let (config, _) = config();
    let config =
        ClientConfig { endpoints: reeve_aws::EndpointOverrides::everywhere(url), ..config };
    Client::new(config, Clock::system()).unwrap()
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let (url, connections) = server(0).await;
    let client = client(url);
    for _ in 0..3 {
        client.call(&target(), "ec2", "DescribeInstances", Value::object()).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_share_as_many_connections_as_they_are() {
    let (url, connections) = server(0).await;
    let client = client(url);
    for _ in 0..5 {
        let target = target();
        let call = || client.call(&target, "ec2", "DescribeInstances", Value::object());
        for outcome in join_all((0..8).map(|_| call())).await {
            outcome.unwrap();
        }
    }
    let connections = connections.load(Ordering::Relaxed);
    assert!(connections <= 8, "{connections}");
}

#[tokio::test]
async fn a_connection_that_is_lost_is_made_again() {
    let (url, connections) = server(2).await;
    let client = client(url);
    client.call(&target(), "ec2", "DescribeInstances", Value::object()).await.unwrap();
    assert_eq!(connections.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let call = client(url.clone());
    let error =
        call.call(&target(), "ec2", "DescribeInstances", Value::object()).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains(&url), "{error}");
    assert!(!error.may_have_been_performed(), "nothing was sent");
    assert!(error.hint().unwrap().contains("right endpoint"));
}
