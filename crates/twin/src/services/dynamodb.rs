//! Amazon DynamoDB: tables, their items, and backups of them. Tags are listed apart, ten to a page.

use std::ops::Bound;

use reeve_model::{Object, Value};

use super::{Action, Part, ServiceDefinition};
use crate::{
    call::{Answer, Call, PageSize},
    dialect::Dialect,
    failure::Failure,
    kind::{Definition, Identity, tag_pair},
    page::Paging,
    tagging::{self, TagErrors},
    world::World,
};

mod attribute;
mod backups;
mod batch;
mod evaluate;
mod expression;
mod item;
mod key;
mod number;
mod query;
mod reserved;
mod table;
#[cfg(test)]
mod tests;

pub(super) static SERVICE: ServiceDefinition = ServiceDefinition {
    model: "dynamodb",
    signing_name: "dynamodb",
    api_version: None,
    dialect: Dialect::Json,
    iam_prefix: "dynamodb",
    invalid: "ValidationException",
    throttled: ("ThrottlingException", 400),
    tag_errors: TagErrors::all("ValidationException"),
    parts: &[&PART, &table::PART, &item::PART, &query::PART, &batch::PART, &backups::PART],
};

static PART: Part = Part {
    kinds: &[&TABLE],
    operations: &[
        ("ListTables", Action::Own(list_tables)),
        ("DescribeTable", Action::Own(describe_table)),
        ("ListTagsOfResource", Action::Own(list_tags)),
        ("TagResource", Action::Own(tag)),
        ("UntagResource", Action::Own(untag)),
    ],
    tasks: &[],
};

/// `AWS::DynamoDB::Table`.
pub(crate) static TABLE: Definition = Definition {
    resource_type: "AWS::DynamoDB::Table",
    tagging_type: "dynamodb:table",
    arn: "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    identity: &[
        ("TableName", Identity::Id),
        ("TableArn", Identity::Arn),
        ("TableId", Identity::Uuid),
    ],
    sample: Some(|sample| sample.table()),
    ..Definition::OF
};

const TABLES: PageSize = PageSize { least: 1, most: 100, default: 100 };

const TAGS: Paging = Paging::of("", "NextToken", (10, 10), "ValidationException").with_least(10);

fn list_tables(call: &Call, world: &mut World) -> Answer {
    let size = call.page_size("Limit", &TABLES)?;
    // The token is a table's name in the open, and the table need not exist.
    let after = call.text("ExclusiveStartTableName").map_or(Bound::Unbounded, Bound::Excluded);
    let shelf = world.store.shelf(&call.place(&TABLE));
    let mut rest = shelf.range::<str, _>((after, Bound::Unbounded)).map(|(name, _)| name);
    let names: Vec<Value> = rest.by_ref().take(size).map(Value::from).collect();
    let last = names.last().cloned();
    let mut output = Object::from_iter([("TableNames", Value::List(names))]);
    if let (Some(last), Some(_)) = (last, rest.next()) {
        output.insert("LastEvaluatedTableName", last);
    }
    Ok(output.into())
}

fn describe_table(call: &Call, world: &mut World) -> Answer {
    let wanted = call.required("TableName")?;
    let id = call.own_id(world, &TABLE, wanted).unwrap_or_else(|| wanted.to_owned());
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| {
        let message = format!("Requested resource not found: Table: {id} not found");
        Failure::new("ResourceNotFoundException", message)
    })?;
    let description = call.describe(&TABLE, &id, table);
    Ok(Value::from_iter([("Table", description)]))
}

fn list_tags(call: &Call, world: &mut World) -> Answer {
    let id = tagged(call, world)?;
    let (size, start) = (TAGS.size(call)?, TAGS.start(call)?);
    let table = call.resource(world, &TABLE, &id).ok_or_else(|| missing(call))?;
    let after = start.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = table.tags.range::<str, _>((after, Bound::Unbounded));
    let shown: Vec<_> = rest.by_ref().take(size).collect();
    let last = shown.last().filter(|_| rest.next().is_some()).map(|(key, _)| key.as_str());
    let tags: Value = shown.iter().map(|(key, value)| tag_pair(key, value)).collect();
    Ok(TAGS.finish(call, Object::from_iter([("Tags", tags)]), last))
}

fn tag(call: &Call, world: &mut World) -> Answer {
    let id = tagged(call, world)?;
    let place = call.place(&TABLE);
    let table = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::with(call, table, &tagging::listed(call, "Tags"))?;
    table.set_tags(tags);
    Ok(Value::object())
}

fn untag(call: &Call, world: &mut World) -> Answer {
    let id = tagged(call, world)?;
    let place = call.place(&TABLE);
    let table = world.store.get_mut(&place, &id).ok_or_else(|| missing(call))?;
    let tags = tagging::without(call, table, &call.texts("TagKeys"))?;
    table.set_tags(tags);
    Ok(Value::object())
}

fn tagged(call: &Call, world: &World) -> Result<String, Failure> {
    let arn = call.required("ResourceArn")?;
    if !arn.starts_with("arn:") {
        return Err(call.invalid(format!("Invalid TableArn: {arn}")));
    }
    call.own_id(world, &TABLE, arn).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> Failure {
    let arn = call.text("ResourceArn").unwrap_or_default();
    let message = format!("Requested resource not found: ResourcArn: {arn} not found");
    Failure::new("ResourceNotFoundException", message)
}
