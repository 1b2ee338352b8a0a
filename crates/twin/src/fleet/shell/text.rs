//! Commands that pass text on, in the forms in which operations use them.

/// What a command makes of its input, and its status; nothing if it is no such command.
pub(super) fn filter(name: &str, arguments: &[&str], input: &str) -> Option<(i64, String)> {
    let (flags, words): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|word| word.starts_with('-') && word.len() > 1);
    let has =
        |letter: char| flags.iter().any(|flag| !flag.starts_with("--") && flag.contains(letter));
    let lines = input.lines();
    let filtered = match name {
        "grep" | "egrep" | "fgrep" => return Some(grep(&flags, &words, input)),
        "head" | "tail" => {
            let count = count(arguments).unwrap_or(10);
            let all: Vec<&str> = lines.collect();
            let skipped = if name == "tail" { all.len().saturating_sub(count) } else { 0 };
            joined(all.into_iter().skip(skipped).take(count))
        }
        "sort" => {
            let mut all: Vec<&str> = lines.collect();
            all.sort_unstable();
            if has('r') {
                all.reverse();
            }
            if has('u') {
                all.dedup();
            }
            joined(all.into_iter())
        }
        "uniq" => {
            let mut all: Vec<&str> = lines.collect();
            all.dedup();
            joined(all.into_iter())
        }
        "wc" if has('l') => format!("{}\n", input.lines().count()),
        "wc" if has('c') => format!("{}\n", input.len()),
        "awk" => joined(awk(words.last()?, &flags, input)?.iter().map(String::as_str)),
        "tr" => match words.as_slice() {
            [from, to] if from.len() == 1 && to.len() == 1 => input.replace(from, to),
            [from] if has('d') => input.replace(from.replace("\\n", "\n").as_str(), ""),
            _ => return None,
        },
        "cut" => {
            let wanted = arguments.iter().find_map(|word| word.strip_prefix("-f"))?;
            let at: usize = wanted.parse().ok()?;
            let by = arguments.iter().find_map(|word| word.strip_prefix("-d")).unwrap_or("\t");
            let field =
                |line: &str| line.split(by).nth(at.saturating_sub(1)).unwrap_or("").to_owned();
            let fields: Vec<String> = input.lines().map(field).collect();
            joined(fields.iter().map(String::as_str))
        }
        _ => return None,
    };
    Some((0, filtered))
}

fn grep(flags: &[&str], words: &[&str], input: &str) -> (i64, String) {
    let has =
        |letter: char| flags.iter().any(|flag| !flag.starts_with("--") && flag.contains(letter));
    let Some(pattern) = words.first() else { return (2, String::new()) };
    let fold = |text: &str| if has('i') { text.to_lowercase() } else { text.to_owned() };
    let choices: Vec<String> =
        pattern.split('|').map(|choice| fold(choice.trim_end_matches('\\'))).collect();
    let hit = |line: &str| choices.iter().any(|choice| found(&fold(line), choice));
    let lines: Vec<&str> = input.lines().filter(|line| hit(line) != has('v')).collect();
    let status = i64::from(lines.is_empty());
    if has('q') {
        return (status, String::new());
    }
    if has('c') {
        return (status, format!("{}\n", lines.len()));
    }
    (status, joined(lines.into_iter()))
}

/// Whether a line has a text in it; `^`, `$` and `.*` mean what they do in patterns.
fn found(line: &str, pattern: &str) -> bool {
    let (start, pattern) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (end, pattern) = match pattern.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let parts: Vec<String> = pattern.split(".*").map(|part| part.replace('\\', "")).collect();
    let mut rest = line;
    for (at, part) in parts.iter().enumerate() {
        let position = if at == 0 && start {
            rest.starts_with(part.as_str()).then_some(0)
        } else {
            rest.find(part.as_str())
        };
        let Some(position) = position else { return false };
        rest = rest.get(position + part.len()..).unwrap_or("");
    }
    !end || line.ends_with(parts.last().map_or("", String::as_str))
}

/// `{print $N, $M}`, the form that operations use.
fn awk(program: &str, flags: &[&str], input: &str) -> Option<Vec<String>> {
    let inside = program.split_once("{print")?.1.split_once('}')?.0;
    let first = i64::from(program.trim_start().starts_with("NR>1"));
    let by = flags.iter().find_map(|flag| flag.strip_prefix("-F"));
    let fields: Option<Vec<usize>> = inside
        .split(',')
        .map(|field| field.trim().strip_prefix('$').and_then(|number| number.parse().ok()))
        .collect();
    let fields = fields?;
    let skip = usize::try_from(first).unwrap_or(0);
    let line = |line: &str| {
        let parts: Vec<&str> = match by {
            Some(by) if !by.is_empty() => line.split(by).collect(),
            _ => line.split_whitespace().collect(),
        };
        let field = |at: &usize| match at.checked_sub(1) {
            Some(at) => parts.get(at).copied().unwrap_or("").to_owned(),
            None => line.to_owned(),
        };
        fields.iter().map(field).collect::<Vec<_>>().join(" ")
    };
    Some(input.lines().skip(skip).map(line).collect())
}

fn count(arguments: &[&str]) -> Option<usize> {
    let position = arguments.iter().position(|word| *word == "-n");
    if let Some(position) = position {
        return arguments.get(position + 1)?.parse().ok();
    }
    let flag = arguments.iter().find(|word| word.starts_with('-'))?;
    flag.trim_start_matches("-n").trim_start_matches('-').parse().ok()
}

/// Lines as a text.
pub(super) fn joined<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
