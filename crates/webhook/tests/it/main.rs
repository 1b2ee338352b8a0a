//! Messages to a server on this machine.

#![cfg(test)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::LOCATION},
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use reeve_webhook::{Message, SendError, Sender};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};

type Seen = Arc<Mutex<Vec<String>>>;

async fn take(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> String {
    let token = headers.get("x-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    seen.lock()
        .unwrap()
        .push(format!("{} {token} {body}", headers["content-type"].to_str().unwrap()));
    format!("thanks for {token}")
}

/// A server, and what was sent to `/take` on it.
async fn server() -> (String, Seen) {
    let seen = Seen::default();
    let elsewhere = || async { Redirect::temporary("http://localhost:1/take") };
    let away =
        || async { ([(LOCATION, "/take")], StatusCode::SEE_OTHER).into_response() as Response };
    let router = Router::new()
        .route("/take", post(take))
        .route("/here", post(|| async { Redirect::temporary("/take") }))
        .route("/elsewhere", post(elsewhere))
        .route("/other", post(away))
        .route("/round", post(|| async { Redirect::permanent("/round") }))
        .route("/down", post(|| async { (StatusCode::BAD_GATEWAY, "no") }))
        .route("/much", post(|| async { "x".repeat(200_000) }))
        .with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), seen)
}

fn message(url: &str) -> Message {
    let mut message = Message::new(url, "{}".to_owned(), Duration::from_secs(30)).unwrap();
    message.header("X-Token", "open-sesame", true).unwrap();
    message
}

#[tokio::test]
async fn a_message_arrives_with_its_headers_and_secrets_do_not_come_back() {
    let (url, seen) = server().await;
    let answer = Sender::new().unwrap().send(&message(&format!("{url}/take"))).await.unwrap();
    assert_eq!((answer.code, answer.body.as_str()), (200, "thanks for ****"));
    assert_eq!(*seen.lock().unwrap(), ["application/json open-sesame {}"]);
}

#[tokio::test]
async fn a_status_of_failure_is_an_answer() {
    let (url, _) = server().await;
    let answer = Sender::new().unwrap().send(&message(&format!("{url}/down"))).await.unwrap();
    assert_eq!((answer.code, answer.body.as_str()), (502, "no"));
}

#[tokio::test]
async fn redirects_are_followed_within_the_host_and_nowhere_else() {
    let (url, seen) = server().await;
    let sender = Sender::new().unwrap();
    assert_eq!(sender.send(&message(&format!("{url}/here"))).await.unwrap().code, 200);
    assert_eq!(seen.lock().unwrap().len(), 1);
    for (path, code) in [("elsewhere", 307), ("other", 303), ("round", 308)] {
        let error = sender.send(&message(&format!("{url}/{path}"))).await.unwrap_err();
        assert!(matches!(error, SendError::Redirected { code: found } if found == code), "{error}");
        assert!(!error.may_have_been_received());
    }
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn of_a_long_answer_no_more_is_read_than_is_kept() {
    let (url, _) = server().await;
    let error = Sender::new().unwrap().send(&message(&format!("{url}/much"))).await.unwrap_err();
    assert_eq!(error.to_string(), "it answered 200 with more than 102400 bytes");
}

/// A server that reads a request and then hangs up, or says nothing.
async fn silent(hangs_up: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept: Vec<TcpStream> = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _amount = stream.read(&mut [0; 4096]).await;
            if !hangs_up {
                kept.push(stream);
            }
        }
    });
    address
}

#[tokio::test]
async fn a_lost_answer_leaves_open_whether_it_arrived_and_a_refused_connection_does_not() {
    let sender = Sender::new().unwrap();
    let send = async |url: &str| {
        let message = Message::new(url, String::new(), Duration::from_millis(300)).unwrap();
        sender.send(&message).await.unwrap_err()
    };
    let hung_up = send(&format!("http://{}/secret-path", silent(true).await)).await;
    assert!(matches!(hung_up, SendError::Lost(_)) && hung_up.may_have_been_received());
    let no_answer = send(&format!("http://{}/secret-path", silent(false).await)).await;
    assert!(matches!(no_answer, SendError::TimedOut(_)) && no_answer.may_have_been_received());
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = send(&format!("http://{closed}/secret-path")).await;
    assert!(matches!(refused, SendError::Connect(_)) && !refused.may_have_been_received());
    for error in [hung_up, no_answer, refused] {
        assert!(!error.to_string().contains("secret-path"), "{error}");
    }
}
