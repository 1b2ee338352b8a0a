//! The packages that each family of operating systems carries, and how often their makers release updates.
//!
//! A version is a pattern: `{n}` is the number of the release, `{dist}` what the system appends.

/// A package or, on Windows, a line of updates that replace each other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    /// The name of the package, or of the line of updates.
    pub(crate) name: &'static str,
    /// The pattern of its versions; on Windows, of its titles.
    pub(crate) version: &'static str,
    /// When updates come.
    pub(crate) cadence: Cadence,
    /// How many of a hundred updates mend a vulnerability.
    pub(crate) security: u32,
    /// Whether an update works only after a reboot.
    pub(crate) reboot: bool,
}

/// How often updates come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cadence {
    /// Once within every so many days.
    Days(i64),
    /// On the second Tuesday of every month.
    PatchTuesday,
    /// On the second Tuesday of the first month of every quarter.
    Quarterly,
}

const fn package(
    name: &'static str,
    version: &'static str,
    days: i64,
    security: u32,
    reboot: bool,
) -> Stream {
    Stream { name, version, cadence: Cadence::Days(days), security, reboot }
}

/// Amazon Linux 2 and `CentOS` 7.
pub(crate) static ENTERPRISE_7: &[Stream] = &[
    package("bash", "4.2.46-{n}.{dist}", 240, 50, false),
    package("bind-libs", "32:9.11.4-26.P2.{dist}.{n}", 60, 90, false),
    package("ca-certificates", "2021.2.50-72.{dist}.{n}", 120, 0, false),
    package("cloud-init", "19.3-{n}.{dist}", 140, 10, false),
    package("curl", "8.3.0-1.{dist}.0.{n}", 45, 90, false),
    package("dbus", "1:1.10.24-7.{dist}.{n}", 170, 60, true),
    package("expat", "2.1.0-15.{dist}.{n}", 90, 95, false),
    package("glibc", "2.26-{n}.{dist}", 75, 70, true),
    package("gnutls", "3.3.29-9.{dist}.{n}", 110, 95, false),
    package("kernel", "5.10.{n}-190.747.{dist}", 18, 85, true),
    package("krb5-libs", "1.15.1-55.{dist}.2.{n}", 95, 80, false),
    package("libxml2", "2.9.1-6.{dist}.5.{n}", 70, 95, false),
    package("microcode_ctl", "2:2.1-47.{dist}.4.{n}", 120, 80, true),
    package("nss", "3.90.0-2.{dist}.0.{n}", 100, 85, false),
    package("openssh", "7.4p1-22.{dist}.0.{n}", 80, 80, false),
    package("openssl", "1:1.0.2k-24.{dist}.0.{n}", 50, 95, false),
    package("python", "2.7.18-1.{dist}.0.{n}", 60, 85, false),
    package("rpm", "4.11.3-48.{dist}.0.{n}", 190, 40, false),
    package("rsyslog", "8.24.0-57.{dist}.2.{n}", 160, 50, false),
    package("sudo", "1.8.23-10.{dist}.3.{n}", 115, 85, false),
    package("systemd", "219-78.{dist}.0.{n}", 95, 50, true),
    package("tzdata", "2024a-1.{dist}.{n}", 55, 0, false),
    package("vim-minimal", "2:9.0.{n}-1.{dist}", 40, 90, false),
    package("zlib", "1.2.7-19.{dist}.0.{n}", 210, 80, false),
];

/// Red Hat Enterprise Linux 8 and its descendants.
pub(crate) static ENTERPRISE_8: &[Stream] = &[
    package("bash", "4.4.20-{n}.{dist}", 240, 50, false),
    package("bind-libs", "32:9.11.36-16.{dist}.{n}", 60, 90, false),
    package("ca-certificates", "2024.2.69-80.{dist}.{n}", 120, 0, false),
    package("cloud-init", "23.4-7.{dist}.{n}", 140, 10, false),
    package("curl", "7.61.1-34.{dist}.{n}", 45, 90, false),
    package("dbus", "1:1.12.8-26.{dist}.{n}", 170, 60, true),
    package("expat", "2.2.5-15.{dist}.{n}", 90, 95, false),
    package("glibc", "2.28-251.{dist}.{n}", 75, 70, true),
    package("gnutls", "3.6.16-8.{dist}.{n}", 110, 95, false),
    package("kernel", "4.18.0-553.{n}.1.{dist}", 18, 85, true),
    package("krb5-libs", "1.18.2-30.{dist}.{n}", 95, 80, false),
    package("libxml2", "2.9.7-18.{dist}.{n}", 70, 95, false),
    package("linux-firmware", "20240111-{n}.{dist}", 120, 80, true),
    package("nss", "3.101.0-7.{dist}.{n}", 100, 85, false),
    package("openssh", "8.0p1-25.{dist}.{n}", 80, 80, false),
    package("openssl", "1:1.1.1k-12.{dist}.{n}", 50, 95, false),
    package("platform-python", "3.6.8-62.{dist}.{n}", 60, 85, false),
    package("rpm", "4.14.3-31.{dist}.{n}", 190, 40, false),
    package("rsyslog", "8.2102.0-15.{dist}.{n}", 160, 50, false),
    package("sudo", "1.9.5p2-1.{dist}.{n}", 115, 85, false),
    package("systemd", "239-82.{dist}.{n}", 95, 50, true),
    package("tzdata", "2024b-1.{dist}.{n}", 55, 0, false),
    package("vim-minimal", "2:8.0.1763-19.{dist}.{n}", 40, 90, false),
    package("zlib", "1.2.11-25.{dist}.{n}", 210, 80, false),
];

/// Amazon Linux 2023, Red Hat Enterprise Linux 9 and its descendants.
pub(crate) static ENTERPRISE_9: &[Stream] = &[
    package("bash", "5.1.8-{n}.{dist}", 240, 50, false),
    package("bind-libs", "32:9.16.23-24.{dist}.{n}", 60, 90, false),
    package("ca-certificates", "2024.2.69-91.{dist}.{n}", 120, 0, false),
    package("cloud-init", "23.4-19.{dist}.{n}", 140, 10, false),
    package("curl", "7.76.1-31.{dist}.{n}", 45, 90, false),
    package("dbus", "1:1.12.20-8.{dist}.{n}", 170, 60, true),
    package("expat", "2.5.0-3.{dist}.{n}", 90, 95, false),
    package("glibc", "2.34-125.{dist}.{n}", 75, 70, true),
    package("gnutls", "3.8.3-4.{dist}.{n}", 110, 95, false),
    package("kernel", "5.14.0-503.{n}.1.{dist}", 18, 85, true),
    package("krb5-libs", "1.21.1-4.{dist}.{n}", 95, 80, false),
    package("libxml2", "2.9.13-6.{dist}.{n}", 70, 95, false),
    package("linux-firmware", "20240905-{n}.{dist}", 120, 80, true),
    package("nss", "3.101.0-10.{dist}.{n}", 100, 85, false),
    package("openssh", "8.7p1-43.{dist}.{n}", 80, 80, false),
    package("openssl", "1:3.2.2-6.{dist}.{n}", 50, 95, false),
    package("python3", "3.9.19-8.{dist}.{n}", 60, 85, false),
    package("rpm", "4.16.1.3-34.{dist}.{n}", 190, 40, false),
    package("rsyslog", "8.2310.0-4.{dist}.{n}", 160, 50, false),
    package("sudo", "1.9.5p2-10.{dist}.{n}", 115, 85, false),
    package("systemd", "252-46.{dist}.{n}", 95, 50, true),
    package("tzdata", "2024b-2.{dist}.{n}", 55, 0, false),
    package("vim-minimal", "2:8.2.2637-21.{dist}.{n}", 40, 90, false),
    package("zlib", "1.2.11-40.{dist}.{n}", 210, 80, false),
];

/// SUSE Linux Enterprise Server 15.
pub(crate) static SUSE_15: &[Stream] = &[
    package("bash", "4.4-150400.27.{n}.1", 240, 50, false),
    package("bind-utils", "9.18.28-{dist}.3.{n}.1", 60, 90, false),
    package("ca-certificates-mozilla", "2.68-{dist}.{n}.1", 120, 20, false),
    package("cloud-init", "23.3-{dist}.8.{n}.1", 140, 10, false),
    package("curl", "8.6.0-{dist}.4.{n}.1", 45, 90, false),
    package("dbus-1", "1.12.2-{dist}.18.{n}.1", 170, 60, true),
    package("glibc", "2.38-{dist}.14.{n}.1", 75, 70, true),
    package("kernel-default", "6.4.0-{dist}.23.{n}.1", 18, 90, true),
    package("krb5", "1.20.1-{dist}.11.{n}.1", 95, 80, false),
    package("libexpat1", "2.4.4-{dist}.3.{n}.1", 90, 95, false),
    package("libgnutls30", "3.8.3-{dist}.2.{n}.1", 110, 95, false),
    package("libopenssl3", "3.1.4-{dist}.5.{n}.1", 50, 95, false),
    package("libxml2-2", "2.10.3-{dist}.5.{n}.1", 70, 95, false),
    package("libz1", "1.2.13-{dist}.4.{n}.1", 210, 80, false),
    package("mozilla-nss", "3.101.2-{dist}.3.{n}.1", 100, 85, false),
    package("openssh", "8.4p1-{dist}.3.{n}.1", 80, 80, false),
    package("python3-base", "3.6.15-{dist}.10.{n}.1", 60, 85, false),
    package("sudo", "1.9.15p5-{dist}.3.{n}.1", 115, 85, false),
    package("systemd", "254.18-{dist}.4.{n}.1", 95, 50, true),
    package("timezone", "2024b-{dist}.91.{n}.1", 55, 0, false),
    package("ucode-intel", "20241029-{dist}.3.{n}.1", 120, 90, true),
    package("vim", "9.1.0836-{dist}.17.{n}.1", 40, 90, false),
];

/// Ubuntu and Debian.
pub(crate) static DEBIAN_FAMILY: &[Stream] = &[
    package("apt", "2.4.{n}", 150, 40, false),
    package("bash", "5.1-6{dist}.{n}", 240, 50, false),
    package("bind9-libs", "1:9.18.28-0{dist}.{n}", 60, 95, false),
    package("ca-certificates", "20240203{dist}.{n}", 120, 20, false),
    package("cloud-init", "24.3.1-0{dist}.{n}", 140, 10, false),
    package("curl", "7.81.0-1{dist}.{n}", 45, 95, false),
    package("dbus", "1.12.20-2{dist}.{n}", 170, 60, true),
    package("krb5-locales", "1.19.2-2{dist}.{n}", 95, 90, false),
    package("libc6", "2.35-0{dist}.{n}", 75, 80, true),
    package("libexpat1", "2.4.7-1{dist}.{n}", 90, 95, false),
    package("libgnutls30", "3.7.3-4{dist}.{n}", 110, 95, false),
    package("libssl3", "3.0.2-0{dist}.{n}", 50, 95, false),
    package("libxml2", "2.9.13+dfsg-1{dist}.{n}", 70, 95, false),
    package("linux-image-aws", "5.15.0.{n}.{dist}", 18, 90, true),
    package("openssh-server", "1:8.9p1-3{dist}.{n}", 80, 85, false),
    package("python3.10", "3.10.12-1{dist}.{n}", 60, 90, false),
    package("snapd", "2.65.3+{dist}.{n}", 100, 30, false),
    package("sudo", "1.9.9-1{dist}.{n}", 115, 90, false),
    package("systemd", "249.11-0{dist}.{n}", 95, 50, true),
    package("tzdata", "2024b-0{dist}.{n}", 55, 0, false),
    package("vim-tiny", "2:8.2.3995-1{dist}.{n}", 40, 95, false),
    package("zlib1g", "1:1.2.11.dfsg-2{dist}.{n}", 210, 90, false),
];

const fn update(
    name: &'static str,
    title: &'static str,
    cadence: Cadence,
    security: u32,
    reboot: bool,
) -> Stream {
    Stream { name, version: title, cadence, security, reboot }
}

/// Windows Server.
pub(crate) static WINDOWS: &[Stream] = &[
    update(
        "Cumulative Update",
        "{month} Cumulative Update for Microsoft server operating system {dist} for x64-based Systems",
        Cadence::PatchTuesday,
        100,
        true,
    ),
    update(
        "Cumulative Update for .NET Framework",
        "{month} Cumulative Update for .NET Framework 3.5 and 4.8.1 for Microsoft server operating system {dist} for x64",
        Cadence::PatchTuesday,
        55,
        true,
    ),
    update(
        "Servicing Stack Update",
        "{month} Servicing Stack Update for Microsoft server operating system {dist} for x64-based Systems",
        Cadence::Quarterly,
        100,
        false,
    ),
    update(
        "Malicious Software Removal Tool",
        "Windows Malicious Software Removal Tool x64 - v5.{n}",
        Cadence::PatchTuesday,
        0,
        false,
    ),
    update(
        "Security Intelligence Update for Microsoft Defender Antivirus",
        "Security Intelligence Update for Microsoft Defender Antivirus - Version 1.{n}.0",
        Cadence::Days(2),
        0,
        false,
    ),
    update(
        "Security Update for Microsoft Defender Antivirus antimalware platform",
        "Update for Microsoft Defender Antivirus antimalware platform - Version 4.18.{n}.5",
        Cadence::Days(30),
        0,
        false,
    ),
];
