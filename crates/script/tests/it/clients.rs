//! boto3 in a script: it acts as the step's role, where the step says.

use std::sync::Arc;

use insta::assert_snapshot;
use reeve_script::Runner;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Mutex,
};

use crate::kit::{Bench, python_with_boto3};

const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
    <Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn><UserId>U</UserId><Account>111122223333</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

#[tokio::test]
async fn a_client_in_a_script_signs_with_the_steps_credentials_and_calls_its_endpoint() {
    let test = "a_client_in_a_script_signs_with_the_steps_credentials_and_calls_its_endpoint";
    let Some(python) = python_with_boto3(test).await else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = Arc::new(Mutex::new(String::new()));
    let server = tokio::spawn(answer_one(listener, Arc::clone(&heard)));
    let mut bench = Bench::of(
        Runner::new(Ok(python), None),
        "import boto3\ndef handler(events, context):\n    return boto3.client('sts').get_caller_identity()['Account']",
    );
    bench.environment.endpoint_url = Some(format!("http://{address}"));
    let finished = bench.run().await;
    let result = finished.result.unwrap_or_else(|error| panic!("{error}\n{}", finished.log.text));
    assert_eq!(result, json!("111122223333"));
    server.await.expect("answered");
    let heard = heard.lock().await.to_lowercase();
    assert!(
        heard.contains("credential=akiaiosfodnn7example/") && heard.contains("/eu-central-1/sts/"),
        "{heard}"
    );
    assert!(heard.contains("x-amz-security-token: fwogzxiv"), "{heard}");
}

async fn answer_one(listener: TcpListener, heard: Arc<Mutex<String>>) {
    let (mut connection, _) = listener.accept().await.expect("a connection");
    let mut request = Vec::new();
    while !request.ends_with(b"Version=2011-06-15") {
        let mut part = [0; 4096];
        let length = connection.read(&mut part).await.expect("a request");
        assert!(length > 0, "the request ends early");
        request.extend_from_slice(&part[..length]);
    }
    *heard.lock().await = String::from_utf8_lossy(&request).into_owned();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length:";
    let response = format!("{head} {}\r\n\r\n{IDENTITY}", IDENTITY.len());
    connection.write_all(response.as_bytes()).await.expect("answered");
}

#[tokio::test]
async fn without_credentials_a_client_finds_no_others() {
    let Some(python) = python_with_boto3("without_credentials_a_client_finds_no_others").await
    else {
        return;
    };
    let text = "import boto3\ndef handler(events, context):\n    return boto3.client('sts').get_caller_identity()";
    let mut bench = Bench::of(Runner::new(Ok(python), None), text);
    bench.environment.credentials = None;
    let error = bench.run().await.result.expect_err("no credentials");
    assert_snapshot!(error.code(), @"NoCredentialsError");
}
