//! Reads the definitions of a service from their YAML file.

use reeve_document::{Cursor, Diagnostics, Fields, NodeValue, Problems, parse_yaml};
use reeve_model::Expression;
use serde_json::{Map, Value};

use super::{
    definition::{
        CallForm, Copying, EffectDefinition, Example, LookForm, Missing, ReadForm, ReadyForm,
        Repeat, Restoring, Undo, UndoForm,
    },
    form::{Each, Form, plain},
};

/// Reads a file, or says everything that is wrong with it.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<EffectDefinition>, Diagnostics> {
    let node = parse_yaml(text).map_err(|diagnostic| {
        let mut diagnostics = Diagnostics::new(file);
        diagnostics.push(diagnostic);
        diagnostics
    })?;
    let problems = Problems::new();
    let definitions = definitions(&Cursor::new(&node, &problems));
    problems.finish(file, definitions).map(|(definitions, _)| definitions)
}

fn definitions(root: &Cursor<'_>) -> Option<Vec<EffectDefinition>> {
    let fields = root.fields(&["service", "operations"])?;
    let service = fields.required("service")?.string()?;
    let operations = fields.required("operations")?.entries()?;
    let definitions: Vec<_> =
        operations.iter().map(|(entry, cursor)| definition(service, &entry.key, cursor)).collect();
    definitions.into_iter().collect()
}

fn definition(service: &str, operation: &str, cursor: &Cursor<'_>) -> Option<EffectDefinition> {
    let fields =
        cursor.fields(&["before", "repeat", "undo", "never", "cannot", "example", "examples"])?;
    let undo = match (fields.optional("undo"), fields.optional("never")) {
        (Some(undo), None) => {
            let calls = undo.list()?;
            Undo::Calls(calls.iter().map(|call| undo_form(service, call)).collect::<Option<_>>()?)
        }
        (None, Some(never)) => Undo::Never(never.string()?.to_owned()),
        _ => return cursor.expected("either `undo` or `never`"),
    };
    let mut examples = Vec::new();
    if let Some(cursor) = fields.optional("example") {
        examples.push(example(cursor)?);
    }
    if let Some(cursors) = fields.optional("examples") {
        for cursor in cursors.list()? {
            examples.push(example(&cursor)?);
        }
    }
    Some(EffectDefinition {
        service: service.to_owned(),
        operation: operation.to_owned(),
        reads: fields.optional("before").map_or(Some(Vec::new()), |it| reads(service, it))?,
        repeat: fields.optional("repeat").map_or(Some(Repeat::Unsaid), |it| repeat(service, it))?,
        undo,
        cannot: fields.optional("cannot").map_or(Some(Vec::new()), cannot)?,
        examples,
    })
}

fn reads(service: &str, cursor: &Cursor<'_>) -> Option<Vec<ReadForm>> {
    let read = |(entry, cursor): &(&reeve_document::Entry, Cursor<'_>)| {
        let fields = cursor.fields(&["call", "with", "when", "absent"])?;
        Some(ReadForm {
            name: entry.key.clone(),
            when: form(&fields, "when")?,
            call: call(service, &fields)?,
            absent: texts(&fields, "absent")?,
        })
    };
    cursor.entries()?.iter().map(read).collect()
}

/// `call: Operation`, or `call: service:Operation` of another service, `with` its input.
fn call(service: &str, fields: &Fields<'_>) -> Option<CallForm> {
    let name = fields.required("call")?.string()?;
    let (service, operation) = name.split_once(':').unwrap_or((service, name));
    Some(CallForm {
        service: service.to_owned(),
        operation: operation.to_owned(),
        input: fields.optional("with").map_or(Some(Vec::new()), entries)?,
    })
}

fn entries(cursor: &Cursor<'_>) -> Option<Vec<(String, Form)>> {
    let entries = cursor.entries()?;
    entries.iter().map(|(entry, value)| Some((entry.key.clone(), Form::read(value)?))).collect()
}

fn repeat(service: &str, cursor: &Cursor<'_>) -> Option<Repeat> {
    if let NodeValue::String(_) = &cursor.node().value {
        let is_token = cursor.one_of(&[("token", true), ("same", false)])?;
        let same = Repeat::Same { done: Vec::new(), provided: None };
        return Some(if is_token { Repeat::Token(None) } else { same });
    }
    let fields = cursor.fields(&["token", "same", "provided", "look", "ask"])?;
    let token = fields.optional("token");
    if let Some(member) = token {
        return Some(Repeat::Token(Some(member.string()?.to_owned())));
    }
    if fields.optional("same").is_some() {
        let (done, provided) = (texts(&fields, "same")?, form(&fields, "provided")?);
        return Some(Repeat::Same { done, provided });
    }
    if let Some(look) = fields.optional("look") {
        return look_form(service, look).map(|look| Repeat::Look(Box::new(look)));
    }
    match fields.optional("ask") {
        Some(reason) => Some(Repeat::Ask(reason.string()?.to_owned())),
        None => cursor.expected("`token`, `same`, `look` or `ask`"),
    }
}

fn look_form(service: &str, cursor: &Cursor<'_>) -> Option<LookForm> {
    let fields = cursor.fields(&["call", "with", "absent", "happened", "answer"])?;
    Some(LookForm {
        call: call(service, &fields)?,
        absent: texts(&fields, "absent")?,
        happened: Form::read(fields.required("happened")?)?,
        answer: form(&fields, "answer")?,
    })
}

fn undo_form(service: &str, cursor: &Cursor<'_>) -> Option<UndoForm> {
    let keys = ["ready", "call", "with", "when", "each", "where", "copying", "restoring"];
    let fields = cursor.fields(&keys)?;
    let each = match form(&fields, "each")? {
        Some(of) => Some(Each { of, condition: form(&fields, "where")?, give: None }),
        None => None,
    };
    Some(UndoForm {
        ready: fields.optional("ready").map_or(Some(None), |it| ready(it).map(Some))?,
        call: call(service, &fields)?,
        when: form(&fields, "when")?,
        each,
        copying: fields.optional("copying").map_or(Some(None), |it| copying(it).map(Some))?,
        restoring: fields.optional("restoring").map_or(Some(None), |it| restoring(it).map(Some))?,
    })
}

fn ready(cursor: &Cursor<'_>) -> Option<ReadyForm> {
    let fields = cursor.fields(&["waiter", "with"])?;
    Some(ReadyForm {
        waiter: fields.required("waiter")?.string()?.to_owned(),
        input: entries(fields.required("with")?)?,
    })
}

fn copying(cursor: &Cursor<'_>) -> Option<Copying> {
    let fields = cursor.fields(&["from", "members"])?;
    Some(Copying {
        from: Form::read(fields.required("from")?)?,
        members: members(fields.required("members")?)?,
    })
}

fn restoring(cursor: &Cursor<'_>) -> Option<Restoring> {
    let fields = cursor.fields(&["from", "given", "into", "members", "besides", "missing"])?;
    let missing = match fields.written("missing") {
        None => Missing::Refuse,
        Some(cursor) if cursor.node().value == NodeValue::String("skip".to_owned()) => {
            Missing::Skip
        }
        Some(cursor) => Missing::Value(plain(cursor.node())),
    };
    Some(Restoring {
        from: Form::read(fields.required("from")?)?,
        given: form(&fields, "given")?,
        into: fields
            .optional("into")
            .map_or(Some(None), |it| Some(Some(it.string()?.to_owned())))?,
        members: fields.optional("members").map_or(Some(None), |it| members(it).map(Some))?,
        besides: texts(&fields, "besides")?,
        missing,
    })
}

/// Members of the same name, or `{Member: =where it was}`.
fn members(cursor: &Cursor<'_>) -> Option<Vec<(String, Form)>> {
    let mut members = Vec::new();
    for cursor in cursor.list()? {
        match &cursor.node().value {
            NodeValue::Map(_) => members.extend(entries(&cursor)?),
            _ => {
                let name = cursor.string()?;
                members.push((name.to_owned(), Form::Expression(Expression::new(name))));
            }
        }
    }
    Some(members)
}

fn cannot(cursor: &Cursor<'_>) -> Option<Vec<(Form, String)>> {
    let case = |cursor: &Cursor<'_>| {
        let fields = cursor.fields(&["when", "because"])?;
        let because = fields.required("because")?.string()?;
        Some((Form::read(fields.required("when")?)?, because.to_owned()))
    };
    cursor.list()?.iter().map(case).collect()
}

fn example(cursor: &Cursor<'_>) -> Option<Example> {
    let fields = cursor.fields(&["input", "before", "answer", "undo", "refused"])?;
    let map = |key: &str| {
        let value = fields.optional(key).map(|cursor| plain(cursor.node()));
        value.and_then(|value| value.as_object().cloned()).unwrap_or_default()
    };
    let undo = match fields.optional("refused") {
        Some(reason) => Err(reason.string()?.to_owned()),
        None => Ok(expected(fields.required("undo")?)?),
    };
    Some(Example {
        input: map("input"),
        before: map("before"),
        answer: Value::Object(map("answer")),
        undo,
    })
}

/// `- Operation: input`, one for each call.
fn expected(cursor: &Cursor<'_>) -> Option<Vec<(String, Value)>> {
    let mut calls = Vec::new();
    for cursor in cursor.list()? {
        for (entry, value) in cursor.entries()? {
            let input = match plain(value.node()) {
                Value::Null => Value::Object(Map::new()),
                input => input,
            };
            calls.push((entry.key.clone(), input));
        }
    }
    Some(calls)
}

#[expect(
    clippy::option_option,
    reason = "a form that is wrong is another thing than one that is not there"
)]
fn form(fields: &Fields<'_>, key: &str) -> Option<Option<Form>> {
    fields.optional(key).map_or(Some(None), |cursor| Form::read(cursor).map(Some))
}

fn texts(fields: &Fields<'_>, key: &str) -> Option<Vec<String>> {
    let Some(cursor) = fields.optional(key) else { return Some(Vec::new()) };
    Some(cursor.strings()?.into_iter().map(str::to_owned).collect())
}
