//! Which instances are scanned, and why the others are not.

use std::collections::BTreeMap;

use reeve_model::Value;

use super::{accounts, criteria, pages};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    fleet,
    kind::tag_map,
    page::Paging,
    recipe::Action,
    services::Part,
    value::{object, value},
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("ListCoverage", Action::Own(list)),
        ("ListCoverageStatistics", Action::Own(statistics)),
    ],
    tasks: &[],
};

static PAGES: Paging = pages(200);

fn covered(call: &Call, world: &World) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    for place in accounts::visible(call, world) {
        if !accounts::is_enabled(world, &place) {
            continue;
        }
        let instances = fleet::of(&place);
        for (id, instance) in world.shelf(&instances) {
            let state = instance.fact("State.Name").unwrap_or_default();
            if matches!(state, "terminated" | "shutting-down") {
                continue;
            }
            let Some(machine) = fleet::machine(world, &place, id) else { continue };
            let trusted = fleet::is_trusted(world, &place, &machine);
            let (ping, _) = machine.ping(trusted, call.now);
            let (code, reason) = match (state, ping) {
                ("stopped" | "stopping", _) => ("INACTIVE", "EC2_INSTANCE_STOPPED"),
                (_, fleet::Ping::Online) => ("ACTIVE", "SUCCESSFUL"),
                (_, fleet::Ping::ConnectionLost) => ("INACTIVE", "STALE_INVENTORY"),
                (_, fleet::Ping::Unregistered) => ("INACTIVE", "UNMANAGED_EC2_INSTANCE"),
            };
            let platform = if machine.system.is_windows() { "WINDOWS" } else { "LINUX" };
            let mut shown = object! {
                "resourceType": "AWS_EC2_INSTANCE", "resourceId": (id.as_str()),
                "accountId": (place.account.to_string()), "scanType": "PACKAGE",
                "scanMode": "EC2_SSM_AGENT_BASED", "scanStatus": {"statusCode": code, "reason": reason},
                "resourceMetadata": {"ec2": {
                    "amiId": (instance.fact("ImageId").unwrap_or_default()), "platform": platform,
                    "tags": (tag_map(&instance.tags)),
                }},
            };
            if code == "ACTIVE" {
                shown.insert("lastScannedAt", call.now);
            }
            let shown = Value::from(shown);
            if criteria::holds(call.object("filterCriteria"), &shown)? {
                all.push(shown);
            }
        }
    }
    Ok(all)
}

fn list(call: &Call, world: &mut World) -> Answer {
    let items = covered(call, world)?
        .into_iter()
        .map(|one| (format!("{}/{}", one.text("accountId"), one.text("resourceId")), one));
    PAGES.sort(call, "coveredResources", items.collect())
}

fn statistics(call: &Call, world: &mut World) -> Answer {
    let path = match call.text("groupBy") {
        None => "",
        Some("SCAN_STATUS_CODE") => "scanStatus.statusCode",
        Some("SCAN_STATUS_REASON") => "scanStatus.reason",
        Some("ACCOUNT_ID") => "accountId",
        Some("RESOURCE_TYPE") => "resourceType",
        Some(other) => {
            let message = format!("the twin does not implement groups by {other}");
            return Err(Failure::new("NotImplemented", message).with_status(501));
        }
    };
    let all = covered(call, world)?;
    let mut groups: BTreeMap<&str, i64> = BTreeMap::new();
    for one in all.iter().filter(|_| !path.is_empty()) {
        *groups.entry(one.path(path).and_then(Value::as_str).unwrap_or_default()).or_default() += 1;
    }
    let groups: Value =
        groups.into_iter().map(|(key, count)| value!({"groupKey": key, "count": count})).collect();
    let total = i64::try_from(all.len()).unwrap_or(0);
    Ok(call.fit(value!({"totalCounts": total, "countsByGroup": groups})))
}
