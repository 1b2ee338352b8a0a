//! Amazon DynamoDB: tables. Tags are listed apart, ten to a page.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::ServiceDefinition;
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Kind, describe, tag_pair},
    page::Paging,
    state::State,
    tagging::{self, TagErrors},
};

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "dynamodb",
    signing_name: "dynamodb",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "dynamodb",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    operations: &[
        ("ListTables", list_tables),
        ("DescribeTable", describe_table),
        ("ListTagsOfResource", list_tags),
        ("TagResource", tag),
        ("UntagResource", untag),
    ],
};

const TABLES: PageSize = PageSize { least: 1, most: 100, default: 100 };

const TAGS: Paging = Paging {
    size: "",
    bounds: PageSize { least: 10, most: 10, default: 10 },
    token: "NextToken",
    next: "NextToken",
    bad_token: "ValidationException",
};

fn list_tables(call: &Call, state: &mut State) -> Answer {
    let size = call.page_size("Limit", &TABLES)?;
    // The token is a table's name in the open, and the table need not exist.
    let after = call.text("ExclusiveStartTableName").map_or(Bound::Unbounded, Bound::Excluded);
    let shelf = state.store.shelf(&call.place(Kind::Table));
    let mut rest = shelf.range::<str, _>((after, Bound::Unbounded)).map(|(name, _)| name);
    let names: Vec<Value> = rest.by_ref().take(size).map(Value::from).collect();
    let last = names.last().cloned();
    let mut output = Object::from_iter([("TableNames", Value::List(names))]);
    if let (Some(last), Some(_)) = (last, rest.next()) {
        output.insert("LastEvaluatedTableName", last);
    }
    Ok(output.into())
}

fn describe_table(call: &Call, state: &mut State) -> Answer {
    let wanted = call.required("TableName")?;
    let id = call.own_id(state, Kind::Table, wanted).unwrap_or_else(|| wanted.to_owned());
    let table = call.resource(state, Kind::Table, &id).ok_or_else(|| {
        let message = format!("Requested resource not found: Table: {id} not found");
        Failure::new("ResourceNotFoundException", message)
    })?;
    let description = describe(Kind::Table, (call.account(), &call.region), &id, table);
    Ok(Value::from_iter([("Table", description)]))
}

fn list_tags(call: &Call, state: &mut State) -> Answer {
    let id = tagged(call, state)?;
    let (size, start) = (TAGS.size(call)?, TAGS.start(call)?);
    let table = call.resource(state, Kind::Table, &id).ok_or_else(|| missing(call))?;
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = table.tags.range::<str, _>((after, Bound::Unbounded));
    let shown: Vec<_> = rest.by_ref().take(size).collect();
    let last = shown.last().filter(|_| rest.next().is_some()).map(|(key, _)| key.as_str());
    let tags: Value = shown.iter().map(|(key, value)| tag_pair(key, value)).collect();
    Ok(TAGS.finish(call, Object::from_iter([("Tags", tags)]), last))
}

fn tag(call: &Call, state: &mut State) -> Answer {
    let id = tagged(call, state)?;
    let place = call.place(Kind::Table);
    let table = state.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, table, &tagging::listed(call, "Tags"))?;
    table.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, state: &mut State) -> Answer {
    let id = tagged(call, state)?;
    let place = call.place(Kind::Table);
    let table = state.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, table, &call.texts("TagKeys"))?;
    table.set_tags(tags);
    Ok(Value::object())
}

fn tagged(call: &Call, state: &State) -> Result<String, Failure> {
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("Invalid TableArn: {arn}")));
    }
    call.own_id(state, Kind::Table, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceArn").unwrap_or_default();
    let message = format!("Requested resource not found: ResourcArn: {arn} not found");
    Failure::new("ResourceNotFoundException", message)
}
