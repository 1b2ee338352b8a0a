//! How invocations end: what is kept of them, where their output goes, and who is told.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{super::commands::COMMAND, parts, steps::Ran};
use crate::{
    event::Event,
    services::ec2::compute::INSTANCE,
    store::Place,
    task::later,
    value::{object, value},
    world::{Origin, World},
};

/// How an invocation ends.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    status: String,
    details: String,
    plugins: Vec<Value>,
}

impl Ending {
    /// Without anything having run.
    pub(super) fn without_output(status: &str, details: &str) -> Self {
        Self { status: status.to_owned(), details: details.to_owned(), plugins: Vec::new() }
    }

    /// As what ran did.
    pub(super) fn of(ran: &Ran, now: Timestamp) -> Self {
        let worst = ran.steps.iter().find(|step| step.status != "Success");
        let (status, details) = match worst.map_or("Success", |step| step.status) {
            "TimedOut" => ("TimedOut", "ExecutionTimedOut"),
            other => (other, other),
        };
        let last = ran.steps.len().saturating_sub(1);
        let plugins = ran.steps.iter().enumerate().map(|(at, step)| {
            let finish = later(step.start, step.outcome.seconds).min(now);
            value!({
                "Name": (step.name.as_str()), "Action": (step.action.as_str()), "Status": (step.status),
                "StatusDetails": (step.status), "ResponseCode": (step.outcome.status),
                "ResponseStartDateTime": (step.start.min(now)),
                "ResponseFinishDateTime": (if at == last { now } else { finish }),
                "Stdout": (step.outcome.stdout.as_str()), "Stderr": (step.outcome.stderr.as_str()),
                "StandardOutputUrl": "", "StandardErrorUrl": "",
            })
        });
        Self { status: status.to_owned(), details: details.to_owned(), plugins: plugins.collect() }
    }

    /// To be kept in a task.
    pub(super) fn to_value(&self) -> Value {
        let plugins = Value::List(self.plugins.clone());
        value!({"Status": (self.status.as_str()), "Details": (self.details.as_str()), "Plugins": plugins})
    }

    /// Out of a task; the last step ends now.
    pub(super) fn from_value(kept: &Value, now: Timestamp) -> Self {
        let mut plugins = kept.list("Plugins").to_vec();
        if let Some(plugin) = plugins.last_mut().and_then(Value::as_object_mut) {
            plugin.insert("ResponseFinishDateTime", now);
        }
        Self {
            status: kept.text("Status").to_owned(),
            details: kept.text("Details").to_owned(),
            plugins,
        }
    }

    /// What its command counts it as.
    pub(super) fn counts_as(&self) -> &str {
        match (self.status.as_str(), self.details.as_str()) {
            ("Failed", "Undeliverable" | "InvalidPlatform") => "Cancelled",
            // One that took too long failed; only one that was never delivered is late.
            ("TimedOut", "ExecutionTimedOut") => "Failed",
            (status, _) => status,
        }
    }
}

/// Keeps how an invocation ended and writes its output to where its command says.
pub(super) fn finish(world: &mut World, place: &Place, invocation: &str, ending: &Ending) {
    let (command, instance) = parts(invocation);
    let here = place.beside(&COMMAND);
    let sent =
        world.get(&here, command).map(|found| Object::clone(&found.facts)).unwrap_or_default();
    let mut plugins = ending.plugins.clone();
    for plugin in plugins.iter_mut().filter_map(Value::as_object_mut) {
        to_bucket(world, place, &sent, (command, instance), plugin);
        to_logs(world, place, &sent, (command, instance), plugin);
    }
    world.change(place, invocation, |facts| {
        facts.insert("Status", ending.status.as_str());
        facts.insert("StatusDetails", ending.details.as_str());
    });
    world.set_inside(place, invocation, "Plugins", Value::List(plugins));
}

fn to_bucket(
    world: &mut World,
    place: &Place,
    sent: &Object,
    (command, instance): (&str, &str),
    plugin: &mut Object,
) {
    let bucket = sent.text("OutputS3BucketName").to_owned();
    if bucket.is_empty() {
        return;
    }
    let prefix = sent.text("OutputS3KeyPrefix").trim_matches('/').to_owned();
    let action = plugin.text("Action").replace(':', "");
    let step = plugin.text("Name").replace(':', "");
    let folder = format!("{command}/{instance}/{action}/0.{step}");
    let folder = if prefix.is_empty() { folder } else { format!("{prefix}/{folder}") };
    for (stream, member, shown) in
        [("stdout", "Stdout", "StandardOutputUrl"), ("stderr", "Stderr", "StandardErrorUrl")]
    {
        let content = plugin.text(member).to_owned();
        let key = format!("{folder}/{stream}");
        if !content.is_empty() {
            let origin = Origin::at(place, "ssm.amazonaws.com");
            let body = Value::Blob(content.into_bytes());
            let input = value!({"Bucket": (bucket.as_str()), "Key": (key.as_str()), "Body": body});
            // The agent writes with the machine's own role: a bucket that it cannot write to is no fault of the command.
            let _ = world.call(&origin, "s3", "PutObject", input);
        }
        plugin.insert(shown, format!("https://s3.{}.amazonaws.com/{bucket}/{key}", place.region));
    }
    plugin.insert("OutputS3Region", place.region.to_string());
    plugin.insert("OutputS3BucketName", bucket.as_str());
    plugin.insert("OutputS3KeyPrefix", folder);
}

fn to_logs(
    world: &mut World,
    place: &Place,
    sent: &Object,
    (command, instance): (&str, &str),
    plugin: &Object,
) {
    let Some(config) = sent.get("CloudWatchOutputConfig") else { return };
    if config.get("CloudWatchOutputEnabled").and_then(Value::as_bool) != Some(true) {
        return;
    }
    let named = config.text("CloudWatchLogGroupName");
    let group = if named.is_empty() {
        format!("/aws/ssm/{}", sent.text("DocumentName"))
    } else {
        named.to_owned()
    };
    let origin = Origin::at(place, "ssm.amazonaws.com");
    let step = plugin.text("Name").replace(':', "-");
    // Group and stream may exist already; an output that cannot be written is lost, as on AWS.
    let _ =
        world.call(&origin, "logs", "CreateLogGroup", value!({"logGroupName": (group.as_str())}));
    for (stream, member) in [("stdout", "Stdout"), ("stderr", "Stderr")] {
        let content = plugin.text(member);
        if content.is_empty() {
            continue;
        }
        let name = format!("{command}/{instance}/{step}/{stream}");
        let input = value!({"logGroupName": (group.as_str()), "logStreamName": (name.as_str())});
        let _ = world.call(&origin, "logs", "CreateLogStream", input);
        let at = world.now().as_millisecond();
        let input = value!({
            "logGroupName": (group.as_str()), "logStreamName": name,
            "logEvents": [{"timestamp": at, "message": content}],
        });
        let _ = world.call(&origin, "logs", "PutLogEvents", input);
    }
}

/// Tells of a new status: the bus, and the topic that the command names.
pub(super) fn notify(world: &mut World, place: &Place, id: &str, invocation: Option<()>) {
    let Some(found) = world.get(place, id) else { return };
    let facts = Object::clone(&found.facts);
    let (command, instance) = parts(id);
    let (command, instance) = (command.to_owned(), instance.to_owned());
    let time = |member: &str| {
        let at = facts.get(member).and_then(Value::as_timestamp).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    };
    let status = facts.text("Status").to_owned();
    let (kind, detail) = if invocation.is_some() {
        let detail = object! {
            "command-id": (command.as_str()), "document-name": (facts.text("DocumentName")),
            "instance-id": (instance.as_str()), "requested-date-time": (time("RequestedDateTime")),
            "status": (status.as_str()),
        };
        ("EC2 Command Invocation Status-change Notification", detail)
    } else {
        let parameters =
            facts.get("Parameters").map_or("{}".to_owned(), |all| all.to_json().to_string());
        let detail = object! {
            "command-id": (command.as_str()), "document-name": (facts.text("DocumentName")),
            "expire-after": (time("ExpiresAfter")), "parameters": (parameters),
            "requested-date-time": (time("RequestedDateTime")), "status": (status.as_str()),
        };
        ("EC2 Command Status-change Notification", detail)
    };
    let mut event = Event::new("aws.ssm", kind, place).with(detail.clone());
    if invocation.is_some() {
        event = event.about(place.arn_of(&INSTANCE, &instance));
    }
    world.emit(event);
    to_topic(world, place, (&facts, &status, invocation.is_some()), detail);
}

fn to_topic(
    world: &mut World,
    place: &Place,
    (facts, status, invocation): (&Object, &str, bool),
    detail: Object,
) {
    let Some(config) = facts.get("NotificationConfig") else { return };
    let topic = config.text("NotificationArn").to_owned();
    let events = config.list("NotificationEvents");
    let wants = events.iter().filter_map(Value::as_str).any(|one| one == "All" || one == status);
    if topic.is_empty() || !wants || invocation != (config.text("NotificationType") == "Invocation")
    {
        return;
    }
    let message = Value::from(detail).to_json().to_string();
    let subject = format!("EC2 Run Command Notification {}", place.region);
    let input = value!({"TopicArn": topic, "Subject": subject, "Message": message});
    let origin = Origin::at(place, "ssm.amazonaws.com");
    // A topic that is gone gets nothing.
    let _ = world.call(&origin, "sns", "Publish", input);
}
