//! Runs the commands of a query one after the other over rows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Column, Command, Direction, Extraction, Record, Rows, cell::Cell, expression::Expression, stats,
};

/// A log event, or after `stats` a group of them, with what the commands found.
struct Row<'r> {
    record: Option<Record<'r>>,
    json: Option<Value>,
    found: BTreeMap<String, Cell>,
}

impl Row<'_> {
    fn field(&self, name: &str) -> Cell {
        if let Some(cell) = self.found.get(name) {
            return cell.clone();
        }
        let Some(record) = &self.record else { return Cell::Absent };
        match name {
            "@timestamp" => Cell::Instant(record.timestamp),
            "@ingestionTime" => Cell::Instant(record.ingestion_time),
            "@message" => Cell::Text(record.message.to_owned()),
            "@logStream" => Cell::Text(record.log_stream.to_owned()),
            "@log" => Cell::Text(record.log.to_owned()),
            "@ptr" => Cell::Text(record.pointer.to_owned()),
            _ => self.json.as_ref().and_then(|json| discovered(json, name)).unwrap_or(Cell::Absent),
        }
    }

    fn value(&self, expression: &Expression) -> Cell {
        expression.value(&|name| self.field(name))
    }
}

/// A field discovered in JSON: its name, or a path of names and positions.
fn discovered(json: &Value, name: &str) -> Option<Cell> {
    if let Some(value) = json.get(name) {
        return Some(value.into());
    }
    let value = name.split('.').try_fold(json, |value, step| match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })?;
    Some(value.into())
}

pub(super) fn run<'r>(
    commands: &[Command],
    records: impl IntoIterator<Item = Record<'r>>,
    limit: usize,
) -> Rows {
    let mut result = Rows::default();
    let mut rows: Vec<Row<'r>> = Vec::new();
    let (early, late) = early(commands);
    for record in records {
        result.scanned += 1;
        let length = u64::try_from(record.message.len()).unwrap_or(u64::MAX);
        result.bytes = result.bytes.saturating_add(length);
        let json = record.message.trim_start().starts_with('{');
        let json = json.then(|| serde_json::from_str(record.message).ok()).flatten();
        let mut row = Row { record: Some(record), json, found: BTreeMap::new() };
        if early.iter().all(|command| keep(command, &mut row)) {
            result.matched += 1;
            rows.push(row);
        }
    }
    // Newest first, unless the query says otherwise.
    rows.sort_by_key(|row| std::cmp::Reverse(row.record.map(|record| record.timestamp)));
    let mut shown = shown(commands);
    for command in late {
        rows = apply(command, rows, &mut shown);
    }
    if !commands.iter().any(|command| matches!(command, Command::Limit(_))) {
        rows.truncate(limit);
    }
    result.rows = rows.iter().map(|row| output(row, &shown)).collect();
    result
}

/// The commands that look at one log event at a time, and those after them.
fn early(commands: &[Command]) -> (&[Command], &[Command]) {
    let single = |command: &Command| {
        matches!(command, Command::Fields(_) | Command::Filter(_) | Command::Parse { .. })
    };
    let end = commands.iter().position(|command| !single(command)).unwrap_or(commands.len());
    commands.split_at_checked(end).unwrap_or((commands, &[]))
}

/// The columns that the log events have, before commands that make others of them.
fn shown(commands: &[Command]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for command in commands {
        if let Command::Fields(columns) = command {
            for column in columns {
                if !names.contains(&column.name) {
                    names.push(column.name.clone());
                }
            }
        }
    }
    if names.is_empty() {
        names = ["@timestamp", "@message"].map(str::to_owned).to_vec();
    }
    names
}

/// Performs a command on one row; whether the row stays.
fn keep(command: &Command, row: &mut Row<'_>) -> bool {
    match command {
        Command::Filter(condition) => row.value(condition).is_true(),
        Command::Fields(columns) => {
            compute(columns, row);
            true
        }
        Command::Parse { source, with } => {
            let text = row.value(source);
            if text != Cell::Absent {
                extract(with, &text.text(), &mut row.found);
            }
            true
        }
        _ => true,
    }
}

fn compute(columns: &[Column], row: &mut Row<'_>) {
    for column in columns {
        let plain = matches!(&column.expression, Expression::Field(name) if *name == column.name);
        if !plain {
            let cell = row.value(&column.expression);
            row.found.insert(column.name.clone(), cell);
        }
    }
}

fn extract(with: &Extraction, text: &str, found: &mut BTreeMap<String, Cell>) {
    match with {
        Extraction::Groups(pattern) => {
            let Some(captures) = pattern.captures(text) else { return };
            for name in pattern.capture_names().flatten() {
                if let Some(group) = captures.name(name) {
                    found.insert(name.to_owned(), Cell::Text(group.as_str().to_owned()));
                }
            }
        }
        Extraction::Pieces { pieces, names } => {
            if let Some(values) = between(pieces, text) {
                for (name, value) in names.iter().zip(values) {
                    found.insert(name.clone(), Cell::Text(value.to_owned()));
                }
            }
        }
    }
}

/// What stands between the fixed pieces.
fn between<'t>(pieces: &[String], text: &'t str) -> Option<Vec<&'t str>> {
    let (first, others) = pieces.split_first()?;
    let (_, mut rest) = text.split_once(first.as_str())?;
    let mut values = Vec::new();
    for (position, piece) in others.iter().enumerate() {
        if piece.is_empty() && position + 1 == others.len() {
            values.push(rest);
            break;
        }
        let (value, after) = rest.split_once(piece.as_str())?;
        values.push(value);
        rest = after;
    }
    Some(values)
}

fn apply<'r>(command: &Command, mut rows: Vec<Row<'r>>, shown: &mut Vec<String>) -> Vec<Row<'r>> {
    match command {
        Command::Fields(_) | Command::Filter(_) | Command::Parse { .. } => {
            rows.retain_mut(|row| keep(command, row));
        }
        Command::Display(columns) => {
            for row in &mut rows {
                compute(columns, row);
            }
            *shown = columns.iter().map(|column| column.name.clone()).collect();
        }
        Command::Sort(keys) => rows.sort_by(|one, two| {
            keys.iter().fold(std::cmp::Ordering::Equal, |order, (expression, direction)| {
                order.then_with(|| {
                    let order = one.value(expression).order(&two.value(expression));
                    match direction {
                        Direction::Ascending => order,
                        Direction::Descending => order.reverse(),
                    }
                })
            })
        }),
        Command::Limit(count) => rows.truncate(*count),
        Command::Dedup(columns) => {
            let mut seen = BTreeSet::new();
            rows.retain(|row| {
                let values = columns.iter().map(|column| row.value(&column.expression).show());
                seen.insert(values.collect::<Vec<_>>())
            });
        }
        Command::Stats { values, by } => {
            let names = by.iter().chain(values).map(|column| column.name.clone());
            *shown = names.collect();
            return grouped(&rows, values, by);
        }
    }
    rows
}

/// The values by which a group is one, and its members.
type Group<'g, 'r> = (Vec<Cell>, Vec<&'g Row<'r>>);

fn grouped<'r>(rows: &[Row<'r>], values: &[Column], by: &[Column]) -> Vec<Row<'r>> {
    let mut groups: BTreeMap<Vec<Option<String>>, Group<'_, 'r>> = BTreeMap::new();
    for row in rows {
        let cells: Vec<Cell> = by.iter().map(|column| row.value(&column.expression)).collect();
        let key = cells.iter().map(Cell::show).collect();
        groups.entry(key).or_insert_with(|| (cells, Vec::new())).1.push(row);
    }
    if groups.is_empty() && by.is_empty() {
        groups.insert(Vec::new(), (Vec::new(), Vec::new()));
    }
    groups
        .into_values()
        .map(|(cells, members)| {
            let fields: Vec<Box<stats::Fields<'_>>> = members
                .iter()
                .map(|row| Box::new(move |name: &str| row.field(name)) as Box<stats::Fields<'_>>)
                .collect();
            let fields: Vec<&stats::Fields<'_>> = fields.iter().map(AsRef::as_ref).collect();
            let keys = by.iter().map(|column| column.name.clone()).zip(cells);
            let results = values
                .iter()
                .map(|column| (column.name.clone(), stats::value(&column.expression, &fields)));
            Row { record: None, json: None, found: keys.chain(results).collect() }
        })
        .collect()
}

/// A row as it is answered: what is absent is left out; a log event has its pointer.
fn output(row: &Row<'_>, shown: &[String]) -> Vec<(String, String)> {
    let mut columns: Vec<(String, String)> =
        shown.iter().filter_map(|name| Some((name.clone(), row.field(name).show()?))).collect();
    if let Some(record) = &row.record
        && !shown.iter().any(|name| name == "@ptr")
    {
        columns.push(("@ptr".to_owned(), record.pointer.to_owned()));
    }
    columns
}
