//! File systems: how large, how full, and how they fill.
//!
//! What is used is a pure function of time: a base, a saw tooth of logs that grow and are rotated, and what events added.
//! Some machines have teeth so long that their disks run full unless somebody cleans up.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chance;

const GIB: i64 = 1 << 30;
const DAY: i64 = 86_400;

/// What was done to a file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DiskChanges {
    /// The size of the file system in GiB, where its volume has grown and it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<i64>,
    /// The size of the partition in GiB, where the volume has grown and it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<i64>,
    /// Bytes that events added, or took away.
    #[serde(default)]
    pub(crate) extra: i64,
    /// Bytes a day that a runaway process writes, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runaway: Option<(i64, Timestamp)>,
    /// The saw tooth in which logs were cleaned, and the bytes that this freed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cleaned: Option<(i64, i64)>,
}

/// A file system of a machine, as far as it follows from the volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    /// Where it is mounted: `/`, `/data`, `C:`.
    pub(crate) mount: String,
    /// The device, as the instance names it.
    pub(crate) device: String,
    /// The volume.
    pub(crate) volume: String,
    /// The size of the volume in GiB.
    pub(crate) volume_size: i64,
    /// `xfs`, `ext4` or `NTFS`.
    pub(crate) format: &'static str,
    /// What is particular to it.
    pub(crate) digest: u64,
    /// What was done to it.
    pub(crate) changes: DiskChanges,
}

/// How full a file system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Its size in bytes.
    pub(crate) size: i64,
    /// The bytes used.
    pub(crate) used: i64,
    /// Of them, the logs that cleaning up would free.
    pub(crate) logs: i64,
}

impl Usage {
    /// The bytes left.
    pub(crate) fn free(&self) -> i64 {
        self.size - self.used
    }

    /// How many of a hundred bytes are used.
    pub(crate) fn percent(&self) -> f64 {
        if self.size == 0 {
            return 100.0;
        }
        100.0 * chance::float(self.used) / chance::float(self.size)
    }
}

impl Disk {
    /// The size of the partition in GiB.
    pub(crate) fn partition_size(&self) -> i64 {
        self.changes.partition.unwrap_or(self.volume_size)
    }

    /// The size of the file system in GiB.
    pub(crate) fn size(&self) -> i64 {
        self.changes.size.unwrap_or(self.volume_size)
    }

    /// How full it is at a time.
    pub(crate) fn usage(&self, at: Timestamp) -> Usage {
        let size = self.size().saturating_mul(GIB);
        let (tooth, logs) = self.logs(at);
        let cleaned = match self.changes.cleaned {
            Some((when, bytes)) if when == tooth => bytes.min(logs),
            _ => 0,
        };
        let written = self.changes.runaway.map_or(0, |(rate, since)| {
            let seconds = at.as_second().saturating_sub(since.as_second()).max(0);
            chance::whole(chance::float(rate) * chance::float(seconds) / chance::float(DAY))
        });
        let used = (self.base() + logs - cleaned + self.changes.extra).saturating_add(written);
        Usage { size, used: used.clamp(size / 50, size), logs: logs - cleaned }
    }

    /// How many of a hundred inodes are used.
    pub(crate) fn inodes_percent(&self, at: Timestamp) -> f64 {
        let share = chance::unit(chance::step(self.digest, 5));
        (2.0 + 20.0 * share + 0.05 * self.usage(at).percent()).min(100.0)
    }

    /// Removes the logs. How many bytes that freed.
    pub(crate) fn clean(&mut self, at: Timestamp) -> i64 {
        let freed = self.usage(at).logs;
        let (tooth, logs) = self.logs(at);
        self.changes.cleaned = Some((tooth, logs));
        // What a runaway process wrote so far are logs too; the process goes on.
        let written = self.changes.runaway.map_or(0, |(rate, since)| {
            let seconds = at.as_second().saturating_sub(since.as_second()).max(0);
            chance::whole(chance::float(rate) * chance::float(seconds) / chance::float(DAY))
        });
        if let Some((rate, _)) = self.changes.runaway {
            self.changes.runaway = Some((rate, at));
        }
        let extra = self.changes.extra.max(0);
        self.changes.extra -= extra;
        freed + written + extra
    }

    /// The partition takes all of the volume. Whether it was smaller.
    pub(crate) fn grow_partition(&mut self) -> bool {
        let grows = self.partition_size() < self.volume_size;
        self.changes.size = Some(self.size());
        self.changes.partition = None;
        grows
    }

    /// The file system takes all of the partition. Whether it was smaller.
    pub(crate) fn grow(&mut self) -> bool {
        let grows = self.size() < self.partition_size();
        self.changes.size = self.changes.partition;
        grows
    }

    fn base(&self) -> i64 {
        let size = chance::float(self.volume_size.min(self.size()).saturating_mul(GIB));
        let least = if self.is_root() { 0.22 } else { 0.12 };
        chance::whole(size * (least + 0.33 * chance::unit(chance::step(self.digest, 1))))
    }

    fn is_root(&self) -> bool {
        matches!(self.mount.as_str(), "/" | "C:")
    }

    /// Which saw tooth it is in and the bytes of logs.
    fn logs(&self, at: Timestamp) -> (i64, i64) {
        let period = DAY * chance::between(chance::step(self.digest, 2), 7, 45);
        let shift = chance::between(chance::step(self.digest, 3), 0, period - 1);
        let second = at.as_second() + shift;
        let (tooth, within) = (second.div_euclid(period), second.rem_euclid(period));
        let share = chance::unit(chance::step(self.digest, 4));
        let height = if share < 0.02 { 0.45 } else { 0.01 + 0.13 * share };
        let size = chance::float(self.volume_size.saturating_mul(GIB));
        let full = chance::float(within) / chance::float(period);
        (tooth, chance::whole(size * height * full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        Disk {
            mount: "/".to_owned(),
            device: "/dev/xvda".to_owned(),
            volume: "vol-1".to_owned(),
            volume_size: 20,
            format: "xfs",
            digest: 42,
            changes: DiskChanges::default(),
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_runaway_process_fills_the_disk_and_cleaning_up_frees_it() {
        let mut disk = disk();
        let start = time("2026-03-01T00:00:00Z");
        disk.changes.runaway = Some((4 * GIB, start));
        assert!(disk.usage(start).percent() < 80.0);
        let later = time("2026-03-08T00:00:00Z");
        assert_eq!(disk.usage(later).free(), 0);
        assert!(disk.clean(later) > 20 * GIB);
        assert!(disk.usage(later).percent() < 60.0);
    }

    #[test]
    fn a_grown_volume_is_of_use_only_once_partition_and_file_system_grew() {
        let mut disk = disk();
        disk.changes = DiskChanges { size: Some(20), partition: Some(20), ..disk.changes };
        disk.volume_size = 40;
        assert!(!disk.grow(), "the partition is in the way");
        disk.changes.size = Some(20);
        assert!(disk.grow_partition());
        assert_eq!(disk.size(), 20);
        assert!(disk.grow());
        assert_eq!(disk.size(), 40);
    }
}
