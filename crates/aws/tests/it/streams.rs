//! Bodies of any length, down and up.

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use reeve_aws::{
    CallError, Client, Download, RequestBody, ResponseBody, Transport, TransportError, Upload,
};
use reeve_model::Value;
use reeve_time::Clock;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::{
    harness::{NOW, config, pass, target},
    wire::{Server, Step, serve, whole},
};

type Piece = Result<Bytes, TransportError>;
type Head = http::response::Builder;

fn object() -> Value {
    Value::from_json(&json!({"Bucket": "logs", "Key": "a/b"}))
}

fn lost() -> TransportError {
    TransportError::Lost(Arc::new(std::io::Error::other("reset")))
}

/// A client whose n-th request is answered with such a head and such pieces, and the headers of the requests.
fn client(
    answer: impl Fn(usize, Head) -> (Head, Vec<Piece>) + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<http::HeaderMap>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let transport = Transport::streaming(move |request: http::Request<RequestBody>| {
        let mut log = log.lock().unwrap();
        log.push(request.headers().clone());
        let head = http::Response::builder().header("x-amz-request-id", "req-9");
        let (head, pieces) = answer(log.len() - 1, head);
        let body = ResponseBody::Chunks(stream::iter(pieces).boxed());
        std::future::ready(Ok(head.body(body).unwrap()))
    });
    let clock = Clock::manual(NOW.parse().unwrap());
    (Client::with_transport(config().0, clock, transport).unwrap(), seen)
}

async fn get(client: &Client) -> Download {
    client.download(&target(), "s3", "GetObject", object()).await.unwrap()
}

fn piece(text: &'static str) -> Piece {
    Ok(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn a_download_has_its_head_at_once_and_its_body_piece_by_piece() {
    let (client, seen) = client(|_, head| {
        (
            head.header("etag", "\"v1\"").header("content-length", 8),
            vec![piece("hallo"), piece("olo")],
        )
    });
    let download = get(&client).await;
    assert_eq!(download.output.get("ETag").unwrap().as_str(), Some("\"v1\""));
    assert_eq!(download.output.get("Body"), None);
    assert_eq!((download.length, download.request_id.as_deref()), (Some(8), Some("req-9")));
    let pieces: Vec<Bytes> = download.body.try_collect().await.unwrap();
    assert_eq!(pieces, ["hallo", "olo"]);
    assert_eq!(seen.lock().unwrap()[0]["x-amz-checksum-mode"], "ENABLED");
}

#[tokio::test]
async fn no_more_is_fetched_than_is_read() {
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&fetched);
    let transport = Transport::streaming(move |_| {
        let counter = Arc::clone(&counter);
        let megabyte = Bytes::from(vec![0; 1 << 20]);
        let pieces = stream::repeat_with(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(megabyte.clone())
        });
        let body = ResponseBody::Chunks(pieces.take(1 << 20).boxed());
        std::future::ready(Ok(http::Response::new(body)))
    });
    let client = Client::with_transport(config().0, Clock::system(), transport).unwrap();
    let mut body = get(&client).await.body;
    for read in 1..=100 {
        body.next().await.unwrap().unwrap();
        assert_eq!(fetched.load(Ordering::Relaxed), read);
    }
    assert_eq!(body.whole(10 << 20).await.unwrap(), None, "a terabyte is not held in memory");
    assert_eq!(fetched.load(Ordering::Relaxed), 111);
}

#[tokio::test]
async fn a_body_that_is_not_what_was_announced_is_an_error_at_its_end() {
    for (checksum, is_right) in [("y/Q5Jg==", true), ("AAAAAA==", false)] {
        let (client, _) = client(move |_, head| {
            (head.header("x-amz-checksum-crc32", checksum), vec![piece("1234"), piece("56789")])
        });
        let mut pieces: Vec<_> = get(&client).await.body.collect().await;
        if is_right {
            assert_eq!(pieces.len(), 2);
        } else {
            let error = pieces.remove(2).unwrap_err();
            assert!(matches!(error, CallError::Malformed(_)), "{error:?}");
            assert!(
                error.to_string().contains("CRC32 checksum `y/Q5Jg==`, not `AAAAAA==`"),
                "{error}"
            );
            assert_eq!(error.request_id(), Some("req-9"));
        }
    }
}

#[tokio::test]
async fn a_download_that_breaks_says_of_which_request_and_how_much_came() {
    let (client, seen) =
        client(|_, head| (head.header("content-length", 10), vec![piece("hallo"), Err(lost())]));
    let mut body = get(&client).await.body;
    assert_eq!(body.next().await.unwrap().unwrap(), "hallo");
    let error = body.next().await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`s3:GetObject` in Region eu-central-1 lost its answer after 5 bytes of 10 (request `req-9`)"
    );
    assert!(error.is_retryable());
    assert!(body.next().await.is_none());
    assert_eq!(seen.lock().unwrap().len(), 1, "without a version there is no going on");
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_broken_too() {
    let (client, _) = client(|_, head| (head.header("content-length", 10), vec![piece("hallo")]));
    let error = get(&client).await.body.whole(1000).await.unwrap_err();
    assert!(matches!(error, CallError::Interrupted(_)), "{error:?}");
}

#[tokio::test]
async fn a_download_of_a_known_version_goes_on_where_it_broke() {
    let (client, seen) = client(|number, head| match number {
        0 => (
            head.header("etag", "\"v1\"")
                .header("content-length", 9)
                .header("x-amz-checksum-crc32", "y/Q5Jg=="),
            vec![piece("1234"), Err(lost())],
        ),
        1 => (head.status(206).header("content-length", 5), vec![piece("56"), Err(lost())]),
        _ => (head.status(206).header("content-length", 3), vec![piece("789")]),
    });
    let whole = get(&client).await.body.whole(1000).await.unwrap().unwrap();
    assert_eq!(whole, "123456789");
    let seen = seen.lock().unwrap();
    let asked = |number: usize| (seen[number]["range"].clone(), seen[number]["if-match"].clone());
    assert_eq!(asked(1), ("bytes=4-".parse().unwrap(), "\"v1\"".parse().unwrap()));
    assert_eq!(asked(2).0, "bytes=6-");
}

#[tokio::test]
async fn a_download_whose_object_changed_does_not_go_on_with_another_version() {
    let (client, _) = client(|number, head| match number {
        0 => (
            head.header("etag", "\"v1\"").header("content-length", 9),
            vec![piece("1234"), Err(lost())],
        ),
        _ => (
            head.status(412),
            vec![piece(
                "<Error><Code>PreconditionFailed</Code><Message>At least</Message></Error>",
            )],
        ),
    });
    let error = get(&client).await.body.whole(1000).await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"));
}

#[tokio::test]
async fn a_part_that_was_asked_for_is_not_asked_for_in_another_way() {
    let (client, seen) = client(|_, head| {
        (
            head.status(206).header("etag", "\"v1\"").header("content-length", 9),
            vec![piece("1234"), Err(lost())],
        )
    });
    let mut input = object();
    input.as_object_mut().unwrap().insert("Range", "bytes=10-18");
    let download = client.download(&target(), "s3", "GetObject", input).await.unwrap();
    assert!(download.body.whole(1000).await.is_err());
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_download_may_take_hours_and_its_silence_not() {
    let transport = Transport::streaming(|_| {
        let steady = stream::unfold(0, |count| async move {
            let wait = if count == 100 { 3600 } else { 29 };
            pass(Duration::from_secs(wait)).await;
            Some((Ok(Bytes::from_static(b"x")), count + 1))
        });
        std::future::ready(Ok(http::Response::new(ResponseBody::Chunks(steady.boxed()))))
    });
    let client = Client::with_transport(config().0, Clock::system(), transport).unwrap();
    let start = Instant::now();
    let pieces: Vec<_> = get(&client).await.body.collect().await;
    assert_eq!(pieces.len(), 101);
    let Err(CallError::Interrupted(error)) = &pieces[100] else { panic!("{:?}", pieces[100]) };
    assert!(matches!(error.source, TransportError::TimedOut));
    assert_eq!(start.elapsed(), Duration::from_secs(100 * 29 + 30));
}

#[tokio::test]
async fn an_error_instead_of_a_body_is_an_error() {
    let (client, seen) = client(|_, head| {
        (
            head.status(404),
            vec![piece("<Error><Code>NoSuchKey</Code><Message>No such key.</Message></Error>")],
        )
    });
    let error = client.download(&target(), "s3", "GetObject", object()).await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"));
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_of_the_service_is_tried_again_before_the_body_begins() {
    let (client, _) = client(|number, head| match number {
        0 => (head.status(503), vec![piece("<Error><Code>SlowDown</Code></Error>")]),
        _ => (head, vec![piece("body")]),
    });
    assert_eq!(get(&client).await.body.whole(1000).await.unwrap().unwrap(), "body");
}

#[tokio::test]
async fn what_is_no_stream_is_not_downloaded() {
    let (client, seen) = client(|_, head| (head, Vec::new()));
    for (service, operation) in [("s3", "ListBuckets"), ("ec2", "DescribeInstances")] {
        let download = client.download(&target(), service, operation, Value::object()).await;
        assert!(matches!(download, Err(CallError::Invalid(_))));
        let upload = Upload::Bytes(Bytes::new());
        let names = (service, operation);
        let upload = client.upload(&target(), names, Value::object(), upload).await;
        assert!(matches!(upload, Err(CallError::Invalid(_))));
    }
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn an_ordinary_call_has_the_body_in_its_output() {
    let (client, _) = client(|_, head| (head, vec![piece("hallo"), piece("olo")]));
    let output = client.call(&target(), "s3", "GetObject", object()).await.unwrap();
    assert_eq!(output.get("Body").unwrap().as_blob(), Some(&b"halloolo"[..]));
}

#[tokio::test]
async fn a_body_that_nobody_wants_any_more_ends_its_connection() {
    let server = serve(|_| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhallo".to_vec();
        vec![Step::Send(head), Step::Hang]
    })
    .await;
    let client = server.client();
    let mut body = get(&client).await.body;
    assert_eq!(body.next().await.unwrap().unwrap(), "hallo");
    drop(body);
    server.closed().await;
}

async fn put(server: &Server, upload: Upload) -> Result<Value, CallError> {
    server.client().upload(&target(), ("s3", "PutObject"), object(), upload).await
}

/// A file of several pieces.
fn file(length: usize) -> (tempfile::NamedTempFile, Vec<u8>) {
    let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    (file, bytes)
}

#[tokio::test]
async fn a_file_is_sent_with_its_length_and_its_checksums_and_again_if_need_be() {
    let server = serve(|number| match number {
        0 => vec![Step::Send(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_vec())],
        1 => vec![Step::Close],
        _ => vec![whole("etag: \"v1\"\r\n", b"")],
    })
    .await;
    let (file, bytes) = file(1_000_000);
    let output = put(&server, Upload::File(file.path().into())).await.unwrap();
    assert_eq!(output.get("ETag").unwrap().as_str(), Some("\"v1\""));
    let sha256 = hex::encode(Sha256::digest(&bytes));
    for number in 0..3 {
        let (head, body) = server.request(number);
        assert!(head.starts_with("put /logs/a/b"), "{head}");
        assert!(head.contains("content-length: 1000000\r\n"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert!(head.contains("x-amz-checksum-crc32: "), "{head}");
        assert!(head.contains(&format!("x-amz-content-sha256: {sha256}\r\n")), "{head}");
        assert_eq!(body, bytes);
    }
}

#[tokio::test]
async fn bytes_and_a_file_of_the_same_content_are_the_same_request() {
    let server = serve(|_| vec![whole("", b"")]).await;
    let (file, bytes) = file(300_000);
    put(&server, Upload::File(file.path().into())).await.unwrap();
    put(&server, Upload::Bytes(bytes.into())).await.unwrap();
    let headers = |number: usize| {
        let (head, _) = server.request(number);
        let wanted = ["x-amz-content-sha256", "x-amz-checksum", "x-amz-sdk", "content-length"];
        let lines = head.lines().filter(|line| wanted.iter().any(|it| line.starts_with(it)));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(headers(0), headers(1));
    assert_eq!(headers(0).len(), 4, "{:?}", headers(0));
    assert_eq!(server.request(0).1, server.request(1).1);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named_and_nothing_is_sent() {
    let server = serve(|_| vec![whole("", b"")]).await;
    let error = put(&server, Upload::File("/nowhere/a".into())).await.unwrap_err();
    assert!(matches!(error, CallError::Invalid(_)), "{error:?}");
    assert!(error.to_string().contains("`/nowhere/a` cannot be read"), "{error}");
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn a_body_is_given_once() {
    let (client, seen) = client(|_, head| (head, Vec::new()));
    let mut input = object();
    input.as_object_mut().unwrap().insert("Body", b"there".to_vec());
    let upload = Upload::Bytes(Bytes::from_static(b"and here"));
    let error = client.upload(&target(), ("s3", "PutObject"), input, upload).await.unwrap_err();
    assert!(error.to_string().contains("`Body` is given twice"), "{error}");
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_becomes_shorter_is_not_sent_again_and_again() {
    let (file, _) = file(500_000);
    let handle = file.reopen().unwrap();
    let server = serve(move |_| {
        handle.set_len(10).unwrap();
        vec![Step::Send(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n".to_vec())]
    })
    .await;
    let error = put(&server, Upload::File(file.path().into())).await.unwrap_err();
    let CallError::Unreachable(error) = &error else { panic!("{error:?}") };
    assert!(matches!(error.source, TransportError::Source(_)), "{:?}", error.source);
    assert_eq!(error.attempts.0, 2);
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_take_long_and_its_silence_not() {
    for (hangs_after, took) in [(None, 10 * 29), (Some(4), 4 * 29 + 30)] {
        let transport =
            Transport::streaming(move |request: http::Request<RequestBody>| async move {
                let RequestBody::Streamed(body) = request.into_body() else {
                    panic!("it is whole")
                };
                let mut pieces = body.open();
                for piece in 0.. {
                    if hangs_after == Some(piece) {
                        pass(Duration::from_hours(1)).await;
                    }
                    pass(Duration::from_secs(29)).await;
                    if pieces.next().await.is_none() {
                        break;
                    }
                }
                Ok(http::Response::new(ResponseBody::Whole(Bytes::new())))
            });
        let (mut config, _) = config();
        config.retry.max_attempts = 1;
        let client = Client::with_transport(config, Clock::system(), transport).unwrap();
        let (file, _) = file(9 * (128 << 10));
        let start = Instant::now();
        let upload = Upload::File(file.path().into());
        let outcome = client.upload(&target(), ("s3", "PutObject"), object(), upload).await;
        match hangs_after {
            None => assert!(outcome.is_ok(), "{outcome:?}"),
            Some(_) => assert!(matches!(outcome, Err(CallError::TimedOut(_))), "{outcome:?}"),
        }
        assert_eq!(start.elapsed().as_secs(), took);
    }
}

#[tokio::test]
async fn a_key_that_would_lead_elsewhere_is_not_sent() {
    let server = serve(|_| vec![whole("", b"")]).await;
    for key in ["a/../b", "..", "a/./b"] {
        let input = Value::from_json(&json!({"Bucket": "logs", "Key": key}));
        let outcome = server.client().call(&target(), "s3", "DeleteObject", input).await;
        let sent = server.requests.lock().unwrap().first().cloned().unwrap_or_default();
        let sent = String::from_utf8_lossy(&sent).lines().next().unwrap_or_default().to_owned();
        assert!(matches!(outcome, Err(CallError::Invalid(_))), "{key}: {outcome:?}, sent {sent}");
    }
    let input = Value::from_json(&json!({"Bucket": "logs", "Key": "a//..b/.c"}));
    server.client().call(&target(), "s3", "DeleteObject", input).await.unwrap();
    assert!(server.request(0).0.starts_with("delete /logs/a//..b/.c"), "{}", server.request(0).0);
}

#[tokio::test]
async fn metadata_of_any_letters_is_signed() {
    let (client, seen) = client(|_, head| (head, Vec::new()));
    let mut input = object();
    let metadata = Value::from_json(&json!({"size": "Größe"}));
    input.as_object_mut().unwrap().insert("Metadata", metadata);
    client.call(&target(), "s3", "PutObject", input).await.unwrap();
    let headers = seen.lock().unwrap()[0].clone();
    let signed = headers["authorization"].to_str().unwrap();
    assert!(signed.contains(";x-amz-meta-size"), "{signed}");
}
