//! Runbooks over HTTP: what there is to run, running it, answering it, and its progress as it is made.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{
    harness::World,
    http::{Address, Answer, Event},
    server::serve,
};

/// Asks first, then tags a table, unless it shall not.
const TAG_TABLE: &str = "schemaVersion: '0.3'
description: Tags a table. Asks first.
parameters:
  TableName: {type: 'AWS::DynamoDB::Table::Name', description: The table.}
  Owner: {type: String, allowedPattern: '^[a-z]+$', default: web}
  Mode: {type: String, allowedValues: [tag, look], default: tag}
mainSteps:
- name: look
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: DescribeTable, TableName: '{{ TableName }}'}
  outputs: [{Name: Arn, Selector: $.Table.TableArn, Type: String}]
- name: ask
  action: aws:approve
  inputs: {Approvers: [ana], Message: 'Tag {{ TableName }}?'}
- name: choose
  action: aws:branch
  inputs:
    Choices: [{NextStep: tag, Variable: '{{ Mode }}', StringEquals: tag}]
  isEnd: true
- name: tag
  action: aws:executeAwsApi
  inputs: {Service: dynamodb, Api: TagResource, ResourceArn: '{{ look.Arn }}', Tags: [{Key: Owner, Value: '{{ Owner }}'}]}
outputs: [look.Arn]
";

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:444455556666:table/Sessions";

fn world() -> World {
    let world = World::new();
    world.write("runbooks/Tag-Table.yaml", TAG_TABLE);
    world.write("runbooks/Bad.yaml", "schemaVersion: '0.3'\nmainSteps: []\n");
    world
}

fn form() -> Value {
    json!({
        "runbook": "Tag-Table",
        "account": "production",
        "region": "eu-west-1",
        "parameters": { "TableName": "Sessions" },
        "reason": "because",
    })
}

/// Starts the runbook; the path of the execution.
fn started(address: &Address) -> String {
    let answer = address.post("/api/executions", &form().to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    format!("/api/executions/{}", answer.json()["id"].as_str().unwrap())
}

fn events(execution: &str) -> String {
    format!("{execution}/events")
}

fn waits_for_somebody(event: &Event) -> bool {
    event.kind == "standing" && event.data["status"] == "Waiting"
}

/// The events up to one, that one included.
fn until(events: &mut impl Iterator<Item = Event>, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut seen = Vec::new();
    for event in events {
        let is_it = wanted(&event);
        seen.push(event);
        if is_it {
            return seen;
        }
    }
    panic!("it never came: {seen:?}");
}

fn told(events: &[Event]) -> Vec<(u64, String)> {
    let records = events.iter().filter(|event| event.kind == "record");
    let summary = |event: &Event| event.data["summary"].as_str().unwrap().to_owned();
    records.map(|event| (event.id.unwrap(), summary(event))).collect()
}

fn recorded(address: &Address, execution: &str) -> Vec<(u64, String)> {
    let detail = address.get(execution).json();
    let record = |record: &Value| {
        (record["number"].as_u64().unwrap(), record["summary"].as_str().unwrap().to_owned())
    };
    detail["records"].as_array().unwrap().iter().map(record).collect()
}

#[test]
fn a_runbook_is_looked_at_before_it_is_run() {
    let world = world();
    let (_running, address) = serve(&world);
    let runbooks = address.get("/api/runbooks").json();
    let find = |name: &str| {
        let items = runbooks["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap().clone()
    };
    assert_eq!(
        find("Tag-Table"),
        json!({"name": "Tag-Table", "origin": "estate", "steps": 4, "about": "Tags a table.", "is_right": true})
    );
    assert_eq!(find("Reeve-StopInstance")["origin"], "reeve");
    assert_eq!(find("Bad")["is_right"], false);
    assert_eq!(address.get("/api/runbooks/Bad").json()["findings"][0]["severity"], "error");

    let shown = address.get("/api/runbooks/Tag-Table").json();
    assert_eq!(shown["parameters"][0]["resource_type"], "AWS::DynamoDB::Table");
    assert_eq!(shown["parameters"][2]["allowed_values"], json!(["tag", "look"]));
    let steps = shown["steps"].as_array().unwrap();
    let next: Vec<_> = steps.iter().map(|step| (&step["name"], &step["next"])).collect();
    let (look, ask, choose, tag) = (json!("look"), json!("ask"), json!("choose"), json!("tag"));
    assert_eq!(
        next,
        [(&look, &ask), (&ask, &choose), (&choose, &Value::Null), (&tag, &Value::Null)]
    );
    assert_eq!(steps[2]["ways"], json!([{"when": "{{ Mode }} is tag", "next": "tag"}]));
    assert_eq!(steps[3]["calls"], json!([{"call": "dynamodb:TagResource", "only_reads": false}]));
    assert_eq!(shown["text"], TAG_TABLE);
    // The command line tells the same.
    assert_eq!(world.json("runbook show Tag-Table"), shown);
    assert_eq!(world.json("runbook list"), runbooks);

    let policy = address.get("/api/runbooks/Tag-Table/policy?region=eu-west-1").json();
    assert_eq!(policy, world.json("runbook policy Tag-Table --region eu-west-1"));
    let dry = address.post("/api/dry-runs", &form().to_string()).json();
    assert_eq!((&dry["changes"], &dry["without_undo"]), (&json!(1), &json!(0)));
    assert_eq!(address.get("/api/executions").json()["items"], json!([]));
}

#[test]
fn progress_is_told_as_it_is_made_until_the_end() {
    let world = world();
    let (running, address) = serve(&world);
    let execution = started(&address);
    let mut events = address.listen(&events(&execution), None);
    let mut seen = until(&mut events, waits_for_somebody);
    let waits = &seen.last().unwrap().data;
    assert_eq!(waits["waits"]["message"], "Tag Sessions?");
    assert_eq!(waits["waits"]["approvers"], json!(["ana"]));
    assert_eq!(waits["may"], json!(["approve", "reject", "pause", "cancel"]));
    let need = address.get("/api/overview").json()["needs"].clone();
    let need = need.as_array().unwrap().iter().find(|it| it["kind"] == "execution_waiting");
    assert!(execution.ends_with(need.unwrap()["execution"].as_str().unwrap()));

    let approved = address.post(&format!("{execution}/approve"), r#"{"comment":"fine"}"#);
    assert_eq!(approved.status, 200, "{}", approved.body);
    // The server hangs up after the end.
    seen.extend(events);
    assert_eq!(seen.last().unwrap().kind, "end");
    assert_eq!(told(&seen), recorded(&address, &execution));
    let summaries: Vec<String> = told(&seen).into_iter().map(|(_, summary)| summary).collect();
    assert_snapshot!(summaries.join("\n"), @r"
    look began
    look: Success
    ask began
    approved by person:ana: fine
    ask: Success
    choose began
    choose: Success
    tag began
    calls dynamodb:TagResource
    tag: Success
    the execution ended: Success
    ");
    let detail = address.get(&execution).json();
    assert_eq!((&detail["status"], &detail["may"]), (&json!("Success"), &json!([])));
    assert_eq!(detail["outputs"], json!({"look.Arn": TABLE}));
    let steps = detail["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["status"] == "Success").count(), 4);
    assert_eq!(steps[3]["calls"], json!(["calls dynamodb:TagResource"]));
    assert_eq!(address.get(&format!("{execution}/runbook")).json()["text"], TAG_TABLE);
    let tags = world.twin.tags(&TABLE.parse().unwrap()).unwrap();
    assert_eq!(tags.get("Owner").map(String::as_str), Some("web"));
    assert_eq!(running.terminate().status, Some(0));
}

#[test]
fn whoever_was_cut_off_is_told_what_came_since_and_nothing_twice() {
    let world = world();
    let (_running, address) = serve(&world);
    let execution = started(&address);
    let first = until(&mut address.listen(&events(&execution), None), waits_for_somebody);
    let last = first.iter().filter_map(|event| event.id).max();
    assert_eq!(address.post(&format!("{execution}/approve"), "").status, 200);

    let second: Vec<Event> = address.listen(&events(&execution), last).collect();
    let all = [told(&first), told(&second)].concat();
    assert_eq!(all, recorded(&address, &execution));
    // In the middle of what was recorded at once, too.
    for after in 0..=all.last().unwrap().0 {
        let since: Vec<Event> = address.listen(&events(&execution), Some(after)).collect();
        let expected: Vec<_> = all.iter().filter(|(id, _)| *id > after).cloned().collect();
        assert_eq!(told(&since), expected);
        assert_eq!(since.last().unwrap().kind, "end");
    }
    let by_address = format!("{}?after={}", events(&execution), last.unwrap());
    assert_eq!(told(&address.listen(&by_address, None).collect::<Vec<_>>()), told(&second));
}

#[test]
fn what_another_process_does_is_told_as_well() {
    let world = world();
    let (running, address) = serve(&world);
    let execution = started(&address);
    let mut watched = address.listen(&events(&execution), None);
    let mut also = address.listen(&events(&execution), None);
    until(&mut watched, waits_for_somebody);
    assert_eq!(world.run("run approve latest").status, Some(0));
    for events in [&mut watched, &mut also] {
        until(events, |event| event.kind == "end");
    }
    // A server that is told to end does not wait for those who listen.
    let second = started(&address);
    let mut waiting = address.listen(&events(&second), None);
    until(&mut waiting, waits_for_somebody);
    assert_eq!(running.terminate().status, Some(0));
}

#[test]
fn an_execution_is_cancelled_and_its_failure_needs_someone() {
    let world = world();
    let (_running, address) = serve(&world);
    let cancelled = started(&address);
    let mut events_of = address.listen(&events(&cancelled), None);
    until(&mut events_of, waits_for_somebody);
    assert_eq!(address.post(&format!("{cancelled}/cancel"), "").status, 200);
    until(&mut events_of, |event| event.kind == "end");
    let mut missing = form();
    missing["parameters"]["TableName"] = json!("Nothing");
    let failed = address.post("/api/executions", &missing.to_string()).json();
    let failed = format!("/api/executions/{}", failed["id"].as_str().unwrap());
    let end =
        address.listen(&events(&failed), None).find(|event| event.data["failure"].is_object());
    assert_eq!(end.unwrap().data["failure"]["step"], "look");

    let kinds = || {
        let overview = address.get("/api/overview").json();
        let needs = overview["needs"].as_array().unwrap().clone();
        needs.into_iter().filter(|need| need["kind"] == "execution_failed").count()
    };
    assert_eq!(kinds(), 1);
    let list = |query: &str| {
        let page = address.get(&format!("/api/executions?{query}")).json();
        let items = page["items"].as_array().unwrap();
        let statuses: Vec<String> =
            items.iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect();
        (statuses.join(" "), page["next"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(list("").0, "Failed Cancelled");
    assert_eq!(list("status=Cancelled&runbook=Tag-Table").0, "Cancelled");
    assert_eq!(list("runbook=Other").0, "");
    let (first, next) = list("limit=1");
    assert_eq!(
        (first.as_str(), list(&format!("limit=1&cursor={next}")).0.as_str()),
        ("Failed", "Cancelled")
    );
    // Somebody came back to it.
    started(&address);
    assert_eq!(kinds(), 0);
}

#[test]
fn mistakes_about_runbooks_are_named() {
    let world = world();
    let (_running, address) = serve(&world);
    let with = |key: &str, value: Value| {
        let mut form = form();
        form[key] = value;
        address.post("/api/executions", &form.to_string())
    };
    let execution = started(&address);
    let answers = [
        address.get("/api/runbooks/Tag-Tabel"),
        address.get("/api/runbooks/Tag-Table/policy?region=europe"),
        with("runbook", json!("Nothing")),
        with("runbook", json!("Bad")),
        with("account", json!("produktion")),
        with("region", json!("eu-north-1")),
        with("parameters", json!({})),
        with("parameters", json!({"TableName": "x", "Mode": "guess"})),
        with("why", json!("x")),
        address.get("/api/executions/exec_nothing"),
        address.get("/api/executions?status=Sleeping"),
        address.get("/api/executions?cursor=x"),
        address.get("/api/executions/nothing/events"),
        address.get(&format!("{}?after=one", events(&execution))),
        address.post(&format!("{execution}/resume"), ""),
        address.with_token("guessed").get(&events(&execution)),
        address.with_token("guessed").post("/api/executions", &form().to_string()),
    ];
    let errors = answers.iter().map(Answer::error).collect::<Vec<_>>().join("\n");
    assert_snapshot!(world.filtered(&errors), @r"
    404 RV1021: there is no runbook `Tag-Tabel`
    400 RV1010: `europe` is not the name of an AWS Region: expected lower-case words joined by `-`, as in `eu-central-1`
    404 RV1021: there is no runbook `Nothing`
    400 RV1015: Bad:2:12: mainSteps: a runbook has one step at least
    400 RV1009: `produktion` is not an account of the estate
    400 RV1010: the estate does not look after eu-north-1 in account 444455556666
    400 RV1015: parameter `TableName` must be given
    400 RV1015: parameter `Mode`: the text `guess` is none of `tag`, `look`
    400 RV1010: the body: unknown field `why`, expected one of `runbook`, `account`, `region`, `parameters`, `reason` at line 1 column 129
    404 RV1013: there is no execution `exec_nothing`, or more than one
    400 RV1009: `Sleeping` is not a status
    400 RV1010: the cursor `x`: `x` is not an id of the form `exec_…`
    404 RV1013: there is no execution `nothing`, or more than one
    400 RV1010: the query: after: invalid digit found in string
    409 RV1014: the execution does not wait for this
    401 RV1011: the request carries no valid token
    401 RV1011: the request carries no valid token
    ");
}
