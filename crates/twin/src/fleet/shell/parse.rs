//! Reads scripts: the part of the shell's language that operations use.
//!
//! Commands with quoted words, `;`, `&&`, `||`, `!`, pipes, redirections, `if` and `for`. What is beyond that is a syntax
//! error, as a shell would say it, and never skipped.

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A command with its words and redirections.
    Simple(Vec<Word>, Vec<Redirect>),
    /// Commands of which each reads what the one before wrote.
    Pipe(Vec<Node>),
    /// The second only if the first succeeds.
    And(Box<Node>, Box<Node>),
    /// The second only if the first fails.
    Or(Box<Node>, Box<Node>),
    /// Succeeds if it fails.
    Not(Box<Node>),
    /// One after the other.
    List(Vec<Node>),
    /// Condition, then, else.
    If(Box<Node>, Box<Node>, Box<Node>),
    /// Variable, words, body.
    For(String, Vec<Word>, Box<Node>),
}

/// A word, which quotes may divide.
pub(super) type Word = Vec<Piece>;

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Literal(String),
    /// With variables, within double quotes or without any.
    Text { text: String, quoted: bool },
}

/// Where output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    /// 1 or 2.
    pub(super) stream: u8,
    /// Whether it is added to what is there.
    pub(super) append: bool,
    /// A file; `&1` and `&2` for the other stream.
    pub(super) target: Word,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(Word),
    Operator(&'static str),
    Redirect(u8, bool),
}

/// Reads a script.
pub(super) fn parse(script: &str) -> Result<Node, String> {
    let tokens = tokens(script)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let list = parser.list(&[])?;
    match parser.peek() {
        None => Ok(list),
        Some(token) => Err(unexpected(token)),
    }
}

const OPERATORS: [&str; 8] = ["&&", "||", ";;", ";", "|", "\n", "(", ")"];
const DEEPEST: usize = 40;

fn tokens(script: &str) -> Result<Vec<Token>, String> {
    let script = script.replace("\r\n", "\n").replace("\\\n", " ");
    let mut rest = script.as_str();
    let mut tokens = Vec::new();
    'next: while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix([' ', '\t']) {
            rest = after;
            continue;
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').and_then(|end| rest.get(end..)).unwrap_or("");
            continue;
        }
        for (text, stream, append) in REDIRECTIONS {
            if let Some(after) = rest.strip_prefix(text) {
                tokens.push(Token::Redirect(stream, append));
                rest = after;
                if let Some((other, after)) = other_stream(after) {
                    tokens.push(Token::Word(vec![Piece::Literal(other.to_owned())]));
                    rest = after;
                }
                continue 'next;
            }
        }
        for operator in OPERATORS {
            if let Some(after) = rest.strip_prefix(operator) {
                tokens.push(Token::Operator(operator));
                rest = after;
                continue 'next;
            }
        }
        let (word, after) = word(rest)?;
        tokens.push(Token::Word(word));
        rest = after;
    }
    Ok(tokens)
}

/// The other stream, if that is where a redirection leads, and what comes after it.
fn other_stream(text: &str) -> Option<(&str, &str)> {
    let (stream, after) = text.split_at_checked(2)?;
    matches!(stream, "&1" | "&2").then_some((stream, after))
}

const REDIRECTIONS: [(&str, u8, bool); 9] = [
    ("&>>", 3, true),
    ("&>", 3, false),
    ("2>>", 2, true),
    ("2>", 2, false),
    ("1>>", 1, true),
    ("1>", 1, false),
    (">>", 1, true),
    (">", 1, false),
    ("<", 0, false),
];

fn word(text: &str) -> Result<(Word, &str), String> {
    let mut word = Word::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' => {
                let inside = rest.get(1..).unwrap_or("");
                let (literal, after) = inside.split_once('\'').ok_or_else(|| unclosed('\''))?;
                word.push(Piece::Literal(literal.to_owned()));
                rest = after;
            }
            '"' => {
                let (inside, after) = quoted(rest.get(1..).unwrap_or(""))?;
                word.push(Piece::Text { text: inside, quoted: true });
                rest = after;
            }
            ' ' | '\t' | '\n' | ';' | '|' | '>' | '<' | ')' => break,
            '&' if !word.is_empty() || rest.starts_with("&&") => break,
            _ => {
                let (piece, after) = bare(rest)?;
                word.push(piece);
                rest = after;
            }
        }
    }
    if word.is_empty() {
        let wrong = rest.chars().next().unwrap_or(' ');
        return Err(format!("syntax error near unexpected token `{wrong}'"));
    }
    Ok((word, rest))
}

fn bare(text: &str) -> Result<(Piece, &str), String> {
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                if at > 0 {
                    break;
                }
                let escaped = characters.next().map_or(String::new(), |(_, next)| next.to_string());
                let after = text.get(1 + escaped.len()..).unwrap_or("");
                return Ok((Piece::Literal(escaped), after));
            }
            '$' if text.get(at..).is_some_and(|rest| rest.starts_with("$(")) => {
                let inside = text.get(at + 2..).unwrap_or("");
                let length = matching(inside)?;
                end = at + 2 + length + 1;
                let head = text.get(..end).unwrap_or("").to_owned();
                let after = text.get(end..).unwrap_or("");
                return Ok((Piece::Text { text: head, quoted: false }, after));
            }
            '`' => {
                let inside = text.get(at + 1..).unwrap_or("");
                let (command, after) = inside.split_once('`').ok_or_else(|| unclosed('`'))?;
                let head = text.get(..at).unwrap_or("");
                let text = format!("{head}$({command})");
                return Ok((Piece::Text { text, quoted: false }, after));
            }
            ' ' | '\t' | '\n' | ';' | '|' | '>' | '<' | '\'' | '"' | '(' | ')' | '&' => break,
            _ => {}
        }
        end = at + character.len_utf8();
    }
    if end == 0 {
        let wrong = text.chars().next().unwrap_or(' ');
        return Err(format!("syntax error near unexpected token `{wrong}'"));
    }
    let piece = text.get(..end).unwrap_or("").to_owned();
    Ok((Piece::Text { text: piece, quoted: false }, text.get(end..).unwrap_or("")))
}

/// What stands within double quotes, and what comes after them.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut inside = String::new();
    let mut depth = 0_usize;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if depth == 0 => match characters.next() {
                // A dollar that was escaped stands for itself: expansion knows this mark.
                Some((_, '$')) => inside.push('\u{1}'),
                Some((_, next @ ('"' | '\\' | '`'))) => inside.push(next),
                Some((_, next)) => inside.extend(['\\', next]),
                None => break,
            },
            '"' if depth == 0 => return Ok((inside, text.get(at + 1..).unwrap_or(""))),
            '(' if depth > 0 || inside.ends_with('$') => {
                depth += 1;
                inside.push('(');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                inside.push(')');
            }
            other => inside.push(other),
        }
    }
    Err(unclosed('"'))
}

/// Where the parenthesis that is open at the beginning of a text is closed.
pub(super) fn matching(text: &str) -> Result<usize, String> {
    let mut depth = 1_usize;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(at);
        }
    }
    Err(unclosed(')'))
}

fn unclosed(quote: char) -> String {
    format!("unexpected EOF while looking for matching `{quote}'")
}

fn unexpected(token: &Token) -> String {
    let text = match token {
        Token::Operator("\n") => "newline".to_owned(),
        Token::Operator(operator) => (*operator).to_owned(),
        Token::Word(word) => plain(word).unwrap_or_default(),
        Token::Redirect(..) => ">".to_owned(),
    };
    format!("syntax error near unexpected token `{text}'")
}

/// A word without quotes, variables included as they stand.
fn plain(word: &Word) -> Option<String> {
    match word.as_slice() {
        [Piece::Text { text, quoted: false }] => Some(text.clone()),
        _ => None,
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, operator: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Operator(here)) if *here == operator);
        self.at += usize::from(found);
        found
    }

    /// The reserved word that comes next.
    fn reserved(&self) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word)) => plain(word),
            _ => None,
        }
    }

    fn expects(&mut self, word: &str) -> Result<(), String> {
        if self.reserved().as_deref() == Some(word) {
            self.at += 1;
            return Ok(());
        }
        match self.peek() {
            Some(token) => Err(unexpected(token)),
            None => Err("syntax error: unexpected end of file".to_owned()),
        }
    }

    fn skip_ends(&mut self) {
        while self.takes(";") || self.takes("\n") {}
    }

    /// Commands up to one of some reserved words.
    fn list(&mut self, until: &[&str]) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("maximum nesting level exceeded".to_owned());
        }
        let mut nodes = Vec::new();
        loop {
            self.skip_ends();
            let ends = self.reserved().is_some_and(|word| until.contains(&word.as_str()));
            if self.peek().is_none() || ends || matches!(self.peek(), Some(Token::Operator(")"))) {
                break;
            }
            nodes.push(self.chain()?);
        }
        self.depth -= 1;
        Ok(Node::List(nodes))
    }

    fn chain(&mut self) -> Result<Node, String> {
        let mut left = self.pipe()?;
        loop {
            let and = self.takes("&&");
            if !and && !self.takes("||") {
                return Ok(left);
            }
            while self.takes("\n") {}
            let right = Box::new(self.pipe()?);
            left = if and {
                Node::And(Box::new(left), right)
            } else {
                Node::Or(Box::new(left), right)
            };
        }
    }

    fn pipe(&mut self) -> Result<Node, String> {
        if self.reserved().as_deref() == Some("!") {
            self.at += 1;
            return Ok(Node::Not(Box::new(self.pipe()?)));
        }
        let mut nodes = vec![self.command()?];
        while self.takes("|") {
            while self.takes("\n") {}
            nodes.push(self.command()?);
        }
        match (nodes.len(), nodes.pop()) {
            (1, Some(only)) => Ok(only),
            (_, Some(last)) => {
                nodes.push(last);
                Ok(Node::Pipe(nodes))
            }
            (_, None) => Ok(Node::List(Vec::new())),
        }
    }

    fn command(&mut self) -> Result<Node, String> {
        if self.takes("(") {
            let inner = self.list(&[])?;
            return if self.takes(")") { Ok(inner) } else { Err(unclosed(')')) };
        }
        match self.reserved().as_deref() {
            Some("if") => {
                self.at += 1;
                self.branch()
            }
            Some("for") => {
                self.at += 1;
                self.repeat()
            }
            Some(word @ ("while" | "until" | "case" | "function" | "select" | "{")) => {
                Err(format!("syntax error near unexpected token `{word}'"))
            }
            _ => self.simple(),
        }
    }

    fn branch(&mut self) -> Result<Node, String> {
        let condition = self.list(&["then"])?;
        self.expects("then")?;
        let then = self.list(&["elif", "else", "fi"])?;
        let otherwise = match self.reserved().as_deref() {
            Some("elif") => {
                self.at += 1;
                return Ok(Node::If(Box::new(condition), Box::new(then), Box::new(self.branch()?)));
            }
            Some("else") => {
                self.at += 1;
                self.list(&["fi"])?
            }
            _ => Node::List(Vec::new()),
        };
        self.expects("fi")?;
        Ok(Node::If(Box::new(condition), Box::new(then), Box::new(otherwise)))
    }

    fn repeat(&mut self) -> Result<Node, String> {
        let name = self.reserved().ok_or("syntax error near `for'")?;
        self.at += 1;
        self.expects("in")?;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        self.skip_ends();
        self.expects("do")?;
        let body = self.list(&["done"])?;
        self.expects("done")?;
        Ok(Node::For(name, words, Box::new(body)))
    }

    fn simple(&mut self) -> Result<Node, String> {
        let (mut words, mut redirects) = (Vec::new(), Vec::new());
        loop {
            match self.peek() {
                Some(Token::Word(word)) => {
                    words.push(word.clone());
                    self.at += 1;
                }
                Some(Token::Redirect(stream, append)) => {
                    let (stream, append) = (*stream, *append);
                    self.at += 1;
                    let Some(Token::Word(target)) = self.next() else {
                        return Err("syntax error near unexpected token `newline'".to_owned());
                    };
                    redirects.push(Redirect { stream, append, target });
                }
                Some(token) if words.is_empty() && redirects.is_empty() => {
                    return Err(unexpected(token));
                }
                _ => return Ok(Node::Simple(words, redirects)),
            }
        }
    }
}
