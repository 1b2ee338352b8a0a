//! The twin behind a socket.

use reeve_twin::{Effect, FaultRule};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::world::{ACCOUNT, Session, World, request};

/// Serves a world while `client` runs.
async fn served<F: Future<Output = ()>>(world: &World, client: impl FnOnce(TcpStream) -> F) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let twin = world.twin.clone();
    let server = tokio::spawn(async move {
        twin.serve(listener, async { stopped.await.unwrap_or_default() }).await
    });
    client(TcpStream::connect(address).await.unwrap()).await;
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

/// A call as bytes on a connection.
fn bytes(operation: &str) -> Vec<u8> {
    let request = request(&Session::user(ACCOUNT), "dynamodb", operation, json!({}));
    let mut text =
        format!("POST / HTTP/1.1\r\nhost: twin\r\ncontent-length: {}\r\n", request.body().len());
    for (name, value) in request.headers() {
        text.push_str(&[name.as_str(), ": ", value.to_str().unwrap(), "\r\n"].concat());
    }
    let mut bytes = format!("{text}\r\n").into_bytes();
    bytes.extend_from_slice(request.body());
    bytes
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 16 * 1024];
    let length = stream.read(&mut buffer).await.unwrap_or(0);
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn a_connection_is_kept_for_further_calls() {
    let world = World::one_of_each();
    served(&world, |mut stream| async move {
        for _ in 0..3 {
            stream.write_all(&bytes("ListTables")).await.unwrap();
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.ends_with(r#"{"TableNames":["Table"]}"#), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_response_is_a_connection_that_closes_without_a_byte() {
    for effect in [Effect::DropBefore, Effect::DropAfter] {
        let world = World::one_of_each();
        world.twin.faults().add(FaultRule::every_call(effect));
        served(&world, |mut stream| async move {
            stream.write_all(&bytes("ListTables")).await.unwrap();
            assert_eq!(answer(&mut stream).await, "");
        })
        .await;
    }
}

#[tokio::test]
async fn anything_may_be_sent_and_is_answered() {
    let world = World::one_of_each();
    served(&world, |mut stream| async move {
        for path in ["/", "/_twin/none", "/%00", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: twin\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 40"), "{path}: {answer}");
        }
    })
    .await;
}
