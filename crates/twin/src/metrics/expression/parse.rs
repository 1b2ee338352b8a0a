//! From text to tree.

use super::{Expression, Operator};

/// How deep an expression may be nested.
const DEEPEST: usize = 60;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Text(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 19] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",",
    "=",
];

/// Operators by how loosely they bind; those of one level are read from the left.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("OR", Operator::Or)],
    &[("&&", Operator::And), ("AND", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Plus), ("-", Operator::Minus)],
    &[("*", Operator::Times), ("/", Operator::Over)],
    &[("^", Operator::Power)],
];

/// Reads an expression.
pub(super) fn expression(text: &str) -> Result<Expression, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0 };
    let expression = reader.level(0)?;
    match reader.tokens.get(reader.at) {
        None => Ok(expression),
        Some(token) => Err(format!("Unexpected {}", shown(token))),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(number) => number.to_string(),
        Token::Name(name) => format!("'{name}'"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Symbol(symbol) => format!("'{symbol}'"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_ascii_digit() || first == '.' {
            number(rest)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let name: String = rest
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            let length = name.len();
            (Token::Name(name), length)
        } else if first == '"' || first == '\'' {
            quoted(rest, first)?
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            let symbol = symbol.ok_or_else(|| format!("Unexpected character '{first}'"))?;
            (Token::Symbol(symbol), symbol.len())
        };
        tokens.push(token);
        rest = rest.split_at_checked(length).map_or("", |(_, rest)| rest).trim_start();
    }
    Ok(tokens)
}

fn number(text: &str) -> Result<(Token, usize), String> {
    let mut length = 0;
    let mut last = ' ';
    for letter in text.chars() {
        let exponent = letter.eq_ignore_ascii_case(&'e');
        let sign = (letter == '+' || letter == '-') && last.eq_ignore_ascii_case(&'e');
        if !letter.is_ascii_digit() && letter != '.' && !exponent && !sign {
            break;
        }
        last = letter;
        length += letter.len_utf8();
    }
    let digits = text.split_at_checked(length).map_or("", |(digits, _)| digits);
    let number = digits.parse().map_err(|_| format!("'{digits}' is not a number"))?;
    Ok((Token::Number(number), length))
}

fn quoted(text: &str, quote: char) -> Result<(Token, usize), String> {
    let mut inside = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Ok((Token::Text(inside), at + 1));
        }
        if letter == '\\' {
            inside.extend(letters.next().map(|(_, letter)| letter));
        } else {
            inside.push(letter);
        }
    }
    Err("A text does not end".to_owned())
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn takes(&mut self, symbol: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Symbol(found)) => *found == symbol,
            Some(Token::Name(found)) => found == symbol,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn level(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.operand();
        };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.level(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        let found = operators.iter().find(|(symbol, _)| self.takes(symbol));
        found.map(|(_, operator)| *operator)
    }

    fn operand(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The expression is nested too deeply".to_owned());
        }
        let operand = self.bare_operand();
        self.depth -= 1;
        operand
    }

    fn bare_operand(&mut self) -> Result<Expression, String> {
        if self.takes("-") {
            // A sign binds tighter than all but a power.
            return Ok(Expression::Negative(Box::new(self.level(LEVELS.len() - 1)?)));
        }
        if self.takes("+") {
            return self.operand();
        }
        if self.takes("(") {
            let inside = self.level(0)?;
            return self.close(")").map(|()| inside);
        }
        if self.takes("[") {
            return self.operands("]").map(Expression::List);
        }
        let token = self.tokens.get(self.at).cloned().ok_or("Unexpected end of the expression")?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Name(name) if self.takes("(") => {
                Ok(Expression::Function(name.to_ascii_uppercase(), self.operands(")")?))
            }
            Token::Name(name) => Ok(Expression::Reference(name)),
            Token::Symbol(_) => Err(format!("Unexpected {}", shown(&token))),
        }
    }

    fn operands(&mut self, closing: &'static str) -> Result<Vec<Expression>, String> {
        let mut operands = Vec::new();
        if self.takes(closing) {
            return Ok(operands);
        }
        loop {
            operands.push(self.level(0)?);
            if !self.takes(",") {
                return self.close(closing).map(|()| operands);
            }
        }
    }

    fn close(&mut self, symbol: &'static str) -> Result<(), String> {
        if self.takes(symbol) {
            return Ok(());
        }
        match self.tokens.get(self.at) {
            Some(token) => Err(format!("Expected '{symbol}' but found {}", shown(token))),
            None => Err(format!("Expected '{symbol}' but the expression ends")),
        }
    }
}
