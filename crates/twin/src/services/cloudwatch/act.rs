//! What follows when an alarm changes its state: history, the event, actions, and the composite alarms that name it.

use jiff::Timestamp;
use reeve_model::{Object, Value};
use reeve_types::Region;
use serde_json::{Value as Json, json};

use super::{COMPOSITE_ALARM, METRIC_ALARM, composite, history, mute, reason::stamp, suppress};
use crate::{
    call::Answer,
    event::Event,
    failure::Failure,
    kind::Kind,
    metrics::{Site, alarm::State},
    store::{Place, Resource},
    value::object,
    world::{Origin, World},
};

const BY: &str = "cloudwatch.amazonaws.com";
/// The inner fact that says for which state actions are still to be taken, once nothing mutes them.
const OWED: &str = "ActionsOwed";

/// `MetricAlarm` or `CompositeAlarm`.
pub(super) fn type_of(kind: Kind) -> &'static str {
    if kind == &COMPOSITE_ALARM { "CompositeAlarm" } else { "MetricAlarm" }
}

/// An alarm changes its state.
pub(super) fn transition(
    world: &mut World,
    (place, name): (&Place, &str),
    state: State,
    (reason, data): (String, String),
) {
    let Some(alarm) = world.get(place, name) else { return };
    let before = told(alarm);
    let configuration = event_configuration(place.kind, alarm);
    let now = world.now();
    world.change(place, name, |facts| {
        if facts.get("StateValue").and_then(Value::as_str) != Some(state.text()) {
            facts.insert("StateTransitionedTimestamp", now);
        }
        facts.insert("StateValue", state.text());
        facts.insert("StateReason", reason);
        if data.is_empty() {
            facts.remove("StateReasonData");
        } else {
            facts.insert("StateReasonData", data);
        }
        facts.insert("StateUpdatedTimestamp", now);
    });
    let Some(alarm) = world.get(place, name) else { return };
    let after = told(alarm);
    let changed = before.value != after.value;
    let site = Site::of(place);
    let summary = format!("Alarm updated from {} to {}", before.value, after.value);
    let entry =
        json!({"version": "1.0", "oldState": before.history(), "newState": after.history()});
    history::record(world, &site, (name, type_of(place.kind)), "StateUpdate", (summary, &entry));
    let arn = place.arn_of(place.kind, name);
    let detail = json!({
        "alarmName": name,
        "state": after.event(),
        "previousState": before.event(),
        "configuration": configuration,
    });
    let event = Event::new("aws.cloudwatch", "CloudWatch Alarm State Change", place);
    world.emit(event.about(arn).with(Value::from_json(&detail)));
    if changed {
        owe(world, (place, name), None);
        if place.kind == &COMPOSITE_ALARM {
            suppress::changed(world, (place, name), state);
        } else {
            run(world, (place, name), state, &before.value);
        }
    }
    composite::child_changed(world, &site, name);
}

/// An alarm was looked at and stays in its state: actions that were muted may be due now, and scaling goes on.
pub(super) fn still(world: &mut World, (place, name): (&Place, &str), state: State) {
    let Some(alarm) = world.get(place, name) else { return };
    let owed = alarm.inside.get(OWED).and_then(Value::as_str) == Some(state.text());
    if owed {
        if mute::is_muted(world, &Site::of(place), name) {
            return;
        }
        owe(world, (place, name), None);
        run(world, (place, name), state, state.text());
    } else if state == State::Alarm
        && actions(alarm, state).iter().any(|action| action.contains(":autoscaling:"))
    {
        let scaling = actions(alarm, state);
        for action in scaling.iter().filter(|action| action.contains(":autoscaling:")) {
            perform(world, (place, name), state, (action, state.text()));
        }
    }
}

fn owe(world: &mut World, (place, name): (&Place, &str), state: Option<State>) {
    let Some(alarm) = world.get(place, name) else { return };
    if state.is_none() && !alarm.inside.contains(OWED) {
        return;
    }
    world.change_inside(place, name, |inside| match state {
        Some(state) => {
            inside.insert(OWED, state.text());
        }
        None => {
            inside.remove(OWED);
        }
    });
}

fn actions(alarm: &Resource, state: State) -> Vec<String> {
    let member = match state {
        State::Ok => "OKActions",
        State::Alarm => "AlarmActions",
        State::InsufficientData => "InsufficientDataActions",
    };
    let enabled = alarm.value("ActionsEnabled").and_then(Value::as_bool) != Some(false);
    let list = alarm.facts.list(member);
    list.iter().filter(|_| enabled).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Takes an alarm's actions for a state, unless they are disabled or muted.
pub(super) fn run(world: &mut World, (place, name): (&Place, &str), state: State, before: &str) {
    let Some(alarm) = world.get(place, name) else { return };
    let actions = actions(alarm, state);
    if actions.is_empty() {
        return;
    }
    if mute::is_muted(world, &Site::of(place), name) {
        owe(world, (place, name), Some(state));
        return;
    }
    for action in actions {
        perform(world, (place, name), state, (&action, before));
    }
}

fn perform(
    world: &mut World,
    (place, name): (&Place, &str),
    state: State,
    (action, before): (&str, &str),
) {
    let outcome = send(world, (place, name), (action, before));
    let site = Site::of(place);
    let (summary, error) = match outcome {
        Ok(_) => (format!("Successfully executed action {action}"), None),
        Err(failure) => {
            let summary = format!(
                "Failed to execute action {action}. Received error: \"{}\"",
                failure.message
            );
            (summary, Some(failure.message))
        }
    };
    let data = json!({
        "actionState": if error.is_none() { "Succeeded" } else { "Failed" },
        "notificationResource": action,
        "stateUpdateTimestamp": world.now().as_millisecond(),
        "newState": state.text(),
        "error": error,
    });
    history::record(world, &site, (name, type_of(place.kind)), "Action", (summary, &data));
}

/// What an action does to an instance, if it is of that sort.
pub(super) fn instance_action(action: &str) -> Option<&'static str> {
    const SORTS: [(&str, &str, &str); 4] = [
        ("stop", "Stop", "StopInstances"),
        ("terminate", "Terminate", "TerminateInstances"),
        ("reboot", "Reboot", "RebootInstances"),
        ("recover", "Recover", "RebootInstances"),
    ];
    let parts: Vec<&str> = action.split(':').collect();
    SORTS.into_iter().find_map(|(plain, flow, operation)| {
        let plainly =
            matches!(parts.as_slice(), ["arn", _, "automate", _, "ec2", sort] if *sort == plain);
        let by_flow = action.contains(&format!("AWS_EC2.InstanceId.{flow}"));
        (plainly || by_flow).then_some(operation)
    })
}

fn send(
    world: &mut World,
    (place, name): (&Place, &str),
    (action, before): (&str, &str),
) -> Answer {
    let Some(alarm) = world.get(place, name).cloned() else { return Ok(Value::Null) };
    let parts: Vec<&str> = action.split(':').collect();
    let region: Region =
        parts.get(3).and_then(|region| region.parse().ok()).unwrap_or_else(|| place.region.clone());
    let account = parts.get(4).and_then(|account| account.parse().ok());
    let account = account.unwrap_or_else(|| place.account.clone());
    let there = Origin { account: &account, region: &region, by: BY };
    let here = Origin::at(place, BY);
    match parts.get(2).copied().unwrap_or_default() {
        "sns" => {
            let state = alarm.fact("StateValue").unwrap_or_default();
            let subject = format!("{state}: \"{name}\" in {}", region_name(&place.region));
            // Subjects have at most a hundred characters.
            let subject: String = subject.chars().take(99).collect();
            let message = notification(place, name, &alarm, before).to_string();
            let input = object! {"TopicArn": (action), "Subject": (subject), "Message": (message)};
            world.call(&there, "sns", "Publish", input)
        }
        "lambda" => {
            let payload = invocation(place, name, &alarm, before, world.now()).to_string();
            let input = object! {"FunctionName": (action), "InvocationType": "Event", "Payload": (payload.into_bytes())};
            world.call(&there, "lambda", "Invoke", input)
        }
        "autoscaling" => scale(world, &there, action, &alarm),
        "ssm" => ops_item(world, &there, (place, name), (action, &alarm)),
        "ssm-incidents" => {
            let input = object! {"responsePlanArn": (action), "title": (name)};
            world.call(&here, "ssm-incidents", "StartIncident", input)
        }
        _ => match instance_action(action) {
            Some(operation) => on_instance(world, &here, operation, &alarm),
            None => Err(Failure::new("InvalidAction", format!("Unsupported action {action}"))),
        },
    }
}

fn scale(world: &mut World, there: &Origin<'_>, action: &str, alarm: &Resource) -> Answer {
    let after = |label: &str| {
        let (_, rest) = action.split_once(label)?;
        Some(rest.split(':').next().unwrap_or(rest).to_owned())
    };
    let (Some(group), Some(policy)) = (after("autoScalingGroupName/"), after("policyName/")) else {
        return Err(Failure::new("InvalidAction", format!("Unsupported action {action}")));
    };
    let data: Json = alarm
        .fact("StateReasonData")
        .and_then(|data| serde_json::from_str(data).ok())
        .unwrap_or_default();
    let latest = data.pointer("/evaluatedDatapoints/0/value").and_then(Json::as_f64);
    let mut input = object! {"AutoScalingGroupName": (group), "PolicyName": (policy)};
    if let (Some(value), Some(threshold)) =
        (latest, alarm.value("Threshold").and_then(Value::as_f64))
    {
        input.insert("MetricValue", value);
        input.insert("BreachThreshold", threshold);
    }
    let answer = world.call(there, "autoscaling", "ExecutePolicy", input.clone());
    match answer {
        // Policies without steps take no values.
        Err(failure) if failure.code.contains("Validation") && input.contains("MetricValue") => {
            input.remove("MetricValue");
            input.remove("BreachThreshold");
            world.call(there, "autoscaling", "ExecutePolicy", input)
        }
        other => other,
    }
}

fn ops_item(
    world: &mut World,
    there: &Origin<'_>,
    (place, name): (&Place, &str),
    (action, alarm): (&str, &Resource),
) -> Answer {
    let Some((_, wanted)) = action.split_once(":opsitem:") else {
        return Err(Failure::new("InvalidAction", format!("Unsupported action {action}")));
    };
    let (severity, category) = wanted.split_once("#CATEGORY=").unwrap_or((wanted, ""));
    let arn = place.arn_of(place.kind, name);
    let related = json!([{"arn": arn}]).to_string();
    let deduplication = json!({"dedupString": format!("CloudWatchAlarm-{arn}")}).to_string();
    let mut input = object! {
        "Title": (format!("CloudWatch alarm - '{name}' is in ALARM state")),
        "Description": (alarm.fact("StateReason").unwrap_or("The alarm is in ALARM state.")),
        "Source": "CloudWatch-alarms",
        "Severity": (severity),
        "OperationalData": {
            "/aws/resources": {"Value": (related), "Type": "SearchableString"},
            "/aws/dedup": {"Value": (deduplication), "Type": "SearchableString"},
        },
    };
    if !category.is_empty() {
        input.insert("Category", category);
    }
    world.call(there, "ssm", "CreateOpsItem", input)
}

fn on_instance(world: &mut World, here: &Origin<'_>, operation: &str, alarm: &Resource) -> Answer {
    let dimensions = alarm.facts.list("Dimensions");
    let instance = dimensions.iter().find_map(|dimension| {
        let is = dimension.text("Name") == "InstanceId";
        dimension.get("Value").and_then(Value::as_str).filter(|_| is)
    });
    let instance = instance.unwrap_or_default();
    let input = object! {"InstanceIds": [(instance)]};
    world.call(here, "ec2", operation, input)
}

/// What an alarm said at a moment.
struct Told {
    value: String,
    reason: String,
    data: String,
    time: Timestamp,
}

fn told(alarm: &Resource) -> Told {
    let text = |member: &str| alarm.fact(member).unwrap_or_default().to_owned();
    Told {
        value: text("StateValue"),
        reason: text("StateReason"),
        data: text("StateReasonData"),
        time: alarm
            .value("StateUpdatedTimestamp")
            .and_then(Value::as_timestamp)
            .unwrap_or_default(),
    }
}

impl Told {
    fn event(&self) -> Json {
        let mut shown =
            json!({"value": self.value, "reason": self.reason, "timestamp": stamp(self.time)});
        if let (false, Some(members)) = (self.data.is_empty(), shown.as_object_mut()) {
            members.insert("reasonData".to_owned(), json!(self.data));
        }
        shown
    }

    fn history(&self) -> Json {
        let data: Json = serde_json::from_str(&self.data).unwrap_or(Json::Null);
        json!({"stateValue": self.value, "stateReason": self.reason, "stateReasonData": data})
    }
}

/// An alarm's configuration as its events have it.
fn event_configuration(kind: Kind, alarm: &Resource) -> Json {
    let text = |member: &str| alarm.fact(member);
    let mut shown = json!({});
    let Some(members) = shown.as_object_mut() else { return shown };
    if let Some(description) = text("AlarmDescription") {
        members.insert("description".to_owned(), json!(description));
    }
    if kind == &COMPOSITE_ALARM {
        members.insert("alarmRule".to_owned(), json!(text("AlarmRule")));
        return shown;
    }
    let metrics = if alarm.facts.contains("Metrics") {
        alarm.facts.list("Metrics").iter().map(lowered).collect()
    } else {
        let dimensions: serde_json::Map<String, Json> = alarm
            .facts
            .list("Dimensions")
            .iter()
            .filter_map(|one| {
                let name = one.get("Name")?.as_str()?.to_owned();
                Some((name, json!(one.get("Value")?.as_str()?)))
            })
            .collect();
        let metric = json!({
            "namespace": text("Namespace"), "name": text("MetricName"), "dimensions": dimensions,
        });
        let period = alarm.value("Period").and_then(Value::as_i64);
        let statistic = text("Statistic").or_else(|| text("ExtendedStatistic"));
        let id = crate::kind::uuid_of(&metric.to_string());
        json!([{
            "id": id,
            "metricStat": {"metric": metric, "period": period, "stat": statistic},
            "returnData": true,
        }])
    };
    members.insert("metrics".to_owned(), metrics);
    shown
}

/// The same with member names that begin with a small letter.
fn lowered(value: &Value) -> Json {
    match value.to_json() {
        Json::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let mut letters = name.chars();
                let first = letters.next().map(|first| first.to_ascii_lowercase());
                let name: String = first.into_iter().chain(letters).collect();
                (name, lowered(&Value::from_json(&member)))
            })
            .collect(),
        Json::Array(elements) => {
            elements.iter().map(|element| lowered(&Value::from_json(element))).collect()
        }
        other => other,
    }
}

/// An alarm's configuration as history and configuration events have it.
pub(super) fn configuration(kind: Kind, alarm: &Resource) -> Json {
    let mut shown = event_configuration(kind, alarm);
    let Some(members) = shown.as_object_mut() else { return shown };
    let kept = [
        ("actionsEnabled", "ActionsEnabled"),
        ("okActions", "OKActions"),
        ("alarmActions", "AlarmActions"),
        ("insufficientDataActions", "InsufficientDataActions"),
        ("evaluationPeriods", "EvaluationPeriods"),
        ("datapointsToAlarm", "DatapointsToAlarm"),
        ("threshold", "Threshold"),
        ("comparisonOperator", "ComparisonOperator"),
        ("treatMissingData", "TreatMissingData"),
    ];
    for (name, member) in kept {
        if let Some(value) = alarm.facts.get(member) {
            members.insert(name.to_owned(), value.to_json());
        }
    }
    let time = alarm.value("AlarmConfigurationUpdatedTimestamp").and_then(Value::as_timestamp);
    members.insert("timestamp".to_owned(), json!(time.map(stamp)));
    shown
}

/// The message to a topic.
fn notification(place: &Place, name: &str, alarm: &Resource, before: &str) -> Json {
    let fact = |member: &str| alarm.facts.get(member).map_or(Json::Null, Value::to_json);
    let time = |member: &str| json!(alarm.value(member).and_then(Value::as_timestamp).map(stamp));
    let mut message = json!({
        "AlarmName": name,
        "AlarmDescription": fact("AlarmDescription"),
        "AWSAccountId": place.account.as_str(),
        "AlarmConfigurationUpdatedTimestamp": time("AlarmConfigurationUpdatedTimestamp"),
        "NewStateValue": fact("StateValue"),
        "NewStateReason": fact("StateReason"),
        "StateChangeTime": time("StateUpdatedTimestamp"),
        "Region": region_name(&place.region),
        "AlarmArn": place.arn_of(place.kind, name),
        "OldStateValue": before,
        "OKActions": fact("OKActions"),
        "AlarmActions": fact("AlarmActions"),
        "InsufficientDataActions": fact("InsufficientDataActions"),
    });
    let Some(members) = message.as_object_mut() else { return message };
    if place.kind == &METRIC_ALARM {
        members.insert("Trigger".to_owned(), trigger(&alarm.facts));
    } else {
        members.insert("AlarmRule".to_owned(), fact("AlarmRule"));
    }
    message
}

fn trigger(alarm: &Object) -> Json {
    let fact = |member: &str| alarm.get(member).map_or(Json::Null, Value::to_json);
    let mut trigger = json!({
        "Period": fact("Period"),
        "EvaluationPeriods": fact("EvaluationPeriods"),
        "DatapointsToAlarm": fact("DatapointsToAlarm"),
        "ComparisonOperator": fact("ComparisonOperator"),
        "Threshold": alarm.get("Threshold").and_then(Value::as_f64),
        "TreatMissingData": alarm.get("TreatMissingData").and_then(Value::as_str).unwrap_or("missing"),
        "EvaluateLowSampleCountPercentile":
            alarm.get("EvaluateLowSampleCountPercentile").and_then(Value::as_str).unwrap_or(""),
    });
    let Some(members) = trigger.as_object_mut() else { return trigger };
    if alarm.contains("Metrics") {
        members.insert("Metrics".to_owned(), fact("Metrics"));
        return trigger;
    }
    let dimensions = alarm.list("Dimensions").iter();
    let dimensions: Json = dimensions
        .map(|one| {
            let text = |member: &str| one.get(member).and_then(Value::as_str);
            json!({"value": text("Value"), "name": text("Name")})
        })
        .collect();
    let statistic = alarm.get("Statistic").and_then(Value::as_str);
    members.insert("MetricName".to_owned(), fact("MetricName"));
    members.insert("Namespace".to_owned(), fact("Namespace"));
    members.insert(
        "StatisticType".to_owned(),
        json!(if statistic.is_some() { "Statistic" } else { "ExtendedStatistic" }),
    );
    members.insert(
        "Statistic".to_owned(),
        match statistic {
            Some("SampleCount") => json!("SAMPLE_COUNT"),
            Some(plain) => json!(plain.to_ascii_uppercase()),
            None => fact("ExtendedStatistic"),
        },
    );
    members.insert("Unit".to_owned(), fact("Unit"));
    members.insert("Dimensions".to_owned(), dimensions);
    trigger
}

/// What a function is invoked with.
fn invocation(place: &Place, name: &str, alarm: &Resource, before: &str, now: Timestamp) -> Json {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": place.arn_of(place.kind, name),
        "accountId": place.account.as_str(),
        "time": stamp(now),
        "region": place.region.as_str(),
        "alarmData": {
            "alarmName": name,
            "state": told(alarm).event(),
            "previousState": {"value": before},
            "configuration": event_configuration(place.kind, alarm),
        },
    })
}

/// A Region as messages for people name it.
fn region_name(region: &Region) -> String {
    const NAMES: [(&str, &str); 16] = [
        ("us-east-1", "US East (N. Virginia)"),
        ("us-east-2", "US East (Ohio)"),
        ("us-west-1", "US West (N. California)"),
        ("us-west-2", "US West (Oregon)"),
        ("ca-central-1", "Canada (Central)"),
        ("eu-west-1", "EU (Ireland)"),
        ("eu-west-2", "EU (London)"),
        ("eu-west-3", "EU (Paris)"),
        ("eu-central-1", "EU (Frankfurt)"),
        ("eu-north-1", "EU (Stockholm)"),
        ("ap-southeast-1", "Asia Pacific (Singapore)"),
        ("ap-southeast-2", "Asia Pacific (Sydney)"),
        ("ap-northeast-1", "Asia Pacific (Tokyo)"),
        ("ap-northeast-2", "Asia Pacific (Seoul)"),
        ("ap-south-1", "Asia Pacific (Mumbai)"),
        ("sa-east-1", "South America (Sao Paulo)"),
    ];
    let found = NAMES.iter().find(|(code, _)| *code == region.as_str());
    found.map_or_else(|| region.to_string(), |(_, name)| (*name).to_owned())
}
