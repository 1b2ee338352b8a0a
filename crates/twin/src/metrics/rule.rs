//! The rules of composite alarms: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`.

use serde::{Deserialize, Serialize};

use super::alarm::State;

/// A rule as a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AlarmRule {
    Constant(bool),
    /// Whether an alarm, given by name or ARN, is in a state.
    Is(State, String),
    Not(Box<AlarmRule>),
    And(Box<AlarmRule>, Box<AlarmRule>),
    Or(Box<AlarmRule>, Box<AlarmRule>),
}

/// How deep a rule may be nested.
const DEEPEST: usize = 100;

impl AlarmRule {
    /// Reads a rule. The error says what was found where something else belongs.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0, depth: 0 };
        let rule = reader.either()?;
        match reader.peek() {
            None => Ok(rule),
            Some(token) => Err(format!("Unexpected token {}", token.text())),
        }
    }

    /// Whether it holds, given the states of alarms.
    pub(crate) fn holds(&self, state_of: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Is(state, name) => state_of(name) == Some(*state),
            Self::Not(rule) => !rule.holds(state_of),
            Self::And(one, other) => one.holds(state_of) && other.holds(state_of),
            Self::Or(one, other) => one.holds(state_of) || other.holds(state_of),
        }
    }

    /// The alarms that it names.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Is(_, name) => vec![name],
            Self::Not(rule) => rule.names(),
            Self::And(one, other) | Self::Or(one, other) => {
                let mut names = one.names();
                names.extend(other.names());
                names
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Quoted(String),
    Word(String),
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Open => "(",
            Self::Close => ")",
            Self::Quoted(text) | Self::Word(text) => text,
        }
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => quoted.extend(letters.next()),
                        Some(letter) => quoted.push(letter),
                        None => return Err("Unterminated string".to_owned()),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            letter if letter.is_whitespace() => {}
            letter => {
                let mut word = String::from(letter);
                while let Some(next) =
                    letters.next_if(|next| !next.is_whitespace() && !"()\"".contains(*next))
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek()?.clone();
        self.at += 1;
        Some(token)
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(keyword));
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<AlarmRule, String> {
        let mut rule = self.both()?;
        while self.takes("OR") {
            rule = AlarmRule::Or(Box::new(rule), Box::new(self.both()?));
        }
        Ok(rule)
    }

    fn both(&mut self) -> Result<AlarmRule, String> {
        let mut rule = self.one()?;
        while self.takes("AND") {
            rule = AlarmRule::And(Box::new(rule), Box::new(self.one()?));
        }
        Ok(rule)
    }

    fn one(&mut self) -> Result<AlarmRule, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The rule is nested too deeply".to_owned());
        }
        let rule = self.operand();
        self.depth -= 1;
        rule
    }

    fn operand(&mut self) -> Result<AlarmRule, String> {
        let Some(token) = self.take() else {
            return Err("Unexpected end of the rule".to_owned());
        };
        if token == Token::Open {
            let rule = self.either()?;
            return self.close().map(|()| rule);
        }
        if token.is("NOT") {
            return Ok(AlarmRule::Not(Box::new(self.one()?)));
        }
        if token.is("TRUE") || token.is("FALSE") {
            return Ok(AlarmRule::Constant(token.is("TRUE")));
        }
        let state = [State::Alarm, State::Ok, State::InsufficientData]
            .into_iter()
            .find(|state| token.is(state.text()))
            .ok_or_else(|| format!("Unexpected token {}", token.text()))?;
        if self.take() != Some(Token::Open) {
            return Err(format!("Expected ( after {}", token.text()));
        }
        let name = self.name()?;
        self.close().map(|()| AlarmRule::Is(state, name))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.take() {
            Some(Token::Quoted(name) | Token::Word(name)) if !name.is_empty() => Ok(name),
            _ => Err("Expected the name of an alarm".to_owned()),
        }
    }

    fn close(&mut self) -> Result<(), String> {
        match self.take() {
            Some(Token::Close) => Ok(()),
            Some(token) => Err(format!("Expected ) but found {}", token.text())),
            None => Err("Unexpected end of the rule".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(name: &str) -> Option<State> {
        match name {
            "a"
            | "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"
            | "with (blanks): \"and more\"" => Some(State::Alarm),
            "o" => Some(State::Ok),
            "i" => Some(State::InsufficientData),
            _ => None,
        }
    }

    #[test]
    fn rules_hold_as_they_read() {
        let check = |rule: &str, expected: bool| {
            assert_eq!(AlarmRule::parse(rule).unwrap().holds(&states), expected, "{rule}");
        };
        check("TRUE", true);
        check("NOT TRUE OR FALSE", false);
        check("ALARM(a)", true);
        check("alarm(\"a\") and ok(o)", true);
        check("ALARM(o) OR OK(o) AND INSUFFICIENT_DATA(a)", false);
        check("(ALARM(a) OR OK(a)) AND INSUFFICIENT_DATA(i)", true);
        check("NOT (ALARM(o) OR ALARM(i))", true);
        check("NOT ALARM(a) OR ALARM(a)", true);
        check("ALARM(\"with (blanks): \\\"and more\\\"\")", true);
        check("ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)", true);
        check("ALARM(nobody)", false);
    }

    #[test]
    fn what_is_not_a_rule_is_refused() {
        let deep = "(".repeat(10_000);
        for text in [
            "",
            "ALARM",
            "ALARM()",
            "ALARM(a",
            "ALARM(a) ALARM(o)",
            "AND",
            "SOME(a)",
            "ALARM(\"a)",
            &deep,
        ] {
            assert!(AlarmRule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_rule_names_its_alarms() {
        let rule = AlarmRule::parse("ALARM(a) AND (OK(b) OR NOT ALARM(c)) AND TRUE").unwrap();
        assert_eq!(rule.names(), ["a", "b", "c"]);
    }
}
