//! `PowerShell`, as far as operations use it: one command a line, with pipes into formatting.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{KILLED, Outcome, partitions};
use crate::fleet::{chance, machine::Machine};

/// Runs a script, and kills it after `limit` seconds.
pub(super) fn run(machine: &mut Machine, script: &str, at: Timestamp, limit: i64) -> Outcome {
    let mut outcome = Outcome::default();
    // Whether the first error ends the script.
    let mut strict = false;
    for line in script.lines().flat_map(|line| line.split(';')) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(preference) = line.strip_prefix("$ErrorActionPreference") {
            strict = preference.trim_matches([' ', '=', '\'', '"']).eq_ignore_ascii_case("stop");
            continue;
        }
        let line = match partitions::conditional(machine, line) {
            Some(Ok(Some(body))) => body,
            Some(Ok(None)) => continue,
            Some(Err(complaint)) => {
                complain(&mut outcome, &complaint);
                break;
            }
            None => line,
        };
        let first = line.split('|').next().unwrap_or(line);
        let unknown = line.split('|').skip(1).find(|stage| !is_formatting(stage));
        if let Some(stage) = unknown {
            not_recognized(&mut outcome, stage.trim());
            break;
        }
        let ends = perform(machine, first, &mut outcome, at) || strict && outcome.status != 0;
        if outcome.seconds > limit {
            outcome = Outcome { seconds: limit, status: KILLED, killed: true, ..outcome };
        }
        if ends || outcome.killed {
            break;
        }
    }
    outcome
}

fn is_formatting(stage: &str) -> bool {
    let name = stage.trim().to_lowercase();
    [
        "select-object",
        "select",
        "format-table",
        "format-list",
        "ft",
        "fl",
        "out-string",
        "sort-object",
        "out-null",
    ]
    .iter()
    .any(|known| name.split_whitespace().next() == Some(*known))
}

fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in line.trim().chars() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => {
                if let Some(word) = words.last_mut() {
                    word.push(character);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Performs a command. Whether the script ends with it.
fn perform(machine: &mut Machine, line: &str, outcome: &mut Outcome, at: Timestamp) -> bool {
    let words = words(line);
    let Some((name, arguments)) = words.split_first() else { return false };
    let now = at + SignedDuration::from_secs(outcome.seconds);
    let plain: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match name.to_lowercase().as_str() {
        "write-output" | "write-host" | "echo" => say(outcome, &plain.join(" ")),
        "exit" => {
            outcome.status = plain.first().and_then(|status| status.parse().ok()).unwrap_or(0);
            // What the agent takes as the wish to be rebooted and run again.
            outcome.reboot |= outcome.status == 3010;
            return true;
        }
        "start-sleep" => {
            let seconds = plain.first().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
            outcome.seconds = outcome.seconds.saturating_add(seconds);
        }
        "restart-computer" => {
            outcome.reboot = true;
            return true;
        }
        "hostname" | "$env:computername" => say(outcome, &machine.host_name()),
        "whoami" => say(outcome, "nt authority\\system"),
        "get-date" => say(
            outcome,
            &now.to_zoned(TimeZone::UTC).strftime("%A, %B %d, %Y %H:%M:%S").to_string(),
        ),
        "get-service" => get_service(machine, plain.first().copied(), outcome),
        "start-service" | "restart-service" | "stop-service" => {
            change_service(machine, name, plain.first().copied().unwrap_or(""), (outcome, now));
        }
        "get-hotfix" => {
            for package in machine.packages() {
                let release = machine.release_of(&package);
                let day = package.since.to_zoned(TimeZone::UTC).date();
                say(
                    outcome,
                    &format!("{:<16} {:<12} {day}", release.classification, release.advisory),
                );
            }
        }
        "get-psdrive" | "get-volume" => volumes(machine, now, outcome),
        "clear-recyclebin" | "cleanmgr" | "remove-item" => {
            for disk in &mut machine.disks {
                if disk.mount == "C:" {
                    disk.clean(now);
                }
            }
            keep_disks(machine);
        }
        "update-hoststoragecache" => {}
        "resize-partition" => match partitions::resize(machine, line) {
            Ok(()) => keep_disks(machine),
            Err(complaint) => complain(outcome, &complaint),
        },
        _ => {
            not_recognized(outcome, name);
            return true;
        }
    }
    false
}

fn say(outcome: &mut Outcome, line: &str) {
    outcome.stdout.push_str(line);
    outcome.stdout.push_str("\r\n");
}

fn complain(outcome: &mut Outcome, complaint: &str) {
    outcome.status = 1;
    outcome.stderr.push_str(complaint);
    outcome.stderr.push_str("\r\n");
}

fn not_recognized(outcome: &mut Outcome, name: &str) {
    outcome.status = 1;
    outcome.stderr.push_str(&format!(
        "{name} : The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program.\r\n"
    ));
}

fn get_service(machine: &Machine, wanted: Option<&str>, outcome: &mut Outcome) {
    let services: Vec<_> = match wanted {
        Some(name) => machine.service(name).into_iter().collect(),
        None => machine.services(),
    };
    if services.is_empty() {
        let name = wanted.unwrap_or_default();
        outcome.status = 1;
        outcome.stderr.push_str(&format!(
            "Get-Service : Cannot find any service with service name '{name}'.\r\n"
        ));
        return;
    }
    say(outcome, "Status   Name               DisplayName");
    say(outcome, "------   ----               -----------");
    for service in services {
        let state = if service.running { "Running" } else { "Stopped" };
        say(outcome, &format!("{state:<8} {0:<18} {0}", service.name));
    }
}

fn change_service(
    machine: &mut Machine,
    verb: &str,
    name: &str,
    (outcome, now): (&mut Outcome, Timestamp),
) {
    let Some(service) = machine.service(name) else {
        outcome.status = 1;
        outcome
            .stderr
            .push_str(&format!("{verb} : Cannot find any service with service name '{name}'.\r\n"));
        return;
    };
    outcome.seconds = outcome.seconds.saturating_add(2);
    if verb.eq_ignore_ascii_case("stop-service") {
        machine.stop_service(service.name, now);
    } else if !machine.start_service(service.name) {
        outcome.status = 1;
        outcome
            .stderr
            .push_str(&format!("{verb} : Failed to start service '{0} ({0})'.\r\n", service.name));
    }
}

fn volumes(machine: &Machine, now: Timestamp, outcome: &mut Outcome) {
    say(outcome, "Name           Used (GB)     Free (GB) Provider");
    for disk in &machine.disks {
        let usage = disk.usage(now);
        let gib = |bytes: i64| chance::float(bytes) / chance::float(1 << 30);
        let name = disk.mount.trim_end_matches(':');
        say(
            outcome,
            &format!("{name:<10} {:>13.2} {:>13.2} FileSystem", gib(usage.used), gib(usage.free())),
        );
    }
}

fn keep_disks(machine: &mut Machine) {
    for disk in &machine.disks {
        machine.changes.disks.insert(disk.volume.clone(), disk.changes.clone());
    }
}
