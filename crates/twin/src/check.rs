//! What every service checks before it looks at a request: what the model says must be there, and how long it may be.

use reeve_model::{
    Name, Value,
    schema::{Member, ShapeKind},
};

use crate::{call::Call, dialect::Dialect, failure::Failure};

/// Services that have words of their own for a value they do not know.
const LENIENT: [&str; 1] = ["sqs"];

/// Services that leave the check of enumerations to their framework, whose word it is, and have another for themselves.
const FRAMED: [&str; 2] = ["config", "secretsmanager"];

/// Refuses an input that lacks a required member, or has one that is too long, too short, too large, too small, or none
/// of the names that there are.
pub(crate) fn input(call: &Call) -> Result<(), Failure> {
    let Ok(operation) = call.model.operation(&call.operation) else { return Ok(()) };
    let Some(input) = &operation.input else { return Ok(()) };
    Checker { call }.value(input, &call.input, "")
}

/// Refuses parameters that change what happens and that are not heeded here.
pub(crate) fn unsupported(call: &Call, members: &[&str]) -> Result<(), Failure> {
    let is_given = |member: &str| match call.input.get(member) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::List(list)) => !list.is_empty(),
        Some(_) => true,
    };
    match members.iter().find(|member| is_given(member)) {
        Some(member) => Err(call.invalid(format!("{member} is not supported here"))),
        None => Ok(()),
    }
}

struct Checker<'c> {
    call: &'c Call,
}

impl Checker<'_> {
    fn value(&self, member: &Member, value: &Value, path: &str) -> Result<(), Failure> {
        let shape = self.call.model.shape(member.shape);
        match &shape.kind {
            ShapeKind::Structure(structure) => {
                for inner in structure.members() {
                    let inner_path = join(path, &inner.name);
                    match value.get(&inner.name) {
                        Some(found) => self.value(inner, found, &inner_path)?,
                        None if inner.flags.required => return Err(self.absent(&inner_path)),
                        None => {}
                    }
                }
                Ok(())
            }
            ShapeKind::List(list) => {
                let elements = value.as_list();
                for (place, element) in elements.iter().enumerate() {
                    self.value(&list.member, element, &format!("{path}.{}", place + 1))?;
                }
                self.size(&shape.bounds, elements.len(), path, "length")
            }
            ShapeKind::String(names) => match value.as_str() {
                Some(text) => {
                    self.size(&shape.bounds, text.chars().count(), path, "length")?;
                    self.one_of(names, text, path)
                }
                None => Ok(()),
            },
            ShapeKind::Integer | ShapeKind::Long => match value.as_f64() {
                Some(number) => self.range(&shape.bounds, number, path, "value"),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn size(
        &self,
        bounds: &reeve_model::schema::Bounds,
        size: usize,
        path: &str,
        what: &str,
    ) -> Result<(), Failure> {
        let size = u32::try_from(size).map_or(f64::INFINITY, f64::from);
        self.range(bounds, size, path, what)
    }

    /// Refuses a text that is not one of the names that the model lists.
    fn range(
        &self,
        bounds: &reeve_model::schema::Bounds,
        number: f64,
        path: &str,
        what: &str,
    ) -> Result<(), Failure> {
        // EC2's and the query services' models state bounds that their services do not keep to; those check for themselves.
        if matches!(self.call.service.dialect, Dialect::Ec2 | Dialect::Query | Dialect::S3) {
            return Ok(());
        }
        // Page sizes are checked where pages are made, in each service's words.
        if path.to_lowercase().contains("max") || path.to_lowercase().contains("perpage") {
            return Ok(());
        }
        let constraint = match (bounds.minimum, bounds.maximum) {
            (Some(least), _) if number < least => format!("greater than or equal to {least}"),
            (_, Some(most)) if number > most => format!("less than or equal to {most}"),
            _ => return Ok(()),
        };
        Err(self.call.invalid(format!(
            "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must have {what} {constraint}",
            lower_camel(path)
        )))
    }

    /// Refuses a value that its enumeration does not have, where services check that before anything else.
    fn one_of(&self, names: &[Name], text: &str, path: &str) -> Result<(), Failure> {
        let service = self.call.service;
        let is_json = matches!(service.dialect, Dialect::Json | Dialect::RestJson);
        let checked = is_json && !LENIENT.contains(&service.model);
        if !checked || names.is_empty() || names.iter().any(|name| **name == *text) {
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let code =
            if FRAMED.contains(&service.model) { "ValidationException" } else { service.invalid };
        Err(Failure::new(
            code,
            format!(
                "1 validation error detected: Value '{text}' at '{}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
                lower_camel(path),
                names.join(", ")
            ),
        ))
    }

    fn absent(&self, path: &str) -> Failure {
        match self.call.service.dialect {
            Dialect::Ec2 => {
                let message = format!("The request must contain the parameter {path}");
                Failure::new("MissingParameter", message)
            }
            _ => self.call.invalid(format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                lower_camel(path)
            )),
        }
    }
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}

fn lower_camel(path: &str) -> String {
    let mut letters = path.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
