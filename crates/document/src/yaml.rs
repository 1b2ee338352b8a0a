//! YAML 1.2, built from the parser's events.
//!
//! Ready-made loaders merge or refuse keys that are written twice and resolve numbers before anyone can ask how they were
//! written. We keep both, and the positions, so we build the tree ourselves. Nothing here recurses over the text: depth is
//! counted, and so is what aliases expand to, since a page of text can expand to more than any memory holds.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::{
    Diagnostic, Entry, MAXIMUM_DEPTH, Node, NodeValue, Position, core_schema,
    json::{lower_first, too_deep},
};

/// How much aliases may add to a document, in nodes and characters.
const MAXIMUM_EXPANSION: usize = 1_000_000;

/// How often a line may be indented to be read: the text is read again each time.
const MAXIMUM_INDENTATIONS: usize = 200;

/// What the reader says of it.
const STANDS_TOO_FAR_LEFT: [&str; 2] =
    ["invalid indentation", "invalid indentation in flow construct"];

/// Reads a YAML text of one document. A byte order mark at its start is skipped; an empty text is [`NodeValue::Null`].
///
/// Anchors and aliases are expanded. A key that is written twice is kept twice. Tags other than those of the core schema,
/// keys that are not scalars, and a second document are refused.
///
/// Within brackets, lines may begin further left than YAML allows: everybody's reader accepts that, and many write so.
pub fn parse_yaml(text: &str) -> Result<Node, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut indented = Indented { text: Cow::Borrowed(text), columns: BTreeMap::new(), times: 0 };
    loop {
        match parse(&indented.text) {
            Ok(mut node) => {
                indented.put_back(&mut node);
                return Ok(node);
            }
            Err(ParseError::Refused(diagnostic)) => return Err(diagnostic),
            Err(ParseError::Syntax(error)) if !indented.indent(&error) => {
                return Err(syntax(&error));
            }
            Err(ParseError::Syntax(_)) => {}
        }
    }
}

/// A text some of whose lines were indented so that they can be read.
struct Indented<'a> {
    text: Cow<'a, str>,
    /// By how many columns, for each line.
    columns: BTreeMap<usize, usize>,
    times: usize,
}

impl Indented<'_> {
    /// Indents the line that the reader stumbled over, if that is all that is wrong with it.
    fn indent(&mut self, error: &ScanError) -> bool {
        let line = error.marker().line();
        let is_indentation = STANDS_TOO_FAR_LEFT.contains(&error.info());
        if !is_indentation || line == 0 || self.times >= MAXIMUM_INDENTATIONS {
            return false;
        }
        let begin = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let Some((before, rest)) = self.text.split_at_checked(begin) else { return false };
        let first = rest.lines().next().unwrap_or_default();
        // Only what begins the line can stand too far left.
        if first.len() - first.trim_start_matches(' ').len() != error.marker().col() {
            return false;
        }
        let columns = self.columns.entry(line).or_default();
        let more = (*columns).max(1);
        *columns += more;
        self.text = Cow::Owned(format!("{before}{}{rest}", " ".repeat(more)));
        self.times += 1;
        true
    }

    /// Puts every position back to where it is in the text that was given.
    fn put_back(&self, node: &mut Node) {
        if self.columns.is_empty() {
            return;
        }
        self.put_position_back(&mut node.position);
        match &mut node.value {
            NodeValue::List(elements) => {
                for element in elements {
                    self.put_back(element);
                }
            }
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.put_position_back(&mut entry.key_position);
                    self.put_back(&mut entry.value);
                }
            }
            _ => {}
        }
    }

    fn put_position_back(&self, position: &mut Position) {
        let columns = self.columns.get(&position.line).copied().unwrap_or_default();
        position.column = position.column.saturating_sub(columns).max(1);
    }
}

enum ParseError {
    Syntax(ScanError),
    Refused(Diagnostic),
}

fn parse(text: &str) -> Result<Node, ParseError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(ParseError::Syntax)?;
        builder.take(event, span).map_err(ParseError::Refused)?;
    }
    Ok(builder.root.unwrap_or(Node { value: NodeValue::Null, position: Position::START }))
}

fn syntax(error: &ScanError) -> Diagnostic {
    Diagnostic::new(position(*error.marker()), "", lower_first(error.info()))
}

fn position(marker: Marker) -> Position {
    Position { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A list or map that has begun and not ended.
struct Open {
    position: Position,
    anchor: usize,
    contents: Contents,
}

enum Contents {
    List(Vec<Node>),
    /// The entries so far, and the key whose value comes next.
    Map(Vec<Entry>, Option<(String, Position)>),
}

/// A node that an alias may repeat.
struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy)]
struct Size {
    weight: usize,
    depth: usize,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Anchored>,
    expanded: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let position = position(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.start_document(position),
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar { text: &text, style, tag: tag.as_deref() };
                self.scalar(&scalar, anchor, position)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_collection_tag(tag.as_deref(), "seq", position)?;
                self.start(Open { position, anchor, contents: Contents::List(Vec::new()) })
            }
            Event::MappingStart(anchor, tag) => {
                refuse_collection_tag(tag.as_deref(), "map", position)?;
                self.start(Open { position, anchor, contents: Contents::Map(Vec::new(), None) })
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, position),
        }
    }

    fn start_document(&mut self, position: Position) -> Result<(), Diagnostic> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Diagnostic::new(position, "", "a second document begins here")
                .with_hint("one file holds one document: remove this `---`"));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        scalar: &Scalar<'_>,
        anchor: usize,
        position: Position,
    ) -> Result<(), Diagnostic> {
        let node = Node { value: scalar.resolve(position)?, position };
        self.remember(anchor, &node);
        if let Some(Contents::Map(_, next @ None)) =
            self.open.last_mut().map(|open| &mut open.contents)
        {
            if scalar.style == ScalarStyle::Plain && scalar.text.is_empty() {
                return Err(Diagnostic::new(position, "", "a key is missing before the `:`"));
            }
            *next = Some((scalar.text.to_owned(), position));
            return Ok(());
        }
        self.add(node);
        Ok(())
    }

    fn start(&mut self, open: Open) -> Result<(), Diagnostic> {
        self.refuse_as_key(open.position)?;
        if self.open.len() >= MAXIMUM_DEPTH {
            return Err(too_deep(open.position));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Diagnostic> {
        let Some(Open { position, anchor, contents }) = self.open.pop() else {
            return Ok(());
        };
        let value = match contents {
            Contents::List(nodes) => NodeValue::List(nodes),
            Contents::Map(entries, None) => NodeValue::Map(entries),
            Contents::Map(_, Some((key, at))) => {
                return Err(Diagnostic::new(at, "", format!("the key `{key}` has no value")));
            }
        };
        let node = Node { value, position };
        self.remember(anchor, &node);
        self.add(node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, position: Position) -> Result<(), Diagnostic> {
        self.refuse_as_key(position)?;
        let Some(Anchored { node, size }) = self.anchors.get(&anchor) else {
            let message = "an alias stands within what it stands for";
            return Err(Diagnostic::new(position, "", message));
        };
        self.expanded = self.expanded.saturating_add(size.weight);
        if self.expanded > MAXIMUM_EXPANSION {
            return Err(Diagnostic::new(position, "", "aliases make this document too large"));
        }
        if self.open.len() + size.depth > MAXIMUM_DEPTH {
            return Err(too_deep(position));
        }
        let node = Node { value: node.value.clone(), position };
        self.add(node);
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.contents) {
            None => self.root = Some(node),
            Some(Contents::List(nodes)) => nodes.push(node),
            Some(Contents::Map(entries, key)) => {
                if let Some((key, key_position)) = key.take() {
                    entries.push(Entry { key, key_position, value: node });
                }
            }
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        // The parser counts anchors from 1; 0 is for nodes without one.
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size: size(node) });
        }
    }

    fn refuse_as_key(&self, position: Position) -> Result<(), Diagnostic> {
        match self.open.last().map(|open| &open.contents) {
            Some(Contents::Map(_, None)) => {
                Err(Diagnostic::new(position, "", "a key must be a word or a text"))
            }
            _ => Ok(()),
        }
    }
}

struct Scalar<'a> {
    text: &'a str,
    style: ScalarStyle,
    tag: Option<&'a Tag>,
}

impl Scalar<'_> {
    fn resolve(&self, position: Position) -> Result<NodeValue, Diagnostic> {
        let text = || NodeValue::String(self.text.to_owned());
        let Some(tag) = self.tag else {
            let is_plain = self.style == ScalarStyle::Plain;
            return Ok(if is_plain { core_schema::resolve(self.text) } else { text() });
        };
        if tag.handle.is_empty() && tag.suffix == "!" || is_core(tag, "str") {
            return Ok(text());
        }
        let value = core_schema::resolve(self.text);
        let fits = match &value {
            NodeValue::Null => is_core(tag, "null"),
            NodeValue::Bool(_) => is_core(tag, "bool"),
            NodeValue::Number(written) => {
                is_core(tag, "float") || is_core(tag, "int") && core_schema::is_integer(written)
            }
            NodeValue::String(_) | NodeValue::List(_) | NodeValue::Map(_) => false,
        };
        if fits { Ok(value) } else { Err(refuse_tag(tag, position)) }
    }
}

fn is_core(tag: &Tag, name: &str) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == name
}

fn refuse_collection_tag(
    tag: Option<&Tag>,
    name: &str,
    position: Position,
) -> Result<(), Diagnostic> {
    match tag {
        Some(tag) if !is_core(tag, name) => Err(refuse_tag(tag, position)),
        _ => Ok(()),
    }
}

fn refuse_tag(tag: &Tag, position: Position) -> Diagnostic {
    let message = if tag.is_yaml_core_schema() {
        format!("this is not a value of the type `!!{}`", tag.suffix)
    } else {
        format!("the tag `{}{}` is not understood here", tag.handle, tag.suffix)
    };
    Diagnostic::new(position, "", message)
}

/// Recursion is safe: every node was built under [`MAXIMUM_DEPTH`].
fn size(node: &Node) -> Size {
    let children: Box<dyn Iterator<Item = (usize, &Node)>> = match &node.value {
        NodeValue::Null | NodeValue::Bool(_) => return Size { weight: 1, depth: 0 },
        NodeValue::Number(text) | NodeValue::String(text) => {
            return Size { weight: 1 + text.len(), depth: 0 };
        }
        NodeValue::List(nodes) => Box::new(nodes.iter().map(|node| (0, node))),
        NodeValue::Map(entries) => {
            Box::new(entries.iter().map(|entry| (entry.key.len(), &entry.value)))
        }
    };
    children.fold(Size { weight: 1, depth: 1 }, |sum, (key, child)| {
        let child = size(child);
        Size { weight: sum.weight + key + child.weight, depth: sum.depth.max(child.depth + 1) }
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::node::samples::outline;

    fn read(text: &str) -> String {
        outline(&parse_yaml(text).unwrap())
    }

    fn refused(text: &str) -> String {
        parse_yaml(text).unwrap_err().to_string()
    }

    #[test]
    fn within_brackets_lines_may_begin_further_left() {
        let text = "a:\n  b: {\n  c: [\n1\n    ], d: 2,\n  }\n  e: 3\n";
        insta::assert_snapshot!(read(text), @r"
        1:1 map
        1:1 a 2:3 map
        2:3 b 2:6 map
        3:3 c 3:6 list
        4:1 number 1
        5:8 d 5:11 number 2
        7:3 e 7:6 number 3
        ");
        let endless = format!("a:\n  b: {{\n{}}}\n", "1,\n".repeat(1000));
        assert!(parse_yaml(&endless).is_err(), "there is an end to it");
    }

    #[test]
    fn every_value_and_key_knows_where_it_begins() {
        let text = "# estate\nname: acme\naccounts:\n  - id: 011122223333\n    größe: {a: [x, 'y']}\n  -\n    - no\nempty:\nnext: |\n  two\n  lines\n";
        insta::assert_snapshot!(read(text), @r#"
        2:1 map
        2:1 name 2:7 "acme"
        3:1 accounts 4:3 list
        4:5 map
        4:5 id 4:9 number 011122223333
        5:5 größe 5:12 map
        5:13 a 5:16 list
        5:17 "x"
        5:20 "y"
        7:5 list
        7:7 "no"
        8:1 empty 8:6 null
        9:1 next 10:3 "two\nlines\n"
        "#);
    }

    #[test]
    fn an_empty_text_is_nothing() {
        for text in ["", "\n\n", "# only a comment\n", "---\n", "\u{feff}"] {
            assert_eq!(parse_yaml(text).unwrap().value, NodeValue::Null, "{text:?}");
        }
    }

    #[test]
    fn a_key_that_is_written_twice_is_kept_twice() {
        insta::assert_snapshot!(read("a: 1\na: 2\n"), @r"
        1:1 map
        1:1 a 1:4 number 1
        2:1 a 2:4 number 2
        ");
    }

    #[test]
    fn an_alias_repeats_its_value_at_its_own_position() {
        insta::assert_snapshot!(read("base: &base {a: &x 1}\nother: *base\nlast: [*x]\n"), @r"
        1:1 map
        1:1 base 1:7 map
        1:14 a 1:17 number 1
        2:1 other 2:8 map
        1:14 a 1:17 number 1
        3:1 last 3:7 list
        3:8 number 1
        ");
    }

    #[test]
    fn tags_of_the_core_schema_are_obeyed() {
        insta::assert_snapshot!(
            read("- !!str 12\n- ! 12\n- !!int 12\n- !!float 12\n- !!null ~\n- !!bool true\n- !!seq []\n- !!map {}\n"),
            @r#"
            1:1 list
            1:3 "12"
            2:3 "12"
            3:3 number 12
            4:3 number 12
            5:3 null
            6:3 true
            7:3 list
            8:3 map
            "#
        );
    }

    #[test]
    fn what_is_not_supported_is_refused_where_it_stands() {
        let refusals: Vec<String> = [
            "a: 1\n---\nb: 2\n",
            "a: !Ref b\n",
            "a: !!int x\n",
            "a: !!binary aGk=\n",
            "a: !!set {}\n",
            "? [a, b]\n: c\n",
            "? {a: b}\n: c\n",
            "x: &x a\n*x : b\n",
            ": a\n",
            "a: &a [*a]\n",
            "a: *nowhere\n",
            "a: [1, 2\n",
            "a: 'open\n",
            "a: b: c\n",
            "a: 1\n  b: 2\n",
            "a: @b\n",
        ]
        .iter()
        .map(|text| format!("{text:?} -> {}", refused(text)))
        .collect();
        insta::assert_snapshot!(refusals.join("\n"), @r#"
        "a: 1\n---\nb: 2\n" -> 2:1: a second document begins here
          hint: one file holds one document: remove this `---`
        "a: !Ref b\n" -> 1:4: the tag `!Ref` is not understood here
        "a: !!int x\n" -> 1:4: this is not a value of the type `!!int`
        "a: !!binary aGk=\n" -> 1:4: this is not a value of the type `!!binary`
        "a: !!set {}\n" -> 1:4: this is not a value of the type `!!set`
        "? [a, b]\n: c\n" -> 1:3: a key must be a word or a text
        "? {a: b}\n: c\n" -> 1:3: a key must be a word or a text
        "x: &x a\n*x : b\n" -> 2:1: a key must be a word or a text
        ": a\n" -> 1:1: a key is missing before the `:`
        "a: &a [*a]\n" -> 1:8: an alias stands within what it stands for
        "a: *nowhere\n" -> 1:4: while parsing node, found unknown anchor
        "a: [1, 2\n" -> 2:1: while parsing a flow sequence, expected ',' or ']'
        "a: 'open\n" -> 1:4: while scanning a quoted scalar, found unexpected end of stream
        "a: b: c\n" -> 1:5: mapping values are not allowed in this context
        "a: 1\n  b: 2\n" -> 2:4: mapping values are not allowed in this context
        "a: @b\n" -> 1:4: unexpected character: `@'
        "#);
    }

    #[test]
    fn nesting_is_bounded() {
        let flow = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_yaml(&flow(MAXIMUM_DEPTH)).is_ok());
        for depth in [MAXIMUM_DEPTH + 1, 10_000] {
            assert!(parse_yaml(&flow(depth)).is_err(), "{depth}");
        }
        assert!(parse_yaml(&"- ".repeat(10_000)).is_err());
    }

    #[test]
    fn aliases_cannot_nest_deeper_than_what_is_written() {
        let mut text = "l0: &l0 [x]\n".to_owned();
        for level in 1..200 {
            let below = level - 1;
            writeln!(text, "l{level}: &l{level} [*l{below}]").unwrap();
        }
        assert!(refused(&text).contains("deep within each other"));
    }

    #[test]
    fn aliases_that_double_over_and_over_are_refused() {
        let mut text = "l0: &l0 [lol, lol, lol]\n".to_owned();
        for level in 1..40 {
            let below = level - 1;
            writeln!(text, "l{level}: &l{level} [*l{below}, *l{below}]").unwrap();
        }
        assert!(refused(&text).contains("aliases make this document too large"));

        let long = "x".repeat(600_000);
        assert!(refused(&format!("a: &a {long}\nb: [*a, *a]\n")).contains("too large"));
    }
}
