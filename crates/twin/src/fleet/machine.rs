//! One machine: what runs inside an instance.
//!
//! It follows from the seed, the instance's id and what EC2 knows of it; what happened to it since is kept as [`Changes`].
//! An instance that nobody touched has none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    agent::Agent,
    calendar::{Calendar, Release},
    chance,
    disk::{Disk, DiskChanges},
    load::Strain,
    packages::Stream,
    services,
    system::OperatingSystem,
};

const DAY: i64 = 86_400;
/// From the start of an instance until its system runs.
pub(crate) const BOOT: SignedDuration = SignedDuration::from_secs(50);

/// What happened to a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Changes {
    /// The system it runs, where a scenario says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system: Option<String>,
    /// When it was first launched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) launched: Option<Timestamp>,
    /// When it last booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) booted: Option<Timestamp>,
    /// When it last stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) halted: Option<Timestamp>,
    /// Why its system does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) impaired: Option<String>,
    /// The releases put on since its image was made, oldest first, by package.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) packages: BTreeMap<String, Vec<Installed>>,
    /// The releases whose installation failed last time, by package.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) failed: BTreeMap<String, i64>,
    /// Packages put on that the image had not.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) added: BTreeSet<String>,
    /// Services that are not as they were.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) services: BTreeMap<String, ServiceChanges>,
    /// The SSM agent, where it is not as the image had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<Agent>,
    /// The CloudWatch agent, where it is not as the image had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cloudwatch_agent: Option<Agent>,
    /// What was done to file systems, by volume.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) disks: BTreeMap<String, DiskChanges>,
    /// Small files that scripts wrote, by path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<String, String>,
    /// What keeps it busy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) strains: Vec<Strain>,
    /// What is on root volumes that were replaced, by volume.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) roots: BTreeMap<String, Root>,
}

/// What a root volume holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Root {
    packages: BTreeMap<String, Vec<Installed>>,
    failed: BTreeMap<String, i64>,
    services: BTreeMap<String, ServiceChanges>,
    files: BTreeMap<String, String>,
}

/// A release that was put on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installed {
    /// The number of the release.
    pub(crate) release: i64,
    /// When.
    pub(crate) at: Timestamp,
    /// Whether the machine has not rebooted since.
    #[serde(default)]
    pub(crate) pending: bool,
}

/// How a service is not as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ServiceChanges {
    /// Stopped by somebody.
    pub(crate) stopped: bool,
    /// Does not start at boot.
    pub(crate) disabled: bool,
    /// Why it fails as soon as it is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) broken: Option<String>,
}

/// What EC2 knows of an instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hardware {
    /// The instance's id.
    pub(crate) id: String,
    /// Its `Name` tag.
    pub(crate) name: String,
    /// `PlatformDetails`.
    pub(crate) platform: String,
    /// The name of its image, as far as known.
    pub(crate) image: String,
    /// When it was launched or last started.
    pub(crate) launched: Timestamp,
    /// Whether it is running.
    pub(crate) running: bool,
    /// Whether it has an instance profile.
    pub(crate) profile: String,
    /// Its private address.
    pub(crate) address: String,
    /// Its volumes: device, id, size in GiB; the root volume first.
    pub(crate) volumes: Vec<(String, String, i64)>,
}

/// A machine at a time.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The seed of the world.
    pub(crate) seed: u64,
    /// When the world's story began: who ran before was cared for before.
    pub(crate) beginning: Timestamp,
    /// What EC2 knows of it.
    pub(crate) hardware: Hardware,
    /// What it runs.
    pub(crate) system: &'static OperatingSystem,
    /// Its file systems.
    pub(crate) disks: Vec<Disk>,
    /// What happened to it.
    pub(crate) changes: Changes,
}

/// A package on a machine.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// The package.
    pub(crate) stream: &'static Stream,
    /// The number of the release that is installed.
    pub(crate) release: i64,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Whether the machine has not rebooted since.
    pub(crate) pending: bool,
}

impl Machine {
    /// The instance's id.
    pub(crate) fn id(&self) -> &str {
        &self.hardware.id
    }

    /// A number particular to it.
    pub(crate) fn digest(&self, question: &str) -> u64 {
        chance::digest(self.seed, &[&self.hardware.id, question])
    }

    /// The name that its system has.
    pub(crate) fn host_name(&self) -> String {
        if self.system.is_windows() {
            let digits = self.hardware.id.to_uppercase().replace("I-", "");
            let end: String = digits.chars().take(7).collect();
            return format!("EC2AMAZ-{end}");
        }
        format!("ip-{}.ec2.internal", self.hardware.address.replace('.', "-"))
    }

    /// When it was first launched.
    pub(crate) fn launched(&self) -> Timestamp {
        self.changes.launched.unwrap_or(self.hardware.launched)
    }

    /// When it last booted.
    pub(crate) fn booted(&self) -> Timestamp {
        self.changes.booted.unwrap_or_else(|| self.launched())
    }

    /// Whether its system runs and answers.
    pub(crate) fn is_up(&self, at: Timestamp) -> bool {
        self.hardware.running
            && self.changes.impaired.is_none()
            && at.duration_since(self.booted()) >= BOOT
    }

    /// Whether it does what it is there for.
    pub(crate) fn is_serving(&self, at: Timestamp) -> bool {
        let full = self.disks.first().is_some_and(|root| root.usage(at).free() == 0);
        let works = self.workload().is_none_or(|service| self.is_running(service));
        self.is_up(at) && !full && works
    }

    /// The calendar of its system's updates.
    pub(crate) fn calendar(&self) -> Calendar {
        Calendar { seed: self.seed, system: self.system }
    }

    /// What is installed.
    pub(crate) fn packages(&self) -> impl Iterator<Item = Package> {
        let cared_for = self.cared_for_until();
        self.system.packages.iter().map(move |stream| self.package(stream, cared_for))
    }

    /// One installed package.
    pub(crate) fn installed(&self, name: &str) -> Option<Package> {
        let stream = self.system.packages.iter().find(|stream| stream.name == name)?;
        Some(self.package(stream, self.cared_for_until()))
    }

    /// The release that is installed of a package.
    pub(crate) fn release_of(&self, package: &Package) -> Release {
        self.calendar().release(package.stream, package.release)
    }

    /// Whether it waits for a reboot.
    pub(crate) fn needs_reboot(&self) -> bool {
        let latest = |history: &Vec<Installed>| history.last().is_some_and(|last| last.pending);
        self.changes.packages.values().any(latest)
    }

    /// Puts a release on.
    pub(crate) fn install(&mut self, stream: &Stream, release: i64, at: Timestamp) {
        let history = self.changes.packages.entry(stream.name.to_owned()).or_default();
        history.push(Installed { release, at, pending: stream.reboot });
        self.changes.failed.remove(stream.name);
    }

    /// Reboots its system: what waited for it takes effect, services start, some of them fail.
    pub(crate) fn reboot(&mut self, at: Timestamp) {
        let patched = self.needs_reboot();
        self.changes.booted = Some(at);
        self.changes.impaired = None;
        for history in self.changes.packages.values_mut() {
            for installed in history {
                installed.pending = false;
            }
        }
        for service in self.changes.services.values_mut() {
            service.stopped = service.disabled;
        }
        if patched {
            services::after_patch(self, at);
        }
    }

    /// Its root volume was replaced by one of this state, or by the image's.
    pub(crate) fn restore(&mut self, state_of: Option<Timestamp>, at: Timestamp) {
        let state_of = state_of.unwrap_or_else(|| self.launched());
        for history in self.changes.packages.values_mut() {
            history.retain(|installed| installed.at <= state_of);
        }
        self.changes.packages.retain(|_, history| !history.is_empty());
        self.changes.failed.clear();
        self.changes.files.clear();
        self.changes.services.clear();
        self.reboot(at);
    }

    /// Its root volume is taken off, with what is on it.
    pub(crate) fn keep_root(&mut self, volume: &str) {
        let Changes { packages, failed, services, files, .. } = &self.changes;
        let root = Root {
            packages: packages.clone(),
            failed: failed.clone(),
            services: services.clone(),
            files: files.clone(),
        };
        self.changes.roots.insert(volume.to_owned(), root);
    }

    /// It boots from a volume; one that was never its own holds what its image does.
    pub(crate) fn take_root(&mut self, volume: &str, at: Timestamp) {
        let Some(root) = self.changes.roots.remove(volume) else { return self.restore(None, at) };
        let Root { packages, failed, services, files } = root;
        self.changes.packages = packages;
        self.changes.failed = failed;
        self.changes.services = services;
        self.changes.files = files;
        self.reboot(at);
    }

    fn package(&self, stream: &'static Stream, cared_for: Timestamp) -> Package {
        if let Some(last) = self.changes.packages.get(stream.name).and_then(|all| all.last()) {
            let (release, since, pending) = (last.release, last.at, last.pending);
            return Package { stream, release, since, pending };
        }
        let calendar = self.calendar();
        let release = calendar.latest(stream, cared_for);
        let delay = SignedDuration::from_hours(24 * 9);
        let since = calendar.released(stream, release).checked_add(delay).unwrap_or(cared_for);
        let since = since.min(cared_for).max(self.launched());
        Package { stream, release, since, pending: false }
    }

    /// Until when somebody had put all updates on before the story began; at least those of its image.
    fn cared_for_until(&self) -> Timestamp {
        let digest = self.digest("care");
        let image = self.launched() - days(chance::between(chance::step(digest, 1), 4, 45));
        if self.launched() >= self.beginning {
            return image;
        }
        let lag = match chance::between(chance::step(digest, 2), 0, 99) {
            0..70 => chance::between(chance::step(digest, 3), 2, 34),
            70..92 => chance::between(chance::step(digest, 3), 35, 110),
            _ => return image,
        };
        image.max(self.beginning - days(lag))
    }
}

/// So many days.
pub(crate) fn days(number: i64) -> SignedDuration {
    SignedDuration::from_secs(number.saturating_mul(DAY))
}
