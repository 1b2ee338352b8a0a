//! `reeve aws` with bodies of any length: files that are sent, and files that are written.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use insta::assert_snapshot;

use crate::harness::World;

/// Answers one request after the other with these bytes, and says what it was asked.
fn serve(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let answered = answers.into_iter().map(|answer| {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut asked = String::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                asked += &line;
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            asked += &String::from_utf8_lossy(&body);
            // Who has read enough hangs up.
            reader.get_mut().write_all(&answer).ok();
            asked
        });
        answered.collect()
    });
    (endpoint, thread)
}

fn object(body: &str, announced: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: {announced}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn get(endpoint: &str, more: &str) -> String {
    format!(
        "aws s3 get-object --endpoint-url {endpoint} --input '{{\"Bucket\":\"logs\",\"Key\":\"today\"}}' {more}"
    )
}

#[test]
fn a_stream_is_written_to_a_file_and_the_rest_of_the_answer_printed() {
    let world = World::new();
    let body = "line\n".repeat(300_000);
    let (endpoint, served) = serve(vec![object(&body, body.len())]);
    let file = world.path("today.log");
    let shown = world.run(&get(&endpoint, &format!("--output-file {}", file.display())));
    assert_eq!(shown.status, Some(0), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), body);
    assert!(shown.stdout.contains("\"ContentLength\": 1500000"), "{shown}");
    assert!(!shown.stdout.contains("\"Body\""), "{shown}");
    assert!(!world.path("today.log.part").exists());
    assert!(served.join().unwrap()[0].starts_with("GET /logs/today"));
}

#[test]
fn a_stream_may_be_passed_on() {
    let world = World::new();
    let (endpoint, served) = serve(vec![object("hello", 5)]);
    let shown = world.run(&get(&endpoint, "--output-file -"));
    assert_eq!((shown.stdout.as_str(), shown.status), ("hello", Some(0)));
    served.join().unwrap();
}

#[test]
fn a_short_stream_is_part_of_the_answer_and_a_long_one_is_not_printed() {
    let world = World::new();
    let long = "x".repeat(2 << 20);
    let (endpoint, served) = serve(vec![object("hello", 5), object(&long, long.len())]);
    let shown = world.run(&get(&endpoint, "--query Body"));
    assert_eq!(shown.stdout, "\"aGVsbG8=\"\n");
    let shown = world.run(&get(&endpoint, ""));
    assert_snapshot!(shown.to_string(), @"
    ! error: the body of the answer is too long to be printed
    !   hint: `--output-file FILE` writes it to a file
    [exit 2]
    ");
    served.join().unwrap();
}

#[test]
fn what_came_only_in_part_is_not_under_the_name_that_was_asked_for() {
    let world = World::new();
    // Cut short each time it is asked for.
    let (endpoint, _served) = serve((0..8).map(|_| object("hel", 5)).collect());
    let file = world.path("today.log");
    fs::write(&file, "yesterday").unwrap();
    let shown = world.run(&get(&endpoint, &format!("--output-file {}", file.display())));
    assert_eq!(shown.status, Some(1), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "yesterday");
    assert!(!world.path("today.log.part").exists());
}

#[test]
fn a_file_is_sent_as_the_body_and_the_call_is_in_the_ledger() {
    let world = World::new();
    world.write("report.txt", "hello");
    let answer =
        b"HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"1\"\r\ncontent-length: 0\r\n\r\n";
    let (endpoint, served) = serve(vec![answer.to_vec()]);
    let put = format!(
        "aws s3 PutObject --endpoint-url {endpoint} --query ETag --input '{{\"Bucket\":\"logs\",\"Key\":\"k\"}}'"
    );
    let body = world.path("report.txt");
    let shown = world.run(&format!("{put} --body {}", body.display()));
    assert_eq!((shown.stdout.as_str(), shown.status), ("\"\\\"1\\\"\"\n", Some(0)), "{shown}");
    let asked = served.join().unwrap().remove(0);
    assert!(asked.starts_with("PUT /logs/k") && asked.ends_with("\r\n\r\nhello"), "{asked}");
    assert!(world.run("ledger --kind call").stdout.contains("s3:PutObject"));
}

#[test]
fn streams_that_an_operation_does_not_have_are_refused_before_anything_is_sent() {
    let world = World::new();
    world.write("report.txt", "hello");
    let file = world.path("report.txt").display().to_string();
    let put = format!("aws s3 PutObject --body {file} --input");
    assert_snapshot!(world.transcript(&[
        &format!("aws ec2 DescribeInstances --body {file}"),
        &format!("aws ec2 DescribeInstances --output-file {file}"),
        &format!("{put} '{{\"Bucket\":\"b\",\"Key\":\"k\",\"Body\":\"aGVsbG8=\"}}'"),
        &get("http://127.0.0.1:9", "--region all"),
        "aws s3 PutObject --body nowhere.txt --input '{\"Bucket\":\"b\",\"Key\":\"k\"}'",
        "aws s3 PutObject --body - --input '{\"Bucket\":\"b\",\"Key\":\"k\"}'",
        "aws s3 PutObject --body / --input '{\"Bucket\":\"b\",\"Key\":\"k\"}'",
        &get("http://127.0.0.1:9", "--output-file - --query ETag"),
    ]), @r#"
    $ reeve aws ec2 DescribeInstances --body HOME/estate/report.txt
    ! error: `ec2:DescribeInstances` takes no stream of bytes
    !   hint: `--input @FILE` reads the input from a file
    [exit 2]

    $ reeve aws ec2 DescribeInstances --output-file HOME/estate/report.txt
    ! error: the answer of `ec2:DescribeInstances` is no stream of bytes
    !   hint: leave `--output-file` out: the answer goes to standard output
    [exit 2]

    $ reeve aws s3 PutObject --body HOME/estate/report.txt --input '{"Bucket":"b","Key":"k","Body":"aGVsbG8="}'
    ! error: `Body` is in the input, and `--body` was given too
    [exit 2]

    $ reeve aws s3 get-object --endpoint-url http://127.0.0.1:9 --input '{"Bucket":"logs","Key":"today"}' --region all
    ! error: `s3:GetObject` streams, which is for one scope
    !   hint: name one account and one Region
    [exit 2]

    $ reeve aws s3 PutObject --body nowhere.txt --input '{"Bucket":"b","Key":"k"}'
    ! error: cannot read `nowhere.txt`: No such file or directory (os error 2)
    [exit 2]

    $ reeve aws s3 PutObject --body - --input '{"Bucket":"b","Key":"k"}'
    ! error: `-` is not a regular file
    !   hint: a body may have to be sent again: write it to a file first
    [exit 2]

    $ reeve aws s3 PutObject --body / --input '{"Bucket":"b","Key":"k"}'
    ! error: `/` is not a regular file
    !   hint: a body may have to be sent again: write it to a file first
    [exit 2]

    $ reeve aws s3 get-object --endpoint-url http://127.0.0.1:9 --input '{"Bucket":"logs","Key":"today"}' --output-file - --query ETag
    ! error: with `--output-file -` only the body is printed
    !   hint: leave `--query` out, or name a file
    [exit 2]
    "#);
    assert!(world.twin.calls().is_empty());
}
