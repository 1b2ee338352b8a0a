//! What there is to install: the patches that makers have released, as Patch Manager lists them.

use jiff::Timestamp;
use reeve_model::{Object, Value};

use super::{
    baseline::{Baseline, Standing, identity},
    baselines,
    operate::title,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet::{self, Calendar, OperatingSystem, Release, SYSTEMS, digest},
    pattern::matches,
    services::ssm::{
        patch::PATCH_STATE,
        shared::{FIFTY, HUNDRED, conditions, is_managed},
    },
    value::{object, value},
    world::World,
};

/// How many releases of each package are listed.
const LISTED: i64 = 12;

fn releases(world: &World, system: &'static OperatingSystem, now: Timestamp) -> Vec<Release> {
    let calendar = Calendar { seed: world.seed, system };
    let of = |stream| {
        let latest = calendar.latest(stream, now);
        ((latest - LISTED + 1).max(0)..=latest).map(move |number| calendar.release(stream, number))
    };
    system.packages.iter().flat_map(of).collect()
}

fn id(system: &OperatingSystem, release: &Release) -> String {
    let number = release.number.to_string();
    let half = |part: &str| digest(0, &[system.key, release.stream.name, &number, part]);
    crate::kind::hyphenate(&format!("{:016x}{:016x}", half("high"), half("low")))
}

fn patch(system: &OperatingSystem, release: &Release) -> Object {
    let mut shown = object! {
        "Id": (id(system, release)), "ReleaseDate": (release.released),
        "Title": (title(system, release)), "Product": (system.product),
        "Classification": (release.classification),
    };
    if system.is_windows() {
        shown.insert("Description", "Install this update to resolve issues in Windows.");
        shown.insert(
            "ContentUrl",
            format!(
                "https://support.microsoft.com/kb/{}",
                release.advisory.trim_start_matches("KB")
            ),
        );
        shown.insert("Vendor", "Microsoft");
        shown.insert("ProductFamily", "Windows");
        shown.insert("MsrcSeverity", release.severity);
        shown.insert("KbNumber", release.advisory.as_str());
        shown.insert("MsrcNumber", "");
        shown.insert("Language", "All");
        return shown;
    }
    let (epoch, version) = release.version.split_once(':').unwrap_or(("0", &release.version));
    let (version, part) = version.rsplit_once('-').unwrap_or((version, ""));
    let list = |texts: &[String]| texts.iter().map(Value::from).collect::<Value>();
    shown.insert("Vendor", system.name);
    shown.insert("ProductFamily", system.name);
    shown.insert("Severity", release.severity);
    shown.insert("Name", release.stream.name);
    shown.insert("Epoch", epoch.parse::<i64>().unwrap_or(0));
    shown.insert("Version", version);
    shown.insert("Release", part);
    shown.insert("Arch", if system.is_debian_like() { "amd64" } else { "x86_64" });
    shown.insert("Repository", format!("{}-updates", system.key));
    if release.is_security() {
        shown.insert("AdvisoryIds", list(std::slice::from_ref(&release.advisory)));
        shown.insert("CVEIds", list(&release.vulnerabilities));
    }
    shown
}

/// `DescribeAvailablePatches`.
pub(super) fn available(call: &Call, world: &mut World) -> Answer {
    let wanted = conditions(call, "Filters", ("Key", "Values"));
    let mut items = Vec::new();
    let product = wanted.iter().find(|(key, _)| *key == "PRODUCT");
    // Without a product the list is that of Windows, as on AWS.
    let systems = SYSTEMS.iter().filter(|system| match product {
        Some((_, products)) => products.iter().any(|wanted| matches(wanted, system.product)),
        None => system.is_windows(),
    });
    for system in systems {
        for release in releases(world, system, call.now) {
            let mut fits = true;
            for (key, values) in &wanted {
                fits &= holds(system, &release, key, values)?;
            }
            if fits {
                let key = format!("{:020}{}", release.released.as_second(), id(system, &release));
                items.push((key, patch(system, &release).into()));
            }
        }
    }
    HUNDRED.sort(call, "Patches", items)
}

fn holds(
    system: &OperatingSystem,
    release: &Release,
    key: &str,
    values: &[&str],
) -> Result<bool, Failure> {
    let of = |text: &str| values.iter().any(|value| matches(value, text));
    Ok(match key {
        "PRODUCT" => of(system.product),
        "CLASSIFICATION" => of(release.classification),
        "SEVERITY" | "MSRC_SEVERITY" | "PRIORITY" => of(release.severity),
        "PATCH_ID" => of(&identity(release)) || of(&release.advisory) || of(&id(system, release)),
        "NAME" => of(release.stream.name),
        "ADVISORY_ID" => of(&release.advisory),
        "CVE_ID" => release.vulnerabilities.iter().any(|one| of(one)),
        "PATCH_SET" => of("OS"),
        "PRODUCT_FAMILY" => of("Windows") || of(system.name),
        _ => {
            let message = format!("The filter key {key} is not valid");
            return Err(Failure::new("InvalidFilterKey", message));
        }
    })
}

/// `DescribeEffectivePatchesForPatchBaseline`.
pub(super) fn effective(call: &Call, world: &mut World) -> Answer {
    let place = call.place(&PATCH_STATE);
    let (id, facts) = baselines::found(world, &place, call.required("BaselineId")?)?;
    let baseline = Baseline::read(&id, &facts);
    let mut items = Vec::new();
    for system in SYSTEMS.iter().filter(|system| system.family == baseline.system) {
        let calendar = Calendar { seed: world.seed, system };
        for release in releases(world, system, call.now) {
            let (status, level, from) = match baseline.standing(&calendar, &release, call.now) {
                Standing::Approved { since, level, explicit: false } => {
                    ("APPROVED", level, Some(since))
                }
                Standing::Approved { level, .. } => ("EXPLICIT_APPROVED", level, None),
                Standing::Pending { from, level } => ("PENDING_APPROVAL", level, Some(from)),
                Standing::Rejected => ("EXPLICIT_REJECTED", "UNSPECIFIED".to_owned(), None),
                Standing::Outside => continue,
            };
            let mut shown = object! {"DeploymentStatus": status, "ComplianceLevel": (level)};
            if let Some(from) = from {
                shown.insert("ApprovalDate", from);
            }
            let item = value!({"Patch": (patch(system, &release)), "PatchStatus": (shown)});
            items.push((self::id(system, &release), item));
        }
    }
    HUNDRED.sort(call, "EffectivePatches", items)
}

/// `DescribePatchProperties`.
pub(super) fn properties(call: &Call, _: &mut World) -> Answer {
    let (system, property) = (call.required("OperatingSystem")?, call.required("Property")?);
    let windows = system == "WINDOWS";
    let values: Vec<&str> = match property {
        "PRODUCT" => {
            SYSTEMS.iter().filter(|one| one.family == system).map(|one| one.product).collect()
        }
        "PRODUCT_FAMILY" if windows => vec!["Windows"],
        "CLASSIFICATION" if windows => vec![
            "CriticalUpdates",
            "DefinitionUpdates",
            "Drivers",
            "FeaturePacks",
            "SecurityUpdates",
            "ServicePacks",
            "Tools",
            "UpdateRollups",
            "Updates",
            "Upgrades",
        ],
        "CLASSIFICATION" => vec!["Bugfix", "Enhancement", "Newpackage", "Recommended", "Security"],
        "MSRC_SEVERITY" if windows => {
            vec!["Critical", "Important", "Low", "Moderate", "Unspecified"]
        }
        "PRIORITY" if matches!(system, "UBUNTU" | "DEBIAN" | "RASPBIAN") => {
            vec!["Extra", "Important", "Optional", "Required", "Standard"]
        }
        "SEVERITY" if system.starts_with("AMAZON") => {
            vec!["Critical", "Important", "Low", "Medium"]
        }
        "SEVERITY" if !windows => vec!["Critical", "Important", "Low", "Moderate", "None"],
        _ => {
            let message = format!("{property} is not a property of patches for {system}");
            return Err(call.invalid(message));
        }
    };
    let name = match property {
        "PRODUCT" => "Name",
        "PRODUCT_FAMILY" => "PRODUCT_FAMILY",
        other => other,
    };
    let items = values
        .iter()
        .map(|value| ((*value).to_owned(), Object::from_iter([(name, *value)]).into()));
    FIFTY.sort(call, "Properties", items.collect())
}

/// `GetDeployablePatchSnapshotForInstance`.
pub(super) fn snapshot(call: &Call, world: &mut World) -> Answer {
    let (id, snapshot) = (call.required("InstanceId")?, call.required("SnapshotId")?);
    let place = call.place(&PATCH_STATE);
    let machine = fleet::machine(world, &place, id).filter(|_| is_managed(world, &place, id));
    let Some(machine) = machine else {
        return Err(call.invalid(format!("{id} is not a managed instance")));
    };
    let product = format!("{}-{}", machine.system.product, snapshot);
    let location = format!(
        "https://patch-baseline-snapshot-{0}.s3.{0}.amazonaws.com/{product}?X-Amz-Expires=86400",
        call.region
    );
    Ok(value!({
        "InstanceId": id, "SnapshotId": snapshot, "SnapshotDownloadUrl": location,
        "Product": (machine.system.product),
    }))
}
