//! Items: put, got, updated, deleted, one by one.

use reeve_model::{Object, Value};

use super::{
    TABLE, attribute, evaluate,
    expression::Placeholders,
    key::{Keys, SEPARATOR},
};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::Definition,
    recipe::Action,
    services::Part,
    store::{Place, Resource, facts},
    value::object,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[&ITEM],
    operations: &[
        ("GetItem", Action::Own(get)),
        ("PutItem", Action::Own(put)),
        ("UpdateItem", Action::Own(update)),
        ("DeleteItem", Action::Own(delete)),
    ],
    tasks: &[],
};

/// An item of a table. Its id is the table's name and the key, written so that ids sort as keys do.
pub(super) static ITEM: Definition = Definition {
    resource_type: "AWS::DynamoDB::Item",
    arn: "arn:{partition}:dynamodb:{region}:{account}:item/{id}",
    ..Definition::OF
};

const MOST_BYTES: usize = 400 * 1024;

/// A table that items are in.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) keys: Keys,
    pub(super) items: Place,
    pub(super) tables: Place,
}

pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new("ValidationException", message)
}

impl Table {
    /// The table that a call names, if it is there for items.
    pub(super) fn open(call: &Call, world: &World, named: &str) -> Result<Self, Failure> {
        let tables = call.place(&TABLE);
        let name = call.id_of(&TABLE, named);
        let missing = || Failure::new("ResourceNotFoundException", "Requested resource not found");
        let table = world.get(&tables, &name).ok_or_else(missing)?;
        if matches!(table.fact("TableStatus"), Some("CREATING" | "DELETING")) {
            return Err(missing());
        }
        let keys = Keys::of_table(table).ok_or_else(missing)?;
        Ok(Self { name, keys, items: call.place(&ITEM), tables })
    }

    /// The table of a call with one.
    pub(super) fn of(call: &Call, world: &World) -> Result<Self, Failure> {
        Self::open(call, world, call.required("TableName")?)
    }

    /// What the ids of the table's items begin with.
    pub(super) fn prefix(&self) -> String {
        format!("{}{SEPARATOR}", self.name)
    }

    /// The id of a key.
    pub(super) fn id(&self, key: &Object) -> Result<String, Failure> {
        self.keys.check_exact(key).map_err(invalid)?;
        self.keys
            .id(&self.name, key)
            .ok_or_else(|| invalid("The provided key element does not match the schema"))
    }

    /// An item.
    pub(super) fn get(&self, world: &World, id: &str) -> Option<Object> {
        world.get(&self.items, id).map(|item| Object::clone(&item.facts))
    }

    /// Puts an item, or takes it away if there is none, and keeps count.
    pub(super) fn set(&self, world: &mut World, id: &str, item: Option<Object>) {
        let bytes = |item: &Object| i64::try_from(attribute::item_bytes(item)).unwrap_or(0);
        let old = world.remove(&self.items, id);
        let (mut count, mut size) = (0, 0);
        if let Some(old) = old {
            (count, size) = (count - 1, size - bytes(&old.facts));
        }
        if let Some(item) = item {
            (count, size) = (count + 1, size + bytes(&item));
            let resource = Resource::new(facts(item), std::sync::Arc::default());
            world.put(self.items.clone(), id, resource);
        }
        world.change(&self.tables, &self.name, |facts| {
            for (member, by) in [("ItemCount", count), ("TableSizeBytes", size)] {
                let now = facts.get(member).and_then(Value::as_i64).unwrap_or(0);
                facts.insert(member, (now + by).max(0));
            }
        });
    }
}

/// A write, ready to be done: conditions are looked at when it is.
pub(super) struct Write {
    pub(super) id: String,
    pub(super) before: Option<Object>,
    pub(super) after: Option<Object>,
    /// Whether it fails, because its condition does not hold.
    pub(super) failed: bool,
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Put,
    Update,
    Delete,
    Check,
}

/// Works out a write without doing it.
pub(super) fn prepare(
    table: &Table,
    world: &World,
    input: &Value,
    verb: Verb,
) -> Result<Write, Failure> {
    refuse_legacy(input)?;
    let mut placeholders = Placeholders::of(input).map_err(invalid)?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let condition = text("ConditionExpression")
        .map(|text| placeholders.condition("ConditionExpression", text))
        .transpose()
        .map_err(invalid)?;
    let update = text("UpdateExpression")
        .map(|text| placeholders.update(text))
        .transpose()
        .map_err(invalid)?;
    let given = if verb == Verb::Put { "Item" } else { "Key" };
    let key = normal(input.get(given))?;
    if condition.is_none() && update.is_none() && !placeholders.is_empty() {
        return Err(invalid(
            "ExpressionAttributeNames and ExpressionAttributeValues can only be specified when using expressions",
        ));
    }
    placeholders.check_used().map_err(invalid)?;
    let id = if verb == Verb::Put {
        table.keys.check(&key).map_err(invalid)?;
        table.keys.id(&table.name, &key).ok_or_else(|| invalid("invalid key"))?
    } else {
        table.id(&key)?
    };
    let before = table.get(world, &id);
    let empty = Object::new();
    let failed = condition
        .is_some_and(|condition| !evaluate::holds(&condition, before.as_ref().unwrap_or(&empty)));
    let after = match verb {
        Verb::Put => Some(key),
        Verb::Delete => None,
        Verb::Check => before.clone(),
        Verb::Update => Some(match (&update, failed) {
            (Some(update), false) => {
                let start = before.clone().unwrap_or(key.clone());
                let after = evaluate::updated(&start, update).map_err(invalid)?;
                if table.keys.only(&after) != key {
                    return Err(invalid(
                        "One or more parameter values were invalid: Cannot update attribute that is part of the key",
                    ));
                }
                after
            }
            _ => before.clone().unwrap_or(key),
        }),
    };
    if after.as_ref().is_some_and(|item| attribute::item_bytes(item) > MOST_BYTES) {
        return Err(invalid("Item size has exceeded the maximum allowed size"));
    }
    Ok(Write { id, before, after, failed })
}

/// An item or key with its values as DynamoDB writes them.
pub(super) fn normal(item: Option<&Value>) -> Result<Object, Failure> {
    let members = item.and_then(Value::as_object).into_iter().flat_map(Object::iter);
    members
        .map(|(name, value)| attribute::normal(value).map(|value| (name, value)))
        .collect::<Result<Object, String>>()
        .map_err(invalid)
}

/// Parameters of before there were expressions.
pub(super) fn refuse_legacy(input: &Value) -> Result<(), Failure> {
    const LEGACY: [&str; 8] = [
        "Expected",
        "AttributeUpdates",
        "AttributesToGet",
        "ConditionalOperator",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
        "ReturnItemCollectionMetrics",
    ];
    let given = LEGACY
        .into_iter()
        .find(|member| input.get(member).is_some_and(|value| value.as_str() != Some("NONE")));
    given.map_or(Ok(()), |member| {
        Err(invalid(format!("The parameter {member} is not supported here; use expressions")))
    })
}

/// The refusal of a write whose condition does not hold.
fn conditional(input: &Value, before: Option<Object>) -> Failure {
    let failure = Failure::new("ConditionalCheckFailedException", "The conditional request failed");
    match before {
        Some(item) if wants_item(input) => failure.with_detail("Item", item),
        _ => failure,
    }
}

/// Whether a failed condition shows the item.
pub(super) fn wants_item(input: &Value) -> bool {
    input.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
}

fn write(call: &Call, world: &mut World, verb: Verb) -> Answer {
    let table = Table::of(call, world)?;
    let write = prepare(&table, world, &call.input, verb)?;
    if write.failed {
        return Err(conditional(&call.input, write.before));
    }
    let mut output = Object::new();
    if let Some(attributes) = returned(call, &write, verb)? {
        output.insert("Attributes", attributes);
    }
    let bytes =
        [&write.before, &write.after].into_iter().flatten().map(attribute::item_bytes).max();
    table.set(world, &write.id, write.after);
    capacity(call, &mut output, &table.name, bytes.unwrap_or(1).div_ceil(1024).max(1), 1.0);
    Ok(output.into())
}

fn returned(call: &Call, write: &Write, verb: Verb) -> Result<Option<Object>, Failure> {
    let changed = |of: &Option<Object>, other: &Option<Object>| {
        let (Some(of), other) = (of, other.clone().unwrap_or_default()) else { return None };
        let members = of.iter().filter(|(name, value)| other.get(name) != Some(*value));
        Some(members.map(|(name, value)| (name, value.clone())).collect::<Object>())
    };
    match (call.text("ReturnValues").unwrap_or("NONE"), verb) {
        ("NONE", _) => Ok(None),
        ("ALL_OLD", _) => Ok(write.before.clone()),
        ("ALL_NEW", Verb::Update) => Ok(write.after.clone()),
        ("UPDATED_OLD", Verb::Update) => Ok(changed(&write.before, &write.after)),
        ("UPDATED_NEW", Verb::Update) => Ok(changed(&write.after, &write.before)),
        _ => Err(invalid("Return values set to invalid value")),
    }
}

/// Says what was consumed, if that is asked for.
pub(super) fn capacity(call: &Call, output: &mut Object, table: &str, units: usize, each: f64) {
    if matches!(call.text("ReturnConsumedCapacity"), Some("TOTAL" | "INDEXES")) {
        let units = u32::try_from(units).map_or(f64::from(u32::MAX), f64::from) * each;
        output.insert("ConsumedCapacity", object! {"TableName": (table), "CapacityUnits": (units)});
    }
}

fn put(call: &Call, world: &mut World) -> Answer {
    write(call, world, Verb::Put)
}

fn update(call: &Call, world: &mut World) -> Answer {
    write(call, world, Verb::Update)
}

fn delete(call: &Call, world: &mut World) -> Answer {
    write(call, world, Verb::Delete)
}

fn get(call: &Call, world: &mut World) -> Answer {
    let table = Table::of(call, world)?;
    let found = read(&table, world, &call.input)?;
    let mut output = Object::new();
    let bytes = found.as_ref().map_or(1, attribute::item_bytes);
    if let Some(item) = found {
        output.insert("Item", item);
    }
    let each = if call.flag("ConsistentRead") { 1.0 } else { 0.5 };
    capacity(call, &mut output, &table.name, bytes.div_ceil(4096).max(1), each);
    Ok(output.into())
}

/// One item by its key, as much of it as is asked for.
pub(super) fn read(table: &Table, world: &World, input: &Value) -> Result<Option<Object>, Failure> {
    refuse_legacy(input)?;
    let id = table.id(&normal(input.get("Key"))?)?;
    let mut placeholders = Placeholders::of(input).map_err(invalid)?;
    let paths = input
        .get("ProjectionExpression")
        .and_then(Value::as_str)
        .map(|text| placeholders.projection(text))
        .transpose()
        .map_err(invalid)?;
    placeholders.check_used().map_err(invalid)?;
    Ok(table.get(world, &id).map(|item| match &paths {
        Some(paths) => evaluate::projected(&item, paths),
        None => item,
    }))
}
