//! The public images: one for each operating system that is supported, in every Region, with ids that never change.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use reeve_model::{Object, Value};
use reeve_types::Region;

use crate::digest::hex_digest;

/// A public image before it is in a Region.
#[derive(Debug)]
pub(crate) struct PublicImage {
    /// The name of the image.
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) architecture: &'static str,
    /// What `PlatformDetails` says, with the usage operation that belongs to it.
    pub(crate) platform: (&'static str, &'static str),
    /// The operating system as Systems Manager names it: platform name and version.
    pub(crate) system: (&'static str, &'static str),
    pub(crate) root_device: &'static str,
    /// Of the root volume, in GiB.
    pub(crate) size: i64,
}

const LINUX: (&str, &str) = ("Linux/UNIX", "RunInstances");
const WINDOWS: (&str, &str) = ("Windows", "RunInstances:0002");
const RED_HAT: (&str, &str) = ("Red Hat Enterprise Linux", "RunInstances:0010");
const SUSE: (&str, &str) = ("SUSE Linux", "RunInstances:000g");
const AMAZON: &str = "137112412989";
const CANONICAL: &str = "099720109477";
const MICROSOFT: &str = "801119661308";
const RED_HAT_OWNER: &str = "309956199498";
const SUSE_OWNER: &str = "013907871322";
const ALMA: &str = "764336703387";
const ORACLE: &str = "131827586825";

/// An image of the usual make.
const fn image(
    name: &'static str,
    description: &'static str,
    (owner, platform): (&'static str, (&'static str, &'static str)),
    system: (&'static str, &'static str),
    (root_device, size): (&'static str, i64),
) -> PublicImage {
    let architecture = "x86_64";
    PublicImage { name, description, owner, architecture, platform, system, root_device, size }
}

/// Every public image.
pub(crate) static IMAGES: [PublicImage; 24] = [
    image(
        "al2023-ami-2023.9.20260120.0-kernel-6.1-x86_64",
        "Amazon Linux 2023 AMI 2023.9.20260120.0 x86_64 HVM kernel-6.1",
        (AMAZON, LINUX),
        ("Amazon Linux", "2023"),
        ("/dev/xvda", 8),
    ),
    PublicImage {
        name: "al2023-ami-2023.9.20260120.0-kernel-6.1-arm64",
        description: "Amazon Linux 2023 AMI 2023.9.20260120.0 arm64 HVM kernel-6.1",
        owner: AMAZON,
        architecture: "arm64",
        platform: LINUX,
        system: ("Amazon Linux", "2023"),
        root_device: "/dev/xvda",
        size: 8,
    },
    image(
        "amzn2-ami-kernel-5.10-hvm-2.0.20260109.1-x86_64-gp2",
        "Amazon Linux 2 Kernel 5.10 AMI 2.0.20260109.1 x86_64 HVM gp2",
        (AMAZON, LINUX),
        ("Amazon Linux", "2"),
        ("/dev/xvda", 8),
    ),
    image(
        "ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-20260112",
        "Canonical, Ubuntu, 20.04 LTS, amd64 focal image build on 2026-01-12",
        (CANONICAL, LINUX),
        ("Ubuntu", "20.04"),
        ("/dev/sda1", 8),
    ),
    image(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260112",
        "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image build on 2026-01-12",
        (CANONICAL, LINUX),
        ("Ubuntu", "22.04"),
        ("/dev/sda1", 8),
    ),
    image(
        "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260112",
        "Canonical, Ubuntu, 24.04 LTS, amd64 noble image build on 2026-01-12",
        (CANONICAL, LINUX),
        ("Ubuntu", "24.04"),
        ("/dev/sda1", 8),
    ),
    image(
        "ubuntu/images/hvm-ssd/ubuntu-bionic-18.04-amd64-server-20230607",
        "Canonical, Ubuntu, 18.04 LTS, amd64 bionic image build on 2023-06-07",
        (CANONICAL, LINUX),
        ("Ubuntu", "18.04"),
        ("/dev/sda1", 8),
    ),
    image(
        "RHEL-7.9_HVM-20240930-x86_64-0-Hourly2-GP3",
        "Provided by Red Hat, Inc.",
        (RED_HAT_OWNER, RED_HAT),
        ("Red Hat Enterprise Linux Server", "7.9"),
        ("/dev/sda1", 10),
    ),
    image(
        "RHEL-8.10.0_HVM-20260108-x86_64-0-Hourly2-GP3",
        "Provided by Red Hat, Inc.",
        (RED_HAT_OWNER, RED_HAT),
        ("Red Hat Enterprise Linux", "8.10"),
        ("/dev/sda1", 10),
    ),
    image(
        "RHEL-9.6.0_HVM-20260108-x86_64-0-Hourly2-GP3",
        "Provided by Red Hat, Inc.",
        (RED_HAT_OWNER, RED_HAT),
        ("Red Hat Enterprise Linux", "9.6"),
        ("/dev/sda1", 10),
    ),
    image(
        "suse-sles-15-sp6-v20260110-hvm-ssd-x86_64",
        "SUSE Linux Enterprise Server 15 SP6 (HVM, 64-bit, SSD-Backed)",
        (SUSE_OWNER, SUSE),
        ("SLES", "15.6"),
        ("/dev/sda1", 10),
    ),
    image(
        "suse-sles-sap-15-sp5-v20260110-hvm-ssd-x86_64",
        "SUSE Linux Enterprise Server for SAP Applications 15 SP5 (HVM, 64-bit, SSD-Backed)",
        (SUSE_OWNER, SUSE),
        ("SLES", "15.5"),
        ("/dev/sda1", 10),
    ),
    image(
        "suse-sles-12-sp5-v20241030-hvm-ssd-x86_64",
        "SUSE Linux Enterprise Server 12 SP5 (HVM, 64-bit, SSD-Backed)",
        (SUSE_OWNER, SUSE),
        ("SLES", "12.5"),
        ("/dev/sda1", 10),
    ),
    image(
        "OL7.9-x86_64-HVM-2024-12-20",
        "Oracle Linux 7 update 9 for x86_64 HVM",
        (ORACLE, LINUX),
        ("Oracle Linux Server", "7.9"),
        ("/dev/sda1", 37),
    ),
    image(
        "OL8.10-x86_64-HVM-2026-01-08",
        "Oracle Linux 8 update 10 for x86_64 HVM",
        (ORACLE, LINUX),
        ("Oracle Linux Server", "8.10"),
        ("/dev/sda1", 37),
    ),
    image(
        "OL9.6-x86_64-HVM-2026-01-08",
        "Oracle Linux 9 update 6 for x86_64 HVM",
        (ORACLE, LINUX),
        ("Oracle Linux Server", "9.6"),
        ("/dev/sda1", 37),
    ),
    image(
        "AlmaLinux OS 8.9.20231123 x86_64",
        "Official AlmaLinux OS 8.9 x86_64 image",
        (ALMA, LINUX),
        ("AlmaLinux", "8.9"),
        ("/dev/sda1", 10),
    ),
    image(
        "AlmaLinux OS 9.6.20260105 x86_64",
        "Official AlmaLinux OS 9.6 x86_64 image",
        (ALMA, LINUX),
        ("AlmaLinux", "9.6"),
        ("/dev/sda1", 10),
    ),
    image(
        "Windows_Server-2012-R2_RTM-English-64Bit-Base-2023.10.11",
        "Microsoft Windows Server 2012 R2 RTM 64-bit Locale English AMI provided by Amazon",
        (MICROSOFT, WINDOWS),
        ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600"),
        ("/dev/sda1", 30),
    ),
    image(
        "Windows_Server-2016-English-Full-Base-2026.01.14",
        "Microsoft Windows Server 2016 with Desktop Experience Locale English AMI provided by Amazon",
        (MICROSOFT, WINDOWS),
        ("Microsoft Windows Server 2016 Datacenter", "10.0.14393"),
        ("/dev/sda1", 30),
    ),
    image(
        "Windows_Server-2019-English-Full-Base-2026.01.14",
        "Microsoft Windows Server 2019 with Desktop Experience Locale English AMI provided by Amazon",
        (MICROSOFT, WINDOWS),
        ("Microsoft Windows Server 2019 Datacenter", "10.0.17763"),
        ("/dev/sda1", 30),
    ),
    image(
        "Windows_Server-2022-English-Full-Base-2026.01.14",
        "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon",
        (MICROSOFT, WINDOWS),
        ("Microsoft Windows Server 2022 Datacenter", "10.0.20348"),
        ("/dev/sda1", 30),
    ),
    image(
        "Windows_Server-2025-English-Full-Base-2026.01.14",
        "Microsoft Windows Server 2025 Full Locale English AMI provided by Amazon",
        (MICROSOFT, WINDOWS),
        ("Microsoft Windows Server 2025 Datacenter", "10.0.26100"),
        ("/dev/sda1", 30),
    ),
    image(
        "debian-12-amd64-20260108-1990",
        "Debian 12 (20260108-1990)",
        ("136693071363", LINUX),
        ("Debian GNU/Linux", "12"),
        ("/dev/xvda", 8),
    ),
];

/// The images by name.
static BY_NAME: LazyLock<BTreeMap<&'static str, &'static PublicImage>> =
    LazyLock::new(|| IMAGES.iter().map(|image| (image.name, image)).collect());

/// The images of one Region by their ids and by those of their snapshots.
type ById = BTreeMap<String, &'static PublicImage>;

/// The same for every Region that was asked about: ids are digests, and made once.
static BY_ID: LazyLock<Mutex<BTreeMap<Region, ById>>> = LazyLock::new(Mutex::default);

fn look_up(region: &Region, id: &str) -> Option<&'static PublicImage> {
    let mut regions = BY_ID.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = regions.get(region) {
        return known.get(id).copied();
    }
    let both = IMAGES.iter().flat_map(|it| [(it.id(region), it), (it.snapshot(region), it)]);
    regions.entry(region.clone()).or_insert_with(|| both.collect()).get(id).copied()
}

/// The public image with this id in a Region.
pub(crate) fn with_id(region: &Region, id: &str) -> Option<&'static PublicImage> {
    look_up(region, id).filter(|_| id.starts_with("ami-"))
}

/// The public image whose root volume is made of this snapshot in a Region.
pub(crate) fn with_snapshot(region: &Region, id: &str) -> Option<&'static PublicImage> {
    look_up(region, id).filter(|_| id.starts_with("snap-"))
}

/// The public image of this name.
pub(crate) fn named(name: &str) -> Option<&'static PublicImage> {
    BY_NAME.get(name).copied()
}

impl PublicImage {
    /// Its id in a Region.
    pub(crate) fn id(&self, region: &Region) -> String {
        format!("ami-0{}", hex_digest(&format!("{region}/{}", self.name), 16))
    }

    /// The id of the snapshot of its root volume.
    pub(crate) fn snapshot(&self, region: &Region) -> String {
        format!("snap-0{}", hex_digest(&format!("{region}/{}/root", self.name), 16))
    }

    /// Whether it is Windows.
    pub(crate) fn is_windows(&self) -> bool {
        self.platform == WINDOWS
    }

    /// The description as `DescribeImages` shows it.
    pub(crate) fn describe(&self, region: &Region) -> Object {
        let volume = Value::from_iter([
            ("DeleteOnTermination", Value::from(true)),
            ("SnapshotId", Value::from(self.snapshot(region))),
            ("VolumeSize", Value::from(self.size)),
            ("VolumeType", Value::from("gp3")),
            ("Encrypted", Value::from(false)),
        ]);
        let device =
            Value::from_iter([("DeviceName", Value::from(self.root_device)), ("Ebs", volume)]);
        let location = format!("amazon/{}", self.name);
        let mut image = Object::from_iter([
            ("ImageId", Value::from(self.id(region))),
            ("Name", Value::from(self.name)),
            ("Description", Value::from(self.description)),
            ("ImageLocation", Value::from(location)),
            ("ImageOwnerAlias", Value::from("amazon")),
            ("OwnerId", Value::from(self.owner)),
            ("Architecture", Value::from(self.architecture)),
            ("CreationDate", Value::from("2026-01-20T08:00:00.000Z")),
            ("Public", Value::from(true)),
            ("State", Value::from("available")),
            ("ImageType", Value::from("machine")),
            ("PlatformDetails", Value::from(self.platform.0)),
            ("UsageOperation", Value::from(self.platform.1)),
            ("BlockDeviceMappings", Value::from(vec![device])),
            ("EnaSupport", Value::from(true)),
            ("Hypervisor", Value::from("xen")),
            ("RootDeviceName", Value::from(self.root_device)),
            ("RootDeviceType", Value::from("ebs")),
            ("SriovNetSupport", Value::from("simple")),
            ("VirtualizationType", Value::from("hvm")),
        ]);
        if self.is_windows() {
            image.insert("Platform", "Windows");
        }
        if self.name.starts_with("al2023") {
            image.insert("BootMode", "uefi-preferred");
            image.insert("ImdsSupport", "v2.0");
        }
        image
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_image_has_one_id_in_each_region() {
        let regions: [Region; 2] = ["eu-west-1".parse().unwrap(), "us-east-1".parse().unwrap()];
        let ids: BTreeSet<String> =
            regions.iter().flat_map(|region| IMAGES.iter().map(|image| image.id(region))).collect();
        assert_eq!(ids.len(), 2 * IMAGES.len());
        let image = with_id(&regions[0], &IMAGES[3].id(&regions[0])).unwrap();
        assert_eq!(image.system, ("Ubuntu", "20.04"));
    }
}
