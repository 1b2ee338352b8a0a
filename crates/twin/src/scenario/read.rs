//! The grammar of scenarios. Everything that is wrong is said at once, each with its line and column.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reeve_document::{Cursor, Diagnostics, Fields, Node, NodeValue, Problems, parse_yaml};
use reeve_types::{AccountId, Region, Tags};
use serde_json::{Map, Value as Json};

use super::{Generate, Group, Scenario, ScenarioAccount, Step, StepAction, happening};
use crate::{fault, kind, services::SERVED};

const FIELDS: [&str; 12] = [
    "version",
    "name",
    "description",
    "starts",
    "history",
    "rate",
    "regions",
    "accounts",
    "generate",
    "resources",
    "steps",
    "timeline",
];

const GROUP_FIELDS: [&str; 9] =
    ["type", "in", "name", "names", "count", "id", "facts", "tags", "inherited"];

/// The fields that say where, when and by whom a step is done.
const STEP_FIELDS: [&str; 9] =
    ["at", "in", "for", "by", "refused", "input", "save", "every", "times"];

/// The fields that say what a step does; happenings have theirs besides.
const ACTIONS: [&str; 5] = ["call", "fault", "clear-faults", "tags", "remove"];

/// A timeline may repeat a step so often.
const MOST_TIMES: i64 = 10_000;

pub(super) fn parse(file: &str, text: &str) -> Result<Scenario, Diagnostics> {
    let node = parse_yaml(text).map_err(|wrong| Diagnostics::of(file, wrong))?;
    let problems = Problems::new();
    let scenario = scenario(&Cursor::new(&node, &problems));
    problems.finish(file, scenario).map(|(scenario, _)| scenario)
}

fn scenario(cursor: &Cursor<'_>) -> Option<Scenario> {
    let fields = cursor.fields(&FIELDS)?;
    if let Some(version) = fields.required("version")
        && version.integer() != Some(1)
    {
        version.error("this Reeve reads version 1 of scenarios");
    }
    let regions: Vec<Region> =
        list(fields.required("regions")).filter_map(|one| one.parsed()).collect();
    let accounts = accounts(&fields);
    let places = Places { accounts: &accounts, regions: &regions };
    Some(Scenario {
        name: text(&fields, "name"),
        description: text(&fields, "description"),
        starts: fields.optional("starts").and_then(fault::time),
        history: fields.optional("history").and_then(fault::duration).unwrap_or_default(),
        rate: fields.optional("rate").and_then(rate).unwrap_or(1.0),
        generate: fields.optional("generate").and_then(generate),
        groups: list(fields.optional("resources")).filter_map(|one| group(&one, &places)).collect(),
        steps: list(fields.optional("steps")).filter_map(|one| step(&one, &places)).collect(),
        timeline: list(fields.optional("timeline")).flat_map(|one| timed(&one, &places)).collect(),
        regions,
        accounts,
    })
}

fn text(fields: &Fields<'_>, key: &str) -> String {
    fields.required(key).and_then(Cursor::string).unwrap_or_default().trim().to_owned()
}

fn list<'a>(cursor: Option<&Cursor<'a>>) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
    cursor.and_then(Cursor::list).unwrap_or_default().into_iter()
}

fn rate(cursor: &Cursor<'_>) -> Option<f64> {
    let number = cursor.string_or_number()?.parse::<f64>().ok();
    match number.filter(|number| *number >= 0.0) {
        Some(number) => Some(number),
        None => cursor.expected("a number from zero"),
    }
}

fn accounts(fields: &Fields<'_>) -> Vec<ScenarioAccount> {
    let mut accounts: Vec<ScenarioAccount> = Vec::new();
    for cursor in list(fields.required("accounts")) {
        let Some(fields) = cursor.fields(&["id", "name", "unit"]) else { continue };
        let id = fields.required("id").and_then(|id| match id.string_or_number()?.parse() {
            Ok(account) => Some(account),
            Err(error) => {
                let error: reeve_types::ParseAccountIdError = error;
                id.error(error.to_string());
                None
            }
        });
        let unit = fields.optional("unit").and_then(Cursor::string).map(str::to_owned);
        let name = text(&fields, "name");
        if accounts.iter().any(|known| known.name == name || Some(&known.id) == id.as_ref()) {
            cursor.error("another account has this name or id");
        }
        if let Some(id) = id {
            accounts.push(ScenarioAccount { id, name, unit });
        }
    }
    accounts
}

fn generate(cursor: &Cursor<'_>) -> Option<Generate> {
    let fields = cursor.fields(&["accounts", "resources"])?;
    let number = |key: &str| {
        let number = fields.required(key)?;
        match usize::try_from(number.integer()?) {
            Ok(count) => Some(count),
            Err(_) => number.expected("a number from zero"),
        }
    };
    Some(Generate { accounts: number("accounts")?, resources: number("resources")? })
}

/// The accounts and Regions that `in` may name.
struct Places<'s> {
    accounts: &'s [ScenarioAccount],
    regions: &'s [Region],
}

impl Places<'_> {
    /// `production/eu-west-1`, `production/*`, `*/*`, or a list of such.
    fn read(&self, cursor: &Cursor<'_>) -> Vec<(AccountId, Region)> {
        let written = match &cursor.node().value {
            NodeValue::List(_) => cursor.list().unwrap_or_default(),
            _ => vec![cursor.clone()],
        };
        let mut places = Vec::new();
        for one in written {
            let Some(text) = one.string() else { continue };
            let Some((account, region)) = text.split_once('/') else {
                one.error("expected an account and a Region, as in `production/eu-west-1`");
                continue;
            };
            let accounts: Vec<_> = self
                .accounts
                .iter()
                .filter(|known| account == "*" || known.name == account)
                .collect();
            let regions: Vec<_> = self
                .regions
                .iter()
                .filter(|known| region == "*" || known.as_str() == region)
                .collect();
            if accounts.is_empty() {
                let names = self.accounts.iter().map(|known| known.name.as_str());
                one.error_near("no account has this name", account, names);
            }
            if regions.is_empty() {
                let names = self.regions.iter().map(Region::as_str);
                one.error_near("the scenario has no such Region", region, names);
            }
            for account in &accounts {
                places.extend(regions.iter().map(|region| (account.id.clone(), (*region).clone())));
            }
        }
        places
    }

    /// The first account and Region, where it does not matter which.
    fn any(&self) -> Vec<(AccountId, Region)> {
        let first = self.accounts.first().zip(self.regions.first());
        first.map(|(account, region)| (account.id.clone(), region.clone())).into_iter().collect()
    }
}

fn group(cursor: &Cursor<'_>, places: &Places<'_>) -> Option<Group> {
    let fields = cursor.fields(&GROUP_FIELDS)?;
    let resource_type = fields.required("type")?;
    let written = resource_type.string()?;
    let made = || kind::kinds().filter(|kind| kind.sample.is_some());
    if kind::named(written).is_none_or(|kind| kind.sample.is_none()) {
        let names = made().map(|kind| kind.resource_type);
        resource_type.error_near("no resources of this type can be made so", written, names);
    }
    let facts =
        fields.optional("facts").map_or_else(|| Json::Object(Map::new()), |one| json(one.node()));
    Some(Group {
        resource_type: written.to_owned(),
        places: fields.required("in").map(|one| places.read(one)).unwrap_or_default(),
        names: names(&fields),
        id: fields.optional("id").and_then(Cursor::string).map(str::to_owned),
        facts,
        tags: fields.optional("tags").map(tags).unwrap_or_default(),
        inherited: strings(fields.optional("inherited")),
    })
}

/// `names: [a, b]`, `name: a`, or `name: web-{n}` with `count: 3`.
fn names(fields: &Fields<'_>) -> Vec<String> {
    if let Some(names) = fields.optional("names") {
        return strings(Some(names));
    }
    let Some(name) = fields.required("name").and_then(Cursor::string) else { return Vec::new() };
    match fields.optional("count").and_then(Cursor::integer) {
        Some(count) => (1..=count).map(|n| name.replace("{n}", &n.to_string())).collect(),
        None => vec![name.to_owned()],
    }
}

fn strings(cursor: Option<&Cursor<'_>>) -> Vec<String> {
    let strings = cursor.and_then(Cursor::strings).unwrap_or_default();
    strings.into_iter().map(str::to_owned).collect()
}

fn tags(cursor: &Cursor<'_>) -> Tags {
    let entries = cursor.entries().unwrap_or_default().into_iter();
    entries
        .filter_map(|(entry, value)| {
            Some((entry.key.clone(), value.string_or_number()?.to_owned()))
        })
        .collect()
}

fn timed(cursor: &Cursor<'_>, places: &Places<'_>) -> Vec<(SignedDuration, Step)> {
    let Some(fields) = step_fields(cursor) else { return Vec::new() };
    let at = fields.required("at").and_then(fault::duration);
    let every = fields.optional("every").and_then(fault::duration);
    let times = fields.optional("times").and_then(Cursor::integer).unwrap_or(1);
    if !(1..=MOST_TIMES).contains(&times) {
        cursor.error(format!("a step is repeated 1 to {MOST_TIMES} times"));
        return Vec::new();
    }
    if times > 1 && every.is_none() {
        cursor.error("`times` needs `every`, the time between");
    }
    let (Some(at), Some(step)) = (at, read_step(&fields, places)) else { return Vec::new() };
    let every = every.unwrap_or_default();
    let turns = (0..times).filter_map(|turn| {
        let after = every.checked_mul(i32::try_from(turn).ok()?)?;
        Some((at.checked_add(after)?, step.clone()))
    });
    turns.collect()
}

fn step(cursor: &Cursor<'_>, places: &Places<'_>) -> Option<Step> {
    let fields = step_fields(cursor)?;
    if let Some(at) = fields.optional("at") {
        at.error("steps are done before anything else; what has its time belongs into `timeline`");
    }
    read_step(&fields, places)
}

fn step_fields<'a>(cursor: &Cursor<'a>) -> Option<Fields<'a>> {
    let happenings = happening::words();
    let allowed: Vec<&str> = STEP_FIELDS.into_iter().chain(ACTIONS).chain(happenings).collect();
    cursor.fields(&allowed)
}

fn read_step(fields: &Fields<'_>, places: &Places<'_>) -> Option<Step> {
    let action = action(fields)?;
    let anywhere = !matches!(action, StepAction::Call { .. } | StepAction::Happening { .. });
    let places = match fields.optional("in") {
        Some(written) => places.read(written),
        None if anywhere => places.any(),
        None => fields.required("in").map(|one| places.read(one))?,
    };
    let mut items = strings(fields.optional("for"));
    if items.is_empty() {
        items.push(String::new());
    }
    let by = fields.optional("by").and_then(Cursor::string).unwrap_or("operator").to_owned();
    let refused = fields.optional("refused").and_then(Cursor::bool).unwrap_or(false);
    let line = fields.map().position().line;
    Some(Step { places, items, by, refused, line, action })
}

fn action(fields: &Fields<'_>) -> Option<StepAction> {
    let happenings = happening::words();
    let mut written =
        ACTIONS.into_iter().chain(happenings).filter(|word| fields.optional(word).is_some());
    let (Some(word), None) = (written.next(), written.next()) else {
        let known: Vec<&str> = ACTIONS.into_iter().chain(happening::words()).collect();
        return fields.map().expected(&format!("exactly one of `{}`", known.join("`, `")));
    };
    let cursor = fields.optional(word)?;
    match word {
        "call" => call(cursor, fields),
        "fault" => fault::read(cursor).map(StepAction::Fault),
        "clear-faults" => cursor.bool().map(|_| StepAction::ClearFaults),
        "tags" => {
            let fields = cursor.fields(&["arn", "add", "remove"])?;
            Some(StepAction::Tags {
                arn: fields.required("arn")?.string()?.to_owned(),
                add: fields.optional("add").map(tags).unwrap_or_default(),
                remove: strings(fields.optional("remove")),
            })
        }
        "remove" => cursor.string().map(|arn| StepAction::Remove { arn: arn.to_owned() }),
        _ => {
            let checked = happening::named(word).map(|known| (known.check)(&json(cursor.node())));
            if let Some(Err(wrong)) = checked {
                cursor.error(wrong);
            }
            Some(StepAction::Happening { name: word.to_owned(), detail: json(cursor.node()) })
        }
    }
}

/// A call is held against the service's model, so that a wrong one is found before the world begins.
fn call(cursor: &Cursor<'_>, fields: &Fields<'_>) -> Option<StepAction> {
    let text = cursor.string()?;
    let Some((service, operation)) = text.split_once(':') else {
        return cursor.expected("a service and an operation, as in `ec2:CreateVpc`");
    };
    let model = match reeve_model::catalog().service(service) {
        Ok(model) => model,
        Err(error) => {
            cursor.error(error.to_string());
            return None;
        }
    };
    let shape = match model.operation(operation) {
        Ok(shape) => shape,
        Err(error) => {
            cursor.error(error.to_string());
            return None;
        }
    };
    let served = SERVED.iter().find(|served| served.model == service);
    if served.is_none_or(|served| served.action_of(operation).is_none()) {
        cursor.error(format!("the twin does not serve `{text}`: see docs/twin-coverage.md"));
    }
    let input =
        fields.optional("input").map_or_else(|| Json::Object(Map::new()), |one| json(one.node()));
    if let Some(written) = fields.optional("input")
        && let Err(problems) = reeve_model::conform(&model, shape, &input)
    {
        for problem in problems {
            // A text with a placeholder may become anything.
            let at = written.descend(&problem.path);
            if !matches!(&at.node().value, NodeValue::String(text) if text.contains("${")) {
                // What is missing has no place of its own: its name says which it is.
                at.error(problem.to_string());
            }
        }
    }
    let save = fields.optional("save").map(tags).unwrap_or_default();
    let (service, operation) = (service.to_owned(), operation.to_owned());
    Some(StepAction::Call { service, operation, input, save: BTreeMap::from_iter(save) })
}

/// A value as JSON. Numbers are as they were written.
pub(super) fn json(node: &Node) -> Json {
    match &node.value {
        NodeValue::Null => Json::Null,
        NodeValue::Bool(truth) => Json::Bool(*truth),
        NodeValue::Number(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        NodeValue::String(text) => Json::String(text.clone()),
        NodeValue::List(elements) => elements.iter().map(json).collect(),
        NodeValue::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect()
        }
    }
}
