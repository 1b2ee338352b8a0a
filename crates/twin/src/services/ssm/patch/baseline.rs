//! A patch baseline as a rule: which release of a package it approves, and from when.

use std::sync::LazyLock;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use reeve_model::{Object, Value};

use crate::{
    fleet::{Calendar, Release, Stream, digest},
    pattern::matches,
    services::ssm::shared::texts,
    store::Place,
    value::{object, value},
};

/// How many releases back an approved one is looked for.
const DEEPEST: i64 = 60;
/// The account that AWS's own baselines belong to.
const OWNER: &str = "075727635805";

/// A baseline, read from its description.
#[derive(Debug, Clone, Default)]
pub(super) struct Baseline {
    /// Its id; an ARN if it is AWS's.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// The operating system it is for.
    pub(super) system: String,
    global: Vec<Condition>,
    rules: Vec<Rule>,
    approved: Vec<String>,
    approved_level: String,
    approved_non_security: bool,
    rejected: Vec<String>,
    /// Whether rejected patches that are there are a fault.
    pub(super) blocks: bool,
    /// Whether security updates that wait for approval are a fault.
    pub(super) waiting_is_fault: bool,
}

#[derive(Debug, Clone, Default)]
struct Rule {
    conditions: Vec<Condition>,
    level: String,
    after_days: i64,
    until: Option<Date>,
    non_security: bool,
}

type Condition = (String, Vec<String>);

/// That a baseline approves a release.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Approval {
    /// The release.
    pub(super) release: Release,
    /// How bad it is to lack it.
    pub(super) level: String,
    /// Since when.
    pub(super) since: Timestamp,
    /// Whether the list of approved patches names it.
    pub(super) explicit: bool,
}

/// How a baseline sees a release.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    /// Approved since then, at this level; by name or by a rule.
    Approved { since: Timestamp, level: String, explicit: bool },
    /// A rule will approve it then.
    Pending { from: Timestamp, level: String },
    /// It is on the list of rejected patches.
    Rejected,
    /// No rule is about it.
    Outside,
}

impl Baseline {
    /// Reads a baseline's description.
    pub(super) fn read(id: &str, facts: &Object) -> Self {
        let list = |member: &str| {
            let list = facts.list(member).iter();
            list.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let rules = facts.get("ApprovalRules").and_then(|rules| rules.get("PatchRules"));
        let level = facts.text("ApprovedPatchesComplianceLevel");
        Self {
            id: id.to_owned(),
            name: facts.text("Name").to_owned(),
            system: facts.text("OperatingSystem").to_owned(),
            global: facts.get("GlobalFilters").map(conditions).unwrap_or_default(),
            rules: rules.map_or(&[][..], Value::as_list).iter().map(rule).collect(),
            approved: list("ApprovedPatches"),
            approved_level: if level.is_empty() { "UNSPECIFIED" } else { level }.to_owned(),
            approved_non_security: facts.flag("ApprovedPatchesEnableNonSecurity"),
            rejected: list("RejectedPatches"),
            blocks: facts.text("RejectedPatchesAction") == "BLOCK",
            waiting_is_fault: facts.text("AvailableSecurityUpdatesComplianceStatus")
                == "NON_COMPLIANT",
        }
    }

    /// How it sees a release at a time.
    pub(super) fn standing(
        &self,
        calendar: &Calendar,
        release: &Release,
        now: Timestamp,
    ) -> Standing {
        if self.is_rejected(release) {
            return Standing::Rejected;
        }
        let named = self.approved.iter().any(|pattern| names(pattern, release));
        if named
            && (release.is_security() || self.approved_non_security || calendar.system.is_windows())
        {
            let level = self.approved_level.clone();
            return Standing::Approved { since: release.released, level, explicit: true };
        }
        let holds = |conditions: &[Condition]| {
            conditions.iter().all(|(key, values)| fits(key, values, calendar, release))
        };
        if !self.global.is_empty() && !holds(&self.global) {
            return Standing::Outside;
        }
        for rule in &self.rules {
            if !holds(&rule.conditions) || !rule.takes(calendar, release) {
                continue;
            }
            let level = rule.level.clone();
            match rule.approves_from(calendar, release) {
                Some(since) if since <= now => {
                    return Standing::Approved { since, level, explicit: false };
                }
                Some(from) => return Standing::Pending { from, level },
                None => {}
            }
        }
        Standing::Outside
    }

    /// The latest release of a package that it approves at a time.
    pub(super) fn approval(
        &self,
        calendar: &Calendar,
        stream: &'static Stream,
        now: Timestamp,
    ) -> Option<Approval> {
        let latest = calendar.latest(stream, now);
        // A Windows update that another one replaced is not offered any more, approved or not.
        let oldest = if calendar.system.is_windows() { latest } else { latest - DEEPEST };
        let mut number = latest;
        while number >= oldest.max(0) {
            let release = calendar.release(stream, number);
            if let Standing::Approved { since, level, explicit } =
                self.standing(calendar, &release, now)
            {
                // A release that another one replaced while it waited never was approved: the wait began again.
                let replaced = number < latest && calendar.released(stream, number + 1) <= since;
                if !replaced || explicit {
                    return Some(Approval { release, level, since, explicit });
                }
            }
            number -= 1;
        }
        None
    }

    /// Whether its list of rejected patches names a release.
    pub(super) fn is_rejected(&self, release: &Release) -> bool {
        self.rejected.iter().any(|pattern| names(pattern, release))
    }
}

impl Rule {
    /// Whether it takes a release that mends no vulnerability: if it says so, or names what it is.
    fn takes(&self, calendar: &Calendar, release: &Release) -> bool {
        let named = self.conditions.iter().any(|(key, values)| {
            key == "CLASSIFICATION" && values.iter().any(|value| value == release.classification)
        });
        calendar.system.is_windows() || release.is_security() || self.non_security || named
    }

    fn approves_from(&self, calendar: &Calendar, release: &Release) -> Option<Timestamp> {
        let day = release.released.to_zoned(TimeZone::UTC).date();
        if let Some(until) = self.until {
            return (day <= until).then_some(release.released);
        }
        // Debian and Ubuntu publish no release dates that could be counted from.
        if self.after_days == 0 || calendar.system.is_debian_like() {
            return Some(release.released);
        }
        let approved = day.checked_add(self.after_days.days()).ok()?;
        Some(approved.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

fn rule(rule: &Value) -> Rule {
    let text = |member: &str| rule.get(member).and_then(Value::as_str);
    Rule {
        conditions: rule.get("PatchFilterGroup").map(conditions).unwrap_or_default(),
        level: text("ComplianceLevel").unwrap_or("UNSPECIFIED").to_owned(),
        after_days: rule.get("ApproveAfterDays").and_then(Value::as_i64).unwrap_or(0),
        until: text("ApproveUntilDate").and_then(|date| date.parse().ok()),
        non_security: rule.flag("EnableNonSecurity"),
    }
}

fn conditions(group: &Value) -> Vec<Condition> {
    let filters = group.list("PatchFilters").iter();
    let owned = |filter: &Value| texts(filter, "Values").into_iter().map(str::to_owned).collect();
    filters
        .filter_map(|filter| Some((filter.get("Key")?.as_str()?.to_owned(), owned(filter))))
        .collect()
}

fn fits(key: &str, values: &[String], calendar: &Calendar, release: &Release) -> bool {
    let of = |text: &str| values.iter().any(|value| matches(value, text));
    match key {
        "PRODUCT" => of(calendar.system.product),
        "CLASSIFICATION" => of(release.classification),
        "SEVERITY" | "MSRC_SEVERITY" | "PRIORITY" => of(release.severity),
        "PATCH_SET" => of("OS"),
        "PRODUCT_FAMILY" => of("Windows"),
        "PATCH_ID" => of(&identity(release)) || of(release.stream.name),
        "NAME" => of(release.stream.name),
        "ADVISORY_ID" => of(&release.advisory),
        "CVE_ID" => release.vulnerabilities.iter().any(|one| of(one)),
        "ARCH" => of("x86_64") || of("amd64"),
        "SECURITY" => of(if release.is_security() { "True" } else { "False" }),
        "VERSION" | "RELEASE" => of(&release.version),
        // What every package has alike.
        _ => true,
    }
}

/// What Patch Manager knows a release by: `name.architecture`, or the knowledge base article.
pub(super) fn identity(release: &Release) -> String {
    if release.advisory.starts_with("KB") {
        return release.advisory.clone();
    }
    let apt = release.advisory.starts_with("USN") || release.advisory.starts_with("DSA");
    format!("{}.{}", release.stream.name, if apt { "amd64" } else { "x86_64" })
}

/// Whether a list's pattern means a release: `kernel*`, `kernel.x86_64`, `KB5001234`, an advisory.
pub(super) fn names(pattern: &str, release: &Release) -> bool {
    let article = pattern.trim_start_matches("KB");
    matches(pattern, release.stream.name)
        || matches(pattern, &identity(release))
        || matches(pattern, &release.advisory)
        || matches(pattern, &format!("{}:{}", identity(release), release.version))
        || matches(pattern, &format!("{}-{}", release.stream.name, release.version))
        || release.advisory.strip_prefix("KB").is_some_and(|number| number == article)
}

/// A baseline that AWS defines: name, operating system, conditions of its rules.
type Predefined = (&'static str, &'static str, &'static str, &'static [(&'static [Fixed], i64)]);
type Fixed = (&'static str, &'static [&'static str]);

const SECURITY: &[Fixed] =
    &[("CLASSIFICATION", &["Security"]), ("SEVERITY", &["Critical", "Important"])];
const BUGFIX: &[Fixed] = &[("CLASSIFICATION", &["Bugfix"])];
const EVERYTHING: &[Fixed] = &[("PRODUCT", &["*"]), ("CLASSIFICATION", &["*"])];
const PRIORITIES: &[Fixed] =
    &[("PRIORITY", &["Required", "Important", "Standard", "Optional", "Extra"])];
const WINDOWS: &[Fixed] = &[
    ("PATCH_SET", &["OS"]),
    ("CLASSIFICATION", &["CriticalUpdates", "SecurityUpdates"]),
    ("MSRC_SEVERITY", &["Critical", "Important"]),
];

static PREDEFINED: &[Predefined] = &[
    (
        "AWS-AlmaLinuxDefaultPatchBaseline",
        "ALMA_LINUX",
        "Alma Linux",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    (
        "AWS-AmazonLinuxDefaultPatchBaseline",
        "AMAZON_LINUX",
        "Amazon Linux",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    (
        "AWS-AmazonLinux2DefaultPatchBaseline",
        "AMAZON_LINUX_2",
        "Amazon Linux 2",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    (
        "AWS-AmazonLinux2023DefaultPatchBaseline",
        "AMAZON_LINUX_2023",
        "Amazon Linux 2023",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    ("AWS-CentOSDefaultPatchBaseline", "CENTOS", "CentOS", &[(EVERYTHING, 7)]),
    ("AWS-DebianDefaultPatchBaseline", "DEBIAN", "Debian", &[(PRIORITIES, 0)]),
    ("AWS-MacOSDefaultPatchBaseline", "MACOS", "MacOS", &[(SECURITY, 0)]),
    (
        "AWS-OracleLinuxDefaultPatchBaseline",
        "ORACLE_LINUX",
        "Oracle Linux",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    (
        "AWS-RedHatDefaultPatchBaseline",
        "REDHAT_ENTERPRISE_LINUX",
        "Redhat Enterprise Linux",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    (
        "AWS-RockyLinuxDefaultPatchBaseline",
        "ROCKY_LINUX",
        "Rocky Linux",
        &[(SECURITY, 7), (BUGFIX, 7)],
    ),
    ("AWS-SuseDefaultPatchBaseline", "SUSE", "Suse", &[(SECURITY, 7)]),
    ("AWS-UbuntuDefaultPatchBaseline", "UBUNTU", "Ubuntu", &[(PRIORITIES, 0)]),
    ("AWS-DefaultPatchBaseline", "WINDOWS", "Windows", &[(WINDOWS, 7)]),
    ("AWS-WindowsPredefinedPatchBaseline-OS", "WINDOWS", "Windows", &[(WINDOWS, 7)]),
    ("AWS-WindowsPredefinedPatchBaseline-OS-Applications", "WINDOWS", "Windows", &[(WINDOWS, 7)]),
];

/// The descriptions of AWS's own baselines, by name.
static DESCRIPTIONS: LazyLock<Vec<(String, Object)>> =
    LazyLock::new(|| PREDEFINED.iter().map(|one| (one.0.to_owned(), description(one))).collect());

fn description((name, system, shown, rules): &Predefined) -> Object {
    let filter = |(key, values): &Fixed| {
        let values: Value = values.iter().map(|value| Value::from(*value)).collect();
        value!({"Key": (*key), "Values": (values)})
    };
    let rule = |(conditions, days): &(&'static [Fixed], i64)| {
        let filters: Value = conditions.iter().map(filter).collect();
        let non_security = *system == "CENTOS";
        value!({
            "PatchFilterGroup": {"PatchFilters": (filters)}, "ComplianceLevel": "UNSPECIFIED",
            "ApproveAfterDays": (*days), "EnableNonSecurity": (non_security),
        })
    };
    let created = Timestamp::from_second(1_500_000_000).unwrap_or_default();
    let rules: Value = rules.iter().map(rule).collect();
    object! {
        "Name": (*name), "OperatingSystem": (*system),
        "GlobalFilters": {"PatchFilters": []}, "ApprovalRules": {"PatchRules": (rules)},
        "ApprovedPatches": [], "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": false, "RejectedPatches": [],
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY", "CreatedDate": (created), "ModifiedDate": (created),
        "Description": (format!("Default Patch Baseline for {shown} Provided by AWS.")), "Sources": [],
    }
}

/// AWS's own baselines in a Region: ARN and description.
pub(super) fn predefined(place: &Place) -> impl Iterator<Item = (String, &'static Object)> + '_ {
    DESCRIPTIONS.iter().map(|(name, description)| (predefined_arn(place, name), description))
}

fn predefined_arn(place: &Place, name: &str) -> String {
    let number = digest(0, &[place.region.as_str(), name]);
    format!("arn:aws:ssm:{}:{OWNER}:patchbaseline/pb-0{number:016x}", place.region)
}

/// The ARN of AWS's own baseline that an operating system's machines have by default.
pub(super) fn usual(place: &Place, system: &str) -> Option<String> {
    // The first of a system's is its default.
    let name = PREDEFINED.iter().find(|one| one.1 == system).map(|one| one.0)?;
    Some(predefined_arn(place, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{SYSTEMS, between};

    fn baseline(rules: &serde_json::Value) -> Baseline {
        let facts = Value::from_json(&serde_json::json!({
            "OperatingSystem": "AMAZON_LINUX_2", "ApprovalRules": {"PatchRules": rules},
        }));
        Baseline::read("pb-1", facts.as_object().unwrap())
    }

    #[test]
    fn a_release_that_was_replaced_while_it_waited_waits_again() {
        let system = SYSTEMS.iter().find(|one| one.key == "amazon-linux-2").unwrap();
        let calendar = Calendar { seed: 5, system };
        let rules = serde_json::json!([{
            "PatchFilterGroup": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["*"]}]},
            "ApproveAfterDays": 10, "EnableNonSecurity": true,
        }]);
        let baseline = baseline(&rules);
        let kernel = system.packages.iter().find(|stream| stream.name == "kernel").unwrap();
        for day in 0..300_i64 {
            let now = Timestamp::from_second(1_750_000_000 + day * 86_400).unwrap();
            let Some(approval) = baseline.approval(&calendar, kernel, now) else { continue };
            let next = calendar.released(kernel, approval.release.number + 1);
            assert!(approval.since <= now && next > approval.since);
            assert!(now.duration_since(approval.release.released).as_hours() >= 9 * 24);
        }
        assert_eq!(between(3, 1, 1), 1);
    }

    #[test]
    fn a_cut_off_date_approves_what_came_until_then_and_nothing_later() {
        let system = SYSTEMS.iter().find(|one| one.key == "amazon-linux-2").unwrap();
        let calendar = Calendar { seed: 5, system };
        let rules = serde_json::json!([{
            "PatchFilterGroup": {"PatchFilters": []},
            "ApproveUntilDate": "2025-12-31", "EnableNonSecurity": true,
        }]);
        let baseline = baseline(&rules);
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        for stream in system.packages {
            let approval = baseline.approval(&calendar, stream, now).unwrap();
            let latest = calendar.latest(stream, "2025-12-31T23:59:59Z".parse().unwrap());
            assert_eq!(approval.release.number, latest, "{}", stream.name);
        }
    }
}
