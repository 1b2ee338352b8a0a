//! Scanning and patching one machine, and the report of it.

use jiff::{SignedDuration, Timestamp};
use reeve_document::{NodeValue, parse_yaml};
use reeve_model::{Object, Value};

use super::{
    baseline::{Baseline, identity, names},
    baselines,
};
use crate::{
    fleet::{Machine, OperatingSystem, Package, Release, between, digest},
    pattern::matches,
    store::Place,
    value::object,
    world::World,
};

/// How many of a thousand installations fail for reasons of their own.
const FAILURES: i64 = 3;
const SCAN_SECONDS: i64 = 25;
const INSTALL_SECONDS: i64 = 30;
const PATCH_SECONDS: i64 = 7;
const WINDOWS_PATCH_SECONDS: i64 = 240;
/// Below so many free bytes nothing can be installed.
const LEAST_FREE: i64 = 512 << 20;

/// What is to be done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    /// Whether to install and not only scan.
    pub(crate) installs: bool,
    /// Whether to reboot if an update needs it.
    pub(crate) reboots: bool,
    /// The snapshot that the machine uses.
    pub(crate) snapshot: String,
    /// The list of what to install instead of what the baseline approves, and where it came from.
    pub(crate) list: Option<(String, String)>,
    /// Baselines instead of the machine's own, each for its operating system.
    pub(crate) baselines: Option<Vec<Object>>,
    /// Why the patches cannot be had at all.
    pub(crate) obstacle: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The machine's patch state, as `DescribeInstancePatchStates` shows it.
    pub(crate) state: Object,
    /// Its patches, as `DescribeInstancePatches` shows them, with what compliance wants to know.
    pub(crate) patches: Vec<Value>,
    /// What was written.
    pub(crate) output: String,
    /// What went wrong.
    pub(crate) complaints: String,
    /// How long it took.
    pub(crate) seconds: i64,
    /// Whether the machine is to be rebooted.
    pub(crate) reboot: bool,
    /// Whether a patch failed.
    pub(crate) failed: bool,
}

/// Scans or patches a machine.
pub(crate) fn operate(
    (world, place): (&World, &Place),
    machine: &mut Machine,
    order: &Order,
    at: Timestamp,
) -> Report {
    let (overriding, group) = chosen(world, place, machine, order);
    let mut seconds = SCAN_SECONDS + between(machine.digest("scan"), 0, 20);
    let mut installed = Vec::new();
    let mut complaints = order.obstacle.clone().unwrap_or_default();
    let family = machine.system.family;
    let baseline = overriding.unwrap_or_else(|| {
        complaints.push_str(&format!("The baseline override has no baseline for {family}\n"));
        baselines::of_machine(world, place, family, &group)
    });
    if order.installs && complaints.is_empty() {
        seconds += INSTALL_SECONDS;
        let wanted = wanted(machine, &baseline, order, at);
        let each = if machine.system.is_windows() { WINDOWS_PATCH_SECONDS } else { PATCH_SECONDS };
        for release in wanted {
            seconds += each;
            let now = at + SignedDuration::from_secs(seconds);
            match obstacle(machine, &release, now) {
                Some(reason) => {
                    complaints
                        .push_str(&format!("{}: {reason}\n", title(machine.system, &release)));
                    machine.changes.failed.insert(release.stream.name.to_owned(), release.number);
                }
                None => {
                    machine.install(release.stream, release.number, now);
                    installed.push(title(machine.system, &release));
                }
            }
        }
    }
    let reboot = order.installs && order.reboots && machine.needs_reboot();
    let end = at + SignedDuration::from_secs(seconds);
    let mut report = scan((&baseline, &group), machine, order, (at, end));
    report.output = told(&baseline, order, &installed, &report);
    let count = |member: &str| report.state.get(member).and_then(Value::as_i64).unwrap_or(0);
    report.failed = order.installs && count("FailedCount") > 0 || !complaints.is_empty();
    report.complaints = complaints;
    report.seconds = seconds;
    report.reboot = reboot;
    report
}

/// The baseline and patch group of a machine; no baseline if those given are for other operating systems.
fn chosen(
    world: &World,
    place: &Place,
    machine: &Machine,
    order: &Order,
) -> (Option<Baseline>, String) {
    let group = baselines::group_of(world, place, machine.id());
    let family = machine.system.family;
    let Some(given) = &order.baselines else {
        return (Some(baselines::of_machine(world, place, family, &group)), group);
    };
    let text = |one: &Object, member: &str| one.text(member).to_owned();
    let fits = |one: &&Object| {
        let system = text(one, "OperatingSystem");
        system == family || system.is_empty() && family == "WINDOWS"
    };
    let baseline = given.iter().find(fits).map(|one| {
        let id = text(one, "BaselineId");
        Baseline::read(if id.is_empty() { "baseline-override" } else { &id }, one)
    });
    (baseline, group)
}

/// The releases to put on, in order of name.
fn wanted(machine: &Machine, baseline: &Baseline, order: &Order, at: Timestamp) -> Vec<Release> {
    let calendar = machine.calendar();
    let list = order.list.as_ref().map(|(_, text)| listed(text));
    let mut wanted = Vec::new();
    for package in machine.packages() {
        let release = match &list {
            Some(list) => {
                let latest = calendar.release(package.stream, calendar.latest(package.stream, at));
                let fits = |(id, title): &(String, String)| {
                    let titled =
                        title.is_empty() || matches(title, &self::title(machine.system, &latest));
                    names(id, &latest) && titled
                };
                list.iter().any(fits).then_some(latest)
            }
            None => baseline.approval(&calendar, package.stream, at).map(|found| found.release),
        };
        wanted.extend(release.filter(|release| release.number > package.release));
    }
    wanted
}

fn listed(text: &str) -> Vec<(String, String)> {
    let Ok(document) = parse_yaml(text) else { return Vec::new() };
    let Some(patches) = document.get("patches") else { return Vec::new() };
    let NodeValue::List(patches) = &patches.value else { return Vec::new() };
    let text = |node: Option<&reeve_document::Node>| match node.map(|node| &node.value) {
        Some(NodeValue::String(text) | NodeValue::Number(text)) => text.clone(),
        _ => String::new(),
    };
    let entry = |patch: &reeve_document::Node| (text(patch.get("id")), text(patch.get("title")));
    patches.iter().map(entry).filter(|(id, _)| !id.is_empty()).collect()
}

/// Why a release cannot be put on.
fn obstacle(machine: &Machine, release: &Release, now: Timestamp) -> Option<String> {
    if machine.disks.first().is_some_and(|root| root.usage(now).free() < LEAST_FREE) {
        return Some("No space left on device".to_owned());
    }
    let number = release.number.to_string();
    let day = (now.as_second() / 86_400).to_string();
    let lot = digest(machine.seed, &[machine.id(), release.stream.name, &number, &day]);
    (between(lot, 0, 999) < FAILURES).then(|| {
        if machine.system.is_windows() {
            "Installation failed with HRESULT 0x80070643".to_owned()
        } else {
            "scriptlet failed, exit status 1".to_owned()
        }
    })
}

/// What Patch Manager calls a release.
pub(crate) fn title(system: &OperatingSystem, release: &Release) -> String {
    if system.is_windows() {
        return format!("{} ({})", release.version, release.advisory);
    }
    let (epoch, version) = release.version.split_once(':').unwrap_or(("0", &release.version));
    let architecture = if system.is_debian_like() { "amd64" } else { "x86_64" };
    if system.is_debian_like() {
        return format!("{}:{}", identity(release), release.version);
    }
    format!("{}.{architecture}:{epoch}:{version}", release.stream.name)
}

fn scan(
    (baseline, group): (&Baseline, &str),
    machine: &Machine,
    order: &Order,
    (start, end): (Timestamp, Timestamp),
) -> Report {
    let packages = machine.packages();
    let patches: Vec<Value> =
        packages.filter_map(|package| seen(baseline, machine, &package, end)).collect();
    let state_is = |state: &str| {
        let same = |patch: &&Value| patch.get("State").and_then(Value::as_str) == Some(state);
        i64::try_from(patches.iter().filter(same).count()).unwrap_or(0)
    };
    let faults = |wanted: &dyn Fn(&Value) -> bool| {
        let fault = |patch: &&Value| {
            let status = patch.get("Status").and_then(Value::as_str);
            status == Some("NON_COMPLIANT") && wanted(patch)
        };
        i64::try_from(patches.iter().filter(fault).count()).unwrap_or(0)
    };
    let critical = |patch: &Value| patch.text("Level") == "CRITICAL";
    let security = |patch: &Value| {
        let class = patch.text("Classification");
        class.starts_with("Security")
    };
    let operation = if order.installs { "Install" } else { "Scan" };
    let reboot = if order.reboots { "RebootIfNeeded" } else { "NoReboot" };
    let mut state = object! {
        "PatchGroup": group, "BaselineId": (baseline.id.as_str()), "OwnerInformation": "",
        "InstalledCount": (state_is("INSTALLED")), "InstalledOtherCount": (state_is("INSTALLED_OTHER")),
        "InstalledPendingRebootCount": (state_is("INSTALLED_PENDING_REBOOT")),
        "InstalledRejectedCount": (state_is("INSTALLED_REJECTED")),
        "MissingCount": (state_is("MISSING")), "FailedCount": (state_is("FAILED")),
        "UnreportedNotApplicableCount": 0, "NotApplicableCount": 0,
        "AvailableSecurityUpdateCount": (state_is("AVAILABLE_SECURITY_UPDATE")),
        "OperationStartTime": start, "OperationEndTime": end, "Operation": operation,
        "RebootOption": reboot,
        "CriticalNonCompliantCount": (faults(&critical)),
        "SecurityNonCompliantCount": (faults(&|patch| security(patch) && !critical(patch))),
        "OtherNonCompliantCount": (faults(&|patch| !security(patch) && !critical(patch))),
    };
    if !order.snapshot.is_empty() {
        state.insert("SnapshotId", order.snapshot.as_str());
    }
    if let Some((source, _)) = &order.list {
        state.insert("InstallOverrideList", source.as_str());
    }
    if order.installs && !order.reboots {
        state.insert("LastNoRebootInstallOperationTime", end);
    }
    let (output, complaints) = (String::new(), String::new());
    Report { state, patches, output, complaints, seconds: 0, reboot: false, failed: false }
}

/// A package as the baseline sees it.
fn seen(baseline: &Baseline, machine: &Machine, package: &Package, at: Timestamp) -> Option<Value> {
    let calendar = machine.calendar();
    let here = (package.release >= 0).then(|| machine.release_of(package));
    let approval = baseline.approval(&calendar, package.stream, at);
    let newer = approval.filter(|found| found.release.number > package.release);
    let rejected = here.as_ref().is_some_and(|here| baseline.is_rejected(here));
    if let Some(approval) = newer {
        let failed = machine.changes.failed.get(package.stream.name);
        let state = if failed.is_some_and(|number| *number >= approval.release.number) {
            "FAILED"
        } else {
            "MISSING"
        };
        let release = &approval.release;
        return Some(shown(machine, release, (state, &approval.level), Timestamp::UNIX_EPOCH));
    }
    let latest = calendar.latest(package.stream, at);
    if machine.system.is_windows() && latest > package.release {
        let release = calendar.release(package.stream, latest);
        if release.is_security() {
            let level = if baseline.waiting_is_fault { "CRITICAL" } else { "UNSPECIFIED" };
            let state = ("AVAILABLE_SECURITY_UPDATE", level);
            let mut patch = shown(machine, &release, state, Timestamp::UNIX_EPOCH);
            if let Some(patch) = patch.as_object_mut() {
                let status = if baseline.waiting_is_fault { "NON_COMPLIANT" } else { "COMPLIANT" };
                patch.insert("Status", status);
            }
            return Some(patch);
        }
    }
    let here = here?;
    let within = matches!(
        baseline.standing(&calendar, &here, at),
        super::baseline::Standing::Approved { .. }
    );
    let state = match (rejected && baseline.blocks, package.pending, within) {
        (true, _, _) => "INSTALLED_REJECTED",
        (_, true, _) => "INSTALLED_PENDING_REBOOT",
        (_, _, true) => "INSTALLED",
        _ => "INSTALLED_OTHER",
    };
    Some(shown(machine, &here, (state, "UNSPECIFIED"), package.since))
}

fn shown(
    machine: &Machine,
    release: &Release,
    (state, level): (&str, &str),
    installed: Timestamp,
) -> Value {
    let compliant = matches!(state, "INSTALLED" | "INSTALLED_OTHER" | "AVAILABLE_SECURITY_UPDATE");
    let status = if compliant { "COMPLIANT" } else { "NON_COMPLIANT" };
    let mut patch = object! {
        "Title": (title(machine.system, release)), "KBId": (identity(release)),
        "Classification": (release.classification), "Severity": (release.severity),
        "State": state, "InstalledTime": installed, "Level": level, "Status": status,
    };
    if release.is_security() {
        patch.insert("CVEIds", release.vulnerabilities.join(","));
    }
    patch.into()
}

/// What the machine's agent writes about it.
fn told(baseline: &Baseline, order: &Order, installed: &[String], report: &Report) -> String {
    let count = |member: &str| report.state.get(member).and_then(Value::as_i64).unwrap_or(0);
    let operation = if order.installs { "Install" } else { "Scan" };
    let mut text = format!(
        "Patch Baseline Operation: {operation}\nBaseline ID: {}\nBaseline Name: {}\n",
        baseline.id, baseline.name
    );
    for title in installed {
        text.push_str(&format!("Installed: {title}\n"));
    }
    text.push_str(&format!(
        "Installed: {} InstalledOther: {} InstalledPendingReboot: {} Missing: {} Failed: {}\n",
        count("InstalledCount"),
        count("InstalledOtherCount"),
        count("InstalledPendingRebootCount"),
        count("MissingCount"),
        count("FailedCount")
    ));
    text
}
