//! Scans: what machines lack becomes a finding, and what they have got closes it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use reeve_model::{Object, Value};

use super::{
    accounts::{self, ACCOUNT},
    findings::FINDING,
    suppression,
};
use crate::{
    digest::hex_digest,
    event::Event,
    fleet::{self, Machine, Manager, Release},
    kind::tag_map,
    services::ec2::compute::INSTANCE,
    store::{Place, Resource},
    task::Task,
    value::{object, value},
    world::World,
};

/// How often instances are scanned.
const EVERY: SignedDuration = SignedDuration::from_hours(6);
/// From a change of what is installed until the next scan.
const AFTER_CHANGE: SignedDuration = SignedDuration::from_mins(30);
/// How long closed findings are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The first scan, and with it all others.
pub(super) fn begin(world: &mut World, place: &Place) {
    let due = world.now() + SignedDuration::from_mins(5);
    world.schedule(due, Task::new("inspector2:scan", place, "periodic"));
}

/// What is installed somewhere has changed: if the account is scanned, it is looked at soon.
pub(crate) fn soon(world: &mut World, place: &Place) {
    if accounts::is_enabled(world, place) {
        let here = place.beside(&ACCOUNT);
        let due = world.now() + AFTER_CHANGE;
        world.schedule(due, Task::new("inspector2:scan", &here, "once"));
    }
}

/// Forgets the findings of an account that is not scanned any more.
pub(super) fn forget(world: &mut World, place: &Place) {
    let here = place.beside(&FINDING);
    let ids: Vec<String> = world.shelf(&here).keys().cloned().collect();
    for id in ids {
        world.remove(&here, &id);
    }
}

/// Scans an account's instances in a Region.
pub(super) fn scan(world: &mut World, task: &Task) {
    let place = &task.place;
    if !accounts::is_enabled(world, place) {
        return;
    }
    let now = world.now();
    if task.id == "periodic" {
        world.schedule(now + EVERY, Task::new("inspector2:scan", place, "periodic"));
    }
    let findings = place.beside(&FINDING);
    let mut seen = BTreeMap::new();
    let mut unseen = Vec::new();
    let ids: Vec<String> = world.shelf(&fleet::of(place)).keys().cloned().collect();
    for id in ids {
        let Some(machine) = fleet::machine(world, place, &id) else { continue };
        if machine.takes_commands(fleet::is_trusted(world, place, &machine), now) {
            seen.extend(of_machine(world, place, &machine));
        } else if machine.hardware.running || exists(world, place, &id) {
            // What cannot be looked at keeps its findings.
            unseen.push(id);
        }
    }
    for (id, facts) in &seen {
        found(world, &findings, id, facts);
    }
    let gone: Vec<String> = world
        .shelf(&findings)
        .iter()
        .filter(|(id, one)| {
            let resources = one.value("resources");
            let instance = resources.and_then(|all| all.path("0.id")?.as_str()).unwrap_or_default();
            !seen.contains_key(*id) && !unseen.iter().any(|one| one == instance)
        })
        .map(|(id, _)| id.clone())
        .collect();
    for id in gone {
        close(world, &findings, &id);
    }
}

fn exists(world: &World, place: &Place, id: &str) -> bool {
    let state = world.get(&fleet::of(place), id).and_then(|one| one.fact("State.Name"));
    !matches!(state, None | Some("terminated" | "shutting-down"))
}

fn found(world: &mut World, place: &Place, id: &str, facts: &Object) {
    let now = world.now();
    let known = world.get(place, id).and_then(|one| one.fact("status")).map(str::to_owned);
    let status =
        if suppression::suppresses(world, place, id, facts) { "SUPPRESSED" } else { "ACTIVE" };
    if known.as_deref() == Some(status) {
        world.set(place, id, "lastObservedAt", now);
        return;
    }
    if known.is_some() {
        world.change(place, id, |facts| {
            facts.insert("status", status);
            facts.insert("lastObservedAt", now);
            facts.insert("updatedAt", now);
        });
    } else {
        let mut facts = facts.clone();
        facts.insert("status", status);
        for member in ["firstObservedAt", "lastObservedAt", "updatedAt"] {
            facts.insert(member, now);
        }
        world.put(place.clone(), id, Resource::new(Arc::new(facts), Arc::default()));
    }
    tell(world, place, id);
}

fn close(world: &mut World, place: &Place, id: &str) {
    let now = world.now();
    let Some(finding) = world.get(place, id) else { return };
    if finding.fact("status") == Some("CLOSED") {
        let updated = finding.value("updatedAt").and_then(Value::as_timestamp).unwrap_or(now);
        if now.duration_since(updated) > KEPT {
            world.remove(place, id);
        }
        return;
    }
    world.change(place, id, |facts| {
        facts.insert("status", "CLOSED");
        facts.insert("updatedAt", now);
    });
    tell(world, place, id);
}

/// Tells the bus of a finding.
pub(super) fn tell(world: &mut World, place: &Place, id: &str) {
    let Some(finding) = world.get(place, id) else { return };
    let detail = place.describe(&FINDING, id, finding);
    let instance =
        finding.value("resources").and_then(|all| all.path("0.id")?.as_str().map(str::to_owned));
    let arn = place.arn_of(&INSTANCE, &instance.unwrap_or_default());
    world.emit(Event::new("aws.inspector2", "Inspector2 Finding", place).about(arn).with(detail));
}

/// What a machine lacks, as findings by their ids.
fn of_machine(world: &World, place: &Place, machine: &Machine) -> Vec<(String, Object)> {
    let (calendar, now) = (machine.calendar(), world.now());
    let resource = resource(world, place, machine);
    let mut all = Vec::new();
    for package in machine.packages() {
        // A release that waits for a reboot does not protect yet.
        let running = if package.pending { package.release - 1 } else { package.release };
        let latest = calendar.latest(package.stream, now);
        for number in (running + 1).max(latest - 11)..=latest {
            let fix = calendar.release(package.stream, number);
            let here = calendar.release(package.stream, running.max(0));
            for (at, vulnerability) in fix.vulnerabilities.iter().enumerate() {
                let key = format!("{}/{}/{vulnerability}", machine.id(), package.stream.name);
                let facts = finding(machine, (&here, &fix), (at, vulnerability), &resource);
                all.push((hex_digest(&key, 32), facts));
            }
        }
    }
    all
}

fn resource(world: &World, place: &Place, machine: &Machine) -> Value {
    let instance = world.get(&fleet::of(place), machine.id());
    let fact = |path: &str| instance.and_then(|one| one.fact(path)).unwrap_or_default().to_owned();
    let mut details = object! {
        "type": (fact("InstanceType")), "imageId": (fact("ImageId")), "launchedAt": (machine.hardware.launched),
        "platform": (format!("{}_{}", machine.system.key.split('-').next().unwrap_or("linux").to_uppercase(), machine.system.version.replace('.', "_"))),
    };
    for (member, path) in [("vpcId", "VpcId"), ("subnetId", "SubnetId"), ("keyName", "KeyName")] {
        if !fact(path).is_empty() {
            details.insert(member, fact(path));
        }
    }
    if !machine.hardware.profile.is_empty() {
        details.insert("iamInstanceProfileArn", machine.hardware.profile.as_str());
    }
    if !machine.hardware.address.is_empty() {
        details.insert("ipV4Addresses", value!([(machine.hardware.address.as_str())]));
    }
    let tags = instance.map_or_else(Value::object, |one| tag_map(&one.tags));
    value!({
        "type": "AWS_EC2_INSTANCE", "id": (machine.id()), "partition": "aws",
        "region": (place.region.to_string()), "tags": tags, "details": {"awsEc2Instance": details},
    })
}

fn finding(
    machine: &Machine,
    (here, fix): (&Release, &Release),
    (at, vulnerability): (usize, &str),
    resource: &Value,
) -> Object {
    // Of several vulnerabilities that a release mends the first is the worst.
    let less = fleet::float(i64::try_from(at).unwrap_or(0));
    let score = (fix.score() - less).max(2.0);
    let severity = match score {
        score if score >= 9.0 => "CRITICAL",
        score if score >= 7.0 => "HIGH",
        score if score >= 4.0 => "MEDIUM",
        _ => "LOW",
    };
    let windows = machine.system.is_windows();
    let name = if windows { "Windows Server" } else { fix.stream.name };
    let (epoch, version) = here.version.split_once(':').unwrap_or(("0", &here.version));
    let (version, release) = version.rsplit_once('-').unwrap_or((version, ""));
    let fixed = fix.version.split_once(':').map_or(fix.version.as_str(), |(_, version)| version);
    let fixed = if windows { fix.advisory.as_str() } else { fixed };
    let command = match machine.system.manager {
        Manager::Yum => format!("yum update {name}"),
        Manager::Dnf => format!("dnf update {name}"),
        Manager::Apt => format!("apt-get update && apt-get upgrade {name}"),
        Manager::Zypper => format!("zypper update {name}"),
        Manager::WindowsUpdate => format!("Install {}", fix.advisory),
    };
    let source = format!("https://nvd.nist.gov/vuln/detail/{vulnerability}");
    object! {
        "type": "PACKAGE_VULNERABILITY", "severity": severity, "title": (format!("{vulnerability} - {name}")),
        "description": (format!("A vulnerability in {name} that the maker mended with {}.", fix.advisory)),
        "inspectorScore": score, "fixAvailable": "YES", "exploitAvailable": "NO",
        "remediation": {"recommendation": {"text": "None Provided"}},
        "resources": [(resource.clone())],
        "inspectorScoreDetails": {"adjustedCvss": {
            "score": score, "scoreSource": "NVD", "version": "3.1", "cvssSource": "NVD",
            "scoringVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "adjustments": [],
        }},
        "packageVulnerabilityDetails": {
            "vulnerabilityId": vulnerability, "source": "NVD", "sourceUrl": (source.as_str()),
            "vendorSeverity": (fix.severity), "vendorCreatedAt": (fix.released), "vendorUpdatedAt": (fix.released),
            "referenceUrls": [(source.as_str())], "relatedVulnerabilities": [],
            "cvss": [{"baseScore": score, "version": "3.1", "source": "NVD", "scoringVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "vulnerablePackages": [{
                "name": name, "version": version, "release": (if release.is_empty() { "0" } else { release }),
                "epoch": (epoch.parse::<i64>().unwrap_or(0)), "arch": "X86_64", "packageManager": "OS",
                "fixedInVersion": fixed, "remediation": command,
            }],
        },
    }
}
