//! Runs scripts on a machine: what documents carry, and nothing that the machine does not have.
//!
//! A script reads and changes the machine as a real one would: services, packages, disks, small files. A command that is
//! not known here is not found, with status 127, as on a machine without it; nothing succeeds by not being done.

mod blocks;
mod linux;
mod packages;
mod parse;
mod partitions;
mod text;
mod units;
mod windows;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::machine::Machine;
use parse::{Node, Piece, Redirect, Word};

/// What running a script came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The status it ended with.
    pub(crate) status: i64,
    /// What it wrote.
    pub(crate) stdout: String,
    /// What it complained of.
    pub(crate) stderr: String,
    /// How long it took, in seconds.
    pub(crate) seconds: i64,
    /// Whether it told the machine to reboot.
    pub(crate) reboot: bool,
    /// Whether it was killed because its time was over.
    pub(crate) killed: bool,
}

/// How many commands a script may perform before the shell gives up on it.
const PATIENCE: u32 = 10_000;
/// What a script may write before it is cut: the agent keeps far less.
const MOST_OUTPUT: usize = 1 << 20;

/// The status of what was killed.
const KILLED: i64 = 137;

/// Runs a script on a machine from a time on, and kills it after `limit` seconds: what it did until then is done.
pub(crate) fn run(machine: &mut Machine, script: &str, at: Timestamp, limit: i64) -> Outcome {
    if machine.system.is_windows() {
        return windows::run(machine, script, at, limit);
    }
    let mut session = Session::new(machine, at, limit);
    match parse::parse(script) {
        Ok(node) => {
            let output = session.node(&node, "");
            session.outcome.stdout.push_str(&output);
        }
        Err(problem) => session.fail(2, &format!("bash: -c: {problem}")),
    }
    let mut outcome = session.outcome;
    outcome.status = session.exited.unwrap_or(session.status);
    outcome
}

/// A script that is being performed.
struct Session<'m> {
    machine: &'m mut Machine,
    start: Timestamp,
    /// How many seconds it may take.
    limit: i64,
    outcome: Outcome,
    variables: BTreeMap<String, String>,
    /// Of the last command.
    status: i64,
    /// Set once the script exits.
    exited: Option<i64>,
    /// Whether the first failure ends the script.
    strict: bool,
    /// Commands performed.
    steps: u32,
    /// How deep commands stand within conditions, where failing is an answer.
    conditions: u32,
}

/// Where a stream of a command leads.
#[derive(Debug, Clone)]
enum Sink {
    Stdout,
    Stderr,
    File(String),
}

impl<'m> Session<'m> {
    fn new(machine: &'m mut Machine, at: Timestamp, limit: i64) -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in [("HOME", "/root"), ("USER", "root"), ("PATH", "/usr/sbin:/usr/bin")] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self {
            machine,
            start: at,
            limit,
            outcome: Outcome::default(),
            variables,
            status: 0,
            exited: None,
            strict: false,
            steps: 0,
            conditions: 0,
        }
    }

    /// The time at which the script has arrived.
    fn now(&self) -> Timestamp {
        self.start + SignedDuration::from_secs(self.outcome.seconds)
    }

    /// Time passes.
    fn take(&mut self, seconds: i64) {
        self.outcome.seconds = self.outcome.seconds.saturating_add(seconds.clamp(0, 31_536_000));
        if self.outcome.seconds > self.limit {
            self.outcome.seconds = self.limit;
            self.outcome.killed = true;
            self.exited.get_or_insert(KILLED);
        }
    }

    /// The command fails, saying why.
    fn fail(&mut self, status: i64, complaint: &str) {
        self.status = status;
        self.complain(complaint);
    }

    fn complain(&mut self, complaint: &str) {
        if self.outcome.stderr.len() < MOST_OUTPUT {
            self.outcome.stderr.push_str(complaint);
            self.outcome.stderr.push('\n');
        }
    }

    /// Performs a part of a script. What it wrote.
    fn node(&mut self, node: &Node, input: &str) -> String {
        if self.exited.is_some() {
            return String::new();
        }
        match node {
            Node::List(nodes) => {
                let mut output = String::new();
                for node in nodes {
                    output.push_str(&self.node(node, input));
                    self.stop_if_strict();
                }
                output
            }
            Node::Pipe(nodes) => {
                let mut passed = input.to_owned();
                for node in nodes {
                    passed = self.node(node, &passed);
                }
                passed
            }
            Node::And(left, right) | Node::Or(left, right) => {
                let mut output = self.condition(left, input);
                if (self.status == 0) == matches!(node, Node::And(..)) {
                    output.push_str(&self.node(right, input));
                }
                output
            }
            Node::Not(inner) => {
                let output = self.condition(inner, input);
                self.status = i64::from(self.status == 0);
                output
            }
            Node::If(condition, then, otherwise) => {
                let mut output = self.condition(condition, input);
                let chosen = if self.status == 0 { then } else { otherwise };
                self.status = 0;
                output.push_str(&self.node(chosen, input));
                output
            }
            Node::For(name, words, body) => {
                let mut output = String::new();
                for value in self.words(words) {
                    self.variables.insert(name.clone(), value);
                    output.push_str(&self.node(body, input));
                }
                output
            }
            Node::Simple(words, redirects) => self.simple(words, redirects, input),
        }
    }

    fn condition(&mut self, node: &Node, input: &str) -> String {
        self.conditions += 1;
        let output = self.node(node, input);
        self.conditions -= 1;
        output
    }

    fn stop_if_strict(&mut self) {
        if self.strict && self.status != 0 && self.conditions == 0 {
            self.exited.get_or_insert(self.status);
        }
    }

    fn simple(&mut self, words: &[Word], redirects: &[Redirect], input: &str) -> String {
        self.steps += 1;
        if self.steps > PATIENCE || self.exited.is_some() {
            self.exited.get_or_insert(KILLED);
            return String::new();
        }
        let mut words = self.words(words);
        while let Some((name, value)) = words.first().and_then(|word| assignment(word)) {
            self.variables.insert(name, value);
            words.remove(0);
            self.status = 0;
        }
        let complained = self.outcome.stderr.len();
        let output = match words.split_first() {
            Some((name, arguments)) => {
                self.status = 0;
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                self.command(name, &arguments, input)
            }
            None => String::new(),
        };
        self.redirect(redirects, output, complained)
    }

    fn command(&mut self, name: &str, arguments: &[&str], input: &str) -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        match name {
            "sudo" | "nohup" | "command" | "exec" | "time" => match arguments.split_first() {
                Some((first, rest)) if !first.starts_with('-') => self.command(first, rest, input),
                _ => String::new(),
            },
            "exit" => {
                let status = arguments.first().and_then(|status| status.parse().ok());
                self.exited = Some(status.unwrap_or(self.status));
                String::new()
            }
            "set" => {
                self.strict |=
                    arguments.iter().any(|word| word.starts_with('-') && word.contains('e'));
                String::new()
            }
            "export" | "local" | "readonly" => {
                for (name, value) in arguments.iter().filter_map(|word| assignment(word)) {
                    self.variables.insert(name, value);
                }
                String::new()
            }
            "bash" | "sh" => self.inner(arguments),
            _ => linux::perform(self, name, arguments, input),
        }
    }

    fn inner(&mut self, arguments: &[&str]) -> String {
        let script = match arguments {
            [flags, script, ..] if flags.starts_with('-') && flags.contains('c') => {
                (*script).to_owned()
            }
            [path, ..] => match self.machine.changes.files.get(*path) {
                Some(script) => script.clone(),
                None => {
                    self.fail(127, &format!("bash: {path}: No such file or directory"));
                    return String::new();
                }
            },
            [] => return String::new(),
        };
        match parse::parse(&script) {
            Ok(node) => {
                let outer = self.exited;
                let output = self.node(&node, "");
                self.status = self.exited.unwrap_or(self.status);
                self.exited = outer;
                output
            }
            Err(problem) => {
                self.fail(2, &format!("bash: -c: {problem}"));
                String::new()
            }
        }
    }

    /// Sends what a command wrote where its redirections lead: each follows the other stream to where that leads by then.
    fn redirect(&mut self, redirects: &[Redirect], output: String, before: usize) -> String {
        let complaints = self.outcome.stderr.split_off(before.min(self.outcome.stderr.len()));
        let (mut stdout, mut stderr) = (Sink::Stdout, Sink::Stderr);
        for redirect in redirects {
            let target = self.words(std::slice::from_ref(&redirect.target)).concat();
            match (redirect.stream, target.as_str()) {
                (1, "&2") => stdout = stderr.clone(),
                (2, "&1") => stderr = stdout.clone(),
                (0, _) | (1, "&1") | (2, "&2") => {}
                (1, _) => stdout = self.opened(target, redirect.append),
                (2, _) => stderr = self.opened(target, redirect.append),
                _ => {
                    stdout = self.opened(target, redirect.append);
                    stderr = stdout.clone();
                }
            }
        }
        let mut passed = String::new();
        for (sink, text) in [(stdout, output), (stderr, complaints)] {
            match sink {
                Sink::Stdout => passed.push_str(&text),
                Sink::Stderr => self.outcome.stderr.push_str(&text),
                Sink::File(path) => self.write(&path, &text, true),
            }
        }
        passed.truncate(passed.floor_char_boundary(MOST_OUTPUT));
        passed
    }

    /// A file that is about to be written to: emptied, unless it is added to.
    fn opened(&mut self, path: String, append: bool) -> Sink {
        self.write(&path, "", append);
        Sink::File(path)
    }

    fn write(&mut self, path: &str, text: &str, append: bool) {
        if path.starts_with("/dev/") {
            return;
        }
        let full = self.root_is_full();
        if full && !text.is_empty() {
            self.fail(1, &format!("bash: {path}: No space left on device"));
            return;
        }
        let file = self.machine.changes.files.entry(path.to_owned()).or_default();
        if !append {
            file.clear();
        }
        file.push_str(text);
    }

    fn root_is_full(&self) -> bool {
        self.machine.disks.first().is_some_and(|root| root.usage(self.now()).free() == 0)
    }

    /// Words with their variables replaced; what is not quoted is divided at blanks.
    fn words(&mut self, words: &[Word]) -> Vec<String> {
        let mut expanded = Vec::new();
        for word in words {
            let mut current = String::new();
            let mut keeps = false;
            for piece in word {
                match piece {
                    Piece::Text { text, quoted: true } => {
                        current.push_str(&self.expand(text));
                        keeps = true;
                    }
                    Piece::Text { text, quoted: false } if text.contains('$') => {
                        let value = self.expand(text);
                        let mut fields = value.split_whitespace().peekable();
                        while let Some(field) = fields.next() {
                            current.push_str(field);
                            keeps = true;
                            if fields.peek().is_some() {
                                expanded.push(std::mem::take(&mut current));
                            }
                        }
                    }
                    Piece::Literal(text) | Piece::Text { text, .. } => {
                        current.push_str(text);
                        keeps = true;
                    }
                }
            }
            if keeps {
                expanded.push(current);
            }
        }
        expanded
    }

    /// A text with its variables and inner commands replaced.
    fn expand(&mut self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.push_str(before);
            if let Some(inside) = after.strip_prefix('(') {
                let end = parse::matching(inside).unwrap_or(inside.len());
                let script = inside.get(..end).unwrap_or("").to_owned();
                expanded.push_str(self.captured(&script).trim_end_matches('\n'));
                rest = inside.get(end + 1..).unwrap_or("");
            } else if let Some(inside) = after.strip_prefix('{') {
                let (name, after) = inside.split_once('}').unwrap_or((inside, ""));
                let (name, default) = name.split_once(":-").unwrap_or((name, ""));
                let value = self.variable(name);
                expanded.push_str(if value.is_empty() { default } else { &value });
                rest = after;
            } else {
                let named = |character: char| character.is_ascii_alphanumeric() || character == '_';
                let length = match after.chars().next() {
                    Some('?' | '#' | '@' | '*' | '$') => 1,
                    _ => after.find(|character| !named(character)).unwrap_or(after.len()),
                };
                let (name, after) = after.split_at_checked(length).unwrap_or((after, ""));
                expanded.push_str(&if name.is_empty() {
                    "$".to_owned()
                } else {
                    self.variable(name)
                });
                rest = after;
            }
        }
        expanded.push_str(rest);
        expanded.replace('\u{1}', "$")
    }

    fn captured(&mut self, script: &str) -> String {
        match parse::parse(script) {
            Ok(node) => {
                let outer = self.exited;
                let output = self.node(&node, "");
                self.exited = outer;
                output
            }
            Err(problem) => {
                self.fail(2, &format!("bash: {problem}"));
                String::new()
            }
        }
    }

    fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.status.to_string(),
            "#" => "0".to_owned(),
            "$" => "2871".to_owned(),
            "HOSTNAME" => self.machine.host_name(),
            _ => self.variables.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// `NAME=value`.
fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let first = name.chars().next()?;
    let named = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    (named && !first.is_ascii_digit()).then(|| (name.to_owned(), value.to_owned()))
}
