//! The operating systems that machines run.

use super::{
    chance,
    packages::{DEBIAN_FAMILY, ENTERPRISE_7, ENTERPRISE_8, ENTERPRISE_9, SUSE_15, Stream, WINDOWS},
};

/// What installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    /// `yum`.
    Yum,
    /// `dnf`, which answers to `yum` too.
    Dnf,
    /// `apt-get`.
    Apt,
    /// `zypper`.
    Zypper,
    /// Windows Update.
    WindowsUpdate,
}

/// One operating system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OperatingSystem {
    /// What scenarios and images call it.
    pub(crate) key: &'static str,
    /// Its name, as the agent reports it.
    pub(crate) name: &'static str,
    /// Its version, as the agent reports it.
    pub(crate) version: &'static str,
    /// What Patch Manager calls its family.
    pub(crate) family: &'static str,
    /// What Patch Manager calls it.
    pub(crate) product: &'static str,
    /// What its makers' advisories are called.
    pub(crate) advisory: &'static str,
    /// What versions of its packages end in.
    pub(crate) dist: &'static str,
    /// The release of its kernel, as `uname -r` begins.
    pub(crate) kernel: &'static str,
    /// What installs its packages.
    pub(crate) manager: Manager,
    /// Its packages.
    pub(crate) packages: &'static [Stream],
    /// Parts of the names of images that carry it, in lower case.
    pub(crate) images: &'static [&'static str],
    /// How many of a hundred machines of unknown system run it.
    pub(crate) share: u32,
}

impl OperatingSystem {
    /// Whether it is a Windows.
    pub(crate) fn is_windows(&self) -> bool {
        self.manager == Manager::WindowsUpdate
    }

    /// `Windows` or `Linux`.
    pub(crate) fn platform_type(&self) -> &'static str {
        if self.is_windows() { "Windows" } else { "Linux" }
    }

    /// Whether its patches have a priority and no severity, and no release date that counts.
    pub(crate) fn is_debian_like(&self) -> bool {
        self.manager == Manager::Apt
    }

    /// What its makers call a severity in the middle.
    pub(crate) fn moderate(&self) -> &'static str {
        if self.key.starts_with("amazon-linux") { "Medium" } else { "Moderate" }
    }
}

const LINUX: OperatingSystem = OperatingSystem {
    key: "",
    name: "",
    version: "",
    family: "",
    product: "",
    advisory: "",
    dist: "",
    kernel: "",
    manager: Manager::Dnf,
    packages: ENTERPRISE_9,
    images: &[],
    share: 0,
};

const SERVER: OperatingSystem = OperatingSystem {
    family: "WINDOWS",
    advisory: "MS",
    kernel: "10.0",
    manager: Manager::WindowsUpdate,
    packages: WINDOWS,
    ..LINUX
};

/// Every operating system, the commonest first.
pub(crate) static SYSTEMS: &[OperatingSystem] = &[
    OperatingSystem {
        key: "amazon-linux-2023",
        name: "Amazon Linux",
        version: "2023",
        family: "AMAZON_LINUX_2023",
        product: "AmazonLinux2023",
        advisory: "ALAS2023-{year}-{n}",
        dist: "amzn2023",
        kernel: "6.1",
        images: &["al2023-ami", "amazon-linux-2023", "amazonlinux2023"],
        share: 38,
        ..LINUX
    },
    OperatingSystem {
        key: "amazon-linux-2",
        name: "Amazon Linux",
        version: "2",
        family: "AMAZON_LINUX_2",
        product: "AmazonLinux2",
        advisory: "ALAS2-{year}-{n}",
        dist: "amzn2",
        kernel: "5.10",
        manager: Manager::Yum,
        packages: ENTERPRISE_7,
        images: &["amzn2-ami", "amazon-linux-2", "amazonlinux2"],
        share: 24,
    },
    OperatingSystem {
        key: "ubuntu-22.04",
        name: "Ubuntu",
        version: "22.04",
        family: "UBUNTU",
        product: "Ubuntu22.04",
        advisory: "USN-{n}-1",
        dist: "ubuntu22.04",
        kernel: "6.8.0",
        manager: Manager::Apt,
        packages: DEBIAN_FAMILY,
        images: &["ubuntu-jammy", "22.04"],
        share: 12,
    },
    OperatingSystem {
        key: "ubuntu-24.04",
        name: "Ubuntu",
        version: "24.04",
        family: "UBUNTU",
        product: "Ubuntu24.04",
        advisory: "USN-{n}-1",
        dist: "ubuntu24.04",
        kernel: "6.8.0",
        manager: Manager::Apt,
        packages: DEBIAN_FAMILY,
        images: &["ubuntu-noble", "24.04"],
        share: 8,
    },
    OperatingSystem {
        key: "ubuntu-20.04",
        name: "Ubuntu",
        version: "20.04",
        family: "UBUNTU",
        product: "Ubuntu20.04",
        advisory: "USN-{n}-1",
        dist: "ubuntu20.04",
        kernel: "5.15.0",
        manager: Manager::Apt,
        packages: DEBIAN_FAMILY,
        images: &["ubuntu-focal", "20.04"],
        share: 4,
    },
    OperatingSystem {
        key: "debian-12",
        name: "Debian GNU/Linux",
        version: "12",
        family: "DEBIAN",
        product: "Debian12",
        advisory: "DSA-{n}-1",
        dist: "deb12u",
        kernel: "6.1.0",
        manager: Manager::Apt,
        packages: DEBIAN_FAMILY,
        images: &["debian-12"],
        share: 2,
    },
    OperatingSystem {
        key: "red-hat-9",
        name: "Red Hat Enterprise Linux",
        version: "9.6",
        family: "REDHAT_ENTERPRISE_LINUX",
        product: "RedhatEnterpriseLinux9.6",
        advisory: "RHSA-{year}:{n}",
        dist: "el9_4",
        kernel: "5.14.0",
        images: &["rhel-9", "rhel9"],
        ..LINUX
    },
    OperatingSystem {
        key: "red-hat-8",
        name: "Red Hat Enterprise Linux",
        version: "8.10",
        family: "REDHAT_ENTERPRISE_LINUX",
        product: "RedhatEnterpriseLinux8.10",
        advisory: "RHSA-{year}:{n}",
        dist: "el8_10",
        kernel: "4.18.0",
        packages: ENTERPRISE_8,
        images: &["rhel-8", "rhel8"],
        ..LINUX
    },
    OperatingSystem {
        key: "suse-15",
        name: "SLES",
        version: "15.6",
        family: "SUSE",
        product: "SUSE15.6",
        advisory: "SUSE-SU-{year}:{n}-1",
        dist: "150600",
        kernel: "6.4.0",
        manager: Manager::Zypper,
        packages: SUSE_15,
        images: &["suse-sles-15", "suse-sles-sap-15", "sles-15", "sles15"],
        ..LINUX
    },
    OperatingSystem {
        key: "oracle-9",
        name: "Oracle Linux Server",
        version: "9.4",
        family: "ORACLE_LINUX",
        product: "OracleLinux9.4",
        advisory: "ELSA-{year}-{n}",
        dist: "el9_4",
        kernel: "5.15.0",
        images: &["ol9"],
        share: 3,
        ..LINUX
    },
    OperatingSystem {
        key: "oracle-8",
        name: "Oracle Linux Server",
        version: "8.10",
        family: "ORACLE_LINUX",
        product: "OracleLinux8.10",
        advisory: "ELSA-{year}-{n}",
        dist: "el8_10",
        kernel: "5.15.0",
        packages: ENTERPRISE_8,
        images: &["ol8"],
        share: 2,
        ..LINUX
    },
    OperatingSystem {
        key: "rocky-9",
        name: "Rocky Linux",
        version: "9.4",
        family: "ROCKY_LINUX",
        product: "RockyLinux9.4",
        advisory: "RLSA-{year}:{n}",
        dist: "el9_4",
        kernel: "5.14.0",
        images: &["rocky-9"],
        share: 3,
        ..LINUX
    },
    OperatingSystem {
        key: "rocky-8",
        name: "Rocky Linux",
        version: "8.10",
        family: "ROCKY_LINUX",
        product: "RockyLinux8.10",
        advisory: "RLSA-{year}:{n}",
        dist: "el8_10",
        kernel: "4.18.0",
        packages: ENTERPRISE_8,
        images: &["rocky-8"],
        share: 1,
        ..LINUX
    },
    OperatingSystem {
        key: "alma-9",
        name: "AlmaLinux",
        version: "9.4",
        family: "ALMA_LINUX",
        product: "AlmaLinux9.4",
        advisory: "ALSA-{year}:{n}",
        dist: "el9_4",
        kernel: "5.14.0",
        images: &["almalinux os 9", "almalinux-9"],
        share: 1,
        ..LINUX
    },
    OperatingSystem {
        key: "centos-7",
        name: "CentOS Linux",
        version: "7.9",
        family: "CENTOS",
        product: "CentOS7.9",
        advisory: "CESA-{year}:{n}",
        dist: "el7_9",
        kernel: "3.10.0",
        manager: Manager::Yum,
        packages: ENTERPRISE_7,
        images: &["centos-7", "centos linux 7"],
        share: 2,
    },
    OperatingSystem {
        key: "windows-2022",
        name: "Microsoft Windows Server 2022 Datacenter",
        version: "10.0.20348",
        product: "WindowsServer2022",
        dist: "version 21H2",
        images: &["windows_server-2022"],
        ..SERVER
    },
    OperatingSystem {
        key: "windows-2019",
        name: "Microsoft Windows Server 2019 Datacenter",
        version: "10.0.17763",
        product: "WindowsServer2019",
        dist: "version 1809",
        images: &["windows_server-2019"],
        ..SERVER
    },
    OperatingSystem {
        key: "windows-2016",
        name: "Microsoft Windows Server 2016 Datacenter",
        version: "10.0.14393",
        product: "WindowsServer2016",
        dist: "version 1607",
        images: &["windows_server-2016"],
        ..SERVER
    },
    OperatingSystem {
        key: "windows-2025",
        name: "Microsoft Windows Server 2025 Datacenter",
        version: "10.0.26100",
        product: "WindowsServer2025",
        dist: "version 24H2",
        images: &["windows_server-2025"],
        ..SERVER
    },
    OperatingSystem {
        key: "ubuntu-18.04",
        name: "Ubuntu",
        version: "18.04",
        family: "UBUNTU",
        product: "Ubuntu18.04",
        advisory: "USN-{n}-1",
        dist: "ubuntu18.04",
        kernel: "5.4.0",
        manager: Manager::Apt,
        packages: DEBIAN_FAMILY,
        images: &["ubuntu-bionic", "18.04"],
        ..LINUX
    },
    OperatingSystem {
        key: "red-hat-7",
        name: "Red Hat Enterprise Linux Server",
        version: "7.9",
        family: "REDHAT_ENTERPRISE_LINUX",
        product: "RedhatEnterpriseLinux7.9",
        advisory: "RHSA-{year}:{n}",
        dist: "el7_9",
        kernel: "3.10.0",
        manager: Manager::Yum,
        packages: ENTERPRISE_7,
        images: &["rhel-7"],
        ..LINUX
    },
    OperatingSystem {
        key: "suse-12",
        name: "SLES",
        version: "12.5",
        family: "SUSE",
        product: "SUSE12.5",
        advisory: "SUSE-SU-{year}:{n}-1",
        dist: "122.250",
        kernel: "4.12.14",
        manager: Manager::Zypper,
        packages: SUSE_15,
        images: &["suse-sles-12"],
        ..LINUX
    },
    OperatingSystem {
        key: "windows-2012-r2",
        name: "Microsoft Windows Server 2012 R2 Standard",
        version: "6.3.9600",
        product: "WindowsServer2012R2",
        dist: "2012 R2",
        images: &["windows_server-2012"],
        ..SERVER
    },
];

/// A system by its key.
pub(crate) fn by_key(key: &str) -> Option<&'static OperatingSystem> {
    SYSTEMS.iter().find(|system| system.key == key)
}

/// The system that an image carries, by the image's name.
pub(crate) fn by_image(name: &str) -> Option<&'static OperatingSystem> {
    let name = name.to_lowercase();
    SYSTEMS.iter().find(|system| system.images.iter().any(|part| name.contains(part)))
}

/// The system of a machine of which only the kind of platform is known, as `PlatformDetails` words it.
pub(crate) fn by_platform(platform: &str, digest: u64) -> &'static OperatingSystem {
    let keys: &[(&str, u32)] = if platform.starts_with("Windows") {
        &[("windows-2022", 45), ("windows-2019", 35), ("windows-2016", 15), ("windows-2025", 5)]
    } else if platform.starts_with("Red Hat") {
        &[("red-hat-9", 60), ("red-hat-8", 40)]
    } else if platform.starts_with("SUSE") {
        &[("suse-15", 1)]
    } else if platform.starts_with("Ubuntu") {
        &[("ubuntu-22.04", 60), ("ubuntu-24.04", 30), ("ubuntu-20.04", 10)]
    } else {
        let any: Vec<_> = SYSTEMS.iter().map(|system| (system, system.share)).collect();
        return chance::weighted(digest, &any).unwrap_or(&LINUX_DEFAULT);
    };
    chance::weighted(digest, keys).and_then(by_key).unwrap_or(&LINUX_DEFAULT)
}

static LINUX_DEFAULT: OperatingSystem = OperatingSystem {
    key: "amazon-linux-2023",
    name: "Amazon Linux",
    version: "2023",
    family: "AMAZON_LINUX_2023",
    product: "AmazonLinux2023",
    advisory: "ALAS2023-{year}-{n}",
    dist: "amzn2023",
    kernel: "6.1",
    ..LINUX
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_s_name_tells_its_system() {
        let cases = [
            ("amzn2-ami-hvm-2.0.20260101.0-x86_64-gp2", "amazon-linux-2"),
            ("al2023-ami-2023.6.20260101.0-kernel-6.1-x86_64", "amazon-linux-2023"),
            ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server", "ubuntu-22.04"),
            ("Windows_Server-2019-English-Full-Base-2026.01.14", "windows-2019"),
            ("RHEL-9.4.0_HVM-20260101-x86_64-0-Hourly2-GP3", "red-hat-9"),
        ];
        for (image, key) in cases {
            assert_eq!(by_image(image).map(|system| system.key), Some(key), "{image}");
        }
    }

    #[test]
    fn a_platform_without_an_image_is_one_of_its_kind() {
        for at in 0..50 {
            assert!(by_platform("Windows", chance::step(1, at)).is_windows());
            assert!(!by_platform("Linux/UNIX", chance::step(1, at)).is_windows());
        }
    }
}
