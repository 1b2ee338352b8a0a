//! Expressions and their values.

use regex_lite::Regex;

use super::{cell::Cell, functions};

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Field(String),
    Literal(Cell),
    Duration(i64),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Contains(Box<Expression>, String),
    Matches(Box<Expression>, Regex),
    Call(String, Vec<Expression>),
    /// `count(*)`
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl Expression {
    /// Its value, given what fields are.
    pub(super) fn value(&self, field: &dyn Fn(&str) -> Cell) -> Cell {
        match self {
            Self::Field(name) => field(name),
            Self::Literal(cell) => cell.clone(),
            Self::Duration(milliseconds) => Cell::Instant(*milliseconds),
            Self::Everything => Cell::Absent,
            Self::Not(inside) => Cell::Bool(!inside.value(field).is_true()),
            Self::Negative(inside) => {
                inside.value(field).number().map_or(Cell::Absent, |number| Cell::Number(-number))
            }
            Self::In(one, many) => {
                let one = one.value(field);
                Cell::Bool(many.iter().any(|other| one.equals(&other.value(field))))
            }
            Self::Contains(text, part) => Cell::Bool(text.value(field).text().contains(part)),
            Self::Matches(text, pattern) => {
                let text = text.value(field);
                Cell::Bool(text != Cell::Absent && pattern.is_match(&text.text()))
            }
            Self::Binary(Operator::And, left, right) => {
                Cell::Bool(left.value(field).is_true() && right.value(field).is_true())
            }
            Self::Binary(Operator::Or, left, right) => {
                Cell::Bool(left.value(field).is_true() || right.value(field).is_true())
            }
            Self::Binary(operator, left, right) => {
                binary(*operator, &left.value(field), &right.value(field))
            }
            Self::Call(name, arguments) => {
                let arguments: Vec<Cell> =
                    arguments.iter().map(|argument| argument.value(field)).collect();
                functions::call(name, &arguments)
            }
        }
    }
}

/// A comparison or an arithmetic operation.
pub(super) fn binary(operator: Operator, left: &Cell, right: &Cell) -> Cell {
    let present = *left != Cell::Absent && *right != Cell::Absent;
    let ordered =
        |wanted: fn(std::cmp::Ordering) -> bool| Cell::Bool(present && wanted(left.order(right)));
    match operator {
        Operator::Equal => return Cell::Bool(left.equals(right)),
        Operator::NotEqual => return Cell::Bool(!left.equals(right)),
        Operator::Less => return ordered(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => return ordered(std::cmp::Ordering::is_le),
        Operator::Greater => return ordered(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => return ordered(std::cmp::Ordering::is_ge),
        _ => {}
    }
    let (Some(left), Some(right)) = (left.number(), right.number()) else { return Cell::Absent };
    let result = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
        _ => left.powf(right),
    };
    if result.is_finite() { Cell::Number(result) } else { Cell::Absent }
}
