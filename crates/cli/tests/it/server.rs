//! `reeve serve` and `reeve twin`: they say where they are, answer, and end when they are told to.

use std::io::{BufRead as _, BufReader};

use insta::assert_snapshot;
use serde_json::json;

use crate::{
    harness::{Running, World},
    http::{Address, Answer},
};

/// Reads the first line of what a command prints while it goes on.
fn first_line(running: &mut Running) -> String {
    let mut line = String::new();
    // What follows the line is left for whoever ends the process.
    let stdout = running.0.stdout.as_mut().unwrap();
    let mut reader = BufReader::with_capacity(1, stdout);
    reader.read_line(&mut line).unwrap();
    line
}

pub(crate) fn serve(world: &World) -> (Running, Address) {
    let mut running = world.start("serve --listen 127.0.0.1:0");
    let line = first_line(&mut running);
    let address = line.trim().strip_prefix("the console is at ").unwrap().to_owned();
    (running, Address::parse(&address))
}

#[test]
fn a_server_answers_those_who_know_its_token() {
    let world = World::new();
    let (running, address) = serve(&world);
    let stranger = address.with_token("guessed");
    assert_snapshot!(stranger.get("/api/overview").error(), @"401 RV1011: the request carries no valid token");
    assert_snapshot!(stranger.post("/api/suspend", r#"{"reason":"x"}"#).error(), @"401 RV1011: the request carries no valid token");
    let overview = address.get("/api/overview");
    assert_eq!(overview.status, 200);
    assert_eq!(overview.json()["estate"]["name"], "harbour");
    let ended = running.terminate();
    assert_eq!(ended.status, Some(0));
    assert_snapshot!(ended.stderr, @"stop with ctrl-c");
}

#[test]
fn a_server_follows_its_folder_and_stops_while_it_is_wrong() {
    let world = World::new();
    let (mut running, address) = serve(&world);
    let level = || address.get("/api/accounts").json()["items"][0]["authority"][0]["level"].clone();
    let mut said = BufReader::new(running.0.stderr.take().unwrap()).lines();
    let mut wait_for =
        |words: &str| said.find(|line| line.as_ref().unwrap().contains(words)).unwrap();
    assert_eq!(level(), "propose");

    let observing = world.estate("").replace("all: propose", "all: observe");
    assert_ne!(observing, world.estate(""));
    world.write("estate.yaml", &observing);
    wait_for("is followed from now on").unwrap();
    assert_eq!(level(), "observe");

    world.write("estate.yaml", "version: one");
    wait_for("nothing is looked at or changed until").unwrap();
    world.write("estate.yaml", &world.estate(""));
    wait_for("is followed from now on").unwrap();
    assert_eq!(level(), "propose");
}

#[test]
fn mistakes_in_requests_are_named() {
    let world = World::new();
    world.run("plan");
    let plan = world.newest_plan();
    let (_running, address) = serve(&world);
    let approve = format!("/api/plans/{plan}/approve");
    let answers = [
        address.get("/api/nothing"),
        address.get("/api/plans/plan_nothing"),
        address.get("/api/resources?verdit=fail"),
        address.get("/api/resources?verdict=maybe"),
        address.post(&approve, "{"),
        address.post(&approve, "{}"),
        address.post(&approve, r#"{"digest":"abc","aply":true}"#),
        address.post(&approve, r#"{"digest":"abc"}"#),
        address.post(&format!("/api/plans/{plan}/apply"), ""),
        address.post("/api/suspend", r#"{"reason":" "}"#),
    ];
    let errors = answers.iter().map(Answer::error).collect::<Vec<_>>().join("\n");
    assert_snapshot!(world.filtered(&errors), @r"
    404 RV1012: there is nothing at `/api/nothing`
    404 RV1001: there is no plan `plan_nothing`
    400 RV1010: the query: verdit: unknown field `verdit`, expected one of `account`, `region`, `type`, `verdict`, `coverage`, `text`, `limit`, `cursor`
    400 RV1009: `maybe` is not a verdict
    400 RV1010: the body: EOF while parsing an object at line 1 column 1
    400 RV1010: the body: missing field `digest` at line 1 column 2
    400 RV1010: the body: unknown field `aply`, expected one of `digest`, `comment`, `apply` at line 1 column 22
    409 RV1003: the plan's digest is `DIGEST`, but `abc` was approved
    409 RV1002: applying it is not possible: the plan waits for approval
    400 RV1010: the reason is missing: everyone who is stopped is shown it
    ");
}

#[test]
fn a_plan_that_is_approved_in_the_console_is_applied_by_the_server() {
    let world = World::new();
    world.run("plan");
    let (plan, digest) = {
        let newest = &world.json("plan list")["items"][0];
        (newest["id"].as_str().unwrap().to_owned(), newest["digest"].as_str().unwrap().to_owned())
    };
    let (running, address) = serve(&world);
    let approval = json!({ "digest": digest, "comment": "by browser", "apply": true }).to_string();
    assert_eq!(address.post(&format!("/api/plans/{plan}/approve"), &approval).status, 200);
    let applied = std::iter::repeat_with(|| address.get(&format!("/api/plans/{plan}")).json())
        .find(|plan| plan["phase"] == "applied")
        .unwrap();
    assert_eq!((&applied["tally"]["verified"], &applied["tally"]["total"]), (&json!(3), &json!(3)));
    assert_eq!(running.terminate().status, Some(0));
}

#[test]
fn a_server_keeps_its_token_and_is_started_again() {
    let world = World::new();
    let mut first = world.start("serve --listen 127.0.0.1:0 --json");
    let mut line = String::new();
    while !line.ends_with("}\n") {
        line += &first_line(&mut first);
    }
    let address: serde_json::Value = serde_json::from_str(&line).unwrap();
    let token = address["console"].as_str().unwrap().split_once("#token=").unwrap().1.to_owned();
    first.terminate();
    let (_running, address) = serve(&world);
    assert_eq!(address.with_token(&token).get("/api/overview").status, 200);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let world = World::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let shown = world.run(&format!("serve --listen 127.0.0.1:{port}")).to_string();
    assert_snapshot!(shown.replace(&port.to_string(), "PORT"), @r"
    ! error: cannot listen on 127.0.0.1:PORT: Address already in use (os error 98)
    !   hint: `--listen` names another address; port 0 is any that is free
    [exit 2]
    ");
}

#[test]
fn the_twin_says_how_to_reach_it() {
    let world = World::new();
    let mut twin = world.start("twin --listen 127.0.0.1:0");
    let line = first_line(&mut twin);
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["export", variables @ ..] = words.as_slice() else { panic!("{line}") };
    let mut command = world.command("-C . aws sts GetCallerIdentity");
    command.env_remove("HOME").envs(variables.iter().filter_map(|pair| pair.split_once('=')));
    let output = command.output().unwrap();
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    {
      "UserId": "AIDAIOSFODNN7EXAMPLE",
      "Account": "111122223333",
      "Arn": "arn:aws:iam::111122223333:user/reeve"
    }
    "#);
    assert_eq!(twin.terminate().status, Some(0));
}
