//! Partitions as `PowerShell` sees them: their sizes in conditions, and making them larger.
//!
//! Sizes are compared as scripts do it: `(Get-Partition -DriveLetter D).Size -lt (Get-PartitionSupportedSize -DriveLetter D).SizeMax`.

use crate::fleet::{disk::Disk, machine::Machine};

const GIB: i64 = 1 << 30;

/// `if (CONDITION) { COMMAND }` on one line: the command if the condition holds; `None` if it is no such line.
pub(super) fn conditional<'l>(
    machine: &Machine,
    line: &'l str,
) -> Option<Result<Option<&'l str>, String>> {
    let rest = line.strip_prefix("if").or_else(|| line.strip_prefix("If"))?.trim_start();
    let inside = rest.strip_prefix('(')?;
    let condition = inside.get(..matching(inside)?)?;
    let body = inside.get(condition.len() + 1..)?.trim();
    let body = body.strip_prefix('{')?.strip_suffix('}')?.trim();
    Some(holds(machine, condition).map(|holds| holds.then_some(body)))
}

type Operator = (&'static str, fn(i64, i64) -> bool);

fn holds(machine: &Machine, condition: &str) -> Result<bool, String> {
    let operators: [Operator; 6] = [
        (" -lt ", |left, right| left < right),
        (" -le ", |left, right| left <= right),
        (" -gt ", |left, right| left > right),
        (" -ge ", |left, right| left >= right),
        (" -eq ", |left, right| left == right),
        (" -ne ", |left, right| left != right),
    ];
    for (operator, compare) in operators {
        if let Some((left, right)) = condition.split_once(operator) {
            return Ok(compare(number(machine, left)?, number(machine, right)?));
        }
    }
    Err(format!("You must provide a value expression: {condition}"))
}

/// A number, or a difference of two: `(Get-PartitionSupportedSize -DriveLetter D).SizeMax - 1MB`.
fn number(machine: &Machine, text: &str) -> Result<i64, String> {
    match text.split_once(" - ") {
        Some((left, right)) => Ok(term(machine, left.trim())? - term(machine, right.trim())?),
        None => term(machine, text.trim()),
    }
}

fn term(machine: &Machine, text: &str) -> Result<i64, String> {
    if let Some(inside) = text.strip_prefix('(') {
        let command = matching(inside).and_then(|end| inside.get(..end)).unwrap_or(inside);
        let property = inside.get(command.len() + 1..).unwrap_or_default();
        return property_of(machine, command, property.trim_start_matches('.'));
    }
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default().to_uppercase().as_str() {
        "" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => GIB,
        _ => 0,
    };
    match digits.parse::<i64>().ok().and_then(|number| number.checked_mul(unit)) {
        Some(number) if unit > 0 => Ok(number),
        _ => Err(format!("The term '{text}' is not recognized")),
    }
}

fn property_of(machine: &Machine, command: &str, property: &str) -> Result<i64, String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let name = words.first().copied().unwrap_or_default();
    let disk = machine
        .disks
        .iter()
        .find(|disk| is_on(disk, letter(&words)))
        .ok_or_else(|| missing(name, letter(&words)))?;
    match (name.to_lowercase().as_str(), property.to_lowercase().as_str()) {
        ("get-partition", "size") => Ok(disk.partition_size() * GIB),
        ("get-partitionsupportedsize", "sizemax") => Ok(disk.volume_size * GIB),
        ("get-volume", "size") => Ok(disk.size() * GIB),
        _ => Err(format!("The property '{property}' cannot be found on the object of {name}")),
    }
}

/// `Resize-Partition -DriveLetter D -Size SIZE`; without a size, the partition takes all that there is.
pub(super) fn resize(machine: &mut Machine, line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let wanted = match line.split_once("-Size ") {
        Some((_, size)) => Some(number(machine, size)? / GIB),
        None => None,
    };
    let letter = letter(&words).map(str::to_owned);
    let letter = letter.as_deref();
    let disks = machine.disks.iter_mut().filter(|disk| letter.is_none() || is_on(disk, letter));
    let mut found = false;
    for disk in disks {
        found = true;
        let most = disk.volume_size;
        match wanted {
            Some(wanted) if wanted > most => {
                return Err("Resize-Partition : Not enough available capacity".to_owned());
            }
            Some(wanted) if wanted <= disk.partition_size() => {
                return Err("Resize-Partition : Size Not Supported".to_owned());
            }
            Some(wanted) if wanted < most => {
                disk.changes.partition = Some(wanted);
                disk.changes.size = Some(wanted);
            }
            _ => {
                disk.grow_partition();
                disk.grow();
            }
        }
    }
    if found { Ok(()) } else { Err(missing("Resize-Partition", letter)) }
}

/// The value of `-DriveLetter`.
fn letter<'w>(words: &[&'w str]) -> Option<&'w str> {
    let at = words.iter().position(|word| word.eq_ignore_ascii_case("-DriveLetter"))?;
    words.get(at + 1).map(|word| word.trim_matches(['\'', '"']))
}

fn is_on(disk: &Disk, letter: Option<&str>) -> bool {
    letter.is_some_and(|letter| disk.mount.trim_end_matches(':').eq_ignore_ascii_case(letter))
}

fn missing(name: &str, letter: Option<&str>) -> String {
    let letter = letter.unwrap_or_default();
    format!(
        "{name} : No MSFT_Partition objects found with property 'DriveLetter' equal to '{letter}'."
    )
}

/// Where the parenthesis that is open at the beginning of a text is closed.
fn matching(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
