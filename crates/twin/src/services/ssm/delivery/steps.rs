//! What the steps of a document do on a machine.

use jiff::{SignedDuration, Timestamp};
use reeve_model::{Object, Value};

use super::{
    super::{
        document::{Parameters, Step, parse, steps},
        documents::{self, DOCUMENT, Runnable},
        patch::operate::{Order, Report, operate},
    },
    later,
};
use crate::{
    fleet::{self, Agent, Machine, Outcome},
    store::Place,
    value::value,
    world::{Origin, World},
};

/// How long patching may take, in seconds.
const PATCHING_LIMIT: i64 = 7_200;
/// How long scripts may take if their document does not say, in seconds.
const USUAL_LIMIT: i64 = 3_600;
/// By this status a script asks the agent to reboot the machine and to run it again.
const REBOOT_STATUS: i64 = 194;
const WINDOWS_REBOOT_STATUS: i64 = 3_010;

/// One step that ran.
#[derive(Debug, Clone)]
pub(super) struct StepRun {
    pub(super) name: String,
    pub(super) action: String,
    pub(super) status: &'static str,
    pub(super) outcome: Outcome,
    pub(super) start: Timestamp,
}

/// What running a document came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Ran {
    pub(super) steps: Vec<StepRun>,
    /// How long it took, in seconds.
    pub(super) seconds: i64,
    /// How long it may take.
    pub(super) limit: i64,
    /// Whether the machine is to be rebooted.
    pub(super) reboot: bool,
    /// Whether it is to be run again after that.
    pub(super) again: bool,
    /// What patching found.
    pub(super) report: Option<Report>,
}

impl Ran {
    /// A document that failed on the way.
    pub(super) fn failed(document: &Runnable, reason: &str, start: Timestamp) -> Self {
        let step = steps(&document.content).into_iter().next();
        let outcome = Outcome { status: 1, stderr: format!("{reason}\n"), ..Outcome::default() };
        let step = StepRun {
            name: step.as_ref().map_or(String::new(), |step| step.name.clone()),
            action: step.map_or(String::new(), |step| step.action),
            status: "Failed",
            outcome,
            start,
        };
        Self { steps: vec![step], ..Self::default() }
    }

    /// It took longer than it might.
    pub(super) fn time_out(&mut self) {
        if let Some(last) = self.steps.last_mut() {
            last.status = "TimedOut";
            last.outcome.status = 137;
            last.outcome.stderr.push_str("failed to run commands: exit status 137\n");
        }
    }

    fn push(&mut self, step: &Step, status: &'static str, outcome: Outcome, start: Timestamp) {
        let start = later(start, self.seconds);
        self.seconds += outcome.seconds;
        let (name, action) = (step.name.clone(), step.action.clone());
        self.steps.push(StepRun { name, action, status, outcome, start });
    }
}

/// What patching needs to know before it begins, if a document patches.
pub(super) fn prepared(
    world: &mut World,
    place: &Place,
    (document, values): (&Runnable, &Parameters),
) -> Option<Order> {
    let patches = document.name.contains("PatchBaseline") && document.name.starts_with("AWS-");
    if !patches {
        return None;
    }
    let text =
        |name: &str| values.get(name).and_then(|all| all.first()).cloned().unwrap_or_default();
    let mut order = Order {
        installs: text("Operation") == "Install",
        reboots: text("RebootOption") != "NoReboot",
        snapshot: text("SnapshotId"),
        ..Order::default()
    };
    let list = text("InstallOverrideList");
    if !list.is_empty() && order.installs {
        match fetched(world, place, &list) {
            Some(content) => order.list = Some((list, content)),
            None => {
                order.obstacle =
                    Some(format!("Unable to download the install override list {list}\n"));
            }
        }
    }
    let baseline = text("BaselineOverride");
    if !baseline.is_empty() {
        match fetched(world, place, &baseline)
            .and_then(|text| parse(&format!("{{\"Baselines\": {text}}}"), "JSON").ok())
        {
            Some(read) => {
                let all = read.get("Baselines").cloned().unwrap_or_default();
                let all = if all.as_object().is_some() { value!([all]) } else { all };
                let each = all.as_list().iter().filter_map(Value::as_object);
                order.baselines = Some(each.cloned().collect());
            }
            None => {
                order.obstacle =
                    Some(format!("Unable to download the baseline override {baseline}\n"));
            }
        }
    }
    Some(order)
}

/// The content of an object in S3; other addresses lead out of the world.
fn fetched(world: &mut World, place: &Place, address: &str) -> Option<String> {
    let path = address.strip_prefix("s3://").or_else(|| {
        let host = address.strip_prefix("https://s3.")?;
        host.split_once("amazonaws.com/").map(|(_, path)| path)
    })?;
    let (bucket, key) = path.split_once('/')?;
    let origin = Origin::at(place, "ssm.amazonaws.com");
    let answer =
        world.call(&origin, "s3", "GetObject", value!({"Bucket": bucket, "Key": key})).ok()?;
    let body = answer.get("Body")?;
    let bytes = body.as_blob().map(<[u8]>::to_vec);
    let bytes = bytes.or_else(|| body.as_str().map(|text| text.as_bytes().to_vec()))?;
    String::from_utf8(bytes).ok()
}

/// Runs a document on a machine.
pub(super) fn perform(
    world: (&World, &Place),
    machine: &mut Machine,
    (document, values): (&Runnable, &Parameters),
    (order, start): (&Option<Order>, Timestamp),
) -> Ran {
    // Each step of a document has a limit of its own; patching has one for all of it.
    let mut ran = Ran { limit: i64::MAX, ..Ran::default() };
    if let Some(order) = order {
        ran.limit = PATCHING_LIMIT;
        patch(world, machine, (document, values), (order, start), &mut ran);
        return ran;
    }
    run_steps(machine, (document, values), start, &mut ran);
    ran
}

fn run_steps(
    machine: &mut Machine,
    (document, values): (&Runnable, &Parameters),
    start: Timestamp,
    ran: &mut Ran,
) -> bool {
    for step in steps(&document.content) {
        if step.platform.as_deref().is_some_and(|one| one != machine.system.platform_type()) {
            let stdout = "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType]'.".to_owned();
            ran.push(&step, "Success", Outcome { stdout, ..Outcome::default() }, start);
            continue;
        }
        let limit = step
            .input("timeoutSeconds", values)
            .and_then(|text| text.trim_matches('"').parse().ok())
            .unwrap_or(USUAL_LIMIT);
        let outcome = run_step(machine, &step, values, (later(start, ran.seconds), limit));
        let asks = if machine.system.is_windows() { WINDOWS_REBOOT_STATUS } else { REBOOT_STATUS };
        let status = outcome.status;
        ran.reboot |= outcome.reboot || status == asks;
        ran.again |= status == asks;
        let succeeds = status == 0 || status == asks;
        let status = match (succeeds, outcome.killed) {
            (true, _) => "Success",
            (false, true) => "TimedOut",
            (false, false) => "Failed",
        };
        ran.push(&step, status, outcome, start);
        if !succeeds {
            return false;
        }
    }
    true
}

fn run_step(
    machine: &mut Machine,
    step: &Step,
    values: &Parameters,
    (at, limit): (Timestamp, i64),
) -> Outcome {
    match step.action.as_str() {
        "aws:runShellScript" if machine.system.is_windows() => unsupported(step),
        "aws:runPowerShellScript" if !machine.system.is_windows() => Outcome {
            status: 127,
            stderr: "pwsh: command not found\n".to_owned(),
            ..Outcome::default()
        },
        "aws:runShellScript" | "aws:runPowerShellScript" => {
            let mut outcome = fleet::run(machine, &step.script(values), at, limit);
            if outcome.status != 0 && outcome.status != REBOOT_STATUS {
                outcome
                    .stderr
                    .push_str(&format!("failed to run commands: exit status {}\n", outcome.status));
            }
            outcome
        }
        "aws:configurePackage" => configure_package(machine, step, values, at),
        "aws:updateSsmAgent" => update_agent(machine, step, values, at),
        "aws:manageCloudWatchAgent" => manage_agent(machine, step, values, at),
        _ => unsupported(step),
    }
}

fn unsupported(step: &Step) -> Outcome {
    let stderr = format!("Plugin {} is not supported on this platform\n", step.action);
    Outcome { status: 1, stderr, ..Outcome::default() }
}

fn said(text: String, seconds: i64) -> Outcome {
    Outcome { stdout: text, seconds, ..Outcome::default() }
}

fn refused(text: String) -> Outcome {
    Outcome { status: 1, stderr: text, seconds: 2, ..Outcome::default() }
}

fn configure_package(
    machine: &mut Machine,
    step: &Step,
    values: &Parameters,
    at: Timestamp,
) -> Outcome {
    let name = step.input("name", values).unwrap_or_default();
    let installs = step.input("action", values).as_deref() == Some("Install");
    if machine.disks.first().is_some_and(|root| root.usage(at).free() < 200 << 20) {
        return refused("Failed to install package; No space left on device\n".to_owned());
    }
    if name == "AmazonCloudWatchAgent" {
        let agent = Agent { present: installs, ..Agent::default() };
        machine.changes.cloudwatch_agent = Some(agent);
    } else if matches!(
        name.as_str(),
        "AWSPVDriver" | "AwsEnaNetworkDriver" | "AWSNVMe" | "AWSCodeDeployAgent" | "AmazonEFSUtils"
    ) {
        if installs {
            machine.changes.added.insert(name.clone());
        } else {
            machine.changes.added.remove(&name);
        }
    } else {
        return refused(format!(
            "failed to find platform package: package {name} does not exist\n"
        ));
    }
    let verb = if installs { "installed" } else { "uninstalled" };
    said(
        format!(
            "Initiating {name} {}\nSuccessfully {verb} {name}\n",
            if installs { "install" } else { "uninstall" }
        ),
        20,
    )
}

fn update_agent(machine: &mut Machine, step: &Step, values: &Parameters, at: Timestamp) -> Outcome {
    let wanted = step.input("targetVersion", values).unwrap_or_default();
    let before = machine.agent_version(at);
    let latest = fleet::latest_version(at);
    let target = if wanted.is_empty() || wanted == "latest" { latest.clone() } else { wanted };
    if before == target {
        return said(
            format!("amazon-ssm-agent {before} has already been installed, update skipped\n"),
            4,
        );
    }
    let version = if target == latest { String::new() } else { target.clone() };
    machine.changes.agent = Some(Agent { present: true, version, stopped: None });
    said(
        format!(
            "Updating amazon-ssm-agent from {before} to {target}\namazon-ssm-agent updated successfully to {target}\n"
        ),
        25,
    )
}

fn manage_agent(machine: &mut Machine, step: &Step, values: &Parameters, at: Timestamp) -> Outcome {
    let agent = machine.cloudwatch_agent();
    if !agent.present {
        return refused("amazon-cloudwatch-agent-ctl: command not found\n".to_owned());
    }
    let (_, name) = machine.agent_names();
    match step.input("action", values).unwrap_or_default().as_str() {
        "stop" => {
            machine.stop_service(name, at);
            said("amazon-cloudwatch-agent stopped\n".to_owned(), 3)
        }
        "status" => {
            let status = if agent.stopped.is_none() { "running" } else { "stopped" };
            said(format!("{{\n  \"status\": \"{status}\"\n}}\n"), 2)
        }
        _ => {
            machine.start_service(name);
            said(
                "Configuration validation succeeded\namazon-cloudwatch-agent has been started\n"
                    .to_owned(),
                5,
            )
        }
    }
}

/// Patches a machine, with what comes before and after.
fn patch(
    (world, place): (&World, &Place),
    machine: &mut Machine,
    (document, values): (&Runnable, &Parameters),
    (order, start): (&Order, Timestamp),
    ran: &mut Ran,
) {
    if !hook((world, place), machine, (values, "PreInstallHookDocName"), start, ran) {
        return;
    }
    for step in steps(&document.content) {
        if step.platform.as_deref().is_some_and(|one| one != machine.system.platform_type()) {
            let stdout = "Step execution skipped due to unsatisfied preconditions: '\"StringEquals\": [platformType]'.".to_owned();
            ran.push(&step, "Success", Outcome { stdout, ..Outcome::default() }, start);
            continue;
        }
        let at = start + SignedDuration::from_secs(ran.seconds);
        let report = operate((world, place), machine, order, at);
        let outcome = Outcome {
            status: i64::from(report.failed),
            stdout: report.output.clone(),
            stderr: report.complaints.clone(),
            seconds: report.seconds,
            reboot: report.reboot,
            killed: false,
        };
        ran.reboot |= report.reboot;
        let failed = report.failed;
        ran.report = Some(report);
        ran.push(&step, if failed { "Failed" } else { "Success" }, outcome, start);
        if failed {
            break;
        }
    }
    if ran.steps.iter().all(|step| step.status == "Success") {
        hook((world, place), machine, (values, "PostInstallHookDocName"), start, ran);
    }
    hook((world, place), machine, (values, "OnExitHookDocName"), start, ran);
}

/// Runs the document that a parameter names. Whether it succeeded, or there is none.
fn hook(
    (world, place): (&World, &Place),
    machine: &mut Machine,
    (values, parameter): (&Parameters, &str),
    start: Timestamp,
    ran: &mut Ran,
) -> bool {
    let name = values.get(parameter).and_then(|all| all.first()).map_or("", String::as_str);
    if name.is_empty() || name == "AWS-Noop" {
        return true;
    }
    let documents = place.beside(&DOCUMENT);
    let Ok(document) = documents::runnable(world, &documents, name, None) else {
        let step = Step {
            name: parameter.to_owned(),
            action: "aws:runDocument".to_owned(),
            platform: None,
            inputs: Value::Null,
        };
        let stderr = format!("Document with name {name} does not exist.\n");
        ran.push(&step, "Failed", Outcome { status: 1, stderr, ..Outcome::default() }, start);
        return false;
    };
    let given = Object::new();
    let values =
        super::super::document::resolve(&document.content, Some(&given)).unwrap_or_default();
    let began = later(start, ran.seconds);
    let mut inner = Ran::default();
    let well = run_steps(machine, (&document, &values), began, &mut inner);
    ran.seconds += inner.seconds;
    ran.steps.extend(inner.steps);
    well
}
