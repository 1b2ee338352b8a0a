//! Metric math: expressions over time series, such as `IF(m2 > 0, (m1 / m2) * 100, 0)`.
//!
//! ```text
//! text ─► tree (parse) ─► quantity (evaluate): a number, a line, or several lines
//! ```
//!
//! Where the lines come from is the caller's: other queries by id, a search, the band that is normal for a metric.

mod evaluate;
mod functions;
mod parse;
mod search;

pub(crate) use search::Search;

/// An expression as a tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    Text(String),
    /// The result of another query.
    Reference(String),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    List(Vec<Expression>),
    Function(String, Vec<Expression>),
}

/// What stands between two operands, from the tightest to the loosest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Power,
    Times,
    Over,
    Plus,
    Minus,
    Equal,
    Unequal,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    And,
    Or,
}

/// A time series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// What it is called where nobody says otherwise.
    pub(crate) label: String,
    /// The seconds between its points.
    pub(crate) period: i64,
    /// Values by time, in order.
    pub(crate) points: Vec<(i64, f64)>,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Quantity {
    Number(f64),
    Line(Line),
    Lines(Vec<Line>),
}

/// Where the lines of an expression come from.
pub(crate) trait Source {
    /// From when to before when, in seconds since the epoch.
    fn window(&self) -> (i64, i64);

    /// The seconds between points where no line says so.
    fn period(&self) -> i64;

    /// The result of another query.
    fn query(&self, id: &str) -> Result<Quantity, String>;

    /// The metrics among the queries, or those whose id holds a text.
    fn metrics(&self, holding: &str) -> Result<Vec<Line>, String>;

    /// The metrics that a search finds.
    fn search(&self, search: &Search, statistic: &str, period: i64) -> Result<Vec<Line>, String>;

    /// What is normal for a line: the upper and the lower end.
    fn band(&self, expression: &Expression, deviations: f64) -> Result<[Line; 2], String>;
}

impl Expression {
    /// Reads an expression. The error is for people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse::expression(text)
    }

    /// What it comes to.
    pub(crate) fn evaluate(&self, source: &dyn Source) -> Result<Quantity, String> {
        evaluate::evaluate(self, source)
    }

    /// The queries that it refers to.
    pub(crate) fn references(&self) -> Vec<&str> {
        match self {
            Self::Number(_) | Self::Text(_) => Vec::new(),
            Self::Reference(id) => vec![id],
            Self::Negative(operand) => operand.references(),
            Self::Binary(_, left, right) => {
                let mut ids = left.references();
                ids.extend(right.references());
                ids
            }
            Self::List(operands) | Self::Function(_, operands) => {
                operands.iter().flat_map(Self::references).collect()
            }
        }
    }

    /// Whether a function is called anywhere in it.
    pub(crate) fn calls(&self, function: &str) -> bool {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Reference(_) => false,
            Self::Negative(operand) => operand.calls(function),
            Self::Binary(_, left, right) => left.calls(function) || right.calls(function),
            Self::List(operands) => operands.iter().any(|operand| operand.calls(function)),
            Self::Function(name, operands) => {
                name == function || operands.iter().any(|operand| operand.calls(function))
            }
        }
    }
}

#[cfg(test)]
mod tests;
