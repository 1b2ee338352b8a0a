//! Services, as `systemctl` and its like show and change them.

use super::{
    Session,
    linux::{clean_root, fail},
    text::joined,
};
use crate::fleet::machine::days;

/// `systemctl`.
pub(super) fn systemctl(session: &mut Session<'_>, words: &[&str]) -> String {
    let mut words = words.iter().copied().filter(|word| !word.starts_with('-'));
    let verb = words.next().unwrap_or("list-units");
    let names: Vec<&str> = words.collect();
    match verb {
        "daemon-reload" | "reset-failed" => return String::new(),
        "list-units" => return list_units(session),
        "reboot" => {
            session.outcome.reboot = true;
            session.exited = Some(0);
            return String::new();
        }
        _ => {}
    }
    names.iter().map(|name| unit(session, verb, name)).collect()
}

fn list_units(session: &Session<'_>) -> String {
    let services = session.machine.services();
    let lines = services.iter().map(|service| {
        let state = match (&service.broken, service.running) {
            (_, true) => "active running",
            (Some(_), false) => "failed failed",
            (None, false) => "inactive dead",
        };
        format!("{:<36} loaded {state}", format!("{}.service", service.name))
    });
    joined(lines.collect::<Vec<_>>().iter().map(String::as_str))
}

fn unit(session: &mut Session<'_>, verb: &str, name: &str) -> String {
    let Some(service) = session.machine.service(name) else {
        let unit = if name.contains('.') { name.to_owned() } else { format!("{name}.service") };
        match verb {
            "is-active" | "is-enabled" => session.status = 3,
            "status" => session.fail(4, &format!("Unit {unit} could not be found.")),
            _ => session.fail(5, &format!("Failed to {verb} {unit}: Unit {unit} not found.")),
        }
        return if verb == "is-active" { "inactive\n".to_owned() } else { String::new() };
    };
    let now = session.now();
    match verb {
        "start" | "restart" | "reload" | "try-restart" => {
            session.take(1);
            if !session.machine.start_service(service.name) {
                let unit = service.name;
                let complaint = format!(
                    "Job for {unit}.service failed because the control process exited with error code.\n\
                     See \"systemctl status {unit}.service\" and \"journalctl -xeu {unit}.service\" for details."
                );
                session.fail(1, &complaint);
            }
            String::new()
        }
        "stop" => {
            session.machine.stop_service(service.name, now);
            String::new()
        }
        "enable" | "disable" => {
            session.machine.enable_service(service.name, verb == "enable");
            String::new()
        }
        "is-active" => {
            let state = match (&service.broken, service.running) {
                (_, true) => "active",
                (Some(_), false) => "failed",
                (None, false) => "inactive",
            };
            session.status = if service.running { 0 } else { 3 };
            format!("{state}\n")
        }
        "is-enabled" => {
            session.status = i64::from(!service.enabled);
            if service.enabled { "enabled\n".to_owned() } else { "disabled\n".to_owned() }
        }
        "status" => {
            session.status = if service.running { 0 } else { 3 };
            let state = match (&service.broken, service.running) {
                (_, true) => "active (running)".to_owned(),
                (Some(reason), false) => format!("failed (Result: exit-code): {reason}"),
                (None, false) => "inactive (dead)".to_owned(),
            };
            let enabled = if service.enabled { "enabled" } else { "disabled" };
            format!(
                "● {0}.service\n   Loaded: loaded (/usr/lib/systemd/system/{0}.service; {enabled})\n   Active: {state}\n",
                service.name
            )
        }
        other => {
            session.fail(1, &format!("Unknown command verb '{other}'."));
            String::new()
        }
    }
}

/// `journalctl`.
pub(super) fn journalctl(session: &mut Session<'_>, words: &[&str]) -> String {
    if words.iter().any(|word| word.starts_with("--vacuum")) {
        return clean_root(session);
    }
    let unit = words.iter().position(|word| matches!(*word, "-u" | "-xeu"));
    let unit = unit.and_then(|at| words.get(at + 1)).copied();
    let broken = unit.and_then(|unit| session.machine.service(unit)).and_then(|it| it.broken);
    match (unit, broken) {
        (Some(unit), Some(reason)) => {
            format!("{unit}: {reason}\n{unit}.service: Failed with result 'exit-code'.\n")
        }
        (Some(unit), None) => format!("systemd[1]: Started {unit}.service.\n"),
        _ => "-- No entries --\n".to_owned(),
    }
}

/// The control of the CloudWatch agent.
pub(super) fn cloudwatch_agent(session: &mut Session<'_>, words: &[&str]) -> String {
    let agent = session.machine.cloudwatch_agent();
    if !agent.present {
        session.fail(127, "bash: amazon-cloudwatch-agent-ctl: command not found");
        return String::new();
    }
    let action = words.iter().position(|word| *word == "-a").and_then(|at| words.get(at + 1));
    let (_, name) = session.machine.agent_names();
    let now = session.now();
    match action.copied() {
        Some("status") => {
            let status = if agent.stopped.is_none() { "running" } else { "stopped" };
            let since = session.machine.booted().max(now - days(400));
            format!(
                "{{\n  \"status\": \"{status}\",\n  \"starttime\": \"{since}\",\n  \"configstatus\": \"configured\"\n}}\n"
            )
        }
        Some("start" | "fetch-config" | "append-config") => {
            session.machine.start_service(name);
            "****** processing amazon-cloudwatch-agent ******\n".to_owned()
        }
        Some("stop") => {
            session.machine.stop_service(name, now);
            String::new()
        }
        _ => fail(session, 1),
    }
}
