//! The definitions that ship are of operations that exist, and mean what their examples say.

use reeve_model::{Operation, Service, ShapeKind, catalog, conform, schema::Member};
use serde_json::{Map, Value, json};

use super::{
    definition::{CallForm, Repeat, Undo},
    files::FILES,
    form::Form,
    *,
};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn call(service: &str, operation: &str, input: &Value) -> Call {
    Call { service: service.to_owned(), operation: operation.to_owned(), input: object(input) }
}

#[test]
fn every_shipped_file_can_be_read() {
    let mut count = 0;
    for (file, text) in FILES {
        count += read::read(file, text).unwrap_or_else(|wrong| panic!("{wrong}")).len();
    }
    assert_eq!(effects().iter().count(), count, "an operation is defined twice");
    assert!(count > 370, "{count}");
}

#[test]
fn a_mistake_in_a_definition_is_found_with_its_place() {
    let text = "service: ec2\noperations:\n  StopInstances:\n    repet: same\n    undo:\n      - {call: StartInstances, with: {InstanceIds: '=input.['}}\n";
    let wrong = read::read("x.yaml", text).unwrap_err().to_string();
    insta::assert_snapshot!(wrong, @r"
    x.yaml:4:5: operations.StopInstances.repet: unknown key
      hint: did you mean `repeat`?
    x.yaml:6:52: operations.StopInstances.undo[0].with.InstanceIds: the expression `input.[` cannot be evaluated: column 8: expected an expression, found the end
    ");
}

/// Every operation that a definition names, with what it is called with.
fn calls(definition: &EffectDefinition) -> Vec<&CallForm> {
    let mut calls: Vec<&CallForm> = definition.reads.iter().map(|read| &read.call).collect();
    if let Repeat::Look(look) = &definition.repeat {
        calls.push(&look.call);
    }
    if let Undo::Calls(undo) = &definition.undo {
        calls.extend(undo.iter().map(|undo| &undo.call));
    }
    calls
}

fn model(service: &str, operation: &str) -> Result<(std::sync::Arc<Service>, Operation), String> {
    let service = catalog().service(service).map_err(|error| error.to_string())?;
    let operation = service.operation(operation).map_err(|error| error.to_string())?.clone();
    Ok((service, operation))
}

/// What of a form does not fit a member.
fn misfits(service: &Service, form: &Form, member: &Member, path: &str, wrong: &mut Vec<String>) {
    match (form, &service.shape(member.shape).kind) {
        (Form::Map(entries), ShapeKind::Structure(structure)) => {
            for (name, inner) in entries {
                match structure.member(name) {
                    Some(member) => {
                        misfits(service, inner, member, &format!("{path}.{name}"), wrong);
                    }
                    None => wrong.push(format!("{path}: no member `{name}`")),
                }
            }
        }
        (Form::List(elements), ShapeKind::List(list)) => {
            for inner in elements {
                misfits(service, inner, &list.member, path, wrong);
            }
        }
        (Form::Each(each), ShapeKind::List(list)) => {
            if let Some(give) = &each.give {
                misfits(service, give, &list.member, path, wrong);
            }
        }
        (Form::Map(_) | Form::List(_) | Form::Each(_), kind) => {
            wrong.push(format!("{path}: does not fit {kind:?}"));
        }
        _ => {}
    }
}

/// What is wrong with the waiters of a definition.
fn check_waits(definition: &EffectDefinition, name: &str, wrong: &mut Vec<String>) {
    let Undo::Calls(undo) = &definition.undo else { return };
    for (undo, ready) in undo.iter().filter_map(|it| Some((it, it.ready.as_ref()?))) {
        let service = catalog().service(&undo.call.service).unwrap();
        let Some(waiter) = service.waiter(&ready.waiter) else {
            wrong.push(format!("{name}: no waiter `{}`", ready.waiter));
            continue;
        };
        let operation = service.operation(&waiter.operation).unwrap();
        let form = Form::Map(ready.input.clone());
        misfits(&service, &form, operation.input.as_ref().unwrap(), name, wrong);
    }
}

#[test]
fn every_operation_and_member_that_is_named_exists() {
    let mut wrong = Vec::new();
    for definition in effects().iter() {
        let name = format!("{}:{}", definition.service, definition.operation);
        match model(&definition.service, &definition.operation) {
            Err(error) => wrong.push(format!("{name}: {error}")),
            Ok((service, operation)) => {
                if service.name().as_str() != definition.service {
                    wrong.push(format!("{name}: the service is called `{}`", service.name()));
                }
                if operation.only_reads() {
                    wrong.push(format!("{name}: only reads"));
                }
                let input = operation.input.as_ref().and_then(|it| service.structure(it.shape));
                let named = match &definition.repeat {
                    Repeat::Token(named) => Some(named.as_deref()),
                    _ => None,
                };
                let known = |named: Option<&str>| match named {
                    Some(named) => input?.member(named),
                    None => input?.members().iter().find(|it| it.flags.idempotency_token),
                };
                if let Some(named) = named {
                    match known(named) {
                        None => wrong.push(format!("{name}: has no token")),
                        Some(member) => {
                            let bounds = &service.shape(member.shape).bounds;
                            if bounds.maximum.is_some_and(|most| most < 36.0)
                                || bounds.minimum.is_some_and(|least| least > 36.0)
                            {
                                wrong.push(format!("{name}: a UUID is no token: {bounds:?}"));
                            }
                        }
                    }
                }
            }
        }
        for call in calls(definition) {
            let name = format!("{name} > {}:{}", call.service, call.operation);
            match model(&call.service, &call.operation) {
                Err(error) => wrong.push(format!("{name}: {error}")),
                Ok((service, operation)) => match &operation.input {
                    Some(input) => {
                        let form = Form::Map(call.input.clone());
                        misfits(&service, &form, input, &name, &mut wrong);
                    }
                    None if call.input.is_empty() => {}
                    None => wrong.push(format!("{name}: takes nothing")),
                },
            }
        }
        check_waits(definition, &name, &mut wrong);
        for read in &definition.reads {
            let reads = model(&read.call.service, &read.call.operation);
            if reads.is_ok_and(|(_, operation)| !operation.only_reads()) {
                wrong.push(format!("{name}: `{}` is no read", read.call.operation));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_comes_out_as_it_says() {
    let mut wrong = Vec::new();
    for definition in effects().iter() {
        for (number, example) in (1..).zip(definition.examples()) {
            let name = format!("{}:{} {number}", definition.service, definition.operation);
            let input = Value::Object(example.input.clone());
            let made = call(&definition.service, &definition.operation, &input);
            if let Err(error) = before(&made) {
                wrong.push(format!("{name}: {error}"));
            }
            let found = inverse(&made, &example.before, &example.answer);
            let shown = found.map_err(|error| error.to_string()).map(|calls| {
                let calls = calls.into_iter();
                calls
                    .map(|it| (it.call.operation, Value::Object(it.call.input)))
                    .collect::<Vec<_>>()
            });
            if shown != example.undo {
                wrong.push(format!("{name}:\n  found    {shown:?}\n  expected {:?}", example.undo));
            }
            for (operation, input) in shown.into_iter().flatten() {
                let (service, operation) = model(&definition.service, &operation).unwrap();
                if let Err(errors) = conform(&service, &operation, &input) {
                    wrong.push(format!("{name}: {errors:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every expression of a form, as it was written.
fn expressions(form: &Form, found: &mut Vec<String>) {
    match form {
        Form::Plain(_) => {}
        Form::Expression(expression) => found.push(expression.as_str().to_owned()),
        Form::List(elements) => elements.iter().for_each(|inner| expressions(inner, found)),
        Form::Map(entries) => entries.iter().for_each(|(_, inner)| expressions(inner, found)),
        Form::Each(each) => {
            expressions(&each.of, found);
            each.condition.iter().chain(&each.give).for_each(|inner| expressions(inner, found));
        }
        Form::Entry { of: one, at: other } | Form::Only { of: one, keys: other } => {
            expressions(one, found);
            expressions(other, found);
        }
        Form::Decoded(inner) => expressions(inner, found),
    }
}

fn all_expressions(definition: &EffectDefinition) -> Vec<String> {
    let mut found = Vec::new();
    for call in calls(definition) {
        call.input.iter().for_each(|(_, form)| expressions(form, &mut found));
    }
    for (when, _) in &definition.cannot {
        expressions(when, &mut found);
    }
    for read in &definition.reads {
        read.when.iter().for_each(|when| expressions(when, &mut found));
    }
    if let Repeat::Same { provided: Some(provided), .. } = &definition.repeat {
        expressions(provided, &mut found);
    }
    if let Repeat::Look(look) = &definition.repeat {
        expressions(&look.happened, &mut found);
        look.answer.iter().for_each(|answer| expressions(answer, &mut found));
    }
    if let Undo::Calls(undo) = &definition.undo {
        for undo in undo {
            undo.when.iter().for_each(|when| expressions(when, &mut found));
            undo.each.iter().for_each(|each| {
                expressions(&each.of, &mut found);
                each.condition.iter().for_each(|when| expressions(when, &mut found));
            });
            undo.copying.iter().for_each(|copying| expressions(&copying.from, &mut found));
            undo.restoring.iter().for_each(|restoring| expressions(&restoring.from, &mut found));
        }
    }
    found
}

/// Follows a path as far as it is plain, and says at which name it leaves the model.
fn follow(service: &Service, mut member: Member, path: &str) -> Result<(), String> {
    let mut rest = path;
    loop {
        if let Some(after) = rest.strip_prefix('[') {
            let Some((inside, after)) = after.split_once(']') else { return Ok(()) };
            if inside.contains(['?', '\'', '`', '[']) {
                return Ok(());
            }
            let ShapeKind::List(list) = &service.shape(member.shape).kind else {
                return Err(format!("`{path}`: `{}` is no list", member.name));
            };
            (member, rest) = (list.member.clone(), after);
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            match &service.shape(member.shape).kind {
                ShapeKind::Structure(structure) if !name.is_empty() => {
                    let inner = structure.member(name);
                    member = inner.ok_or_else(|| format!("`{path}`: no `{name}`"))?.clone();
                }
                ShapeKind::List(_) => return Err(format!("`{path}`: a list before `{name}`")),
                _ => return Ok(()),
            }
            rest = after;
        } else {
            return Ok(());
        }
    }
}

#[test]
fn every_path_from_an_input_or_an_answer_leads_somewhere() {
    let mut wrong = Vec::new();
    for definition in effects().iter() {
        let (service, own) = model(&definition.service, &definition.operation).unwrap();
        let mut roots = vec![
            ("input".to_owned(), service.clone(), own.input.clone()),
            ("answer".to_owned(), service.clone(), own.output.clone()),
        ];
        for read in &definition.reads {
            let (service, operation) = model(&read.call.service, &read.call.operation).unwrap();
            roots.push((format!("before.{}", read.name), service, operation.output));
        }
        if let Repeat::Look(look) = &definition.repeat {
            let (service, operation) = model(&look.call.service, &look.call.operation).unwrap();
            roots.push(("found".to_owned(), service, operation.output));
        }
        for expression in all_expressions(definition) {
            for (root, service, member) in &roots {
                for (place, _) in expression.match_indices(root.as_str()) {
                    let path = expression.get(place + root.len()..).unwrap_or_default();
                    let result = match member {
                        Some(member) => follow(service, member.clone(), path),
                        None => Err(format!("`{root}` has nothing")),
                    };
                    if let Err(error) = result {
                        wrong.push(format!(
                            "{}:{}: {root}: {error}",
                            definition.service, definition.operation
                        ));
                    }
                }
            }
            for (place, _) in expression.match_indices("before.") {
                let rest = expression.get(place..).unwrap_or_default();
                if !roots.iter().any(|(root, ..)| rest.starts_with(root.as_str())) {
                    wrong.push(format!("{}: `{rest}` is not read", definition.operation));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn recovery(service: &str, operation: &str, input: &Value, before: &Value) -> Recovery {
    on_lost_response(&call(service, operation, input), "run-1-4", &object(before)).unwrap()
}

#[test]
fn a_lost_response_is_answered_by_what_the_operation_is() {
    let shown = |recovery: Recovery| match recovery {
        Recovery::RepeatSame { done } => format!("same {}", done.join(" ")),
        Recovery::RepeatWithToken(call) => format!("token {}", Value::Object(call.input)),
        Recovery::Look(look) => {
            format!("look {} {}", look.call.operation, Value::Object(look.call.input))
        }
        Recovery::Ask { why } => format!("ask: {why}"),
    };
    let cases = [
        ("ec2", "DescribeInstances", json!({}), "same "),
        ("ec2", "delete_volume", json!({}), "same InvalidVolume.NotFound"),
        (
            "ec2",
            "CreateVolume",
            json!({"Size": 8}),
            r#"token {"Size":8,"ClientToken":"9d450bb9-9bb6-8f1b-8b36-46a7e90abeb7"}"#,
        ),
        (
            "cloudformation",
            "CreateStack",
            json!({"ClientRequestToken": "mine"}),
            r#"token {"ClientRequestToken":"mine"}"#,
        ),
        (
            "rds",
            "CreateDBSnapshot",
            json!({"DBSnapshotIdentifier": "s"}),
            r#"look DescribeDBSnapshots {"DBSnapshotIdentifier":"s"}"#,
        ),
        ("sns", "Publish", json!({}), "ask: the message would be sent twice"),
        (
            "ec2",
            "CreateVpc",
            json!({}),
            "ask: whether `ec2:CreateVpc` may be repeated is not known",
        ),
    ];
    for (service, operation, input, expected) in cases {
        assert_eq!(shown(recovery(service, operation, &input, &json!({}))), expected);
    }
}

#[test]
fn a_look_tells_whether_a_call_was_made_and_what_it_answered() {
    let before = json!({"snapshots": {"Snapshots": [{"SnapshotId": "snap-0"}]}});
    let Recovery::Look(look) =
        recovery("ec2", "CreateSnapshot", &json!({"VolumeId": "vol-1"}), &before)
    else {
        panic!("no look");
    };
    let answer = |found: Value| look.answer(&found).unwrap();
    assert_eq!(answer(json!({"Snapshots": [{"SnapshotId": "snap-0"}]})), None);
    assert_eq!(
        answer(json!({"Snapshots": [{"SnapshotId": "snap-1"}, {"SnapshotId": "snap-0"}]})),
        Some(json!({"SnapshotId": "snap-1"}))
    );
}

#[test]
fn a_call_that_would_be_too_early_waits() {
    let made = call("ec2", "StopInstances", &json!({"InstanceIds": ["i-1"]}));
    let running = json!({"InstanceId": "i-1", "State": {"Name": "running"}});
    let before = json!({"instances": {"Reservations": [{"Instances": [running]}]}});
    let inverses = inverse(&made, &object(&before), &json!({})).unwrap();
    let ready = inverses.first().and_then(|inverse| inverse.ready.clone()).unwrap();
    assert_eq!(ready.waiter, "InstanceStopped");
    assert_eq!(ready.call, call("ec2", "DescribeInstances", &json!({"InstanceIds": ["i-1"]})));
}

#[test]
fn what_was_there_before_is_not_taken_for_made_by_a_repeated_call() {
    let done = |before: &Value| match recovery(
        "dynamodb",
        "CreateTable",
        &json!({"TableName": "t"}),
        before,
    ) {
        Recovery::RepeatSame { done } => done,
        other => panic!("{other:?}"),
    };
    assert_eq!(done(&json!({"there": null})), ["ResourceInUseException"]);
    assert_eq!(done(&json!({"there": {"Table": {"TableName": "t"}}})), Vec::<String>::new());
}

#[test]
fn what_is_not_known_to_be_undone_is_refused_by_name() {
    let refused = |service: &str, operation: &str, input: &Value, before: &Value| {
        let made = call(service, operation, input);
        inverse(&made, &object(before), &Value::Null).unwrap_err().to_string()
    };
    assert_eq!(
        refused("ec2", "CreateVpc", &json!({}), &json!({})),
        "what `ec2:CreateVpc` changes is not known"
    );
    assert_eq!(
        refused(
            "rds",
            "ModifyDBInstance",
            &json!({"DBInstanceIdentifier": "db", "Domain": "d"}),
            &json!({"instances": {"DBInstances": [{}]}})
        ),
        "what `Domain` was before is not known"
    );
    assert_eq!(
        refused("ec2", "CreateVolume", &json!({}), &json!({})),
        "`DeleteVolume` would lack `VolumeId`: neither the input nor the answers have it"
    );
}

type Tags = std::collections::BTreeMap<String, String>;

fn as_list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"ResourceId": "i-1", "Key": key, "Value": value}))
        .collect()
}

/// What EC2 does with the tags of an instance.
fn apply_to_tags(tags: &mut Tags, call: &Call) {
    for tag in call.input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = text("Key").unwrap();
        match call.operation.as_str() {
            "CreateTags" => {
                tags.insert(key, text("Value").unwrap_or_default());
            }
            // A value that is given must be the one that is there.
            "DeleteTags" if text("Value").is_none_or(|value| tags.get(&key) == Some(&value)) => {
                tags.remove(&key);
            }
            _ => {}
        }
    }
}

proptest::proptest! {
    #[test]
    fn tags_are_what_they_were_after_a_change_and_its_inverse(
        before in proptest::collection::btree_map("[a-d]", "[x-z]", 0..4),
        change in proptest::collection::btree_map("[a-d]", "[x-z]", 1..4),
        deletes in proptest::bool::ANY,
    ) {
        let operation = if deletes { "DeleteTags" } else { "CreateTags" };
        let made: Vec<Value> = change
            .iter()
            .map(|(key, value)| if deletes { json!({"Key": key}) } else { json!({"Key": key, "Value": value}) })
            .collect();
        let made = call("ec2", operation, &json!({"Resources": ["i-1"], "Tags": made}));
        let read = object(&json!({"tags": {"Tags": as_list(&before)}}));
        let mut tags = before.clone();
        apply_to_tags(&mut tags, &made);
        // The service reads only the tags of these keys for one of the two, and all for the other.
        let read = if deletes { read } else {
            let known: Tags = before.iter().filter(|(key, _)| change.contains_key(*key)).map(|(key, value)| (key.clone(), value.clone())).collect();
            object(&json!({"tags": {"Tags": as_list(&known)}}))
        };
        for inverse in inverse(&made, &read, &json!({})).unwrap() {
            apply_to_tags(&mut tags, &inverse.call);
        }
        proptest::prop_assert_eq!(tags, before);
    }
}

/// The error codes that a call is said to answer with.
fn codes(definition: &EffectDefinition) -> Vec<(&str, &str)> {
    let mut codes = Vec::new();
    if let Repeat::Same { done, .. } = &definition.repeat {
        codes.extend(done.iter().map(|code| (definition.service.as_str(), code.as_str())));
    }
    if let Repeat::Look(look) = &definition.repeat {
        codes.extend(look.absent.iter().map(|code| (look.call.service.as_str(), code.as_str())));
    }
    for read in &definition.reads {
        codes.extend(read.absent.iter().map(|code| (read.call.service.as_str(), code.as_str())));
    }
    codes
}

/// The services whose models have no errors, or few of those that they answer with.
fn has_no_errors(service: &str) -> bool {
    ["ec2", "s3", "sqs"].contains(&service)
}

#[test]
fn error_codes_are_those_of_the_models_where_the_models_have_them() {
    let mut wrong = Vec::new();
    for definition in effects().iter() {
        for (service, code) in codes(definition) {
            let model = catalog().service(service).unwrap();
            if !has_no_errors(service) && model.exception(code).is_none() {
                wrong.push(format!("{service}:{}: {code}", definition.operation));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
