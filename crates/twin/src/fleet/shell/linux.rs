//! The commands that a Linux machine has.

use jiff::tz::TimeZone;

use super::{
    Session, blocks, packages,
    text::{filter, joined},
    units,
};
use crate::fleet::{chance, load};

const KIB: i64 = 1 << 10;
const INSTANCE_DATA: &str = "http://169.254.169.254/latest/";

/// Performs a command. What it wrote.
pub(super) fn perform(
    session: &mut Session<'_>,
    name: &str,
    words: &[&str],
    input: &str,
) -> String {
    match name {
        "true" | ":" | "cd" | "umask" | "ulimit" | "sync" | "wait" => String::new(),
        "false" => fail(session, 1),
        "echo" => echo(words),
        "printf" => printf(words),
        "sleep" => {
            let seconds = words.first().and_then(|word| word.trim_end_matches('s').parse().ok());
            session.take(seconds.unwrap_or(0));
            String::new()
        }
        "test" | "[" | "[[" => {
            let truth = test(session, words);
            session.status = i64::from(!truth);
            String::new()
        }
        "df" => df(session, words),
        "lsblk" => blocks::lsblk(session, words),
        "free" => free(session),
        "uptime" => uptime(session),
        "systemctl" => units::systemctl(session, words),
        "service" => match words {
            [service, verb, ..] => units::systemctl(session, &[*verb, *service]),
            _ => fail(session, 1),
        },
        "journalctl" => units::journalctl(session, words),
        "logrotate" => clean_root(session),
        "rm" => remove(session, words),
        "truncate" | "touch" | "mkdir" | "chmod" | "chown" => touch(session, name, words),
        "fallocate" | "dd" => fill(session, name, words),
        "growpart" | "resize2fs" | "xfs_growfs" => blocks::grow(session, name, words),
        "reboot" | "shutdown" => {
            session.outcome.reboot = true;
            session.exited = Some(0);
            String::new()
        }
        "curl" | "wget" => curl(session, words),
        "yum" | "dnf" | "apt-get" | "apt" | "zypper" | "rpm" | "dpkg" | "needs-restarting" => {
            packages::perform(session, name, words)
        }
        "amazon-cloudwatch-agent-ctl" => units::cloudwatch_agent(session, words),
        _ => identity(session, name, words)
            .or_else(|| files(session, name, words, input))
            .unwrap_or_else(|| {
                session.fail(127, &format!("bash: {name}: command not found"));
                String::new()
            }),
    }
}

/// The command fails without a word.
pub(super) fn fail(session: &mut Session<'_>, status: i64) -> String {
    session.status = status;
    String::new()
}

/// Commands that say what the machine is.
fn identity(session: &Session<'_>, name: &str, words: &[&str]) -> Option<String> {
    let machine = &*session.machine;
    let text = match name {
        "hostname" | "hostnamectl" => machine.host_name(),
        "whoami" => "root".to_owned(),
        "id" => "uid=0(root) gid=0(root) groups=0(root)".to_owned(),
        "pwd" => "/usr/bin".to_owned(),
        "nproc" => "2".to_owned(),
        "arch" => "x86_64".to_owned(),
        "uname" => {
            let running = packages::running_kernel(machine);
            match words.first().copied().unwrap_or("-s") {
                "-r" => running,
                "-m" => "x86_64".to_owned(),
                "-n" => machine.host_name(),
                "-a" => format!("Linux {} {running} #1 SMP x86_64 GNU/Linux", machine.host_name()),
                _ => "Linux".to_owned(),
            }
        }
        "date" => {
            let now = session.now().to_zoned(TimeZone::UTC);
            match words.iter().find_map(|word| word.strip_prefix('+')) {
                Some(format) => jiff::fmt::strtime::format(format, &now).ok()?,
                None => now.strftime("%a %b %e %H:%M:%S UTC %Y").to_string(),
            }
        }
        "which" => format!("/usr/bin/{}", words.first()?),
        _ => return None,
    };
    Some(format!("{text}\n"))
}

/// Commands about files and what passes through.
fn files(session: &mut Session<'_>, name: &str, words: &[&str], input: &str) -> Option<String> {
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    match name {
        "cat" if names.is_empty() => Some(input.to_owned()),
        "cat" => Some(names.iter().map(|path| read(session, path)).collect()),
        "tee" => {
            for path in names {
                session.write(path, input, words.contains(&"-a"));
            }
            Some(input.to_owned())
        }
        "ls" => {
            let path = names.first().copied().unwrap_or("/").trim_end_matches('/').to_owned();
            let held = session.machine.changes.files.keys();
            let found: Vec<String> = held
                .filter_map(|file| match file.strip_prefix(path.as_str())? {
                    "" => Some(file.clone()),
                    rest => rest.strip_prefix('/')?.split('/').next().map(str::to_owned),
                })
                .collect();
            if found.is_empty() && !KNOWN_FOLDERS.contains(&path.as_str()) {
                session.fail(2, &format!("ls: cannot access '{path}': No such file or directory"));
            }
            Some(joined(found.iter().map(String::as_str)))
        }
        "grep" | "egrep" | "head" | "tail" | "wc" | "sort" | "awk" | "cut"
            if names.len() > usize::from(matches!(name, "grep" | "egrep" | "awk")) =>
        {
            let path = names.last()?;
            let content = read(session, path);
            let rest: Vec<&str> = words.iter().copied().filter(|word| word != path).collect();
            let (status, output) = filter(name, &rest, &content)?;
            session.status = session.status.max(status);
            Some(output)
        }
        _ => {
            let (status, output) = filter(name, words, input)?;
            session.status = status;
            Some(output)
        }
    }
}

const KNOWN_FOLDERS: [&str; 9] =
    ["", "/", "/tmp", "/etc", "/var", "/var/log", "/home", "/opt", "/usr"];

fn read(session: &mut Session<'_>, path: &str) -> String {
    let machine = &*session.machine;
    let known = match path {
        "/etc/os-release" => Some(format!(
            "NAME=\"{0}\"\nVERSION=\"{1}\"\nVERSION_ID=\"{1}\"\nPRETTY_NAME=\"{0} {1}\"\n",
            machine.system.name, machine.system.version
        )),
        "/etc/hostname" => Some(format!("{}\n", machine.host_name())),
        "/proc/uptime" => {
            let seconds = session.now().as_second() - machine.booted().as_second();
            Some(format!("{seconds}.00 {seconds}.00\n"))
        }
        "/proc/loadavg" => Some(format!("{} 2/141 2871\n", load_average(session))),
        _ => blocks::number_of_partition(machine, path)
            .or_else(|| machine.changes.files.get(path).cloned()),
    };
    known.unwrap_or_else(|| {
        session.fail(1, &format!("cat: {path}: No such file or directory"));
        String::new()
    })
}

fn echo(words: &[&str]) -> String {
    let (silent, words) = match words.split_first() {
        Some((&"-n", rest)) => (true, rest),
        Some((&"-e", rest)) => (false, rest),
        _ => (false, words),
    };
    let text = words.join(" ");
    if silent { text } else { format!("{text}\n") }
}

fn printf(words: &[&str]) -> String {
    let Some((format, values)) = words.split_first() else { return String::new() };
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for value in values {
        text = text.replacen("%s", value, 1).replacen("%d", value, 1);
    }
    text
}

fn test(session: &Session<'_>, words: &[&str]) -> bool {
    let words: Vec<&str> =
        words.iter().copied().filter(|word| !matches!(*word, "]" | "]]")).collect();
    let files = &session.machine.changes.files;
    let number = |text: &str| text.parse::<i64>().unwrap_or(0);
    let known = |path: &str| {
        KNOWN_FOLDERS.contains(&path) || matches!(path, "/etc/os-release" | "/etc/hostname")
    };
    match words.as_slice() {
        ["!", rest @ ..] => !test(session, rest),
        ["-f" | "-e" | "-s" | "-r" | "-x" | "-d", path] => files.contains_key(*path) || known(path),
        ["-z"] => true,
        ["-z", text] => text.is_empty(),
        [left, "=" | "==", right] => left == right,
        [left, "!=", right] => left != right,
        [left, "-eq", right] => number(left) == number(right),
        [left, "-ne", right] => number(left) != number(right),
        [left, "-gt", right] => number(left) > number(right),
        [left, "-ge", right] => number(left) >= number(right),
        [left, "-lt", right] => number(left) < number(right),
        [left, "-le", right] => number(left) <= number(right),
        ["-n", text] | [text] => !text.is_empty(),
        _ => false,
    }
}

fn df(session: &Session<'_>, words: &[&str]) -> String {
    let human = words.iter().any(|word| word.starts_with('-') && word.contains('h'));
    let wanted = words.iter().find(|word| word.starts_with('/'));
    let mut text = if human {
        "Filesystem      Size  Used Avail Use% Mounted on\n".to_owned()
    } else {
        "Filesystem     1K-blocks      Used Available Use% Mounted on\n".to_owned()
    };
    for disk in &session.machine.disks {
        if wanted.is_some_and(|wanted| *wanted != disk.mount) {
            continue;
        }
        let usage = disk.usage(session.now());
        let show = |bytes: i64| if human { readable(bytes) } else { (bytes / KIB).to_string() };
        text.push_str(&format!(
            "{:<14} {:>9} {:>9} {:>9} {:>3.0}% {}\n",
            blocks::partition(disk),
            show(usage.size),
            show(usage.used),
            show(usage.free()),
            usage.percent().ceil(),
            disk.mount
        ));
    }
    text
}

fn readable(bytes: i64) -> String {
    let gib = chance::float(bytes) / chance::float(1 << 30);
    if gib >= 10.0 { format!("{gib:.0}G") } else { format!("{gib:.1}G") }
}

fn free(session: &Session<'_>) -> String {
    let used = load::load(session.machine, session.now()).memory_percent;
    let total = 8_000_000_i64;
    let used = chance::whole(chance::float(total) * used / 100.0);
    format!(
        "               total        used        free\nMem:    {total:>12}{used:>12}{:>12}\nSwap:   {:>12}{:>12}{:>12}\n",
        total - used,
        0,
        0,
        0
    )
}

fn load_average(session: &Session<'_>) -> String {
    let busy = load::load(session.machine, session.now()).cpu_percent / 50.0;
    format!("{busy:.2} {:.2} {:.2}", busy * 0.9, busy * 0.8)
}

fn uptime(session: &Session<'_>) -> String {
    let now = session.now();
    let seconds = now.as_second() - session.machine.booted().as_second();
    let time = now.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let average = load_average(session).replace(' ', ", ");
    format!(" {time} up {days} days, {hours:>2}:{minutes:02},  0 users,  load average: {average}\n")
}

/// Frees what logs take up on the root file system.
pub(super) fn clean_root(session: &mut Session<'_>) -> String {
    let now = session.now();
    let freed = session.machine.disks.first_mut().map_or(0, |root| root.clean(now));
    keep_disks(session);
    format!(
        "Vacuuming done, freed {} of archived journals from /var/log/journal.\n",
        readable(freed)
    )
}

fn remove(session: &mut Session<'_>, words: &[&str]) -> String {
    let force = words.iter().any(|word| word.starts_with('-') && word.contains('f'));
    let now = session.now();
    for path in words.iter().filter(|word| !word.starts_with('-')) {
        let files = &mut session.machine.changes.files;
        let before = files.len();
        let prefix = path.trim_end_matches('*').trim_end_matches('/');
        files.retain(|file, _| {
            let inside = file.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
            file.as_str() != *path && !inside
        });
        let removed = before > files.len();
        let mut cleaned = false;
        // What a mount point holds in logs and temporary files goes with them.
        if let Some(mount) = mount_of_logs(path) {
            for disk in session.machine.disks.iter_mut().filter(|disk| disk.mount == mount) {
                disk.clean(now);
                cleaned = true;
            }
        }
        if !removed && !cleaned && !force {
            session.fail(1, &format!("rm: cannot remove '{path}': No such file or directory"));
        }
    }
    keep_disks(session);
    String::new()
}

fn mount_of_logs(path: &str) -> Option<&'static str> {
    let root = ["/var/log", "/tmp/", "/var/tmp", "/var/cache", "/opt/app/logs"];
    if root.iter().any(|folder| path.starts_with(folder)) {
        return Some("/");
    }
    ["/data9", "/data8", "/data7", "/data6", "/data5", "/data4", "/data3", "/data2", "/data"]
        .into_iter()
        .find(|mount| path.starts_with(mount))
}

fn touch(session: &mut Session<'_>, name: &str, words: &[&str]) -> String {
    let mut paths = words.iter().filter(|word| word.starts_with('/'));
    match name {
        "touch" => {
            for path in paths {
                session.write(path, "", true);
            }
        }
        "truncate" => {
            let logs = paths.clone().any(|path| path.starts_with("/var/log"));
            for path in paths {
                if let Some(file) = session.machine.changes.files.get_mut(*path) {
                    file.clear();
                }
            }
            if logs {
                clean_root(session);
            }
        }
        _ if paths.next().is_none() => session.fail(1, &format!("{name}: missing operand")),
        _ => {}
    }
    String::new()
}

/// Writes a large file: `fallocate -l 5G /data/file`, `dd of=/file bs=1M count=2048`.
fn fill(session: &mut Session<'_>, name: &str, words: &[&str]) -> String {
    let after =
        |flag: &str| words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1));
    let part = |prefix: &str| words.iter().find_map(|word| word.strip_prefix(prefix));
    let (size, path) = if name == "dd" {
        let count = part("count=").and_then(|count| count.parse::<i64>().ok()).unwrap_or(1);
        (part("bs=").and_then(bytes).unwrap_or(512).saturating_mul(count), part("of="))
    } else {
        (after("-l").and_then(|size| bytes(size)).unwrap_or(0), words.last().copied())
    };
    let Some(path) = path else { return fail(session, 1) };
    let now = session.now();
    let on = session.machine.disks.iter_mut().filter(|disk| path.starts_with(&disk.mount));
    let Some(disk) = on.max_by_key(|disk| disk.mount.len()) else { return fail(session, 1) };
    let free = disk.usage(now).free();
    disk.changes.extra = disk.changes.extra.saturating_add(size.min(free));
    keep_disks(session);
    if size > free {
        session.fail(1, &format!("{name}: {path}: No space left on device"));
    }
    String::new()
}

fn bytes(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: i64 = digits.parse().ok()?;
    let unit = match text.get(digits.len()..)?.chars().next() {
        Some('K' | 'k') => KIB,
        Some('M') => KIB * KIB,
        Some('G') => KIB * KIB * KIB,
        _ => 1,
    };
    number.checked_mul(unit)
}

/// What was done to the machine's disks is kept.
pub(super) fn keep_disks(session: &mut Session<'_>) {
    for disk in &session.machine.disks {
        let kept = session.machine.changes.disks.entry(disk.volume.clone()).or_default();
        kept.clone_from(&disk.changes);
    }
}

fn curl(session: &mut Session<'_>, words: &[&str]) -> String {
    let Some(address) =
        words.iter().find(|word| word.contains("://") || word.starts_with("localhost"))
    else {
        session.fail(2, "curl: no URL specified!");
        return String::new();
    };
    let coded = words.iter().any(|word| word.contains("%{http_code}"));
    if let Some(path) = address.strip_prefix(INSTANCE_DATA) {
        return instance_data(session, path);
    }
    let local = ["localhost", "127.0.0.1"].iter().any(|host| address.contains(host));
    if !local {
        let host = address.split("://").nth(1).unwrap_or(address).split('/').next().unwrap_or("");
        session.fail(6, &format!("curl: (6) Could not resolve host: {host}"));
        return String::new();
    }
    let machine = &*session.machine;
    if machine.workload().is_some_and(|service| machine.is_running(service)) {
        return if coded { "200".to_owned() } else { "OK\n".to_owned() };
    }
    session.fail(7, "curl: (7) Failed to connect to localhost: Connection refused");
    if coded { "000".to_owned() } else { String::new() }
}

fn instance_data(session: &mut Session<'_>, path: &str) -> String {
    let machine = &*session.machine;
    match path {
        "api/token" => "AQAEAK-twin-token==".to_owned(),
        "meta-data/instance-id" => machine.id().to_owned(),
        "meta-data/local-ipv4" => machine.hardware.address.clone(),
        "meta-data/hostname" | "meta-data/local-hostname" => machine.host_name(),
        "meta-data/iam/info" if !machine.hardware.profile.is_empty() => {
            format!(
                "{{\"Code\" : \"Success\", \"InstanceProfileArn\" : \"{}\"}}",
                machine.hardware.profile
            )
        }
        _ => {
            session.fail(22, "curl: (22) The requested URL returned error: 404");
            String::new()
        }
    }
}
