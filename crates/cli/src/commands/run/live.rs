//! The picture of an execution on a terminal: its steps, how each is, how long it takes, and what it waits for now.

use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Term, measure_text_width, pad_str, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use owo_colors::OwoColorize as _;
use reeve_app::executions::{News, ShapeView, StandingView, StepView, Steps};

use crate::text::plain;

/// What turns while a step is under way.
const TURNING: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The lines around the steps, and one that stays free.
const LINES_AROUND: usize = 5;

/// The picture, and what it is drawn from.
pub(super) struct Live {
    bar: ProgressBar,
    shape: Vec<ShapeView>,
    seen: Mutex<Seen>,
}

/// What happened so far.
#[derive(Default)]
struct Seen {
    steps: Steps,
    standing: Option<StandingView>,
}

impl Live {
    /// A picture of an execution of these steps, on standard error.
    pub(super) fn new(shape: Vec<ShapeView>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { bar, shape, seen: Mutex::default() }
    }

    pub(super) fn take(&self, news: News) {
        let mut seen = self.seen();
        match news {
            News::Record(record) => seen.steps.take(&record),
            News::Standing(standing) => seen.standing = Some(*standing),
            News::End => {}
        }
    }

    pub(super) fn draw(&self, now: Timestamp) {
        let seen = self.seen();
        let Some(standing) = &seen.standing else { return };
        let (height, width) = Term::stderr().size();
        let size = (usize::from(width), usize::from(height));
        let text = picture(&self.shape, &seen.steps.steps, standing, (now, size));
        drop(seen);
        self.bar.set_message(text);
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line of the picture.
struct Row {
    depth: usize,
    name: String,
    action: &'static str,
    /// The newest try, and how many there were.
    newest: Option<StepView>,
    tries: usize,
}

/// The picture at a time, on a terminal of a width and a height.
fn picture(
    shape: &[ShapeView],
    steps: &[StepView],
    standing: &StandingView,
    (now, (width, height)): (Timestamp, (usize, usize)),
) -> String {
    let mut rows = Vec::new();
    gather(shape, steps, 0, &mut rows);
    let execution = &standing.execution;
    let mut lines = vec![
        format!("{} {}", execution.runbook.bold(), execution.id),
        format!("in {} {}, {}", execution.account, execution.region, status(&execution.status)),
    ];
    let current = rows.iter().rposition(|row| is_open(row.newest.as_ref())).unwrap_or_default();
    let fitting = height.saturating_sub(LINES_AROUND).max(1);
    let first = current.saturating_sub(fitting / 2).min(rows.len().saturating_sub(fitting));
    let columns = columns(&rows);
    let turning = turning(now);
    let shown = rows.iter().skip(first).take(fitting);
    lines.extend(shown.map(|row| line(row, columns, (now, turning))));
    lines.extend(waits(standing, now));
    lines.push("ctrl-c leaves it running".dimmed().to_string());
    let lines = lines.iter().map(|line| truncate_str(line, width.saturating_sub(1), "…"));
    lines.collect::<Vec<_>>().join("\n")
}

fn gather(shape: &[ShapeView], steps: &[StepView], depth: usize, rows: &mut Vec<Row>) {
    for step in shape {
        let tries: Vec<&StepView> = steps.iter().filter(|it| it.step == step.name).collect();
        rows.push(Row {
            depth,
            name: plain(&step.name),
            action: step.action,
            newest: tries.last().map(|newest| (*newest).clone()),
            tries: tries.len(),
        });
        gather(&step.steps, steps, depth + 1, rows);
    }
}

fn is_open(step: Option<&StepView>) -> bool {
    step.is_some_and(|step| step.ended_at.is_none())
}

/// How wide the names and the actions are.
fn columns(rows: &[Row]) -> (usize, usize) {
    let name = rows.iter().map(|row| 2 * row.depth + measure_text_width(&row.name)).max();
    let action = rows.iter().map(|row| measure_text_width(row.action)).max();
    (name.unwrap_or_default().min(40), action.unwrap_or_default())
}

/// What stands for "under way" at a time.
fn turning(now: Timestamp) -> &'static str {
    let place = now.as_millisecond().unsigned_abs() / 120 % 10;
    let place = usize::try_from(place).unwrap_or_default();
    TURNING.get(place).copied().unwrap_or("·")
}

fn line(row: &Row, (name, action): (usize, usize), (now, turning): (Timestamp, &str)) -> String {
    let label = format!("{}{}", "  ".repeat(row.depth), row.name);
    let label = pad_str(&label, name, console::Alignment::Left, Some("…"));
    let what = pad_str(row.action, action, console::Alignment::Left, None);
    let Some(step) = &row.newest else {
        return format!("  {} {}  {}", "·".dimmed(), label.dimmed(), row.action.dimmed());
    };
    let mark = match step.status {
        _ if step.ended_at.is_none() => turning.cyan().to_string(),
        "Success" => "✔".green().to_string(),
        "Exited" | "Cancelled" => "■".yellow().to_string(),
        _ => "✖".red().to_string(),
    };
    let took = seconds(step.ended_at.unwrap_or(now).duration_since(step.began_at).as_secs());
    let again = if row.tries > 1 { format!("  {} times", row.tries) } else { String::new() };
    let mut line = format!("  {mark} {label}  {}  {took:>8}{again}", what.dimmed());
    if let Some(error) = &step.error {
        line += &format!("  {}", plain(error).red());
    }
    line
}

/// `42 s`, `3 min 5 s`, `2 h 10 min`.
fn seconds(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn status(status: &str) -> String {
    match status {
        "Success" => status.green().to_string(),
        "Failed" | "TimedOut" | "Cancelled" => status.red().to_string(),
        other => other.yellow().to_string(),
    }
}

/// What it waits for, and until when.
fn waits(standing: &StandingView, now: Timestamp) -> Option<String> {
    let waits = standing.waits.as_ref()?;
    let until = waits.until.filter(|until| *until > now).map(|until| {
        let left = seconds(until.duration_since(now).as_secs());
        format!(" until {}, {left} from now", until.strftime("%H:%M:%SZ"))
    });
    if !waits.is_for_somebody {
        return until.map(|until| format!("waits{until}").dimmed().to_string());
    }
    let who = match waits.approvers.as_slice() {
        [] => "somebody".to_owned(),
        approvers => plain(&approvers.join(", ")),
    };
    let message = waits.message.as_ref().map(|message| format!(": {}", plain(message)));
    let text = format!("waits for {who}{}", until.unwrap_or_default());
    Some(format!("{}{}", text.yellow(), message.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use reeve_app::executions::{Library, NamedRunbook, Origin, RunbookView, WaitView};
    use serde_json::Map;

    use super::*;

    const TEXT: &str = "schemaVersion: '0.3'
mainSteps:
- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeVpcs}}
- name: each
  action: aws:loop
  inputs:
    Iterators: [a, b]
    Steps:
    - {name: rest, action: 'aws:sleep', inputs: {Duration: PT1M}}
- {name: ask, action: 'aws:approve', inputs: {Approvers: [ana]}}
";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + second).unwrap()
    }

    fn step(name: &str, began: i64, ended: Option<(i64, &'static str)>) -> StepView {
        StepView {
            step: name.to_owned(),
            attempt: 1,
            rounds: Vec::new(),
            status: ended.map_or("InProgress", |(_, status)| status),
            began_at: at(began),
            ended_at: ended.map(|(second, _)| at(second)),
            inputs: Map::new(),
            outputs: Map::new(),
            error: ended.filter(|(_, status)| *status == "Failed").map(|_| "no\nway".to_owned()),
            calls: Vec::new(),
            log: None,
        }
    }

    fn standing(waits: Option<WaitView>) -> StandingView {
        let execution = reeve_app::executions::ExecutionView {
            id: "exec_1".to_owned(),
            runbook: "Test".to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            status: "InProgress".to_owned(),
            step: None,
            started_by: "person:ana".to_owned(),
            reason: String::new(),
            created_at: at(0),
            ended_at: None,
            parent: None,
        };
        StandingView { execution, parameters: Map::new(), waits, may: Vec::new(), failure: None }
    }

    fn drawn(steps: &[StepView], waits: Option<WaitView>, size: (usize, usize)) -> String {
        let named = NamedRunbook::of_file("Test.yaml", TEXT.to_owned());
        let mut library = Library::default();
        library.add(named.clone(), Origin::Estate);
        let shape = RunbookView::new(&library, &named, Some(Origin::Estate));
        assert!(shape.is_right, "{:?}", shape.findings);
        let text = picture(&shape.steps, steps, &standing(waits), (at(200), size));
        console::strip_ansi_codes(&text).into_owned()
    }

    #[test]
    fn each_step_has_a_line_with_how_it_is_and_how_long_it_takes() {
        let steps = [
            step("look", 0, Some((2, "Success"))),
            step("each", 2, None),
            step("rest", 2, Some((62, "Failed"))),
            step("rest", 62, None),
        ];
        let wait = WaitView {
            until: Some(at(212)),
            is_for_somebody: false,
            message: None,
            approvers: Vec::new(),
            needed: None,
        };
        assert_snapshot!(drawn(&steps, Some(wait), (80, 24)), @r"
        Test exec_1
        in 111122223333 eu-west-1, InProgress
          ✔ look    aws:executeAwsApi       2 s
          ⠦ each    aws:loop           3 min 18 s
          ⠦   rest  aws:sleep          2 min 18 s  2 times
          · ask     aws:approve
        waits until 00:03:32Z, 12 s from now
        ctrl-c leaves it running
        ");
    }

    #[test]
    fn a_narrow_terminal_shows_what_is_under_way() {
        let steps = [step("look", 0, Some((2, "Failed"))), step("ask", 2, None)];
        let wait = WaitView {
            until: None,
            is_for_somebody: true,
            message: Some("Run it?".to_owned()),
            approvers: vec!["ana".to_owned(), "ben".to_owned()],
            needed: Some(1),
        };
        assert_snapshot!(drawn(&steps, Some(wait), (40, 7)), @r"
        Test exec_1
        in 111122223333 eu-west-1, InProgress
          ·   rest  aws:sleep
          ⠦ ask     aws:approve        3 min 1…
        waits for ana, ben: Run it?
        ctrl-c leaves it running
        ");
    }
}
