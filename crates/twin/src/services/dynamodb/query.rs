//! Queries and scans: over a table or an index, in key order, page by page.

use reeve_model::{Object, Value};

use super::{
    attribute, evaluate,
    expression::{Comparison, Condition, Operand, Path, Placeholders, Step},
    item::{Table, capacity, invalid, normal, refuse_legacy},
    key::{Keys, find_index},
};
use crate::{
    call::{Answer, Call},
    digest::hex_digest,
    failure::Failure,
    recipe::Action,
    services::Part,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[("Query", Action::Own(query)), ("Scan", Action::Own(scan))],
    tasks: &[],
};

/// How much one page looks at.
const PAGE_BYTES: usize = 1024 * 1024;

/// What is read: a table, or an index of it.
struct Source {
    table: Table,
    keys: Keys,
    index: Option<Value>,
}

impl Source {
    fn of(call: &Call, world: &World) -> Result<Self, Failure> {
        let table = Table::of(call, world)?;
        let Some(name) = call.text("IndexName") else {
            let keys = table.keys.clone();
            return Ok(Self { table, keys, index: None });
        };
        let missing = || invalid(format!("The table does not have the specified index: {name}"));
        let resource = world.get(&table.tables, &table.name).ok_or_else(missing)?;
        let index = find_index(resource, name).ok_or_else(missing)?.clone();
        let is_global = index.get("IndexStatus").is_some();
        if is_global && call.flag("ConsistentRead") {
            return Err(invalid("Consistent reads are not supported on global secondary indexes"));
        }
        if index.flag("Backfilling") {
            return Err(invalid(format!(
                "Cannot read from backfilling global secondary index: {name}"
            )));
        }
        let keys = Keys::of_index(resource, name).ok_or_else(missing)?;
        Ok(Self { table, keys, index: Some(index) })
    }

    /// The items in order, with where each stands.
    fn items<'w>(&self, world: &'w World, hash: Option<&Value>) -> Vec<(String, &'w Object)> {
        let mut prefix = self.table.prefix();
        if let (None, Some(hash)) = (&self.index, hash.and_then(attribute::sortable)) {
            prefix = format!("{prefix}{hash}{}", super::key::SEPARATOR);
        }
        let shelf = world.shelf(&self.table.items);
        let all = shelf.range(prefix.clone()..).take_while(|(id, _)| id.starts_with(&prefix));
        let mut found: Vec<(String, &Object)> = Vec::new();
        for (id, item) in all {
            let item = &*item.facts;
            if self.index.is_none() {
                found.push((id.clone(), item));
            } else if self.keys.fits(item) {
                let same = hash.is_none_or(|hash| {
                    item.get(&self.keys.hash.name).is_some_and(|own| attribute::equal(own, hash))
                });
                if same {
                    found.push((self.position(item, id), item));
                }
            }
        }
        if self.index.is_some() {
            found.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        found
    }

    /// Where an item stands in the index.
    fn position(&self, item: &Object, id: &str) -> String {
        let own = self.keys.id("", item).unwrap_or_default();
        format!("{own}{}{id}", super::key::SEPARATOR)
    }

    /// Where a page begins, by the key that the page before ended with.
    fn start(&self, key: &Object) -> Result<String, Failure> {
        let wrong = || invalid("The provided starting key is invalid");
        let table_key = self.table.keys.only(key);
        let id = self.table.keys.id(&self.table.name, &table_key).ok_or_else(wrong)?;
        if self.index.is_none() {
            return if key.len() == table_key.len() { Ok(id) } else { Err(wrong()) };
        }
        if !self.keys.fits(key) {
            return Err(wrong());
        }
        Ok(self.position(key, &id))
    }

    /// The key that a page ends with.
    fn last_key(&self, item: &Object) -> Object {
        let mut key = self.table.keys.only(item);
        key.extend(self.keys.only(item));
        key
    }

    /// What an index has of an item.
    fn shown(&self, item: &Object) -> Object {
        let Some(index) = &self.index else { return item.clone() };
        let projection = index.path("Projection.ProjectionType").and_then(Value::as_str);
        if projection == Some("ALL") {
            return item.clone();
        }
        let mut shown = self.last_key(item);
        let further = index.path("Projection.NonKeyAttributes").map_or(&[][..], Value::as_list);
        for name in further.iter().filter_map(Value::as_str) {
            if let Some(value) = item.get(name) {
                shown.insert(name, value.clone());
            }
        }
        shown
    }
}

/// What a call wants of the items it meets.
struct Wanted {
    filter: Option<Condition>,
    paths: Option<Vec<Path>>,
    count_only: bool,
}

impl Wanted {
    fn read(call: &Call, placeholders: &mut Placeholders) -> Result<Self, Failure> {
        let filter = call
            .text("FilterExpression")
            .map(|text| placeholders.condition("FilterExpression", text))
            .transpose()
            .map_err(invalid)?;
        let paths = call
            .text("ProjectionExpression")
            .map(|text| placeholders.projection(text))
            .transpose()
            .map_err(invalid)?;
        let count_only = call.text("Select") == Some("COUNT");
        if count_only && paths.is_some() {
            return Err(invalid(
                "Cannot specify the ProjectionExpression when choosing to get only the Count",
            ));
        }
        Ok(Self { filter, paths, count_only })
    }
}

fn query(call: &Call, world: &mut World) -> Answer {
    refuse_legacy(&call.input)?;
    let source = Source::of(call, world)?;
    let mut placeholders = Placeholders::of(&call.input).map_err(invalid)?;
    let text = call.text("KeyConditionExpression").ok_or_else(|| {
        invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    })?;
    let condition = placeholders.condition("KeyConditionExpression", text).map_err(invalid)?;
    let wanted = Wanted::read(call, &mut placeholders)?;
    placeholders.check_used().map_err(invalid)?;
    let hash = hash_of(&condition, &source.keys)?;
    let mut items = source.items(world, Some(&hash));
    items.retain(|(_, item)| evaluate::holds(&condition, item));
    if call.input.get("ScanIndexForward").and_then(Value::as_bool) == Some(false) {
        items.reverse();
    }
    page(call, &source, items, &wanted)
}

/// The value that the partition key must have; what is said beside it may only be about the sort key.
fn hash_of(condition: &Condition, keys: &Keys) -> Result<Value, Failure> {
    let mut parts = Vec::new();
    flatten(condition, &mut parts);
    let unsupported = || invalid("Query key condition not supported");
    let mut hash = None;
    let mut ranges = 0;
    for part in parts {
        let (path, is_equal) = match part {
            Condition::Compare(Operand::Path(path), comparison, Operand::Value(value)) => {
                if *comparison == Comparison::NotEqual {
                    return Err(unsupported());
                }
                if is(path, &keys.hash.name) {
                    if *comparison != Comparison::Equal || hash.is_some() {
                        return Err(unsupported());
                    }
                    hash = Some(value.clone());
                    continue;
                }
                (path, true)
            }
            Condition::Between(Operand::Path(path), Operand::Value(_), Operand::Value(_))
            | Condition::BeginsWith(Operand::Path(path), Operand::Value(_)) => (path, false),
            _ => return Err(unsupported()),
        };
        let is_range = keys.range.as_ref().is_some_and(|range| is(path, &range.name));
        if !is_range {
            let message = if is_equal && keys.range.is_none() {
                "Query key condition not supported".to_owned()
            } else {
                format!("Query condition missed key schema element: {}", missed(keys))
            };
            return Err(invalid(message));
        }
        ranges += 1;
    }
    if ranges > 1 {
        return Err(invalid("KeyConditionExpressions must only contain one condition per key"));
    }
    let hash = hash.ok_or_else(|| {
        invalid(format!("Query condition missed key schema element: {}", keys.hash.name))
    })?;
    let kind = attribute::parts(&hash).map(|(kind, _)| kind);
    if kind != Some(keys.hash.kind.as_str()) {
        return Err(invalid(
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ));
    }
    Ok(hash)
}

fn missed(keys: &Keys) -> &str {
    keys.range.as_ref().map_or(keys.hash.name.as_str(), |range| range.name.as_str())
}

fn is(path: &Path, name: &str) -> bool {
    matches!(path.as_slice(), [Step::Member(member)] if member == name)
}

fn flatten<'c>(condition: &'c Condition, into: &mut Vec<&'c Condition>) {
    match condition {
        Condition::And(one, other) => {
            flatten(one, into);
            flatten(other, into);
        }
        other => into.push(other),
    }
}

fn scan(call: &Call, world: &mut World) -> Answer {
    refuse_legacy(&call.input)?;
    let source = Source::of(call, world)?;
    let mut placeholders = Placeholders::of(&call.input).map_err(invalid)?;
    let wanted = Wanted::read(call, &mut placeholders)?;
    placeholders.check_used().map_err(invalid)?;
    let mut items = source.items(world, None);
    match (call.integer("Segment"), call.integer("TotalSegments")) {
        (None, None) => {}
        (Some(segment), Some(total)) if segment < total && total > 0 => {
            items.retain(|(_, item)| segment_of(&source, item, total) == segment);
        }
        (Some(_), Some(_)) => {
            return Err(invalid(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments",
            ));
        }
        _ => {
            return Err(invalid(
                "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
            ));
        }
    }
    page(call, &source, items, &wanted)
}

fn segment_of(source: &Source, item: &Object, total: i64) -> i64 {
    let key = item.get(&source.table.keys.hash.name).and_then(attribute::sortable);
    let digest = hex_digest(&key.unwrap_or_default(), 8);
    i64::from_str_radix(&digest, 16).unwrap_or(0) % total
}

fn page(call: &Call, source: &Source, items: Vec<(String, &Object)>, wanted: &Wanted) -> Answer {
    let limit =
        call.integer("Limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let backwards = call.input.get("ScanIndexForward").and_then(Value::as_bool) == Some(false);
    let start = match call.object("ExclusiveStartKey") {
        Some(_) => Some(source.start(&normal(call.input.get("ExclusiveStartKey"))?)?),
        None => None,
    };
    let after = |position: &String| {
        start
            .as_ref()
            .is_none_or(|start| if backwards { position < start } else { position > start })
    };
    let mut rest = items.into_iter().filter(|(position, _)| after(position)).peekable();
    let (mut scanned, mut count, mut bytes) = (0_usize, 0_i64, 0_usize);
    let mut shown = Vec::new();
    let mut last = None;
    while scanned < limit && bytes < PAGE_BYTES {
        let Some((_, item)) = rest.next() else { break };
        scanned += 1;
        bytes += attribute::item_bytes(item);
        last = Some(item);
        let visible = source.shown(item);
        if wanted.filter.as_ref().is_some_and(|filter| !evaluate::holds(filter, &visible)) {
            continue;
        }
        count += 1;
        if !wanted.count_only {
            shown.push(Value::from(match &wanted.paths {
                Some(paths) => evaluate::projected(&visible, paths),
                None => visible,
            }));
        }
    }
    // A page that reached its limit does not know that nothing follows.
    let full = scanned == limit && scanned > 0;
    let mut output = Object::new();
    if !wanted.count_only {
        output.insert("Items", Value::List(shown));
    }
    output.insert("Count", count);
    output.insert("ScannedCount", i64::try_from(scanned).unwrap_or(i64::MAX));
    if let Some(item) = last.filter(|_| full || rest.peek().is_some()) {
        output.insert("LastEvaluatedKey", source.last_key(item));
    }
    let each = if call.flag("ConsistentRead") { 1.0 } else { 0.5 };
    capacity(call, &mut output, &source.table.name, bytes.div_ceil(4096).max(1), each);
    Ok(output.into())
}
