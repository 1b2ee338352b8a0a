//! Package managers: `yum`, `dnf`, `apt-get`, `zypper`, `rpm`, `dpkg`.

use super::Session;
use crate::fleet::{
    agent::Agent,
    machine::{Machine, Package},
    system::Manager,
};

const DOWNLOAD_SECONDS: i64 = 4;
const INSTALL_SECONDS: i64 = 3;
/// Below so many free bytes nothing can be installed.
const LEAST_FREE: i64 = 200 << 20;

/// Performs a command. What it wrote.
pub(super) fn perform(session: &mut Session<'_>, name: &str, words: &[&str]) -> String {
    let owner = match name {
        "yum" => matches!(session.machine.system.manager, Manager::Yum | Manager::Dnf),
        "dnf" => session.machine.system.manager == Manager::Dnf,
        "apt-get" | "apt" | "dpkg" => session.machine.system.manager == Manager::Apt,
        "zypper" => session.machine.system.manager == Manager::Zypper,
        _ => session.machine.system.manager != Manager::Apt,
    };
    if !owner {
        session.fail(127, &format!("bash: {name}: command not found"));
        return String::new();
    }
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    match (name, names.split_first()) {
        ("rpm" | "dpkg", _) => query(session, words, &names),
        ("needs-restarting", _) => {
            session.status = i64::from(session.machine.needs_reboot());
            String::new()
        }
        (_, Some((&("update" | "upgrade" | "dist-upgrade" | "patch" | "up"), rest))) => {
            // `apt-get update` only reads what there is.
            if name.starts_with("apt") && names.first() == Some(&"update") {
                session.take(DOWNLOAD_SECONDS);
                return "Reading package lists...\n".to_owned();
            }
            update(session, rest, words.contains(&"--security"))
        }
        (_, Some((&"install" | &"in", rest))) => install(session, rest),
        (_, Some((&"remove" | &"erase" | &"purge", rest))) => remove(session, rest),
        (_, Some((&"check-update" | &"list-updates" | &"lu", _))) => {
            let text = list_updates(session);
            session.status = if text.is_empty() { 0 } else { 100 };
            text
        }
        (_, Some((&"list", _))) => list_updates(session),
        (
            _,
            Some((&("clean" | "makecache" | "refresh" | "ref" | "autoremove" | "autoclean"), _)),
        ) => {
            session.take(1);
            String::new()
        }
        _ => {
            session.fail(1, &format!("{name}: unknown command"));
            String::new()
        }
    }
}

/// The kernel that runs: the installed one, unless it waits for a reboot.
pub(super) fn running_kernel(machine: &Machine) -> String {
    let kernel = machine.packages().find(|package| {
        package.stream.name.starts_with("kernel") || package.stream.name.starts_with("linux-image")
    });
    let release =
        kernel.map_or(0, |kernel| if kernel.pending { kernel.release - 1 } else { kernel.release });
    format!("{}-{}.{}.x86_64", machine.system.kernel, release + 1, machine.system.dist)
}

fn outdated(session: &Session<'_>) -> Vec<(Package, i64)> {
    let (calendar, now) = (session.machine.calendar(), session.now());
    let latest = |package: Package| {
        let latest = calendar.latest(package.stream, now);
        (latest > package.release).then_some((package, latest))
    };
    session.machine.packages().filter_map(latest).collect()
}

fn list_updates(session: &Session<'_>) -> String {
    let calendar = session.machine.calendar();
    outdated(session)
        .iter()
        .map(|(package, latest)| {
            let release = calendar.release(package.stream, *latest);
            format!("{:<40} {:<32} updates\n", package.stream.name, release.version)
        })
        .collect()
}

fn update(session: &mut Session<'_>, names: &[&str], security: bool) -> String {
    session.take(DOWNLOAD_SECONDS);
    if no_space(session) {
        return String::new();
    }
    let calendar = session.machine.calendar();
    let mut text = String::new();
    for (package, latest) in outdated(session) {
        let release = calendar.release(package.stream, latest);
        let named = names.is_empty() || names.contains(&package.stream.name);
        if named && (!security || release.is_security()) {
            session.take(INSTALL_SECONDS);
            let now = session.now();
            session.machine.install(package.stream, latest, now);
            text.push_str(&format!("  Upgraded: {}-{}\n", package.stream.name, release.version));
        }
    }
    if text.is_empty() { "Nothing to do.\n".to_owned() } else { format!("{text}Complete!\n") }
}

fn install(session: &mut Session<'_>, names: &[&str]) -> String {
    session.take(DOWNLOAD_SECONDS);
    if no_space(session) {
        return String::new();
    }
    for name in names {
        session.take(INSTALL_SECONDS);
        let file = name.rsplit('/').next().unwrap_or(name);
        let agent = Agent { present: true, ..Agent::default() };
        if file.starts_with("amazon-ssm-agent") {
            session.machine.changes.agent = Some(agent);
        } else if file.starts_with("amazon-cloudwatch-agent") {
            session.machine.changes.cloudwatch_agent = Some(agent);
        } else {
            session.machine.changes.added.insert((*name).to_owned());
        }
    }
    "Complete!\n".to_owned()
}

fn remove(session: &mut Session<'_>, names: &[&str]) -> String {
    for name in names {
        session.take(1);
        match *name {
            "amazon-ssm-agent" => session.machine.changes.agent = Some(Agent::default()),
            "amazon-cloudwatch-agent" => {
                session.machine.changes.cloudwatch_agent = Some(Agent::default());
            }
            other => {
                session.machine.changes.added.remove(other);
            }
        }
    }
    "Complete!\n".to_owned()
}

fn no_space(session: &mut Session<'_>) -> bool {
    let now = session.now();
    let root = session.machine.disks.first();
    let short = root.is_some_and(|root| root.usage(now).free() < LEAST_FREE);
    if short {
        session.fail(1, "Error: At least 200MB more space needed on the / filesystem.");
    }
    short
}

fn query(session: &mut Session<'_>, words: &[&str], names: &[&str]) -> String {
    let machine = &*session.machine;
    let line = |package: &Package| {
        format!("{}-{}\n", package.stream.name, machine.release_of(package).version)
    };
    if names.is_empty() || words.iter().any(|word| word.contains('a')) {
        return machine.packages().map(|package| line(&package)).collect();
    }
    let (mut text, mut missing) = (String::new(), Vec::new());
    for name in names {
        match machine.installed(name) {
            Some(package) => text.push_str(&line(&package)),
            None if machine.changes.added.contains(*name) => {
                text.push_str(&format!("{name}-1.0-1\n"));
            }
            None if *name == "amazon-ssm-agent" && machine.agent().present => {
                text.push_str(&format!("{name}-{}-1\n", machine.agent_version(session.now())));
            }
            None => missing.push(*name),
        }
    }
    for name in missing {
        session.fail(1, &format!("package {name} is not installed"));
    }
    text
}
