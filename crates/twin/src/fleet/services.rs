//! The services of a machine: those of its system, its agents, and the one that it is there for.

use jiff::Timestamp;

use super::{
    agent::Agent,
    chance,
    machine::{Machine, ServiceChanges},
};

const LINUX: [&str; 6] =
    ["chronyd", "crond", "rsyslog", "sshd", "systemd-journald", "systemd-networkd"];
const WINDOWS: [&str; 6] = ["Dnscache", "EventLog", "Spooler", "TermService", "W32Time", "WinRM"];
/// How many of ten thousand machines have a workload that does not come up after a patch.
const TROUBLE: i64 = 60;

/// What one service does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceState {
    /// Its name, as its system spells it.
    pub(crate) name: &'static str,
    /// Whether it runs.
    pub(crate) running: bool,
    /// Whether it starts at boot.
    pub(crate) enabled: bool,
    /// Why it fails.
    pub(crate) broken: Option<String>,
}

impl Machine {
    /// The service that it is there for.
    pub(crate) fn workload(&self) -> Option<&'static str> {
        let name = self.hardware.name.to_lowercase();
        let digest = self.digest("workload");
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if has(&["bastion", "jump", "batch", "worker"]) {
            return None;
        }
        let choices: &[(&str, u32)] = match (self.system.is_windows(), &name) {
            (true, _) if has(&["db", "sql"]) => &[("MSSQLSERVER", 1)],
            (true, _) => &[("W3SVC", 3), ("MSSQLSERVER", 1)],
            (false, _) if has(&["db", "sql", "postgres"]) => &[("postgresql", 3), ("mysqld", 2)],
            (false, _) if has(&["app", "api"]) => &[("tomcat", 2), ("docker", 3)],
            (false, _) if has(&["web", "front", "proxy"]) => &[("nginx", 3), ("httpd", 2)],
            (false, _) => &[("nginx", 3), ("httpd", 2), ("tomcat", 1), ("docker", 3)],
        };
        chance::weighted(digest, choices)
    }

    /// Every service.
    pub(crate) fn services(&self) -> Vec<ServiceState> {
        let own = if self.system.is_windows() { WINDOWS } else { LINUX };
        let (ssm, cloudwatch) = self.agent_names();
        let present = |agent: Agent, name| agent.present.then_some(name);
        let agents = [present(self.agent(), ssm), present(self.cloudwatch_agent(), cloudwatch)];
        let all = own.into_iter().chain(self.workload()).chain(agents.into_iter().flatten());
        let mut all: Vec<_> = all.map(|name| self.state_of(name)).collect();
        all.sort_by_key(|service| service.name);
        all
    }

    /// A service by its name, with or without `.service`, in any case on Windows.
    pub(crate) fn service(&self, name: &str) -> Option<ServiceState> {
        let name = name.strip_suffix(".service").unwrap_or(name);
        let same = |service: &ServiceState| {
            let folded = self.system.is_windows() && service.name.eq_ignore_ascii_case(name);
            service.name == name || folded || alias(service.name) == Some(name)
        };
        self.services().into_iter().find(same)
    }

    /// Whether a service runs.
    pub(crate) fn is_running(&self, name: &str) -> bool {
        self.service(name).is_some_and(|service| service.running)
    }

    /// Starts a service. Whether it came up.
    pub(crate) fn start_service(&mut self, name: &str) -> bool {
        let (ssm, cloudwatch) = self.agent_names();
        if name == ssm || name == cloudwatch {
            let agent = if name == ssm { self.agent() } else { self.cloudwatch_agent() };
            self.set_agent(name == ssm, Agent { stopped: None, ..agent });
            return true;
        }
        let changes = self.changes.services.entry(name.to_owned()).or_default();
        changes.stopped = changes.broken.is_some();
        let came_up = !changes.stopped;
        if *changes == ServiceChanges::default() {
            self.changes.services.remove(name);
        }
        came_up
    }

    /// Stops a service.
    pub(crate) fn stop_service(&mut self, name: &str, at: Timestamp) {
        let (ssm, cloudwatch) = self.agent_names();
        if name == ssm || name == cloudwatch {
            let agent = if name == ssm { self.agent() } else { self.cloudwatch_agent() };
            self.set_agent(name == ssm, Agent { stopped: agent.stopped.or(Some(at)), ..agent });
            return;
        }
        self.changes.services.entry(name.to_owned()).or_default().stopped = true;
    }

    /// Makes a service start at boot, or not.
    pub(crate) fn enable_service(&mut self, name: &str, enabled: bool) {
        self.changes.services.entry(name.to_owned()).or_default().disabled = !enabled;
    }

    /// A service fails from now on.
    pub(crate) fn break_service(&mut self, name: &str, reason: &str) {
        let changes = self.changes.services.entry(name.to_owned()).or_default();
        changes.stopped = true;
        changes.broken = Some(reason.to_owned());
    }

    /// The names of the SSM agent and of the CloudWatch agent.
    pub(crate) fn agent_names(&self) -> (&'static str, &'static str) {
        if self.system.is_windows() {
            ("AmazonSSMAgent", "AmazonCloudWatchAgent")
        } else {
            ("amazon-ssm-agent", "amazon-cloudwatch-agent")
        }
    }

    fn set_agent(&mut self, ssm: bool, agent: Agent) {
        let slot = if ssm { &mut self.changes.agent } else { &mut self.changes.cloudwatch_agent };
        *slot = Some(agent);
    }

    fn state_of(&self, name: &'static str) -> ServiceState {
        let (ssm, cloudwatch) = self.agent_names();
        let stopped = match name {
            _ if name == ssm => self.agent().stopped.is_some(),
            _ if name == cloudwatch => self.cloudwatch_agent().stopped.is_some(),
            _ => false,
        };
        let changes = self.changes.services.get(name).cloned().unwrap_or_default();
        ServiceState {
            name,
            running: !stopped && !changes.stopped,
            enabled: !changes.disabled,
            broken: changes.broken,
        }
    }
}

/// What a patch may break: on few machines the workload does not come up again.
pub(crate) fn after_patch(machine: &mut Machine, at: Timestamp) {
    let Some(service) = machine.workload() else { return };
    let day = at.as_second().div_euclid(86_400);
    let lot = chance::between(chance::step(machine.digest("after-patch"), day), 0, 9_999);
    if lot < TROUBLE {
        machine.break_service(service, "a configuration directive was removed in the new version");
    }
}

fn alias(name: &str) -> Option<&'static str> {
    match name {
        "sshd" => Some("ssh"),
        "crond" => Some("cron"),
        "httpd" => Some("apache2"),
        "mysqld" => Some("mysql"),
        _ => None,
    }
}
