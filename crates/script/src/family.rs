//! All processes of a script: those that it started, and what those started.
//!
//! Most are in the process group of the first, which the kernel ends at one stroke. A process can leave the group, and its
//! parent can end before it; what it cannot do without meaning to is lose the mark in its environment, and it is remembered
//! from the time when it still was somebody's child. A program that means to get away can: it runs as the user that Reeve
//! runs as. Elsewhere than on Linux only the group is known.

use std::{
    collections::HashSet,
    fs,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use memchr::memmem;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The variable that says which script a process belongs to.
pub(crate) const MARK: &str = "REEVE_SCRIPT";

/// How often those that are left are ended again. Who starts faster than this ends is in the group, and ended with it.
const ROUNDS: u32 = 20;

/// All processes of a script.
#[derive(Debug)]
pub(crate) struct Family {
    root: Pid,
    /// When the first began, in the kernel's own count. What is older does not belong to it.
    began: u64,
    mark: Vec<u8>,
    /// Whether the kernel was told that the first one's end was seen, so that its number can be given to another.
    is_reaped: AtomicBool,
    /// Those that were seen before: a number, and when its process began.
    known: Mutex<HashSet<(i32, u64)>>,
}

/// One line of the process table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    id: i32,
    is_ended: bool,
    parent: i32,
    group: i32,
    session: i32,
    began: u64,
    cpu_ticks: u64,
    resident_pages: u64,
}

/// What a script's processes use together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) processes: usize,
    pub(crate) cpu: Duration,
    pub(crate) memory_bytes: u64,
}

impl Family {
    pub(crate) fn new(root: Pid, mark: &str) -> Self {
        let began = process(root.as_raw_nonzero().get()).map_or(0, |process| process.began);
        Self {
            root,
            began,
            mark: format!("{MARK}={mark}").into_bytes(),
            is_reaped: AtomicBool::new(false),
            known: Mutex::default(),
        }
    }

    /// Notes that the first one's number may be given to another from now on.
    pub(crate) fn reaped(&self) {
        self.is_reaped.store(true, Ordering::Release);
    }

    /// Ends all of them. They have ended when [`Family::is_gone`].
    pub(crate) fn kill(&self) {
        if !self.is_reaped.load(Ordering::Acquire) {
            // An error says that there is nobody to end any more.
            let _ = kill_process_group(self.root, Signal::KILL);
            let _ = kill_process(self.root, Signal::KILL);
        }
        for _ in 0..ROUNDS {
            let members = self.members();
            if members.is_empty() {
                return;
            }
            if members.iter().any(|member| member.group == self.root.as_raw_nonzero().get()) {
                let _ = kill_process_group(self.root, Signal::KILL);
            }
            for id in members.iter().filter_map(|member| Pid::from_raw(member.id)) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.members().is_empty()
    }

    pub(crate) fn usage(&self) -> Usage {
        let members = self.members();
        let ticks: u64 = members.iter().map(|member| member.cpu_ticks).sum();
        let pages: u64 = members.iter().map(|member| member.resident_pages).sum();
        let milliseconds = ticks * 1000 / rustix::param::clock_ticks_per_second().max(1);
        Usage {
            processes: members.len(),
            cpu: Duration::from_millis(milliseconds),
            memory_bytes: pages * rustix::param::page_size() as u64,
        }
    }

    /// What they hold together, where what several of them share counts once. Slower than [`Family::usage`].
    pub(crate) fn shared_memory_bytes(&self) -> u64 {
        self.members().iter().map(|member| proportional_bytes(member.id).unwrap_or_default()).sum()
    }

    /// Those that have not ended.
    fn members(&self) -> Vec<Process> {
        let processes: Vec<Process> =
            processes().filter(|other| other.began >= self.began).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (founders, mut others): (Vec<Process>, Vec<Process>) =
            processes.iter().partition(|process| self.belongs(process, &known));
        let mut inside: HashSet<i32> = founders.iter().map(|founder| founder.id).collect();
        loop {
            let (children, rest): (Vec<Process>, Vec<Process>) =
                others.into_iter().partition(|process| inside.contains(&process.parent));
            if children.is_empty() {
                break;
            }
            inside.extend(children.iter().map(|child| child.id));
            others = rest;
        }
        let members = processes.into_iter().filter(|process| inside.contains(&process.id));
        let members: Vec<Process> = members.filter(|process| !process.is_ended).collect();
        *known = members.iter().map(|member| (member.id, member.began)).collect();
        members
    }

    fn belongs(&self, process: &Process, known: &HashSet<(i32, u64)>) -> bool {
        let root = self.root.as_raw_nonzero().get();
        let is_root = process.id == root && process.began == self.began;
        is_root
            || process.group == root
            || process.session == root
            || known.contains(&(process.id, process.began))
            || self.is_marked(process.id)
    }

    fn is_marked(&self, id: i32) -> bool {
        let environment = fs::read(format!("/proc/{id}/environ"));
        environment.is_ok_and(|variables| memmem::find(&variables, &self.mark).is_some())
    }
}

fn processes() -> impl Iterator<Item = Process> {
    let own = std::process::id().cast_signed();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok()))
        .filter(move |id| *id != own)
        .filter_map(process)
}

fn process(id: i32) -> Option<Process> {
    parse(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// Reads `/proc/<id>/stat`, whose second field is a name that may contain anything.
fn parse(id: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // The manual counts from one and begins with the number and the name.
    let field = |number: usize| fields.get(number - 3).copied();
    let count = |number: usize| field(number)?.parse::<u64>().ok();
    let id_at = |number: usize| field(number)?.parse::<i32>().ok();
    Some(Process {
        id,
        is_ended: matches!(field(3)?, "Z" | "X"),
        parent: id_at(4)?,
        group: id_at(5)?,
        session: id_at(6)?,
        began: count(22)?,
        // Its own time and that of its children that have ended.
        cpu_ticks: count(14)? + count(15)? + count(16)? + count(17)?,
        resident_pages: count(24)?,
    })
}

fn proportional_bytes(id: i32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_looks_like_a_line_of_the_table_is_read() {
        let stat =
            "12 (x) Z 9 9 (y) S 7 12 11 0 -1 4194304 90 0 0 0 3 2 1 0 20 0 1 0 777 1000 55 0 0";
        let read = parse(12, stat).expect("a line");
        let expected = Process {
            id: 12,
            is_ended: false,
            parent: 7,
            group: 12,
            session: 11,
            began: 777,
            cpu_ticks: 6,
            resident_pages: 55,
        };
        assert_eq!(read, expected);
    }
}
