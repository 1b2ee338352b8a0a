//! Endpoint rules as data: conditions that lead to an endpoint, to an error, or to more rules.
//!
//! Read once per service. What can be known beforehand is settled here: functions are looked up, templates are cut into
//! their parts and paths into their steps, so that evaluating is walking.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{
    Name, Value,
    endpoint::{ACCOUNT, Partitions, function::Function},
    expression::Path,
};

/// The rules by which the address of a service's requests is found.
#[derive(Debug)]
pub struct RuleSet {
    /// What the rules know of a request.
    pub(super) parameters: Vec<Parameter>,
    pub(super) rules: Vec<Rule>,
    pub(super) partitions: Arc<Partitions>,
}

/// One thing that the rules know of a request.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Name,
    // The setting that every client has under this name, such as `AWS::Region`.
    pub(super) built_in: Option<Name>,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) conditions: Vec<Condition>,
    pub(super) outcome: Outcome,
}

/// What a rule leads to when its conditions hold.
#[derive(Debug)]
pub(super) enum Outcome {
    Endpoint(Box<EndpointTemplate>),
    Error(Expression),
    Rules(Vec<Rule>),
}

#[derive(Debug)]
pub(super) struct EndpointTemplate {
    pub(super) url: Expression,
    pub(super) headers: Vec<(Name, Vec<Expression>)>,
    pub(super) properties: Property,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expression: Expression,
    // The name under which later conditions know the value.
    pub(super) assign: Option<Name>,
}

#[derive(Debug)]
pub(super) enum Expression {
    Constant(Value),
    Template(Vec<Part>),
    Reference(Name),
    Attribute(Box<Expression>, Path),
    Call(Function, Vec<Expression>),
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Part {
    Text(String),
    Reference(Name, Option<Path>),
}

/// What an endpoint says besides its URL: JSON whose texts are templates.
#[derive(Debug)]
pub(super) enum Property {
    Expression(Expression),
    List(Vec<Property>),
    Object(Vec<(Name, Property)>),
}

/// Rules that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint rules have {found}, expected {expected}")]
pub struct RuleSetError {
    found: String,
    expected: &'static str,
}

impl RuleSet {
    /// Reads rules as botocore publishes them (`endpoint-rule-set-1.json`); null is no rules.
    pub fn from_json(
        json: &Json,
        partitions: Arc<Partitions>,
    ) -> Result<Option<Self>, RuleSetError> {
        if json.is_null() {
            return Ok(None);
        }
        let parameters = json.get("parameters").and_then(Json::as_object);
        let parameters = parameters.ok_or_else(|| unexpected(json, "an object `parameters`"))?;
        Ok(Some(Self {
            parameters: parameters.iter().map(|(name, json)| Parameter::read(name, json)).collect(),
            rules: many(json.get("rules"), "a list `rules`", rule)?,
            partitions,
        }))
    }

    /// Whether the address may depend on whose account the credentials are of.
    pub fn ask_for_account(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.built_in.as_deref() == Some(ACCOUNT))
    }
}

impl Parameter {
    fn read(name: &str, json: &Json) -> Self {
        Self {
            name: name.into(),
            built_in: json.get("builtIn").and_then(Json::as_str).map(Name::from),
            required: json.get("required").and_then(Json::as_bool).unwrap_or(false),
            default: json.get("default").map(Value::from_json),
        }
    }
}

fn unexpected(found: &Json, expected: &'static str) -> RuleSetError {
    let excerpt: String = found.to_string().chars().take(80).collect();
    RuleSetError { found: format!("`{excerpt}`"), expected }
}

fn many<T>(
    json: Option<&Json>,
    expected: &'static str,
    read: impl Fn(&Json) -> Result<T, RuleSetError>,
) -> Result<Vec<T>, RuleSetError> {
    let list = json.and_then(Json::as_array);
    let list = list.ok_or_else(|| unexpected(json.unwrap_or(&Json::Null), expected))?;
    list.iter().map(read).collect()
}

fn rule(json: &Json) -> Result<Rule, RuleSetError> {
    let conditions = match json.get("conditions") {
        None => Vec::new(),
        conditions => many(conditions, "a list `conditions`", condition)?,
    };
    let outcome = if let Some(endpoint) = json.get("endpoint") {
        Outcome::Endpoint(Box::new(endpoint_template(endpoint)?))
    } else if let Some(error) = json.get("error") {
        Outcome::Error(expression(error)?)
    } else {
        Outcome::Rules(many(json.get("rules"), "an endpoint, an error or rules", rule)?)
    };
    Ok(Rule { conditions, outcome })
}

fn condition(json: &Json) -> Result<Condition, RuleSetError> {
    let assign = json.get("assign").and_then(Json::as_str).map(Name::from);
    Ok(Condition { expression: expression(json)?, assign })
}

fn endpoint_template(json: &Json) -> Result<EndpointTemplate, RuleSetError> {
    let url = json.get("url").ok_or_else(|| unexpected(json, "an endpoint with a `url`"))?;
    let headers = json.get("headers").and_then(Json::as_object).into_iter().flatten();
    let header = |(name, values): (&String, &Json)| {
        Ok((Name::from(name.as_str()), many(Some(values), "a list of header values", expression)?))
    };
    Ok(EndpointTemplate {
        url: expression(url)?,
        headers: headers.map(header).collect::<Result<_, _>>()?,
        properties: json.get("properties").map_or(Ok(Property::Object(Vec::new())), property)?,
    })
}

fn property(json: &Json) -> Result<Property, RuleSetError> {
    Ok(match json {
        Json::Array(elements) => {
            Property::List(elements.iter().map(property).collect::<Result<_, _>>()?)
        }
        Json::Object(members) if !members.contains_key("ref") && !members.contains_key("fn") => {
            let member =
                |(name, json): (&String, &Json)| Ok((Name::from(name.as_str()), property(json)?));
            Property::Object(members.iter().map(member).collect::<Result<_, _>>()?)
        }
        _ => Property::Expression(expression(json)?),
    })
}

fn expression(json: &Json) -> Result<Expression, RuleSetError> {
    match json {
        Json::String(text) => template(text),
        Json::Bool(_) | Json::Number(_) => Ok(Expression::Constant(Value::from_json(json))),
        Json::Array(elements) => {
            let constant = elements.iter().all(Json::is_string);
            if constant {
                Ok(Expression::Constant(Value::from_json(json)))
            } else {
                Err(no_expression(json))
            }
        }
        Json::Object(members) => {
            let text = |key: &str| members.get(key).and_then(Json::as_str);
            match (text("ref"), text("fn")) {
                (Some(name), _) => Ok(Expression::Reference(name.into())),
                (_, Some(function)) => call(function, json),
                _ => Err(no_expression(json)),
            }
        }
        Json::Null => Err(no_expression(json)),
    }
}

fn no_expression(json: &Json) -> RuleSetError {
    unexpected(json, "a text, a number, a boolean, a reference or a function")
}

fn call(function: &str, json: &Json) -> Result<Expression, RuleSetError> {
    let arguments = json.get("argv");
    if function == "getAttr" {
        let argument = |at: usize| arguments.and_then(|arguments| arguments.get(at));
        let path = argument(1).and_then(Json::as_str).and_then(Path::parse);
        return match (argument(0), path) {
            (Some(of), Some(path)) => Ok(Expression::Attribute(Box::new(expression(of)?), path)),
            _ => Err(unexpected(json, "`getAttr` of a value and a path")),
        };
    }
    let function =
        Function::from_name(function).ok_or_else(|| unexpected(json, "a known function"))?;
    Ok(Expression::Call(function, many(arguments, "a list `argv`", expression)?))
}

/// Cuts `https://{Region}.{Partition#dnsSuffix}` into its parts. A brace that is meant is written twice.
fn template(text: &str) -> Result<Expression, RuleSetError> {
    let malformed = || RuleSetError { found: format!("`{text}`"), expected: "closed braces" };
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at_checked(at).ok_or_else(malformed)?;
        literal.push_str(before);
        if let Some((meant, after)) =
            ["{{", "}}"].iter().find_map(|two| Some((two, brace.strip_prefix(two)?)))
        {
            literal.extend(meant.chars().next());
            rest = after;
            continue;
        }
        let (inside, after) = brace
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'))
            .ok_or_else(malformed)?;
        let (name, path) =
            inside.split_once('#').map_or((inside, None), |(name, path)| (name, Some(path)));
        let path = path.map(|path| Path::parse(path).ok_or_else(malformed)).transpose()?;
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(Part::Reference(name.into(), path));
        rest = after;
    }
    literal.push_str(rest);
    if parts.is_empty() {
        return Ok(Expression::Constant(literal.into()));
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(Expression::Template(parts))
}
