//! Canaries that scenarios make.

use reeve_time::Clock;
use reeve_twin::{Scenario, Twin};
use serde_json::{Value, json};

use crate::world::{REGION, Session, request};

const WATCHED: &str = r#"
version: 1
name: watched
description: A canary that always was there.
starts: 2026-03-01T09:00:00Z
history: PT1H
regions: [eu-west-1]
accounts:
  - {id: "111122223333", name: management}
resources:
  - {type: AWS::Synthetics::Canary, in: management/eu-west-1, name: front}
"#;

#[test]
fn a_canary_that_was_always_there_runs_on_its_schedule() {
    let clock = Clock::manual("2026-03-01T09:00:00Z".parse().unwrap());
    let twin = Twin::new(clock, 1).without_signature_checks();
    let scenario = Scenario::parse("watched.yaml", WATCHED).unwrap();
    let estate = scenario.begin(&twin).unwrap();
    let session =
        Session { access_key_id: estate.access_key_id, token: None, region: REGION.to_owned() };
    let input = json!({"Name": "front"});
    let response = twin.handle(request(&session, "synthetics", "GetCanaryRuns", input));
    let answer: Value = serde_json::from_slice(response.body()).unwrap();
    // An hour of history, every five minutes.
    assert_eq!(answer["CanaryRuns"].as_array().unwrap().len(), 12, "{answer}");
    assert_eq!(answer["CanaryRuns"][3]["Status"]["State"], "PASSED");
}
