//! Reads words and signs into trees, by recursive descent.

use super::{Comparison, Condition, Operand, Path, Placeholders, Step, Term, Update, token::Token};

/// How deep expressions may nest.
const DEEPEST: usize = 100;

/// Reads tokens from the first to the last.
pub(super) struct Reader<'p> {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    placeholders: &'p mut Placeholders,
}

impl<'p> Reader<'p> {
    /// Begins at the first token.
    pub(super) fn new(tokens: Vec<Token>, placeholders: &'p mut Placeholders) -> Self {
        Self { tokens, at: 0, depth: 0, placeholders }
    }

    /// Refuses what follows.
    pub(super) fn finish(&self) -> Result<(), String> {
        if self.at < self.tokens.len() { Err(self.unexpected()) } else { Ok(()) }
    }

    /// `condition OR condition`, and all that binds closer.
    pub(super) fn condition(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("The expression has redundant parentheses or nests too deep;".to_owned());
        }
        let mut left = self.both()?;
        while self.keyword("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Condition, String> {
        let mut left = self.negation()?;
        while self.keyword("AND") {
            left = Condition::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Condition, String> {
        let mut negated = false;
        while self.keyword("NOT") {
            negated = !negated;
        }
        let condition = self.simple()?;
        Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
    }

    fn simple(&mut self) -> Result<Condition, String> {
        if self.sign("(") {
            let condition = self.condition()?;
            self.expect(")")?;
            return Ok(condition);
        }
        if let Some(function) = self.function() {
            return self.call(&function);
        }
        let left = self.operand()?;
        if self.keyword("BETWEEN") {
            let low = self.operand()?;
            if !self.keyword("AND") {
                return Err(self.unexpected());
            }
            return Ok(Condition::Between(left, low, self.operand()?));
        }
        if self.keyword("IN") {
            self.expect("(")?;
            let mut choices = vec![self.operand()?];
            while self.sign(",") {
                choices.push(self.operand()?);
            }
            self.expect(")")?;
            return Ok(Condition::In(left, choices));
        }
        let comparison = self.comparison()?;
        Ok(Condition::Compare(left, comparison, self.operand()?))
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        let known = [
            ("=", Comparison::Equal),
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
        ];
        for (sign, comparison) in known {
            if self.sign(sign) {
                return Ok(comparison);
            }
        }
        Err(self.unexpected())
    }

    /// The name of the function called here, if one that is a condition is.
    fn function(&mut self) -> Option<String> {
        let Some(Token::Word(name)) = self.tokens.get(self.at) else { return None };
        let called = self.tokens.get(self.at + 1) == Some(&Token::Sign("("));
        (called && name != "size").then(|| name.clone())
    }

    fn call(&mut self, function: &str) -> Result<Condition, String> {
        self.at += 2;
        let condition = match function {
            "attribute_exists" => Condition::Exists(self.path()?, true),
            "attribute_not_exists" => Condition::Exists(self.path()?, false),
            "attribute_type" => {
                let path = self.path()?;
                self.expect(",")?;
                Condition::Type(path, self.operand()?)
            }
            "begins_with" | "contains" => {
                let whole = self.operand()?;
                self.expect(",")?;
                let part = self.operand()?;
                if function == "contains" {
                    Condition::Contains(whole, part)
                } else {
                    Condition::BeginsWith(whole, part)
                }
            }
            other => return Err(format!("Invalid function name; function: {other}")),
        };
        self.expect(")")?;
        Ok(condition)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        match self.tokens.get(self.at).cloned() {
            Some(Token::Value(name)) => {
                self.at += 1;
                Ok(Operand::Value(self.value(&name)?))
            }
            Some(Token::Word(name))
                if name == "size" && self.tokens.get(self.at + 1) == Some(&Token::Sign("(")) =>
            {
                self.at += 2;
                let path = self.path()?;
                self.expect(")")?;
                Ok(Operand::Size(path))
            }
            _ => Ok(Operand::Path(self.path()?)),
        }
    }

    fn value(&mut self, name: &str) -> Result<reeve_model::Value, String> {
        self.placeholders.value(name).ok_or_else(|| {
            format!(
                "An expression attribute value used in expression is not defined; attribute \
                 value: {name}"
            )
        })
    }

    /// Paths with commas between.
    pub(super) fn paths(&mut self) -> Result<Vec<Path>, String> {
        let mut paths = vec![self.path()?];
        while self.sign(",") {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn path(&mut self) -> Result<Path, String> {
        let mut path = vec![Step::Member(self.member()?)];
        loop {
            if self.sign(".") {
                path.push(Step::Member(self.member()?));
            } else if self.sign("[") {
                let Some(Token::Number(place)) = self.tokens.get(self.at).cloned() else {
                    return Err(self.unexpected());
                };
                self.at += 1;
                self.expect("]")?;
                path.push(Step::Element(place));
            } else {
                return Ok(path);
            }
        }
    }

    fn member(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at).cloned() {
            Some(Token::Word(name)) => {
                self.at += 1;
                if super::super::reserved::is_reserved(&name) {
                    return Err(format!(
                        "Attribute name is a reserved keyword; reserved keyword: {name}"
                    ));
                }
                Ok(name)
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                self.placeholders.name(&name).ok_or_else(|| {
                    format!(
                        "An expression attribute name used in the document path is not defined; \
                         attribute name: {name}"
                    )
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// The clauses of an update, each at most once.
    pub(super) fn update(&mut self) -> Result<Update, String> {
        let mut update = Update::default();
        let mut seen: Vec<&str> = Vec::new();
        while self.at < self.tokens.len() {
            let known = ["SET", "REMOVE", "ADD", "DELETE"];
            let Some(clause) = known.into_iter().find(|clause| self.keyword(clause)) else {
                return Err(self.unexpected());
            };
            if seen.contains(&clause) {
                return Err(format!(
                    "The \"{clause}\" section can only be used once in an update expression;"
                ));
            }
            seen.push(clause);
            self.clause(clause, &mut update)?;
        }
        Ok(update)
    }

    fn clause(&mut self, clause: &str, update: &mut Update) -> Result<(), String> {
        loop {
            let path = self.path()?;
            match clause {
                "SET" => {
                    self.expect("=")?;
                    let term = self.sum()?;
                    update.set.push((path, term));
                }
                "REMOVE" => update.remove.push(path),
                _ => {
                    let Some(Token::Value(name)) = self.tokens.get(self.at).cloned() else {
                        return Err(self.unexpected());
                    };
                    self.at += 1;
                    let value = self.value(&name)?;
                    let into = if clause == "ADD" { &mut update.add } else { &mut update.delete };
                    into.push((path, value));
                }
            }
            if !self.sign(",") {
                return Ok(());
            }
        }
    }

    fn sum(&mut self) -> Result<Term, String> {
        let left = self.term()?;
        if self.sign("+") {
            return Ok(Term::Plus(Box::new(left), Box::new(self.term()?)));
        }
        if self.sign("-") {
            return Ok(Term::Minus(Box::new(left), Box::new(self.term()?)));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Term, String> {
        if self.sign("(") {
            let term = self.sum()?;
            self.expect(")")?;
            return Ok(term);
        }
        let Some(function) = self.function() else { return Ok(Term::Operand(self.operand()?)) };
        self.at += 2;
        let term = match function.as_str() {
            "if_not_exists" => {
                let path = self.path()?;
                self.expect(",")?;
                Term::IfNotExists(path, Box::new(self.term()?))
            }
            "list_append" => {
                let first = self.term()?;
                self.expect(",")?;
                Term::ListAppend(Box::new(first), Box::new(self.term()?))
            }
            other => return Err(format!("Invalid function name; function: {other}")),
        };
        self.expect(")")?;
        Ok(term)
    }

    fn keyword(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(sign)) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        if self.sign(wanted) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> String {
        let shown = |at: usize| match self.tokens.get(at) {
            Some(Token::Word(text) | Token::Name(text) | Token::Value(text)) => text.clone(),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Sign(sign)) => (*sign).to_owned(),
            None => "<EOF>".to_owned(),
        };
        let before = self.at.checked_sub(1).map(&shown).unwrap_or_default();
        let near = format!("{before} {}", shown(self.at));
        format!("Syntax error; token: \"{}\", near: \"{}\"", shown(self.at), near.trim())
    }
}
