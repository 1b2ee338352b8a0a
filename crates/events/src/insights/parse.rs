//! From words to commands.

use regex_lite::Regex;

use super::{
    Column, Command, Direction, Extraction, Query, QueryError,
    cell::Cell,
    expression::{Expression, Operator},
    functions,
    lexer::{Kind, Token, error_at, tokens},
    stats,
};

/// How deep expressions may be nested.
const DEPTH: usize = 50;

pub(super) fn query(text: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let mut commands = Vec::new();
    loop {
        commands.push(parser.command()?);
        if !parser.take("|") {
            break;
        }
    }
    match parser.peek() {
        None => Ok(Query { commands }),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn next(&mut self) -> Option<Kind> {
        let kind = self.peek().cloned();
        self.at += 1;
        kind
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Symbol(found)) if *found == symbol);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Kind::Name(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), QueryError> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// The next word should not be there.
    fn unexpected(&self) -> QueryError {
        match self.tokens.get(self.at) {
            Some(token) => {
                let word = self.text.get(token.start..token.end).unwrap_or_default();
                self.error(token.start, format!("unexpected symbol found {word}"))
            }
            None => self.error(self.text.len(), "unexpected end of query"),
        }
    }

    fn error(&self, at: usize, reason: impl Into<String>) -> QueryError {
        error_at(self.text, at, reason)
    }

    fn here(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |token| token.start)
    }

    fn command(&mut self) -> Result<Command, QueryError> {
        let start = self.here();
        let name = match self.peek() {
            Some(Kind::Name(name)) => name.to_ascii_lowercase(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        match name.as_str() {
            "fields" => Ok(Command::Fields(self.columns()?)),
            "display" => Ok(Command::Display(self.columns()?)),
            "filter" | "where" => Ok(Command::Filter(self.expression()?)),
            "dedup" => Ok(Command::Dedup(self.columns()?)),
            "parse" => self.parse_command(),
            "sort" => self.sort(),
            "stats" => {
                let values = self.columns()?;
                let by = if self.take_word("by") { self.columns()? } else { Vec::new() };
                Ok(Command::Stats { values, by })
            }
            "limit" | "head" => match self.next() {
                Some(Kind::Number(number)) => Ok(Command::Limit(whole(number))),
                _ => {
                    self.at -= 1;
                    Err(self.unexpected())
                }
            },
            _ => Err(self.error(start, format!("unexpected symbol found {name}"))),
        }
    }

    fn columns(&mut self) -> Result<Vec<Column>, QueryError> {
        let mut columns = Vec::new();
        loop {
            let start = self.here();
            let expression = self.expression()?;
            let end = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
            let end = end.map_or(start, |token| token.end);
            let name = if self.take_word("as") {
                self.name()?
            } else if let Expression::Field(name) = &expression {
                name.clone()
            } else {
                self.text.get(start..end).unwrap_or_default().to_owned()
            };
            columns.push(Column { name, expression });
            let separated = self.take(",");
            // `stats count(*) as n by x` and `fields a b` both end a list without a comma.
            if !separated {
                return Ok(columns);
            }
        }
    }

    fn name(&mut self) -> Result<String, QueryError> {
        match self.next() {
            Some(Kind::Name(name)) => Ok(name),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn sort(&mut self) -> Result<Command, QueryError> {
        let mut keys = Vec::new();
        loop {
            let expression = self.expression()?;
            let direction = if self.take_word("desc") {
                Direction::Descending
            } else {
                self.take_word("asc");
                Direction::Ascending
            };
            keys.push((expression, direction));
            if !self.take(",") {
                return Ok(Command::Sort(keys));
            }
        }
    }

    fn parse_command(&mut self) -> Result<Command, QueryError> {
        let source = match self.peek() {
            Some(Kind::Text(_) | Kind::Pattern(_)) => Expression::Field("@message".to_owned()),
            _ => self.expression()?,
        };
        let start = self.here();
        let with = match self.next() {
            Some(Kind::Pattern(text)) => {
                let pattern = self.regex(&text, start)?;
                if pattern.capture_names().flatten().next().is_none() {
                    return Err(self.error(start, "the regular expression has no named group"));
                }
                Extraction::Groups(pattern)
            }
            Some(Kind::Text(text)) => {
                let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
                if !self.take_word("as") {
                    return Err(self.unexpected());
                }
                let mut names = vec![self.name()?];
                while self.take(",") {
                    names.push(self.name()?);
                }
                if names.len() + 1 != pieces.len() {
                    let reason = "the number of names is not the number of `*`";
                    return Err(self.error(start, reason));
                }
                Extraction::Pieces { pieces, names }
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        Ok(Command::Parse { source, with })
    }

    fn regex(&self, text: &str, at: usize) -> Result<Regex, QueryError> {
        Regex::new(text)
            .map_err(|error| self.error(at, format!("invalid regular expression: {error}")))
    }

    fn expression(&mut self) -> Result<Expression, QueryError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(self.here(), "the expression is nested too deeply"));
        }
        let mut left = self.conjunction()?;
        while self.take_word("or") {
            left = joined(Operator::Or, left, self.conjunction()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.negation()?;
        while self.take_word("and") {
            left = joined(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, QueryError> {
        if !self.take_word("not") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(self.here(), "the expression is nested too deeply"));
        }
        let inside = self.negation()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(inside)))
    }

    fn comparison(&mut self) -> Result<Expression, QueryError> {
        let left = self.sum()?;
        let before = self.at;
        let negative = self.take_word("not");
        let start = self.here();
        let found = if self.take_word("like") || self.take("=~") {
            let start = self.here();
            match self.next() {
                Some(Kind::Text(part)) => Expression::Contains(Box::new(left), part),
                Some(Kind::Pattern(text)) => {
                    Expression::Matches(Box::new(left), self.regex(&text, start)?)
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
            }
        } else if self.take_word("in") {
            self.expect("[")?;
            let mut many = vec![self.sum()?];
            while self.take(",") {
                many.push(self.sum()?);
            }
            self.expect("]")?;
            Expression::In(Box::new(left), many)
        } else if negative {
            self.at = before;
            return Err(self.error(start, "`like` or `in` is expected behind `not`"));
        } else {
            return self.compared(left);
        };
        Ok(if negative { Expression::Not(Box::new(found)) } else { found })
    }

    fn compared(&mut self, left: Expression) -> Result<Expression, QueryError> {
        let operator = match self.peek() {
            Some(Kind::Symbol("=" | "==")) => Operator::Equal,
            Some(Kind::Symbol("!=")) => Operator::NotEqual,
            Some(Kind::Symbol("<")) => Operator::Less,
            Some(Kind::Symbol("<=")) => Operator::LessOrEqual,
            Some(Kind::Symbol(">")) => Operator::Greater,
            Some(Kind::Symbol(">=")) => Operator::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.at += 1;
        Ok(joined(operator, left, self.sum()?))
    }

    fn sum(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Kind::Symbol("+")) => Operator::Add,
                Some(Kind::Symbol("-")) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = joined(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Expression, QueryError> {
        let mut left = self.power()?;
        loop {
            let operator = match self.peek() {
                Some(Kind::Symbol("*")) => Operator::Multiply,
                Some(Kind::Symbol("/")) => Operator::Divide,
                Some(Kind::Symbol("%")) => Operator::Remainder,
                _ => return Ok(left),
            };
            self.at += 1;
            left = joined(operator, left, self.power()?);
        }
    }

    fn power(&mut self) -> Result<Expression, QueryError> {
        let left = self.single()?;
        if self.take("^") {
            return Ok(joined(Operator::Power, left, self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Expression, QueryError> {
        match self.next() {
            Some(Kind::Number(number)) => Ok(Expression::Literal(Cell::Number(number))),
            Some(Kind::Duration(length)) => Ok(Expression::Duration(length)),
            Some(Kind::Text(text)) => Ok(Expression::Literal(Cell::Text(text))),
            Some(Kind::Symbol("(")) => {
                let inside = self.expression()?;
                self.expect(")")?;
                Ok(inside)
            }
            Some(Kind::Symbol("-")) => Ok(Expression::Negative(Box::new(self.power()?))),
            Some(Kind::Name(name)) if self.take("(") => self.call(name),
            Some(Kind::Name(name)) => Ok(Expression::Field(name)),
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    fn call(&mut self, name: String) -> Result<Expression, QueryError> {
        let start = self.here();
        let mut arguments = Vec::new();
        if self.take("*") {
            arguments.push(Expression::Everything);
            self.expect(")")?;
        } else if !self.take(")") {
            arguments.push(self.expression()?);
            while self.take(",") {
                arguments.push(self.expression()?);
            }
            self.expect(")")?;
        }
        if !stats::is_aggregate(&name) && !functions::exists(&name, arguments.len()) {
            return Err(self.error(start, format!("unknown function {name}")));
        }
        if name.eq_ignore_ascii_case("bin") {
            arguments.push(Expression::Field("@timestamp".to_owned()));
        }
        Ok(Expression::Call(name, arguments))
    }
}

fn joined(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit; what is beyond saturates"
)]
fn whole(number: f64) -> usize {
    number as usize
}
