//! The part of SQL that advanced queries are written in.
//!
//! `SELECT fields [WHERE …] [GROUP BY field] [ORDER BY field [DESC]]` with `COUNT(*)`, comparisons, `IN`, `LIKE`, `BETWEEN`,
//! `AND`, `OR`, `NOT` and brackets. A field that has several values (in lists) fulfils a comparison if any of them does.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use crate::{
    filter::as_text,
    services::guardduty::criteria::{number, values},
};

/// A query.
#[derive(Debug)]
pub(super) struct Query {
    fields: Vec<Field>,
    condition: Option<Condition>,
    group: Vec<String>,
    order: Vec<(String, bool)>,
}

#[derive(Debug)]
enum Field {
    All,
    Named(String),
    Count(String),
}

#[derive(Debug)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, String, Vec<String>),
}

impl Query {
    /// Reads a query.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let words = words(source)?;
        let mut parser = Parser { words: &words, at: 0 };
        let query = parser.query()?;
        match parser.peek() {
            None => Ok(query),
            Some(word) => Err(format!("Syntax Error: unexpected '{word}'")),
        }
    }

    /// The names of the fields that it selects.
    pub(super) fn names(&self) -> Vec<String> {
        self.fields.iter().map(Field::name).collect()
    }

    /// The rows that it finds.
    pub(super) fn run(&self, rows: &[Value]) -> Vec<Value> {
        let holds =
            |row: &&Value| self.condition.as_ref().is_none_or(|condition| condition.holds(row));
        let mut found: Vec<&Value> = rows.iter().filter(holds).collect();
        if self.fields.iter().any(|field| matches!(field, Field::Count(_))) {
            return self.counted(&found);
        }
        self.sort(&mut found, |row, path| values(row, path).into_iter().next());
        found.into_iter().map(|row| self.shown(row)).collect()
    }

    fn shown(&self, row: &Value) -> Value {
        let mut shown = Object::new();
        for field in &self.fields {
            match field {
                Field::All => return row.clone(),
                Field::Named(path) => {
                    put(&mut shown, path, row.path(path).cloned().or_else(|| several(row, path)));
                }
                Field::Count(_) => {}
            }
        }
        shown.into()
    }

    fn counted(&self, found: &[&Value]) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for row in found {
            let key = |path: &String| values(row, path).first().map(as_text).unwrap_or_default();
            *groups.entry(self.group.iter().map(key).collect()).or_default() += 1;
        }
        if groups.is_empty() && self.group.is_empty() {
            groups.insert(Vec::new(), 0);
        }
        let mut rows: Vec<Value> = groups
            .into_iter()
            .map(|(key, count)| {
                let mut row = Object::new();
                for (path, value) in self.group.iter().zip(key) {
                    put(&mut row, path, Some(value.into()));
                }
                for field in &self.fields {
                    if matches!(field, Field::Count(_)) {
                        row.insert(field.name(), count);
                    }
                }
                row.into()
            })
            .collect();
        self.sort(&mut rows, |row, path| row.get(path).or_else(|| row.path(path)).cloned());
        rows
    }

    fn sort<T>(&self, rows: &mut [T], value: impl Fn(&T, &str) -> Option<Value>) {
        for (path, is_descending) in self.order.iter().rev() {
            rows.sort_by(|one, other| {
                let (one, other) = (value(one, path), value(other, path));
                let order = match (one.as_ref().and_then(number), other.as_ref().and_then(number)) {
                    (Some(one), Some(other)) => one.total_cmp(&other),
                    _ => one.as_ref().map(as_text).cmp(&other.as_ref().map(as_text)),
                };
                if *is_descending { order.reverse() } else { order }
            });
        }
    }
}

fn several(row: &Value, path: &str) -> Option<Value> {
    let found = values(row, path);
    (!found.is_empty()).then_some(Value::List(found))
}

/// Sets a value at a dotted path.
fn put(object: &mut Object, path: &str, value: Option<Value>) {
    let Some(value) = value else { return };
    match path.split_once('.') {
        None => {
            object.insert(path, value);
        }
        Some((first, rest)) => {
            let mut inner = match object.remove(first) {
                Some(Value::Object(inner)) => inner,
                _ => Object::new(),
            };
            put(&mut inner, rest, Some(value));
            object.insert(first, inner);
        }
    }
}

impl Field {
    fn name(&self) -> String {
        match self {
            Self::All => "*".to_owned(),
            Self::Named(path) => path.clone(),
            Self::Count(of) => format!("COUNT({of})"),
        }
    }
}

impl Condition {
    fn holds(&self, row: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Not(part) => !part.holds(row),
            Self::Compare(path, operator, wanted) => {
                let found = values(row, path);
                match operator.as_str() {
                    "!=" | "<>" => !found.iter().any(|found| equal(found, wanted)),
                    _ => found.iter().any(|found| compares(found, operator, wanted)),
                }
            }
        }
    }
}

fn equal(found: &Value, wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| as_text(found).eq_ignore_ascii_case(wanted))
}

fn compares(found: &Value, operator: &str, wanted: &[String]) -> bool {
    let first = wanted.first().map(String::as_str).unwrap_or_default();
    let order = |other: &str| match (number(found), other.parse::<f64>().ok()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => as_text(found).as_str().cmp(other),
    };
    match operator {
        "=" | "IN" => equal(found, wanted),
        ">" => order(first).is_gt(),
        ">=" => order(first).is_ge(),
        "<" => order(first).is_lt(),
        "<=" => order(first).is_le(),
        "BETWEEN" => {
            let last = wanted.last().map(String::as_str).unwrap_or_default();
            order(first).is_ge() && order(last).is_le()
        }
        "LIKE" => {
            let pattern = first.replace('%', "*").replace('_', "?");
            crate::pattern::matches(&pattern, &as_text(found))
        }
        _ => false,
    }
}

/// Cuts a query into words; texts keep their opening quote, so that they are not taken for keywords.
fn words(source: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() || letter == ';' {
            continue;
        }
        if letter == '\'' || letter == '"' {
            let mut word = String::from('\'');
            loop {
                match letters.next() {
                    Some(end) if end == letter => break,
                    Some(inner) => word.push(inner),
                    None => return Err("Syntax Error: a text does not end".to_owned()),
                }
            }
            words.push(word);
        } else if "(),*".contains(letter) {
            words.push(letter.to_string());
        } else if "<>=!".contains(letter) {
            let mut word = letter.to_string();
            while let Some(next) = letters.next_if(|next| "<>=".contains(*next)) {
                word.push(next);
            }
            words.push(word);
        } else {
            let mut word = letter.to_string();
            let is_part = |next: &char| !next.is_whitespace() && !"(),*<>=!'\";".contains(*next);
            while let Some(next) = letters.next_if(is_part) {
                word.push(next);
            }
            words.push(word);
        }
    }
    Ok(words)
}

struct Parser<'w> {
    words: &'w [String],
    at: usize,
}

impl<'w> Parser<'w> {
    fn peek(&self) -> Option<&'w str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<&'w str, String> {
        let word = self.peek().ok_or("Syntax Error: the query ends too early")?;
        self.at += 1;
        Ok(word)
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let is = self.peek().is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, keyword: &str) -> Result<(), String> {
        if self.takes(keyword) {
            return Ok(());
        }
        Err(format!(
            "Syntax Error: expected '{keyword}' before '{}'",
            self.peek().unwrap_or("the end")
        ))
    }

    fn query(&mut self) -> Result<Query, String> {
        self.expect("SELECT")?;
        let mut fields = vec![self.field()?];
        while self.takes(",") {
            fields.push(self.field()?);
        }
        let condition = if self.takes("WHERE") { Some(self.any()?) } else { None };
        let mut group = Vec::new();
        if self.takes("GROUP") {
            self.expect("BY")?;
            group.push(self.next()?.to_owned());
            while self.takes(",") {
                group.push(self.next()?.to_owned());
            }
        }
        let mut order = Vec::new();
        if self.takes("ORDER") {
            self.expect("BY")?;
            loop {
                let path = self.field()?.name();
                let is_descending = self.takes("DESC");
                if !is_descending {
                    self.takes("ASC");
                }
                order.push((path, is_descending));
                if !self.takes(",") {
                    break;
                }
            }
        }
        Ok(Query { fields, condition, group, order })
    }

    fn field(&mut self) -> Result<Field, String> {
        let word = self.next()?;
        if word == "*" {
            return Ok(Field::All);
        }
        if word.eq_ignore_ascii_case("COUNT") && self.takes("(") {
            let of = self.next()?.to_owned();
            self.expect(")")?;
            return Ok(Field::Count(of));
        }
        if self.peek() == Some("(") {
            return Err(format!("Syntax Error: the function {word} is not supported here"));
        }
        Ok(Field::Named(word.to_owned()))
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.takes("OR") {
            parts.push(self.all()?);
        }
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes("AND") {
            parts.push(self.one()?);
        }
        Ok(Condition::All(parts))
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.takes("NOT") {
            return Ok(Condition::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let path = self.next()?.to_owned();
        let is_negated = self.takes("NOT");
        let operator = self.next()?.to_ascii_uppercase();
        let wanted = match operator.as_str() {
            "IN" => {
                self.expect("(")?;
                let mut wanted = vec![self.literal()?];
                while self.takes(",") {
                    wanted.push(self.literal()?);
                }
                self.expect(")")?;
                wanted
            }
            "BETWEEN" => {
                let first = self.literal()?;
                self.expect("AND")?;
                vec![first, self.literal()?]
            }
            "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "LIKE" => vec![self.literal()?],
            other => {
                return Err(format!("Syntax Error: the operator {other} is not supported here"));
            }
        };
        let compare = Condition::Compare(path, operator, wanted);
        Ok(if is_negated { Condition::Not(Box::new(compare)) } else { compare })
    }

    fn literal(&mut self) -> Result<String, String> {
        let word = self.next()?;
        Ok(word.strip_prefix('\'').unwrap_or(word).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(query: &str) -> String {
        let rows = [
            json!({"resourceId": "vol-1", "configuration": {"size": 8, "state": {"name": "in-use"}}, "tags": [{"key": "Env", "value": "prod"}]}),
            json!({"resourceId": "vol-2", "configuration": {"size": 100, "state": {"name": "available"}}, "tags": []}),
            json!({"resourceId": "i-1", "configuration": {"size": 20, "state": {"name": "in-use"}}, "tags": []}),
        ];
        let rows: Vec<Value> = rows.iter().map(Value::from_json).collect();
        match Query::parse(query) {
            Ok(query) => {
                let found = query.run(&rows);
                found.iter().map(|row| row.to_json().to_string()).collect::<Vec<_>>().join(" ")
            }
            Err(message) => message,
        }
    }

    #[test]
    fn queries_select_filter_group_and_sort() {
        for (query, expected) in [
            (
                "SELECT resourceId WHERE configuration.size > 10 ORDER BY configuration.size DESC",
                r#"{"resourceId":"vol-2"} {"resourceId":"i-1"}"#,
            ),
            (
                "SELECT resourceId WHERE resourceId LIKE 'vol-%' AND NOT (configuration.state.name = 'in-use')",
                r#"{"resourceId":"vol-2"}"#,
            ),
            (
                "SELECT configuration.state.name, COUNT(*) GROUP BY configuration.state.name",
                r#"{"configuration":{"state":{"name":"available"}},"COUNT(*)":1} {"configuration":{"state":{"name":"in-use"}},"COUNT(*)":2}"#,
            ),
            ("SELECT resourceId WHERE tags.value IN ('prod', 'x')", r#"{"resourceId":"vol-1"}"#),
            (
                "SELECT resourceId WHERE configuration.size BETWEEN 10 AND 30",
                r#"{"resourceId":"i-1"}"#,
            ),
            ("SELECT COUNT(*) WHERE resourceId = 'none'", r#"{"COUNT(*)":0}"#),
            ("SELECT", "Syntax Error: the query ends too early"),
            ("FROM x", "Syntax Error: expected 'SELECT' before 'FROM'"),
        ] {
            assert_eq!(check(query), expected, "{query}");
        }
    }
}
