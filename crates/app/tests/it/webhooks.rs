//! Messages to other servers, which here are on this machine.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use reeve_app::{App, executions::StartRequest};
use reeve_store::{LedgerFilter, Limit};
use serde_json::json;

use crate::{
    die::{Moment, live, live_long},
    executions::{ana, carry_out, latest, named, summaries},
    world::{ESTATE, SHOP, World},
};

const RUNBOOK: &str = "schemaVersion: '0.3'
mainSteps:
- name: tell
  action: aws:invokeWebhook
  maxAttempts: 3
  inputs: {IntegrationName: pager, Body: '{\"text\": \"on {{ global:REGION }}\"}'}
outputs: [tell.Response, tell.ResponseCode]
";

/// A server that answers every request in the same way; and the requests.
fn server(answer: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read_request(&mut stream);
            log.lock().unwrap().push(request);
            stream.write_all(answer.as_bytes()).ok();
        }
    });
    (port, seen)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece).unwrap();
        text += &String::from_utf8_lossy(&piece[..length]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let expected = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        if body.len() >= expected.parse::<usize>().unwrap() || length == 0 {
            return text;
        }
    }
}

const OK: &str =
    "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\nConnection: close\r\n\r\nhello sesame-42";

fn world(webhooks: &str) -> World {
    let mut world = World::new("");
    world.files.estate = format!("{ESTATE}{webhooks}");
    world
}

async fn start(app: &App) {
    let request = StartRequest {
        runbook: named(RUNBOOK),
        account: SHOP.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        parameters: serde_json::Map::new(),
        reason: String::new(),
    };
    app.start_execution(&ana(), &request).await.unwrap();
}

async fn call(app: &App, service: &str, operation: &str, input: serde_json::Value) {
    let target = reeve_aws::Target {
        account: Some(SHOP.parse().unwrap()),
        region: "eu-west-1".parse().unwrap(),
        actor: "test".to_owned(),
        reason: None,
        role: None,
    };
    let input = app.client.read_input(&target, (service, operation), &input).unwrap();
    app.client.call(&target, service, operation, input).await.unwrap();
}

/// How it ended, with its failure.
async fn outcome(app: &App) -> String {
    start(app).await;
    carry_out(app).await;
    let detail = latest(app).await;
    let ended = detail.records.iter().find(|record| record.kind == "step.ended").unwrap();
    format!("{}, {}", detail.execution.status, ended.summary)
}

#[test]
fn a_message_is_sent_with_the_secrets_of_the_estate_and_no_record_has_them() {
    let (port, seen) = server(OK);
    let world = world(&format!(
        "webhooks:
  pager:
    url: http://127.0.0.1:{port}/hooks/1
    headers:
      Authorization: {{ secret: pager }}
      X-Key: {{ parameter: /pager/key }}
      X-Place: {{ environment: CARGO_PKG_NAME }}
"
    ));
    live_long(&world, async |app| {
        let secret = json!({ "Name": "pager", "SecretString": "Bearer sesame-42" });
        call(app, "secretsmanager", "CreateSecret", secret).await;
        let key = json!({ "Name": "/pager/key", "Value": "key-4711", "Type": "SecureString" });
        call(app, "ssm", "PutParameter", key).await;
        assert_eq!(outcome(app).await, "Success, tell: Success");
        let detail = latest(app).await;
        assert_eq!(detail.outputs["tell.ResponseCode"], 202);
        assert_eq!(detail.outputs["tell.Response"], "hello ****");
        let all = serde_json::to_string(&detail.records).unwrap();
        assert!(!all.contains("sesame-42") && !all.contains("4711"), "{all}");
        assert!(summaries(&detail).contains(&"sends to the webhook pager"));
        let ledger =
            app.store.ledger(&LedgerFilter::default(), None, Limit::default()).await.unwrap();
        let called = ledger.items.iter().find(|entry| entry.kind() == "execution.calls").unwrap();
        assert!(called.event.summary().contains("`webhook:pager` is called by step `tell`"));
    });
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    for expected in [
        "POST /hooks/1 HTTP/1.1",
        "authorization: Bearer sesame-42",
        "x-key: key-4711",
        "x-place: reeve-app",
        "content-type: application/json",
        "{\"text\": \"on eu-west-1\"}",
    ] {
        assert!(seen[0].contains(expected), "{}", seen[0]);
    }
}

#[test]
fn an_integration_that_the_service_keeps_is_used_as_it_is() {
    let (port, seen) = server(OK);
    let world = world("");
    live_long(&world, async |app| {
        let stored = json!({
            "description": "", "payload": "{}",
            "url": format!("http://localhost:{port}/hooks/2"), "headers": { "X-Token": "token-99" },
        });
        let parameter = json!({
            "Name": "/d9d01087-4a3f-49e0-b0b4-d568d7826553/ssm/integrations/webhook/pager",
            "Value": stored.to_string(), "Type": "SecureString",
        });
        call(app, "ssm", "PutParameter", parameter).await;
        assert_eq!(outcome(app).await, "Success, tell: Success");
    });
    assert!(seen.lock().unwrap()[0].contains("x-token: token-99"));
}

#[test]
fn what_cannot_be_sent_says_why_and_what_is_refused_what_was_answered() {
    let refusal = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlate";
    let elsewhere = "HTTP/1.1 307 There\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let with_url = |url: &str| format!("webhooks: {{ pager: {{ url: {url} }} }}\n");
    let local = |answer| with_url(&format!("'http://127.0.0.1:{}'", server(answer).0));
    for (webhooks, expected) in [
        (String::new(), "there is no webhook `pager`: estate.yaml does not declare it"),
        (with_url("{ environment: NO_SUCH }"), "the variable `NO_SUCH` is not in the environment"),
        (with_url("{ environment: CARGO_PKG_NAME }"), "its address is no URL"),
        (local(refusal), "it answered 503: late"),
        (local(elsewhere), "it answered 307 and sends whoever asks elsewhere"),
    ] {
        live_long(&world(&webhooks), async |app| {
            let outcome = outcome(app).await;
            assert!(outcome.starts_with("Failed") && outcome.contains(expected), "{outcome}");
        });
    }
}

#[test]
fn a_message_whose_answer_was_lost_is_not_sent_again_whatever_the_step_says() {
    let (port, seen) = server("");
    let world = world(&format!("webhooks: {{ pager: {{ url: 'http://127.0.0.1:{port}' }} }}\n"));
    live_long(&world, async |app| {
        let outcome = outcome(app).await;
        assert!(outcome.contains("whether the webhook `pager` happened is not known"), "{outcome}");
    });
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn a_message_is_never_sent_twice_wherever_its_worker_dies() {
    let (port, seen) = server(OK);
    let begun = world(&format!("webhooks: {{ pager: {{ url: 'http://127.0.0.1:{port}' }} }}\n"));
    live_long(&begun, async |app| start(app).await);
    let mut unknown = 0;
    for waits in (1..40).step_by(2) {
        let world = begun.fork();
        live(&world, (waits, Moment::Asked), async |app| carry_out(app).await);
        live_long(&world, async |app| {
            carry_out(app).await;
            unknown += usize::from(latest(app).await.execution.status == "Failed");
        });
        let sent = std::mem::take(&mut *seen.lock().unwrap()).len();
        assert!(sent <= 1, "died at wait {waits}");
    }
    assert!(unknown > 0, "no life ended while the message was under way");
}
