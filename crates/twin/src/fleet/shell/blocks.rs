//! Disks and partitions as Linux names them, and making what is on them larger.
//!
//! Each disk has one partition, with a file system on it. A disk's serial number is the id of its volume, without the hyphen.

use super::{Session, linux::keep_disks};
use crate::fleet::{disk::Disk, machine::Machine};

/// The disk of a file system, as `/dev/xvda`.
fn disk_name(disk: &Disk) -> &str {
    disk.device.trim_end_matches('1')
}

/// The partition of a file system, as `/dev/xvda1`.
pub(super) fn partition(disk: &Disk) -> String {
    format!("{}1", disk_name(disk))
}

/// What a file below `/sys/class/block` tells of a partition: which of its disk's it is.
pub(super) fn number_of_partition(machine: &Machine, path: &str) -> Option<String> {
    let name = path.strip_prefix("/sys/class/block/")?.strip_suffix("/partition")?;
    let is_one = machine.disks.iter().any(|disk| partition(disk) == format!("/dev/{name}"));
    is_one.then(|| "1\n".to_owned())
}

/// `lsblk`: all of it as people read it, or with `-o` the columns that are asked for.
pub(super) fn lsblk(session: &mut Session<'_>, words: &[&str]) -> String {
    let has = |letter: char| words.iter().any(|word| is_flag(word) && word.contains(letter));
    let after = |word: &&str| is_flag(word) && word.ends_with('o');
    let columns = words.iter().position(after).and_then(|at| words.get(at + 1)).copied();
    let wanted = words.iter().find(|word| word.starts_with('/')).copied();
    let Some(columns) = columns else { return for_people(session) };
    let names: Vec<&str> = columns.split(',').collect();
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(name)) {
        session.fail(1, &format!("lsblk: unknown column: {unknown}"));
        return String::new();
    }
    let mut rows = Vec::new();
    let mut found = wanted.is_none();
    for disk in &session.machine.disks {
        let (whole, part) = (disk_name(disk).to_owned(), partition(disk));
        for (device, is_disk) in [(&whole, true), (&part, false)] {
            // What is on a disk is shown with it, unless only the device itself is wanted.
            let is_meant = wanted
                .is_none_or(|wanted| wanted == device || !is_disk && wanted == whole && !has('d'));
            found |= is_meant;
            if is_meant && (is_disk || wanted.is_some() || !has('d')) {
                let cells = names.iter().map(|name| cell(disk, (device, is_disk), name, has('p')));
                rows.push(cells.collect::<Vec<_>>().join(" "));
            }
        }
    }
    if !found {
        let device = wanted.unwrap_or_default();
        session.fail(32, &format!("lsblk: {device}: not a block device"));
    }
    let head = (!has('n')).then(|| names.join(" "));
    head.into_iter().chain(rows).map(|row| format!("{row}\n")).collect()
}

fn is_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--")
}

const COLUMNS: [&str; 7] = ["NAME", "KNAME", "TYPE", "SIZE", "FSTYPE", "MOUNTPOINT", "SERIAL"];

fn cell(disk: &Disk, (device, is_disk): (&str, bool), column: &str, full: bool) -> String {
    let of_disk = |text: String| if is_disk { text } else { String::new() };
    let of_partition = |text: &str| if is_disk { String::new() } else { text.to_owned() };
    match column {
        "NAME" if full => device.to_owned(),
        "NAME" | "KNAME" => device.trim_start_matches("/dev/").to_owned(),
        "TYPE" => if is_disk { "disk" } else { "part" }.to_owned(),
        "SIZE" => format!("{}G", if is_disk { disk.volume_size } else { disk.partition_size() }),
        "FSTYPE" => of_partition(disk.format),
        "MOUNTPOINT" => of_partition(&disk.mount),
        _ => of_disk(disk.volume.replace('-', "")),
    }
}

fn for_people(session: &Session<'_>) -> String {
    let mut text = "NAME    MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS\n".to_owned();
    for (at, disk) in session.machine.disks.iter().enumerate() {
        let name = disk_name(disk).trim_start_matches("/dev/");
        text.push_str(&format!("{name:<7} 202:{at}    0 {:>3}G  0 disk\n", disk.volume_size));
        let (size, mount) = (disk.partition_size(), &disk.mount);
        text.push_str(&format!("└─{name}1 202:{}    0 {size:>3}G  0 part {mount}\n", at + 1));
    }
    text
}

/// `growpart`, `resize2fs`, `xfs_growfs`.
pub(super) fn grow(session: &mut Session<'_>, name: &str, words: &[&str]) -> String {
    let target = words.iter().find(|word| word.starts_with('/')).copied().unwrap_or("/");
    let on = |disk: &&mut Disk| {
        disk.mount == target
            || target.starts_with(disk_name(disk))
            || target.starts_with("/dev/nvme")
    };
    let Some(disk) = session.machine.disks.iter_mut().find(on) else {
        session.fail(1, &format!("{name}: {target}: No such file or directory"));
        return String::new();
    };
    let wrong = match name {
        "resize2fs" => disk.format != "ext4",
        "xfs_growfs" => disk.format != "xfs",
        _ => false,
    };
    let (size, format) = (disk.volume_size, disk.format);
    let grew = match name {
        _ if wrong => false,
        "growpart" => disk.grow_partition(),
        _ => disk.grow(),
    };
    keep_disks(session);
    match (wrong, grew, name) {
        (true, _, _) => {
            session.fail(1, &format!("{name}: {target} is an {format} file system"));
            String::new()
        }
        (_, true, "growpart") => format!("CHANGED: partition=1 start=4096 new: size={size}G\n"),
        (_, false, "growpart") => {
            session.status = 1;
            format!("NOCHANGE: partition 1 is size {size}G. it cannot be grown\n")
        }
        (_, true, _) => {
            format!("data blocks changed: the file system on {target} is now {size}G\n")
        }
        _ => format!(
            "The file system on {target} is already as large as its partition. Nothing to do!\n"
        ),
    }
}
