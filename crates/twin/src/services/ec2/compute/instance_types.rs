//! The instance types of the twin, read from a table: some seventy of the usual ones.

use std::{collections::BTreeMap, sync::LazyLock};

use reeve_model::{Object, Value};

/// What is known about one instance type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InstanceType {
    pub(crate) name: &'static str,
    pub(crate) vcpus: i64,
    pub(crate) threads_per_core: i64,
    pub(crate) memory_mib: i64,
    pub(crate) architecture: &'static str,
    pub(crate) hypervisor: &'static str,
    pub(crate) interfaces: i64,
    pub(crate) addresses: i64,
    /// Of the connection to EBS, in Mbit/s: nothing if the type is not EBS-optimized.
    pub(crate) ebs_baseline: i64,
    pub(crate) ebs_most: i64,
    /// Of instance store, in GB.
    pub(crate) storage_gb: i64,
    pub(crate) maker: &'static str,
    pub(crate) gigahertz: f64,
    pub(crate) network: &'static str,
}

static TABLE: LazyLock<BTreeMap<&'static str, InstanceType>> = LazyLock::new(|| {
    let rows = include_str!("instance_types.table").lines();
    rows.filter_map(parse).map(|known| (known.name, known)).collect()
});

/// The type of this name.
pub(crate) fn named(name: &str) -> Option<&'static InstanceType> {
    TABLE.get(name)
}

/// Every type, by name.
pub(crate) fn all() -> impl Iterator<Item = &'static InstanceType> {
    TABLE.values()
}

impl InstanceType {
    /// The family, such as `m6i`.
    pub(crate) fn family(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(family, _)| family)
    }

    /// Whether the processor earns and spends credits.
    pub(crate) fn is_burstable(&self) -> bool {
        self.name.starts_with('t')
    }

    /// Whether an image of this architecture boots on it.
    pub(crate) fn runs(&self, architecture: &str) -> bool {
        self.architecture == architecture
    }

    /// The quota that counts its processors, as Service Quotas names it.
    pub(crate) fn quota(&self) -> &'static str {
        match self.name.get(..1).unwrap_or_default() {
            "g" => "L-DB2E81BA",
            "p" => "L-417A185B",
            "x" => "L-7295265B",
            _ => "L-1216C47A",
        }
    }

    /// The description as `DescribeInstanceTypes` shows it.
    pub(crate) fn describe(&self) -> Object {
        let nitro = self.hypervisor == "nitro";
        let modern = !self.name.starts_with("t2.") && !self.name.starts_with("m4.");
        Object::from_iter([
            ("InstanceType", Value::from(self.name)),
            ("CurrentGeneration", Value::from(modern || self.name.starts_with("t2."))),
            ("FreeTierEligible", Value::from(matches!(self.name, "t2.micro" | "t3.micro"))),
            ("SupportedUsageClasses", texts(&["on-demand", "spot"])),
            ("SupportedRootDeviceTypes", texts(&["ebs"])),
            ("SupportedVirtualizationTypes", texts(&["hvm"])),
            ("BareMetal", Value::from(false)),
            ("Hypervisor", Value::from(self.hypervisor)),
            ("ProcessorInfo", self.processor()),
            ("VCpuInfo", self.processors()),
            ("MemoryInfo", Value::from_iter([("SizeInMiB", self.memory_mib)])),
            ("InstanceStorageSupported", Value::from(self.storage_gb > 0)),
            ("EbsInfo", self.storage()),
            ("NetworkInfo", self.networking()),
            (
                "PlacementGroupInfo",
                Value::from_iter([(
                    "SupportedStrategies",
                    if self.is_burstable() {
                        texts(&["partition", "spread"])
                    } else {
                        texts(&["cluster", "partition", "spread"])
                    },
                )]),
            ),
            ("HibernationSupported", Value::from(self.storage_gb == 0)),
            ("BurstablePerformanceSupported", Value::from(self.is_burstable())),
            ("DedicatedHostsSupported", Value::from(true)),
            ("AutoRecoverySupported", Value::from(self.storage_gb == 0)),
            (
                "SupportedBootModes",
                match (self.architecture, nitro) {
                    ("arm64", _) => texts(&["uefi"]),
                    (_, true) => texts(&["legacy-bios", "uefi"]),
                    (_, false) => texts(&["legacy-bios"]),
                },
            ),
        ])
    }

    fn processor(&self) -> Value {
        Value::from_iter([
            ("SupportedArchitectures", texts(&[self.architecture])),
            ("SustainedClockSpeedInGhz", Value::from(self.gigahertz)),
            ("Manufacturer", Value::from(self.maker)),
        ])
    }

    fn processors(&self) -> Value {
        Value::from_iter([
            ("DefaultVCpus", self.vcpus),
            ("DefaultCores", self.cores()),
            ("DefaultThreadsPerCore", self.threads_per_core),
        ])
    }

    /// Processor cores.
    pub(crate) fn cores(&self) -> i64 {
        self.vcpus / self.threads_per_core.max(1)
    }

    fn storage(&self) -> Value {
        let optimized = self.ebs_baseline > 0;
        let mut storage = Object::from_iter([
            ("EbsOptimizedSupport", if optimized { "default" } else { "unsupported" }),
            ("EncryptionSupport", "supported"),
            ("NvmeSupport", if self.hypervisor == "nitro" { "required" } else { "unsupported" }),
        ]);
        if optimized {
            let bandwidth = Value::from_iter([
                ("BaselineBandwidthInMbps", Value::from(self.ebs_baseline)),
                ("BaselineThroughputInMBps", Value::from(eighth(self.ebs_baseline))),
                ("MaximumBandwidthInMbps", Value::from(self.ebs_most)),
                ("MaximumThroughputInMBps", Value::from(eighth(self.ebs_most))),
            ]);
            storage.insert("EbsOptimizedInfo", bandwidth);
        }
        storage.into()
    }

    fn networking(&self) -> Value {
        let required = if self.hypervisor == "nitro" { "required" } else { "unsupported" };
        let card = Value::from_iter([
            ("NetworkCardIndex", Value::from(0)),
            ("NetworkPerformance", Value::from(self.network)),
            ("MaximumNetworkInterfaces", Value::from(self.interfaces)),
        ]);
        Value::from_iter([
            ("NetworkPerformance", Value::from(self.network)),
            ("MaximumNetworkInterfaces", Value::from(self.interfaces)),
            ("MaximumNetworkCards", Value::from(1)),
            ("DefaultNetworkCardIndex", Value::from(0)),
            ("NetworkCards", Value::from(vec![card])),
            ("Ipv4AddressesPerInterface", Value::from(self.addresses)),
            ("Ipv6AddressesPerInterface", Value::from(self.addresses)),
            ("Ipv6Supported", Value::from(true)),
            ("EnaSupport", Value::from(required)),
            ("EfaSupported", Value::from(false)),
        ])
    }
}

/// Bits to bytes; the numbers are small enough to be exact.
#[expect(clippy::cast_precision_loss, reason = "bandwidths are below 2^20")]
fn eighth(number: i64) -> f64 {
    number as f64 / 8.0
}

fn texts(texts: &[&str]) -> Value {
    texts.iter().map(|text| Value::from(*text)).collect()
}

fn parse(row: &'static str) -> Option<InstanceType> {
    if row.starts_with('#') {
        return None;
    }
    let mut columns = row.split_whitespace();
    let name = columns.next()?;
    let vcpus = columns.next()?.parse().ok()?;
    let threads_per_core = columns.next()?.parse().ok()?;
    let memory_mib = columns.next()?.parse().ok()?;
    let (architecture, hypervisor) = (columns.next()?, columns.next()?);
    let interfaces = columns.next()?.parse().ok()?;
    let addresses = columns.next()?.parse().ok()?;
    let ebs_baseline = columns.next()?.parse().ok()?;
    let ebs_most = columns.next()?.parse().ok()?;
    let storage_gb = columns.next()?.parse().ok()?;
    let (maker, gigahertz) = (columns.next()?, columns.next()?);
    let network = row.split_once(&format!(" {gigahertz} "))?.1;
    Some(InstanceType {
        name,
        vcpus,
        threads_per_core,
        memory_mib,
        architecture,
        hypervisor,
        interfaces,
        addresses,
        ebs_baseline,
        ebs_most,
        storage_gb,
        maker,
        gigahertz: gigahertz.parse().ok()?,
        network,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = include_str!("instance_types.table").lines().count();
        assert_eq!(all().count(), rows - 1);
        let small = named("t3.small").unwrap();
        assert_eq!((small.vcpus, small.memory_mib, small.cores()), (2, 2048, 1));
        assert_eq!(small.network, "Up to 5 Gigabit");
        assert!(named("t9.huge").is_none());
    }
}
