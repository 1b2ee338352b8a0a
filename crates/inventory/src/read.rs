//! Reads a definition from its YAML file.

use reeve_document::{Cursor, Diagnostics, Fields, Node, NodeValue, Problems, parse_yaml};
use reeve_types::{Attribute, ResourceType};

use crate::{
    access::Access,
    definition::{ArnSource, AttributeSource, Definition, Detail, List, One, Results, WriteCall},
    path::Path,
    template::Template,
};

const KEYS: [&str; 15] = [
    "type",
    "service",
    "list",
    "one",
    "leave-out",
    "id",
    "arn",
    "details",
    "tags",
    "tag-flag",
    "attributes",
    "gone",
    "tag",
    "untag",
    "access",
];

/// Reads one definition, or says everything that is wrong with it.
pub(crate) fn read(file: &str, text: &str) -> Result<Definition, Diagnostics> {
    let node = parse_yaml(text).map_err(|diagnostic| {
        let mut diagnostics = Diagnostics::new(file);
        diagnostics.push(diagnostic);
        diagnostics
    })?;
    let problems = Problems::new();
    let definition = definition(&Cursor::new(&node, &problems));
    problems.finish(file, definition).map(|(definition, _)| definition)
}

fn definition(root: &Cursor<'_>) -> Option<Definition> {
    let fields = root.fields(&KEYS)?;
    let service = fields.required("service")?.string()?;
    Some(Definition {
        resource_type: ResourceType::new(fields.required("type")?.string()?),
        service: service.to_owned(),
        list: list(fields.required("list")?)?,
        one: one(fields.required("one")?)?,
        leave_out: fields.optional("leave-out").map_or(Some(Vec::new()), leave_out)?,
        id: path(fields.required("id")?)?,
        arn: arn(fields.required("arn")?)?,
        details: fields.optional("details").map_or(Some(Vec::new()), |list| {
            list.list()?.iter().map(|entry| detail(entry, service)).collect()
        })?,
        tags: path(fields.required("tags")?)?,
        tag_flag: fields
            .optional("tag-flag")
            .map_or(Some(None), |flag| Some(Some(flag.string()?.to_owned())))?,
        attributes: attributes(fields.required("attributes")?)?,
        gone: owned(fields.required("gone")?.strings()?),
        tag: write_call(fields.required("tag")?, service)?,
        untag: write_call(fields.required("untag")?, service)?,
        access: fields.optional("access").map_or(Some(Access::default()), access)?,
    })
}

fn list(cursor: &Cursor<'_>) -> Option<List> {
    let fields = cursor.fields(&["operation", "input", "items"])?;
    Some(List {
        operation: fields.required("operation")?.string()?.to_owned(),
        input: input(&fields),
        items: path(fields.required("items")?)?,
    })
}

fn one(cursor: &Cursor<'_>) -> Option<One> {
    let fields = cursor.fields(&["input", "item"])?;
    match (fields.optional("input"), fields.optional("item")) {
        (Some(input), None) => Some(One::Input(template(input.node()))),
        (None, Some(item)) => Some(One::Item(template(item.node()))),
        _ => cursor.expected("either `input` or `item`"),
    }
}

fn leave_out(cursor: &Cursor<'_>) -> Option<Vec<(Path, Vec<String>)>> {
    let entry = |(entry, values): (&reeve_document::Entry, Cursor<'_>)| {
        Some((Path::new(&entry.key), owned(values.strings()?)))
    };
    cursor.entries()?.into_iter().map(entry).collect()
}

fn access(cursor: &Cursor<'_>) -> Option<Access> {
    let fields = cursor.fields(&["resource", "also"])?;
    Some(Access {
        resource: match fields.optional("resource") {
            Some(resource) => Some(resource.string()?.to_owned()),
            None => None,
        },
        also: fields.optional("also").map_or(Some(Vec::new()), |also| also.strings().map(owned))?,
    })
}

fn arn(cursor: &Cursor<'_>) -> Option<Vec<ArnSource>> {
    let texts = match &cursor.node().value {
        NodeValue::List(_) => cursor.strings()?,
        _ => vec![cursor.string()?],
    };
    let source = |text: &str| {
        if text.starts_with("arn:") {
            ArnSource::Text(text.to_owned())
        } else {
            ArnSource::Path(Path::new(text))
        }
    };
    Some(texts.into_iter().map(source).collect())
}

fn detail(cursor: &Cursor<'_>, service: &str) -> Option<Detail> {
    let keys =
        ["operation", "input", "batch", "items", "key", "matches", "required", "as", "empty"];
    let fields = cursor.fields(&keys)?;
    let results = match (fields.optional("items"), fields.optional("key")) {
        (None, None) => None,
        (items, key) => Some(Results {
            items: items.and_then(path)?,
            key: key.and_then(path)?,
            by_arn: fields
                .optional("matches")
                .map_or(Some(false), |word| word.one_of(&[("id", false), ("arn", true)]))?,
            required: fields.optional("required").map_or(Some(false), Cursor::bool)?,
        }),
    };
    let batch = fields.optional("batch").map_or(Some(1), Cursor::integer)?;
    Some(Detail {
        service: service.to_owned(),
        operation: fields.required("operation")?.string()?.to_owned(),
        input: input(&fields),
        batch: usize::try_from(batch).ok().filter(|batch| *batch > 0)?,
        results,
        put_as: fields.required("as")?.string()?.to_owned(),
        empty: fields
            .optional("empty")
            .map_or(Some(Vec::new()), |list| Some(owned(list.strings()?)))?,
    })
}

fn attributes(cursor: &Cursor<'_>) -> Option<Vec<(String, AttributeSource)>> {
    let entry = |(entry, source): (&reeve_document::Entry, Cursor<'_>)| {
        Some((entry.key.clone(), attribute(&source)?))
    };
    cursor.entries()?.into_iter().map(entry).collect()
}

fn attribute(cursor: &Cursor<'_>) -> Option<AttributeSource> {
    if let NodeValue::String(text) = &cursor.node().value {
        return Some(AttributeSource::Path { path: Path::new(text), absent: None });
    }
    let fields = cursor.fields(&["path", "absent", "exists"])?;
    if let Some(exists) = fields.optional("exists") {
        return path(exists).map(AttributeSource::Exists);
    }
    let absent = fields.optional("absent").map(|absent| match &absent.node().value {
        NodeValue::Bool(flag) => Some(Attribute::Flag(*flag)),
        _ => absent.string().map(|text| Attribute::Text(text.to_owned())),
    });
    Some(AttributeSource::Path {
        path: path(fields.required("path")?)?,
        absent: absent.unwrap_or_default(),
    })
}

fn write_call(cursor: &Cursor<'_>, service: &str) -> Option<WriteCall> {
    let fields = cursor.fields(&["service", "operation", "input", "failures"])?;
    Some(WriteCall {
        service: fields.optional("service").map_or(Some(service), Cursor::string)?.to_owned(),
        operation: fields.required("operation")?.string()?.to_owned(),
        input: input(&fields),
        failures: fields.optional("failures").map_or(Some(None), |at| path(at).map(Some))?,
    })
}

fn input(fields: &Fields<'_>) -> Template {
    fields.optional("input").map_or_else(Template::empty, |input| template(input.node()))
}

fn template(node: &Node) -> Template {
    match &node.value {
        NodeValue::Null => Template::empty(),
        NodeValue::Bool(flag) => Template::Bool(*flag),
        NodeValue::Number(text) => {
            text.parse().map_or_else(|_| Template::Text(text.clone()), Template::Integer)
        }
        NodeValue::String(text) => Template::Text(text.clone()),
        NodeValue::List(list) => Template::List(list.iter().map(template).collect()),
        NodeValue::Map(entries) => match entries.as_slice() {
            [only] if only.key == "each-tag" => Template::EachTag(Box::new(template(&only.value))),
            entries => Template::Map(
                entries.iter().map(|entry| (entry.key.clone(), template(&entry.value))).collect(),
            ),
        },
    }
}

fn path(cursor: &Cursor<'_>) -> Option<Path> {
    cursor.string().map(Path::new)
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}
