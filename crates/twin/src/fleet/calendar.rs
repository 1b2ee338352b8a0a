//! The calendar of updates: which maker released what and when, for ever, from the seed.
//!
//! Every package has one release within each of its periods, so the release of a date is found by arithmetic and time
//! passing makes new patches appear. The calendar is the same for every machine of a system, as makers' repositories are.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    chance,
    packages::{Cadence, Stream},
    system::OperatingSystem,
};

const DAY: i64 = 86_400;
// 2019-01-01T00:00:00Z, when the makers of this world began.
const BEGINNING: i64 = 1_546_300_800;
const FIRST_YEAR: i64 = 2019;
/// When Microsoft publishes on its Tuesdays: 10:00 in Redmond, near enough.
const TUESDAY_HOUR: i8 = 17;
const FIRST_KNOWLEDGE_BASE_ARTICLE: i64 = 5_000_000;

/// How bad what an update mends is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It mends no vulnerability, or its maker gives no severity.
    None,
    /// Low.
    Low,
    /// Moderate, or Medium.
    Moderate,
    /// Important.
    Important,
    /// Critical.
    Critical,
}

/// One release of a package, or one Windows update.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Release {
    /// The package.
    pub(crate) stream: &'static Stream,
    /// Which of its releases.
    pub(crate) number: i64,
    /// Its version, or the title of the Windows update.
    pub(crate) version: String,
    /// When it was published.
    pub(crate) released: Timestamp,
    /// As Patch Manager words it.
    pub(crate) classification: &'static str,
    /// As Patch Manager words it.
    pub(crate) severity: &'static str,
    /// How bad it is.
    pub(crate) rank: Severity,
    /// The vulnerabilities that it mends.
    pub(crate) vulnerabilities: Vec<String>,
    /// Its maker's advisory, or the knowledge base article of a Windows update.
    pub(crate) advisory: String,
}

impl Release {
    /// Whether it mends a vulnerability.
    pub(crate) fn is_security(&self) -> bool {
        !self.vulnerabilities.is_empty()
    }

    /// How bad its worst vulnerability is, from 0 to 10.
    pub(crate) fn score(&self) -> f64 {
        let (low, high) = match self.rank {
            Severity::Critical => (90, 98),
            Severity::Important => (70, 88),
            Severity::Moderate => (43, 69),
            Severity::Low => (21, 39),
            Severity::None => return 0.0,
        };
        let first = self.vulnerabilities.first().map_or("", String::as_str);
        let tenths = chance::between(chance::digest(0, &[first, "score"]), low, high);
        chance::float(tenths) / 10.0
    }
}

/// The releases of a system's packages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    /// The seed of the world.
    pub(crate) seed: u64,
    /// The system.
    pub(crate) system: &'static OperatingSystem,
}

impl Calendar {
    /// The number of the latest release at a time; below zero if there was none yet.
    pub(crate) fn latest(&self, stream: &Stream, at: Timestamp) -> i64 {
        let elapsed = at.as_second() - BEGINNING;
        let guess = match stream.cadence {
            Cadence::Days(days) => elapsed.div_euclid(days.max(1) * DAY),
            Cadence::PatchTuesday => month_number(at),
            Cadence::Quarterly => month_number(at).div_euclid(3),
        };
        if self.released(stream, guess) <= at { guess } else { guess - 1 }
    }

    /// When a release was, or will be, published.
    pub(crate) fn released(&self, stream: &Stream, number: i64) -> Timestamp {
        match stream.cadence {
            Cadence::Days(days) => {
                let spread = days.max(1) * DAY;
                let digest = chance::step(self.digest(stream, "released"), number);
                let second = BEGINNING + number * spread + chance::between(digest, 0, spread - 1);
                Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
            }
            Cadence::PatchTuesday => patch_tuesday(number),
            Cadence::Quarterly => patch_tuesday(number * 3),
        }
    }

    /// A release with all that its maker says about it.
    pub(crate) fn release(&self, stream: &'static Stream, number: i64) -> Release {
        let digest = chance::step(self.digest(stream, "release"), number);
        let released = self.released(stream, number);
        let mends = chance::between(chance::step(digest, 1), 0, 99) < i64::from(stream.security);
        let rank = if mends { rank(chance::step(digest, 2)) } else { Severity::None };
        Release {
            stream,
            number,
            version: self.version(stream, number, released),
            released,
            classification: self.classification(stream, mends),
            severity: self.severity(stream, rank),
            rank,
            vulnerabilities: if mends { vulnerabilities(digest, released) } else { Vec::new() },
            advisory: self.advisory(stream, digest, released),
        }
    }

    fn digest(&self, stream: &Stream, question: &str) -> u64 {
        chance::digest(self.seed, &[self.system.family, self.system.dist, stream.name, question])
    }

    fn version(&self, stream: &Stream, number: i64, released: Timestamp) -> String {
        let month = released.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
        stream
            .version
            .replace("{dist}", self.system.dist)
            .replace("{month}", &month)
            .replace("{n}", &(number + 1).to_string())
    }

    fn classification(&self, stream: &Stream, mends: bool) -> &'static str {
        if !self.system.is_windows() {
            return if mends { "Security" } else { "Bugfix" };
        }
        match stream.name {
            "Malicious Software Removal Tool" => "UpdateRollups",
            name if name.contains("Intelligence") || name.contains("antimalware") => {
                "DefinitionUpdates"
            }
            _ if mends => "SecurityUpdates",
            _ => "Updates",
        }
    }

    fn severity(&self, stream: &Stream, rank: Severity) -> &'static str {
        if self.system.is_debian_like() {
            return priority(stream.name);
        }
        match rank {
            Severity::Critical => "Critical",
            Severity::Important => "Important",
            Severity::Moderate => self.system.moderate(),
            Severity::Low => "Low",
            Severity::None if self.system.is_windows() => "Unspecified",
            Severity::None => "None",
        }
    }

    fn advisory(&self, stream: &Stream, digest: u64, released: Timestamp) -> String {
        if self.system.is_windows() {
            return match stream.name {
                "Malicious Software Removal Tool" => "KB890830".to_owned(),
                "Security Intelligence Update for Microsoft Defender Antivirus" => {
                    "KB2267602".to_owned()
                }
                _ if stream.name.contains("antimalware") => "KB4052623".to_owned(),
                _ => {
                    let age = (released.as_second() - BEGINNING) / DAY;
                    let noise = chance::between(chance::step(digest, 4), 0, 25);
                    format!("KB{}", FIRST_KNOWLEDGE_BASE_ARTICLE + age * 26 + noise)
                }
            };
        }
        let number = chance::between(chance::step(digest, 5), 1000, 9899);
        let year = released.to_zoned(TimeZone::UTC).year();
        self.system
            .advisory
            .replace("{year}", &year.to_string())
            .replace("{n}", &number.to_string())
    }
}

fn rank(digest: u64) -> Severity {
    let ranks = [
        (Severity::Critical, 9),
        (Severity::Important, 43),
        (Severity::Moderate, 38),
        (Severity::Low, 10),
    ];
    chance::weighted(digest, &ranks).unwrap_or(Severity::Moderate)
}

/// The priority that Debian gives a package, whatever an update of it mends.
fn priority(package: &str) -> &'static str {
    match package {
        "bash" | "libc6" | "zlib1g" | "tzdata" => "Required",
        "apt" | "systemd" | "linux-image-aws" => "Important",
        "ca-certificates" | "dbus" | "libssl3" | "openssh-server" => "Standard",
        _ => "Optional",
    }
}

fn vulnerabilities(digest: u64, released: Timestamp) -> Vec<String> {
    let count = chance::between(chance::step(digest, 6), 1, 3);
    let year = released.to_zoned(TimeZone::UTC).year();
    let number = |at: i64| chance::between(chance::step(digest, 7 + at), 1_000, 59_999);
    (0..count).map(|at| format!("CVE-{year}-{}", number(at))).collect()
}

fn month_number(at: Timestamp) -> i64 {
    let date = at.to_zoned(TimeZone::UTC).date();
    (i64::from(date.year()) - FIRST_YEAR) * 12 + i64::from(date.month()) - 1
}

fn patch_tuesday(month: i64) -> Timestamp {
    let moment = || {
        let year = i16::try_from(FIRST_YEAR + month.div_euclid(12)).ok()?;
        let of_year = i8::try_from(month.rem_euclid(12) + 1).ok()?;
        let first = Date::new(year, of_year, 1).ok()?;
        let tuesday = first.nth_weekday_of_month(2, Weekday::Tuesday).ok()?;
        let midnight = tuesday.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.checked_add(TUESDAY_HOUR.hours()).ok()?.timestamp())
    };
    moment().unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::system::{SYSTEMS, by_key};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn windows_updates_come_on_the_second_tuesday() {
        let calendar = Calendar { seed: 7, system: by_key("windows-2022").unwrap() };
        let stream = &calendar.system.packages[0];
        let before = calendar.latest(stream, time("2026-03-10T16:59:59Z"));
        let after = calendar.latest(stream, time("2026-03-10T17:00:00Z"));
        assert_eq!(after, before + 1);
        let release = calendar.release(stream, after);
        assert!(release.version.starts_with("2026-03 Cumulative Update"), "{}", release.version);
        assert!(release.advisory.starts_with("KB50"), "{}", release.advisory);
        assert_eq!(release.classification, "SecurityUpdates");
    }

    #[test]
    fn time_passing_makes_new_patches_appear_and_never_takes_one_away() {
        for system in SYSTEMS {
            let calendar = Calendar { seed: 3, system };
            for stream in system.packages {
                let mut last = calendar.latest(stream, time("2025-01-01T00:00:00Z"));
                for day in 0..400_i64 {
                    let at = time("2025-01-01T00:00:00Z") + (day * 24).hours();
                    let now = calendar.latest(stream, at);
                    assert!((last..=last + 1).contains(&now), "{} {}", system.key, stream.name);
                    assert!(calendar.released(stream, now) <= at);
                    assert!(calendar.released(stream, now + 1) > at);
                    last = now;
                }
            }
        }
    }

    #[test]
    fn a_security_update_names_vulnerabilities_and_a_bugfix_none() {
        let calendar = Calendar { seed: 3, system: by_key("amazon-linux-2").unwrap() };
        for stream in calendar.system.packages {
            for number in 0..40 {
                let release = calendar.release(stream, number);
                assert_eq!(release.is_security(), release.classification == "Security");
                assert_eq!(release.is_security(), release.score() > 0.0);
            }
        }
    }
}
