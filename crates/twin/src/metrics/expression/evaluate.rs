//! From tree to quantity: operators and references. Lines meet where both have a point.

use super::{Expression, Line, Operator, Quantity, Source, functions};

/// What an expression comes to.
pub(super) fn evaluate(expression: &Expression, source: &dyn Source) -> Result<Quantity, String> {
    match expression {
        Expression::Number(number) => Ok(Quantity::Number(*number)),
        Expression::Text(text) => Err(format!("The text \"{text}\" cannot stand here")),
        Expression::Reference(id) => source.query(id),
        Expression::Negative(operand) => {
            let operand = evaluate(operand, source)?;
            Ok(map(operand, &|value| -value))
        }
        Expression::Binary(operator, left, right) => {
            let (left, right) = (evaluate(left, source)?, evaluate(right, source)?);
            binary(*operator, left, right)
        }
        Expression::List(operands) => list(operands, source).map(Quantity::Lines),
        Expression::Function(name, operands) => functions::call(name, operands, source),
    }
}

/// Lines in a list, flattened.
fn list(operands: &[Expression], source: &dyn Source) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    for operand in operands {
        match evaluate(operand, source)? {
            Quantity::Number(_) => return Err("A list can only hold time series".to_owned()),
            Quantity::Line(line) => lines.push(line),
            Quantity::Lines(several) => lines.extend(several),
        }
    }
    Ok(lines)
}

/// Applies a function to every value. What is not a number any more is left out.
pub(super) fn map(quantity: Quantity, function: &dyn Fn(f64) -> f64) -> Quantity {
    let on_line = |mut line: Line| {
        line.points = kept(line.points.into_iter().map(|(time, value)| (time, function(value))));
        line
    };
    match quantity {
        Quantity::Number(number) => Quantity::Number(function(number)),
        Quantity::Line(line) => Quantity::Line(on_line(line)),
        Quantity::Lines(lines) => Quantity::Lines(lines.into_iter().map(on_line).collect()),
    }
}

fn kept(points: impl Iterator<Item = (i64, f64)>) -> Vec<(i64, f64)> {
    points.filter(|(_, value)| value.is_finite()).collect()
}

fn binary(operator: Operator, left: Quantity, right: Quantity) -> Result<Quantity, String> {
    use Quantity::{Line as One, Lines as Many, Number};
    Ok(match (left, right) {
        (Number(left), right) => map(right, &|right| apply(operator, left, right)),
        (left, Number(right)) => map(left, &|left| apply(operator, left, right)),
        (One(left), One(right)) => One(meet(operator, left, &right)),
        (Many(left), One(right)) => {
            Many(left.into_iter().map(|left| meet(operator, left, &right)).collect())
        }
        (One(left), Many(right)) => {
            let meet_right = |right: Line| {
                let label = right.label.clone();
                Line { label, ..meet(operator, left.clone(), &right) }
            };
            Many(right.into_iter().map(meet_right).collect())
        }
        (Many(left), Many(right)) if left.len() == right.len() => {
            let pairs = left.into_iter().zip(&right);
            Many(pairs.map(|(left, right)| meet(operator, left, right)).collect())
        }
        (Many(_), Many(_)) => {
            return Err("Two lists of time series must have the same length".to_owned());
        }
    })
}

fn meet(operator: Operator, left: Line, right: &Line) -> Line {
    let both = left.points.iter().filter_map(|(time, value)| {
        let other = right.at(*time)?;
        Some((*time, apply(operator, *value, other)))
    });
    Line { points: kept(both), ..left }
}

impl Line {
    /// The value at a time.
    pub(super) fn at(&self, time: i64) -> Option<f64> {
        let at = self.points.binary_search_by_key(&time, |(time, _)| *time).ok()?;
        self.points.get(at).map(|(_, value)| *value)
    }
}

/// Whether a value counts as true.
pub(super) fn is_true(value: f64) -> bool {
    value.abs() > 0.0
}

fn apply(operator: Operator, left: f64, right: f64) -> f64 {
    let truth = |holds: bool| f64::from(u8::from(holds));
    match operator {
        Operator::Power => left.powf(right),
        Operator::Times => left * right,
        // What is divided by nothing is no value at all.
        Operator::Over => left / right,
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Equal => truth(!is_true(left - right)),
        Operator::Unequal => truth(is_true(left - right)),
        Operator::LessOrEqual => truth(left <= right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::Less => truth(left < right),
        Operator::Greater => truth(left > right),
        Operator::And => truth(is_true(left) && is_true(right)),
        Operator::Or => truth(is_true(left) || is_true(right)),
    }
}
