//! Which instance types there are, and where.

use reeve_model::{Object, Value};
use reeve_types::Tags;

use super::{
    instance_types,
    listing::{Filter, described_passes, read},
    support::PAGES,
    zones,
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    page::Paging,
    value::object,
    world::World,
};

const TYPE_PAGES: Paging =
    Paging { bounds: crate::call::PageSize { least: 5, most: 100, default: 100 }, ..PAGES };

/// `DescribeInstanceTypes`.
pub(super) fn describe_types(call: &Call, _: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 18] = [
        ("bare-metal", "BareMetal"),
        ("burstable-performance-supported", "BurstablePerformanceSupported"),
        ("current-generation", "CurrentGeneration"),
        ("ebs-info.ebs-optimized-support", "EbsInfo.EbsOptimizedSupport"),
        ("ebs-info.nvme-support", "EbsInfo.NvmeSupport"),
        ("free-tier-eligible", "FreeTierEligible"),
        ("hypervisor", "Hypervisor"),
        ("instance-storage-supported", "InstanceStorageSupported"),
        ("instance-type", "InstanceType"),
        ("memory-info.size-in-mib", "MemoryInfo.SizeInMiB"),
        ("network-info.network-performance", "NetworkInfo.NetworkPerformance"),
        ("network-info.maximum-network-interfaces", "NetworkInfo.MaximumNetworkInterfaces"),
        ("processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures"),
        ("supported-root-device-type", "SupportedRootDeviceTypes"),
        ("supported-usage-class", "SupportedUsageClasses"),
        ("supported-virtualization-type", "SupportedVirtualizationTypes"),
        ("vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"),
        ("vcpu-info.default-cores", "VCpuInfo.DefaultCores"),
    ];
    let filters = read(call, "Filters", &FILTERS)?;
    let wanted = call.texts("InstanceTypes");
    let unknown: Vec<&str> =
        wanted.iter().copied().filter(|name| instance_types::named(name).is_none()).collect();
    if !unknown.is_empty() {
        let message =
            format!("The following supplied instance types do not exist: [{}]", unknown.join(", "));
        return Err(Failure::new("InvalidInstanceType", message));
    }
    let types = instance_types::all()
        .filter(|kind| wanted.is_empty() || wanted.contains(&kind.name))
        .map(|kind| (kind.name.to_owned(), kind.describe()))
        .collect();
    page(call, "InstanceTypes", (types, &filters), &TYPE_PAGES)
}

/// `DescribeInstanceTypeOfferings`.
pub(super) fn describe_offerings(call: &Call, _: &mut World) -> Answer {
    const FILTERS: [(&str, &str); 2] =
        [("instance-type", "InstanceType"), ("location", "Location")];
    let filters = read(call, "Filters", &FILTERS)?;
    let location_type = call.text("LocationType").unwrap_or("region");
    let locations: Vec<String> = match location_type {
        "region" => vec![call.region.to_string()],
        "availability-zone" => zones::zones(&call.region).collect(),
        "availability-zone-id" => {
            zones::zones(&call.region).map(|zone| zones::zone_id(&call.region, &zone)).collect()
        }
        "outpost" => Vec::new(),
        other => {
            let message = format!("Value ({other}) for parameter LocationType is invalid.");
            return Err(call.invalid(message));
        }
    };
    let mut offerings = Vec::new();
    for location in &locations {
        for kind in instance_types::all() {
            let offering = object! {
                "InstanceType": (kind.name),
                "LocationType": location_type,
                "Location": location,
            };
            offerings.push((format!("{location}/{}", kind.name), offering));
        }
    }
    page(call, "InstanceTypeOfferings", (offerings, &filters), &PAGES)
}

/// A page of things that are not resources.
fn page(
    call: &Call,
    member: &str,
    (things, filters): (Vec<(String, Object)>, &[Filter<'_>]),
    paging: &Paging,
) -> Answer {
    let (size, start) = (paging.size(call)?, paging.start(call)?.unwrap_or_default());
    let none = Tags::new();
    let mut rest = things
        .into_iter()
        .filter(|(key, thing)| *key > start && described_passes(filters, thing, &none))
        .peekable();
    let mut shown = Vec::new();
    let mut last = None;
    while shown.len() < size
        && let Some((key, thing)) = rest.next()
    {
        last = Some(key);
        shown.push(Value::from(thing));
    }
    let last = last.filter(|_| rest.peek().is_some());
    Ok(paging.finish(call, Object::from_iter([(member, Value::List(shown))]), last.as_deref()))
}
