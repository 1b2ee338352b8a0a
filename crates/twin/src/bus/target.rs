//! The targets of rules: who gets an event, and how it is handed over.

use reeve_model::{Object, Value};

use super::{Ask, Bus, permits, receive};
use crate::{
    failure::Failure,
    messages::Delivery,
    services::{
        events::{API_DESTINATION, EVENT_BUS, bus_of_arn},
        lambda, logs, sns, sqs,
    },
    store::Place,
    value::{object, value},
    world::{Origin, World},
};

/// The service that all this is done by.
const BY: &str = "events.amazonaws.com";

/// One event for one target.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Where the rule is.
    pub(super) place: Place,
    pub(super) rule_arn: String,
    pub(super) target: Value,
    pub(super) event: serde_json::Value,
    /// What the target is to receive.
    pub(super) body: String,
    pub(super) hops: usize,
    pub(super) attempts: i64,
}

impl Job {
    /// What a task carries.
    pub(super) fn to_value(&self) -> Value {
        value!({
            "Rule": (self.rule_arn.as_str()),
            "Target": (self.target.clone()),
            "Event": (self.event.to_string()),
            "Body": (self.body.as_str()),
            "Hops": (i64::try_from(self.hops).unwrap_or(0)),
            "Attempts": (self.attempts),
        })
    }

    /// Reads what a task carries.
    pub(super) fn from_value(place: &Place, value: &Value) -> Option<Self> {
        let text = |member: &str| value.get(member).and_then(Value::as_str);
        let number = |member: &str| value.get(member).and_then(Value::as_i64);
        Some(Self {
            place: place.clone(),
            rule_arn: text("Rule")?.to_owned(),
            target: value.get("Target")?.clone(),
            event: serde_json::from_str(text("Event")?).ok()?,
            body: text("Body")?.to_owned(),
            hops: usize::try_from(number("Hops")?).ok()?,
            attempts: number("Attempts")?,
        })
    }

    fn arn(&self) -> &str {
        self.target.text("Arn")
    }

    fn parameter(&self, path: &str) -> Option<&Value> {
        self.target.path(path)
    }

    /// Refused unless the target's policy allows it, or the rule has a role.
    fn permitted(&self, policy: Option<&str>, action: &str) -> Result<(), Failure> {
        let ask = Ask {
            service: BY,
            action,
            resource: self.arn(),
            source_arn: &self.rule_arn,
            source_account: self.place.account.as_str(),
        };
        if self.target.get("RoleArn").is_some() || permits(policy, &ask) {
            return Ok(());
        }
        let message =
            format!("{BY} is not authorized to perform: {action} on resource: {}", self.arn());
        Err(Failure::new("NO_PERMISSIONS", message).with_status(403))
    }
}

/// Hands an event to its target.
pub(super) fn send(world: &mut World, job: &Job) -> Result<(), Failure> {
    let arn = job.arn().to_owned();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let (service, rest) = (parts.get(2).copied(), parts.get(5).copied().unwrap_or_default());
    match (service, rest.split(['/', ':']).next().unwrap_or_default()) {
        (Some("sqs"), _) => to_queue(world, job),
        (Some("sns"), _) => to_topic(world, job),
        (Some("logs"), "log-group") => to_log_group(world, job),
        (Some("lambda"), "function") => to_function(world, job),
        (Some("events"), "event-bus") => to_bus(world, job),
        (Some("events"), "api-destination") => to_endpoint(world, job),
        (Some("ssm"), "document") => run_command(world, job),
        (Some("ssm"), "automation-definition") => run_automation(world, job),
        (Some("ssm"), "opsitem") => open_item(world, job),
        (Some("ecs"), "cluster") => run_task(world, job),
        (Some("codepipeline"), _) => ordinary(
            world,
            job,
            "codepipeline",
            ("StartPipelineExecution", object!("name": (rest))),
        ),
        _ => {
            let message = format!("the twin does not serve targets such as {arn}");
            Err(Failure::new("NotImplemented", message).with_status(501))
        }
    }
}

/// Calls another service in the account and Region of the target.
fn ordinary(
    world: &mut World,
    job: &Job,
    service: &str,
    (operation, input): (&str, Object),
) -> Result<(), Failure> {
    let mut parts = job.arn().split(':').skip(3);
    let region = parts.next().and_then(|region| region.parse().ok());
    let account = parts.next().and_then(|account| account.parse().ok());
    let region = region.unwrap_or_else(|| job.place.region.clone());
    let account = account.unwrap_or_else(|| job.place.account.clone());
    let origin = Origin { account: &account, region: &region, by: BY };
    world.call(&origin, service, operation, input).map(|_| ())
}

fn located(world: &World, job: &Job) -> Result<(Place, String), Failure> {
    world.store.locate(job.arn()).ok_or_else(|| {
        let message = format!("{} does not exist", job.arn());
        Failure::new("ResourceNotFoundException", message).with_status(404)
    })
}

fn to_queue(world: &mut World, job: &Job) -> Result<(), Failure> {
    let (place, name) = located(world, job)?;
    let policy = world.get(&place, &name).and_then(|queue| queue.fact("Policy"));
    job.permitted(policy, "sqs:SendMessage")?;
    let mut input = object!(
        "QueueUrl": (sqs::url_of(&place, &name)),
        "MessageBody": (job.body.as_str()),
    );
    if let Some(group) = job.parameter("SqsParameters.MessageGroupId") {
        input.insert("MessageGroupId", group.clone());
        let id = job.event.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
        input.insert("MessageDeduplicationId", id);
    }
    ordinary(world, job, "sqs", ("SendMessage", input))
}

fn to_topic(world: &mut World, job: &Job) -> Result<(), Failure> {
    let (place, name) = located(world, job)?;
    let policy = world.get(&place, &name).and_then(sns::policy_of);
    job.permitted(policy.as_deref(), "sns:Publish")?;
    let input = object!("TopicArn": (job.arn()), "Message": (job.body.as_str()));
    ordinary(world, job, "sns", ("Publish", input))
}

fn to_function(world: &mut World, job: &Job) -> Result<(), Failure> {
    let policy = lambda::policy_of(world, job.arn());
    job.permitted(policy.as_deref(), "lambda:InvokeFunction")?;
    let input = object!(
        "FunctionName": (job.arn()),
        "InvocationType": "Event",
        "Payload": (job.body.clone().into_bytes()),
    );
    ordinary(world, job, "lambda", ("Invoke", input))
}

fn to_log_group(world: &mut World, job: &Job) -> Result<(), Failure> {
    let group = job.arn().split(':').nth(6).unwrap_or_default().to_owned();
    let policies = logs::policies_of(world, &job.place);
    let allowed =
        policies.iter().any(|policy| job.permitted(Some(policy), "logs:PutLogEvents").is_ok());
    if !allowed {
        job.permitted(None, "logs:PutLogEvents")?;
    }
    let stream = job.event.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let stream = format!("{stream}-{}", job.rule_arn.rsplit('/').next().unwrap_or_default());
    let input = object!("logGroupName": (group.as_str()), "logStreamName": (stream.as_str()));
    ordinary(world, job, "logs", ("CreateLogStream", input))?;
    let input = object!(
        "logGroupName": (group),
        "logStreamName": (stream),
        "logEvents": [{"timestamp": (world.now().as_millisecond()), "message": (job.body.as_str())}],
    );
    ordinary(world, job, "logs", ("PutLogEvents", input))
}

/// To another bus, of this or another account, whose policy must allow that.
fn to_bus(world: &mut World, job: &Job) -> Result<(), Failure> {
    let name = bus_of_arn(job.arn()).unwrap_or_default().to_owned();
    let mut parts = job.arn().split(':').skip(3);
    let region = parts.next().and_then(|region| region.parse().ok());
    let account = parts.next().and_then(|account| account.parse().ok());
    let (Some(region), Some(account)) = (region, account) else {
        return located(world, job).map(|_| ());
    };
    let bus = Bus { account, region, name };
    let place = bus.place(&EVENT_BUS);
    let found = world.get(&place, &bus.name);
    if found.is_none() && bus.name != super::DEFAULT {
        return located(world, job).map(|_| ());
    }
    if bus.account != job.place.account {
        let policy = found.and_then(|bus| bus.fact("Policy"));
        permitted_account(policy, job)?;
    }
    receive(world, &bus, &job.event, job.hops + 1);
    Ok(())
}

fn permitted_account(policy: Option<&str>, job: &Job) -> Result<(), Failure> {
    use reeve_policy::{
        Caller, ContextMap, Form, Named, Policies, Policy, Request, ResourcePolicy, decide,
    };
    let refusal = || {
        let message = format!("{} may not put events on {}", job.place.account, job.arn());
        Failure::new("NO_PERMISSIONS", message).with_status(403)
    };
    let policy = policy.and_then(|text| Policy::parse(Form::Resource, text).ok());
    let policy = policy.ok_or_else(refusal)?;
    let context = ContextMap::default();
    let request = Request {
        caller: Caller::Root { account: job.place.account.as_str() },
        action: "events:PutEvents",
        resource: job.arn(),
        resource_account: None,
        context: &context,
    };
    let resource =
        ResourcePolicy { policy: Named { name: "bus", policy: &policy }, opens_alone: true };
    let policies = Policies { resource: Some(resource), ..Policies::default() };
    if decide(&request, &policies).is_allowed() { Ok(()) } else { Err(refusal()) }
}

/// To an endpoint outside of the world: what is sent can be read in the outbox.
fn to_endpoint(world: &mut World, job: &Job) -> Result<(), Failure> {
    let name = job.arn().split('/').nth(1).unwrap_or_default();
    let place = job.place.beside(&API_DESTINATION);
    let Some(destination) = world.get(&place, name) else { return located(world, job).map(|_| ()) };
    let endpoint = destination.fact("InvocationEndpoint").unwrap_or_default().to_owned();
    world.messages.post(Delivery {
        at: world.now,
        protocol: "api-destination".to_owned(),
        endpoint,
        from: job.rule_arn.clone(),
        subject: None,
        body: job.body.clone(),
    });
    Ok(())
}

/// The parameters of a document, if the input is an object of lists or texts.
fn parameters(body: &str) -> Object {
    let parsed: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let members = parsed.as_object().cloned().unwrap_or_default();
    let lists = members.into_iter().filter_map(|(name, value)| {
        let list = match value {
            serde_json::Value::Array(_) => Value::from_json(&value),
            serde_json::Value::String(text) => Value::List(vec![Value::from(text)]),
            _ => return None,
        };
        Some((name, list))
    });
    lists.map(|(name, list)| (name.as_str().to_owned(), list)).collect()
}

/// An event as such is no input of a document: only what the rule makes of it.
fn has_own_input(job: &Job) -> bool {
    ["Input", "InputPath", "InputTransformer"].iter().any(|form| job.target.get(form).is_some())
}

fn run_command(world: &mut World, job: &Job) -> Result<(), Failure> {
    let document = job.arn().rsplit("document/").next().unwrap_or_default().to_owned();
    let targets = job.parameter("RunCommandParameters.RunCommandTargets");
    let mut input = object!(
        "DocumentName": (document),
        "Targets": (targets.cloned().unwrap_or_default()),
    );
    if has_own_input(job) {
        input.insert("Parameters", parameters(&job.body));
    }
    ordinary(world, job, "ssm", ("SendCommand", input))
}

fn run_automation(world: &mut World, job: &Job) -> Result<(), Failure> {
    let document = job.arn().rsplit("automation-definition/").next().unwrap_or_default();
    let (name, version) = document.split_once(':').unwrap_or((document, "$DEFAULT"));
    let mut input = object!("DocumentName": (name), "DocumentVersion": (version));
    if has_own_input(job) {
        input.insert("Parameters", parameters(&job.body));
    }
    ordinary(world, job, "ssm", ("StartAutomationExecution", input))
}

fn open_item(world: &mut World, job: &Job) -> Result<(), Failure> {
    let body: serde_json::Value = serde_json::from_str(&job.body).unwrap_or_default();
    let text = |member: &str, usual: &str| {
        body.get(member).and_then(serde_json::Value::as_str).unwrap_or(usual).to_owned()
    };
    let input = object!(
        "Title": (text("title", &text("detail-type", "EventBridge event"))),
        "Description": (text("description", &job.body.chars().take(1024).collect::<String>())),
        "Source": "EventBridge",
    );
    ordinary(world, job, "ssm", ("CreateOpsItem", input))
}

fn run_task(world: &mut World, job: &Job) -> Result<(), Failure> {
    let mut input = object!("cluster": (job.arn()));
    for (parameter, member) in [
        ("TaskDefinitionArn", "taskDefinition"),
        ("TaskCount", "count"),
        ("LaunchType", "launchType"),
        ("Group", "group"),
        ("PlatformVersion", "platformVersion"),
    ] {
        if let Some(given) = job.parameter(&format!("EcsParameters.{parameter}")) {
            input.insert(member, given.clone());
        }
    }
    if let Some(network) = job.parameter("EcsParameters.NetworkConfiguration.awsvpcConfiguration") {
        let lowered =
            network.as_object().into_iter().flat_map(Object::iter).map(|(name, value)| {
                let mut letters = name.as_str().chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                (first.into_iter().chain(letters).collect::<String>(), value.clone())
            });
        let configuration: Object = lowered.collect();
        input.insert("networkConfiguration", object!("awsvpcConfiguration": (configuration)));
    }
    ordinary(world, job, "ecs", ("RunTask", input))
}
