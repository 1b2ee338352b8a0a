//! Run Command: commands and their invocations, one for each instance.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    delivery::{self, percent_or_count},
    document,
    documents::{self, DOCUMENT},
    shared::{FIFTY, conditions, count, is_managed, latest_first, targeted},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet,
    kind::{Definition, Identity, Missing},
    recipe::Action,
    services::Part,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&COMMAND, &INVOCATION],
    operations: &[
        ("SendCommand", Action::Own(send)),
        ("ListCommands", Action::Own(list)),
        ("ListCommandInvocations", Action::Own(list_invocations)),
        ("GetCommandInvocation", Action::Own(get_invocation)),
        ("CancelCommand", Action::Own(cancel)),
    ],
    tasks: &[
        ("ssm:command", delivery::command),
        ("ssm:deliver", delivery::deliver),
        ("ssm:ran", delivery::ran),
        ("ssm:rebooted", delivery::rebooted),
    ],
};

/// A command. Inside: `Order` (instances), `Next`, `Running`, `Parameters` with defaults.
pub(super) static COMMAND: Definition = Definition {
    resource_type: "AWS::SSM::Command",
    arn: "arn:{partition}:ssm:{region}:{account}:command/{id}",
    identity: &[("CommandId", Identity::Id)],
    missing: Missing::new("InvalidCommandId", "Command {id} does not exist."),
    ..Definition::OF
};

/// A command on one instance, by the command's id, a slash, and the instance's.
pub(super) static INVOCATION: Definition = Definition {
    resource_type: "AWS::SSM::CommandInvocation",
    arn: "arn:{partition}:ssm:{region}:{account}:command-invocation/{id}",
    identity: &[("CommandId", Identity::Segment(0)), ("InstanceId", Identity::Segment(1))],
    missing: Missing::new(
        "InvocationDoesNotExist",
        "The command ID and managed node ID you specified did not match any invocations.",
    ),
    ..Definition::OF
};

/// How long a command may wait for delivery if the caller does not say.
const DELIVERY_TIMEOUT: i64 = 3_600;
/// How much of an output `GetCommandInvocation` returns.
const LONG_OUTPUT: usize = 24_000;
/// How much of an output `ListCommandInvocations` returns.
const SHORT_OUTPUT: usize = 2_500;
const MOST_INSTANCES: usize = 50;

fn send(call: &Call, world: &mut World) -> Answer {
    let name = call.required("DocumentName")?;
    let here = call.place(&DOCUMENT);
    let document = documents::runnable(world, &here, name, call.text("DocumentVersion"))?;
    if document.kind != "Command" {
        let message = format!("Document {name} is not of type Command.");
        return Err(Failure::new("InvalidDocument", message));
    }
    if call.object("AlarmConfiguration").is_some() {
        let message = "the twin does not implement AlarmConfiguration of SendCommand";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let parameters = document::resolve(&document.content, call.object("Parameters"))?;
    for limit in ["MaxConcurrency", "MaxErrors"] {
        check_limit(call, limit)?;
    }
    let targets = targets(call, world, &here, &document.platforms)?;
    let timeout = call.integer("TimeoutSeconds").unwrap_or(DELIVERY_TIMEOUT);
    let id = world.uuid();
    let mut facts = object! {
        "DocumentName": (document.name.as_str()), "DocumentVersion": "", "Comment": "",
        "RequestedDateTime": (call.now), "Status": "Pending", "StatusDetails": "Pending",
        "InstanceIds": (call.input.get("InstanceIds").cloned().unwrap_or(Value::List(Vec::new()))),
        "Targets": (call.input.get("Targets").cloned().unwrap_or(Value::List(Vec::new()))),
        "Parameters": (call.input.get("Parameters").cloned().unwrap_or_else(Value::object)),
        "MaxConcurrency": "50", "MaxErrors": "0", "TargetCount": (count(targets.len())),
        "CompletedCount": 0, "ErrorCount": 0, "DeliveryTimedOutCount": 0, "TimeoutSeconds": timeout,
        "OutputS3BucketName": "", "OutputS3KeyPrefix": "", "ServiceRole": "",
        "NotificationConfig": {"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""},
        "CloudWatchOutputConfig": {"CloudWatchLogGroupName": "", "CloudWatchOutputEnabled": false},
        "ExpiresAfter": (call.now + SignedDuration::from_secs(timeout) + SignedDuration::from_secs(3_600)),
    };
    facts.extend(call.given(KEPT));
    if let Some(role) = call.text("ServiceRoleArn") {
        facts.insert("ServiceRole", role);
    }
    let order: Value = targets.iter().map(Value::from).collect();
    let values: Object = parameters
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(Value::from).collect::<Value>()))
        .collect();
    let inside = object! {"Order": order, "Next": 0, "Running": 0, "Values": values};
    let place = call.place(&COMMAND);
    let command = Resource::new(Arc::new(facts), Arc::default()).with_inside(inside);
    world.put(place.clone(), id.as_str(), command);
    make_invocations(world, &place, &id, &targets);
    world.schedule(call.now, Task::new("ssm:command", &place, &id));
    let made = call.find(world, &COMMAND, &id)?;
    let shown = call.describe(&COMMAND, &id, made);
    Ok(call.fit(value!({"Command": shown})))
}

const KEPT: [&str; 9] = [
    "DocumentVersion",
    "Comment",
    "MaxConcurrency",
    "MaxErrors",
    "OutputS3Region",
    "OutputS3BucketName",
    "OutputS3KeyPrefix",
    "NotificationConfig",
    "CloudWatchOutputConfig",
];

fn check_limit(call: &Call, member: &str) -> Result<(), Failure> {
    let Some(text) = call.text(member) else { return Ok(()) };
    if percent_or_count(text, 100).is_some() && (member == "MaxErrors" || text != "0") {
        return Ok(());
    }
    Err(call.invalid(format!("Value '{text}' at '{member}' is neither a number nor a percentage")))
}

/// The instances that a command is for.
fn targets(
    call: &Call,
    world: &World,
    place: &Place,
    platforms: &[String],
) -> Result<BTreeSet<String>, Failure> {
    let ids = call.texts("InstanceIds");
    if ids.is_empty() {
        if call.list("Targets").is_empty() {
            let message = "InstanceIds or Targets must be specified.";
            return Err(Failure::new("InvalidInstanceId", message));
        }
        return targeted(world, place, call.list("Targets"));
    }
    if ids.len() > MOST_INSTANCES {
        return Err(call.invalid("InstanceIds must have length less than or equal to 50"));
    }
    let set: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    if set.len() < ids.len() {
        let message = "You can't specify a managed node ID more than once.";
        return Err(Failure::new("DuplicateInstanceId", message));
    }
    let strange: Vec<&str> =
        ids.iter().copied().filter(|id| !is_managed(world, place, id)).collect();
    if !strange.is_empty() {
        let message = format!(
            "Instances [[{}]] not in a valid state for account {}",
            strange.join(", "),
            call.account()
        );
        return Err(Failure::new("InvalidInstanceId", message));
    }
    for id in &set {
        let platform = fleet::machine(world, place, id).map(|it| it.system.platform_type());
        if platform.is_some_and(|one| !platforms.iter().any(|fits| fits == one)) {
            let message = format!("The document is not supported on the platform of {id}.");
            return Err(Failure::new("UnsupportedPlatformType", message));
        }
    }
    Ok(set)
}

fn make_invocations(world: &mut World, place: &Place, command: &str, targets: &BTreeSet<String>) {
    let Some(found) = world.get(place, command) else { return };
    let mut facts = Object::new();
    facts.extend(found.facts.pick([
        "DocumentName",
        "DocumentVersion",
        "Comment",
        "RequestedDateTime",
        "ServiceRole",
        "NotificationConfig",
        "CloudWatchOutputConfig",
    ]));
    for (member, text) in [
        ("Status", "Pending"),
        ("StatusDetails", "Pending"),
        ("StandardOutputUrl", ""),
        ("StandardErrorUrl", ""),
        ("TraceOutput", ""),
    ] {
        facts.insert(member, text);
    }
    let invocations = place.beside(&INVOCATION);
    for target in targets {
        let mut facts = facts.clone();
        let instance = world.get(&fleet::of(place), target);
        let name = instance.and_then(|found| found.tags.get("Name")).cloned().unwrap_or_default();
        facts.insert("InstanceName", name);
        let invocation = Resource::new(Arc::new(facts), Arc::default());
        world.put(invocations.clone(), format!("{command}/{target}"), invocation);
    }
}

/// Whether a command or invocation is what the caller wants to see.
fn holds(facts: &Object, wanted: &[(&str, Vec<&str>)]) -> Result<bool, Failure> {
    let requested = facts.get("RequestedDateTime").and_then(Value::as_timestamp);
    let mut fits = true;
    for (key, values) in wanted {
        let value = values.first().copied().unwrap_or_default();
        let time = || {
            value.parse::<jiff::Timestamp>().map_err(|_| {
                Failure::new("InvalidFilterKey", format!("The value {value} of {key} is no time"))
            })
        };
        fits &= match *key {
            "InvokedAfter" => {
                let time = time()?;
                requested.is_some_and(|at| at >= time)
            }
            "InvokedBefore" => {
                let time = time()?;
                requested.is_some_and(|at| at < time)
            }
            "Status" => facts.text("Status") == value || facts.text("StatusDetails") == value,
            "DocumentName" => facts.text("DocumentName") == value,
            "ExecutionStage" => {
                let executing = matches!(
                    facts.text("Status"),
                    "Pending" | "InProgress" | "Cancelling" | "Delayed"
                );
                executing == (value == "Executing")
            }
            _ => {
                let message = format!("The filter key {key} is not valid");
                return Err(Failure::new("InvalidFilterKey", message));
            }
        };
    }
    Ok(fits)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let wanted = conditions(call, "Filters", ("key", "value"));
    let place = call.place(&COMMAND);
    if let Some(id) = call.text("CommandId") {
        call.find(world, &COMMAND, id)?;
    }
    let mut items = Vec::new();
    for (id, command) in world.shelf(&place) {
        let instance = call.text("InstanceId").is_none_or(|instance| {
            let invocation = format!("{id}/{instance}");
            world.get(&call.place(&INVOCATION), &invocation).is_some()
        });
        let named = call.text("CommandId").is_none_or(|wanted| wanted == id);
        if instance && named && holds(&command.facts, &wanted)? {
            let shown = call.describe(&COMMAND, id, command);
            items.push((key(&shown, id), shown.into()));
        }
    }
    FIFTY.sort(call, "Commands", items)
}

fn key(shown: &Object, id: &str) -> String {
    let at = shown.get("RequestedDateTime").and_then(Value::as_timestamp).unwrap_or_default();
    latest_first(at, id)
}

fn list_invocations(call: &Call, world: &mut World) -> Answer {
    let wanted = conditions(call, "Filters", ("key", "value"));
    if let Some(id) = call.text("CommandId") {
        call.find(world, &COMMAND, id)?;
    }
    let place = call.place(&INVOCATION);
    let mut items = Vec::new();
    let prefix = call.text("CommandId").map(|id| format!("{id}/")).unwrap_or_default();
    let shelf = world.shelf(&place).range(prefix.clone()..);
    for (id, invocation) in shelf.take_while(|(id, _)| id.starts_with(&prefix)) {
        let instance = id.split_once('/').map_or("", |(_, instance)| instance);
        let named = call.text("InstanceId").is_none_or(|wanted| wanted == instance);
        if named && holds(&invocation.facts, &wanted)? {
            let mut shown = call.describe(&INVOCATION, id, invocation);
            let plugins = if call.flag("Details") { plugins(invocation) } else { Vec::new() };
            shown.insert("CommandPlugins", Value::List(plugins));
            items.push((key(&shown, id), shown.into()));
        }
    }
    FIFTY.sort(call, "CommandInvocations", items)
}

fn plugins(invocation: &Resource) -> Vec<Value> {
    let plugins = invocation.inside.list("Plugins").iter();
    let shown = plugins.filter_map(Value::as_object).map(|plugin| {
        let mut shown = plugin.clone();
        let (out, error) = (plugin.text("Stdout"), plugin.text("Stderr"));
        let mut output = cut(out, SHORT_OUTPUT, "---Output truncated---");
        if !error.is_empty() {
            output = format!(
                "{output}\n----------ERROR-------\n{}",
                cut(error, SHORT_OUTPUT, "---Error truncated----")
            );
        }
        shown.insert("Output", output);
        shown.into()
    });
    shown.collect()
}

/// A text cut to so many characters, with a mark that says so.
fn cut(text: &str, most: usize, mark: &str) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => {
            let end = text.floor_char_boundary(end.saturating_sub(mark.len()));
            format!("{}{mark}", text.get(..end).unwrap_or(""))
        }
    }
}

fn get_invocation(call: &Call, world: &mut World) -> Answer {
    let (command, instance) = (call.required("CommandId")?, call.required("InstanceId")?);
    let id = format!("{command}/{instance}");
    let invocation = call.find(world, &INVOCATION, &id)?;
    let mut shown = call.describe(&INVOCATION, &id, invocation);
    let plugins = invocation.inside.list("Plugins");
    let named = |plugin: &&Value| {
        let name = plugin.get("Name").and_then(Value::as_str);
        match call.text("PluginName") {
            Some(wanted) => name == Some(wanted),
            None => plugins.len() == 1,
        }
    };
    let plugin = plugins.iter().find(named).and_then(Value::as_object);
    if let (Some(wanted), None, false) = (call.text("PluginName"), plugin, plugins.is_empty()) {
        let message = format!("The plugin name {wanted} isn't valid.");
        return Err(Failure::new("InvalidPluginName", message));
    }
    shown.insert("PluginName", plugin.map_or("", |plugin| plugin.text("Name")));
    shown.insert("ResponseCode", -1_i64);
    for member in [
        "StandardOutputContent",
        "StandardErrorContent",
        "ExecutionStartDateTime",
        "ExecutionElapsedTime",
        "ExecutionEndDateTime",
    ] {
        shown.insert(member, "");
    }
    if let Some(plugin) = plugin {
        shown.extend(plugin.pick(["ResponseCode", "Status", "StatusDetails"]));
        let mark = "\n---Output truncated---";
        shown.insert("StandardOutputContent", cut(plugin.text("Stdout"), LONG_OUTPUT, mark));
        shown.insert(
            "StandardErrorContent",
            cut(plugin.text("Stderr"), LONG_OUTPUT, "\n---Error truncated----"),
        );
        shown.insert("StandardOutputUrl", plugin.text("StandardOutputUrl").to_owned());
        shown.insert("StandardErrorUrl", plugin.text("StandardErrorUrl").to_owned());
        let time = |member: &str| plugin.get(member).and_then(Value::as_timestamp);
        if let (Some(start), Some(end)) =
            (time("ResponseStartDateTime"), time("ResponseFinishDateTime"))
        {
            let form = |at: jiff::Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
            shown.insert("ExecutionStartDateTime", form(start));
            shown.insert("ExecutionEndDateTime", form(end));
            shown.insert(
                "ExecutionElapsedTime",
                format!("PT{}S", end.as_second() - start.as_second()),
            );
        }
    }
    Ok(call.fit(shown.into()))
}

fn cancel(call: &Call, world: &mut World) -> Answer {
    let id = call.required("CommandId")?.to_owned();
    call.find(world, &COMMAND, &id)?;
    let place = call.place(&COMMAND);
    let wanted: Vec<String> = call.texts("InstanceIds").into_iter().map(str::to_owned).collect();
    for instance in &wanted {
        let invocation = format!("{id}/{instance}");
        if world.get(&call.place(&INVOCATION), &invocation).is_none() {
            let message = format!("Instance {instance} is not a target of the command");
            return Err(Failure::new("InvalidInstanceId", message));
        }
    }
    delivery::cancel(world, &place, &id, &wanted);
    Ok(Value::object())
}
