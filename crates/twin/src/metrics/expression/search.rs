//! The language of `SEARCH`: `{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT i-0123`.

/// A search for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// The namespace and the names of the dimensions, if it says which metrics it is about.
    schema: Option<(String, Vec<String>)>,
    terms: Term,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
    /// A property and what it must be; any property if it has no name.
    Is {
        property: String,
        text: String,
        exact: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Symbol(char),
}

/// How deep a search may be nested.
const DEEPEST: usize = 30;

impl Search {
    /// Reads a search.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0, depth: 0 };
        let schema = if reader.takes('{') { Some(reader.schema()?) } else { None };
        let terms = reader.any()?;
        if reader.at < tokens.len() {
            return Err("Invalid syntax in SEARCH".to_owned());
        }
        Ok(Self { schema, terms })
    }

    /// Whether it finds a metric.
    pub(crate) fn finds(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(String, String)],
    ) -> bool {
        let fits = self.schema.as_ref().is_none_or(|(wanted, names)| {
            wanted == namespace
                && names.len() == dimensions.len()
                && dimensions.iter().all(|(name, _)| names.contains(name))
        });
        fits && self.terms.holds(namespace, name, dimensions)
    }
}

impl Term {
    fn holds(&self, namespace: &str, name: &str, dimensions: &[(String, String)]) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.holds(namespace, name, dimensions)),
            Self::Any(terms) => terms.iter().any(|term| term.holds(namespace, name, dimensions)),
            Self::Not(term) => !term.holds(namespace, name, dimensions),
            Self::Is { property, text, exact } => {
                let is = |found: &str| {
                    if *exact {
                        found == text
                    } else {
                        found.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
                    }
                };
                let dimension = |(key, value): &(String, String)| {
                    (property.is_empty() && (is(key) || is(value)))
                        || (key == property && is(value))
                };
                match property.as_str() {
                    "MetricName" => is(name),
                    "Namespace" => is(namespace),
                    "" if is(name) || is(namespace) => true,
                    _ => dimensions.iter().any(dimension),
                }
            }
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' | '}' | '(' | ')' | ',' | '=' => tokens.push(Token::Symbol(letter)),
            '"' | '\'' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some(end) if end == letter => break,
                        Some('\\') => quoted.extend(letters.next()),
                        Some(inside) => quoted.push(inside),
                        None => return Err("A text in SEARCH does not end".to_owned()),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            letter if letter.is_whitespace() => {}
            letter => {
                let mut word = String::from(letter);
                while let Some(next) =
                    letters.next_if(|next| !next.is_whitespace() && !"{}(),=\"'".contains(*next))
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
    fn takes(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == keyword);
        self.at += usize::from(found);
        found
    }

    fn text(&mut self) -> Result<(String, bool), String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Word(word)) => Ok((word, false)),
            Some(Token::Quoted(text)) => Ok((text, true)),
            Some(Token::Symbol(symbol)) => Err(format!("Unexpected '{symbol}' in SEARCH")),
            None => Err("Unexpected end of SEARCH".to_owned()),
        }
    }

    fn schema(&mut self) -> Result<(String, Vec<String>), String> {
        let (namespace, _) = self.text()?;
        let mut names = Vec::new();
        while self.takes(',') {
            names.push(self.text()?.0);
        }
        if self.takes('}') {
            Ok((namespace, names))
        } else {
            Err("Expected '}' in SEARCH".to_owned())
        }
    }

    fn any(&mut self) -> Result<Term, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("SEARCH is nested too deeply".to_owned());
        }
        let mut terms = vec![self.all()?];
        while self.takes_word("OR") {
            terms.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if terms.len() == 1 { terms.remove(0) } else { Term::Any(terms) })
    }

    fn all(&mut self) -> Result<Term, String> {
        let mut terms = Vec::new();
        loop {
            self.takes_word("AND");
            match self.tokens.get(self.at) {
                None | Some(Token::Symbol(')')) => break,
                Some(Token::Word(word)) if word == "OR" => break,
                Some(_) => terms.push(self.one()?),
            }
        }
        Ok(Term::All(terms))
    }

    fn one(&mut self) -> Result<Term, String> {
        let mut negative = false;
        while self.takes_word("NOT") {
            negative = !negative;
        }
        let term = self.positive()?;
        Ok(if negative { Term::Not(Box::new(term)) } else { term })
    }

    fn positive(&mut self) -> Result<Term, String> {
        if self.takes('(') {
            let inside = self.any()?;
            return if self.takes(')') {
                Ok(inside)
            } else {
                Err("Expected ')' in SEARCH".to_owned())
            };
        }
        let (text, exact) = self.text()?;
        if !self.takes('=') {
            return Ok(Term::Is { property: String::new(), text, exact });
        }
        if !self.takes('(') {
            let (value, exact) = self.text()?;
            return Ok(Term::Is { property: text, text: value, exact });
        }
        let mut values = Vec::new();
        loop {
            let (value, exact) = self.text()?;
            values.push(Term::Is { property: text.clone(), text: value, exact });
            if self.takes(')') {
                return Ok(Term::Any(values));
            }
            if !self.takes_word("OR") {
                return Err("Expected OR or ')' in SEARCH".to_owned());
            }
        }
    }
}
