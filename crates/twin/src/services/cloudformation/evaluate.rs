//! The values of a template: references, attributes, conditions and the functions over them.
//!
//! Pure: what was made so far, the parameters and the exports of other stacks are brought along.

use std::collections::BTreeMap;

use reeve_model::{Object, Value};

use super::{
    functions,
    template::{self, Piece, Template, attribute, pieces},
};

/// What a value is that only exists once its resource does.
pub(crate) const KNOWN_LATER: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";
/// How deep functions may lie within each other.
const DEEPEST: usize = 64;

/// What a resource of the stack is known by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Made {
    /// What `Ref` returns.
    pub(crate) reference: String,
    /// What `Fn::GetAtt` returns.
    pub(crate) attributes: Object,
}

/// The stack that values are of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// `AWS::AccountId`.
    pub(crate) account: String,
    /// `AWS::Region`.
    pub(crate) region: String,
    /// `AWS::Partition`.
    pub(crate) partition: String,
    /// `AWS::StackName`.
    pub(crate) stack_name: String,
    /// `AWS::StackId`.
    pub(crate) stack_id: String,
    /// `AWS::NotificationARNs`.
    pub(crate) topics: Vec<String>,
    /// What `Fn::GetAZs` returns.
    pub(crate) zones: Vec<String>,
}

/// Everything that values can refer to.
#[derive(Debug)]
pub(crate) struct Scope<'t> {
    /// The template.
    pub(crate) template: &'t Template,
    /// The stack.
    pub(crate) surroundings: &'t Surroundings,
    /// The parameters' values.
    pub(crate) parameters: &'t BTreeMap<String, Value>,
    /// The resources made so far, by logical id.
    pub(crate) made: &'t BTreeMap<String, Made>,
    /// What other stacks export.
    pub(crate) exports: &'t BTreeMap<String, String>,
    /// Whether what is not made yet is taken as known later rather than as an error.
    pub(crate) is_plan: bool,
}

/// A value, or nothing where it is `AWS::NoValue`.
type Evaluated = Result<Option<Value>, String>;

impl Scope<'_> {
    /// A value with every function in it replaced by what it returns.
    pub(crate) fn evaluate(&self, value: &Value) -> Result<Value, String> {
        Ok(self.value(value, 0)?.unwrap_or(Value::Null))
    }

    /// Whether a named condition holds.
    pub(crate) fn condition(&self, name: &str) -> Result<bool, String> {
        self.named_condition(name, 0)
    }

    fn value(&self, value: &Value, depth: usize) -> Evaluated {
        if depth > DEEPEST {
            return Err("Template error: functions are nested too deep".to_owned());
        }
        match value {
            Value::List(elements) => {
                let mut list = Vec::with_capacity(elements.len());
                for element in elements {
                    list.extend(self.value(element, depth + 1)?);
                }
                Ok(Some(Value::List(list)))
            }
            Value::Object(members) => match single(members) {
                Some((name, inner)) if is_function(name) => self.call(name, inner, depth + 1),
                _ => self.members(members, depth),
            },
            plain => Ok(Some(plain.clone())),
        }
    }

    fn members(&self, members: &Object, depth: usize) -> Evaluated {
        let mut object = Object::new();
        for (name, inner) in members.iter() {
            if let Some(value) = self.value(inner, depth + 1)? {
                object.insert(name, value);
            }
        }
        Ok(Some(object.into()))
    }

    fn call(&self, name: &str, inner: &Value, depth: usize) -> Evaluated {
        match name {
            "Ref" => self.reference(inner.as_str().unwrap_or_default()),
            "Condition" => self
                .named_condition(inner.as_str().unwrap_or_default(), depth)
                .map(|is| Some(is.into())),
            "Fn::GetAtt" => self.get_attribute(inner, depth),
            "Fn::Sub" => self.substitute(inner, depth).map(Some),
            "Fn::If" => self.choose(inner, depth),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                self.truth(name, inner, depth).map(|is| Some(is.into()))
            }
            "Fn::FindInMap" => self.find_in_map(inner, depth),
            "Fn::ImportValue" => self.import(inner, depth),
            "Fn::GetAZs" => {
                let wanted = self.value(inner, depth)?.unwrap_or(Value::Null);
                let wanted = wanted.as_str().filter(|region| !region.is_empty());
                if wanted.is_some_and(|region| region != self.surroundings.region) {
                    return Err(
                        "Template error: Fn::GetAZs of another Region is not supported".into()
                    );
                }
                Ok(Some(
                    self.surroundings.zones.iter().map(|zone| Value::from(zone.as_str())).collect(),
                ))
            }
            "Fn::Transform" => Err("Transforms are not supported here".to_owned()),
            _ => {
                let argument = self.value(inner, depth)?.unwrap_or(Value::Null);
                functions::call(name, &argument).map(Some)
            }
        }
    }

    fn reference(&self, name: &str) -> Evaluated {
        let around = self.surroundings;
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => &around.account,
            "AWS::Region" => &around.region,
            "AWS::Partition" => &around.partition,
            "AWS::StackName" => &around.stack_name,
            "AWS::StackId" => &around.stack_id,
            "AWS::URLSuffix" if around.partition == "aws-cn" => {
                return Ok(Some("amazonaws.com.cn".into()));
            }
            "AWS::URLSuffix" => return Ok(Some("amazonaws.com".into())),
            "AWS::NotificationARNs" => {
                return Ok(Some(
                    around.topics.iter().map(|arn| Value::from(arn.as_str())).collect(),
                ));
            }
            _ => return self.declared(name),
        };
        Ok(Some(Value::from(pseudo)))
    }

    fn declared(&self, name: &str) -> Evaluated {
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        if let Some(made) = self.made.get(name) {
            return Ok(Some(Value::from(&made.reference)));
        }
        if self.is_plan && self.template.resources.contains_key(name) {
            return Ok(Some(Value::from(KNOWN_LATER)));
        }
        Err(format!(
            "Unresolved resource dependencies [{name}] in the Resources block of the template"
        ))
    }

    fn get_attribute(&self, inner: &Value, depth: usize) -> Evaluated {
        let (id, name) = attribute(inner).ok_or(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the \
             resource name and the resource attribute",
        )?;
        let name = self.value(&name, depth)?.unwrap_or(Value::Null);
        self.attribute_of(&id, name.as_str().unwrap_or_default()).map(Some)
    }

    fn attribute_of(&self, id: &str, name: &str) -> Result<Value, String> {
        let Some(made) = self.made.get(id) else {
            if self.is_plan && self.template.resources.contains_key(id) {
                return Ok(Value::from(KNOWN_LATER));
            }
            return Err(format!(
                "Template error: instance of Fn::GetAtt references undefined resource {id}"
            ));
        };
        let found = made.attributes.get(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            made.attributes.get(first)?.path(rest)
        });
        found.cloned().ok_or_else(|| {
            let resource_type =
                self.template.resources.get(id).map_or("", |one| one.resource_type.as_str());
            format!(
                "Template error: resource {id} does not support attribute type {name} in Fn::GetAtt \
                 ({resource_type})"
            )
        })
    }

    fn substitute(&self, inner: &Value, depth: usize) -> Result<Value, String> {
        let (text, own) = match inner {
            Value::List(parts) => (parts.first(), parts.get(1)),
            text => (Some(text), None),
        };
        let text = text.and_then(Value::as_str).ok_or(
            "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments.",
        )?;
        let mut result = String::new();
        for piece in pieces(text) {
            let name = match piece {
                Piece::Text(text) => {
                    result.push_str(text);
                    continue;
                }
                Piece::Hole(name) => name,
            };
            let value = match own.and_then(|own| own.get(name)) {
                Some(own) => self.value(own, depth)?,
                None => match name.split_once('.') {
                    Some((id, attribute)) => Some(self.attribute_of(id, attribute)?),
                    None => self.reference(name)?,
                },
            };
            result.push_str(&functions::text(&value.unwrap_or(Value::Null)));
        }
        Ok(Value::from(result))
    }

    fn choose(&self, inner: &Value, depth: usize) -> Evaluated {
        let [condition, yes, no] = inner.as_list() else {
            return Err(
                "Template error: Fn::If requires a list argument with three elements".to_owned()
            );
        };
        let holds = self.named_condition(condition.as_str().unwrap_or_default(), depth)?;
        self.value(if holds { yes } else { no }, depth)
    }

    fn named_condition(&self, name: &str, depth: usize) -> Result<bool, String> {
        let declared = self.template.declared("Conditions", name).ok_or_else(|| {
            format!("Template error: unresolved condition dependency {name} in Conditions")
        })?;
        self.is_true(declared, depth + 1)
    }

    fn is_true(&self, value: &Value, depth: usize) -> Result<bool, String> {
        match self.value(value, depth)? {
            Some(Value::Bool(is)) => Ok(is),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
            _ => Err("Template error: every condition must evaluate to true or false".to_owned()),
        }
    }

    fn truth(&self, name: &str, inner: &Value, depth: usize) -> Result<bool, String> {
        let parts = inner.as_list();
        if name == "Fn::Equals" {
            let [one, other] = parts else {
                return Err("Template error: every Fn::Equals object requires a list of 2 string parameters".into());
            };
            let (one, other) = (self.value(one, depth)?, self.value(other, depth)?);
            return Ok(functions::same(&one.unwrap_or(Value::Null), &other.unwrap_or(Value::Null)));
        }
        let bounds = if name == "Fn::Not" { 1..=1 } else { 2..=10 };
        if !bounds.contains(&parts.len()) {
            return Err(format!(
                "Template error: every {name} object requires a list of conditions"
            ));
        }
        let mut truths = Vec::new();
        for part in parts {
            truths.push(self.is_true(part, depth)?);
        }
        Ok(match name {
            "Fn::And" => truths.iter().all(|is| *is),
            "Fn::Or" => truths.iter().any(|is| *is),
            _ => !truths.iter().any(|is| *is),
        })
    }

    fn find_in_map(&self, inner: &Value, depth: usize) -> Evaluated {
        let parts = inner.as_list();
        if !(3..=4).contains(&parts.len()) {
            return Err(
                "Template error: every Fn::FindInMap object requires three parameters, the map \
                        name, map key and the attribute for return value"
                    .to_owned(),
            );
        }
        let mut keys = Vec::new();
        for part in parts.iter().take(3) {
            keys.push(functions::text(&self.value(part, depth)?.unwrap_or(Value::Null)));
        }
        let mut found = self.template.root.get("Mappings");
        for key in &keys {
            found = found.and_then(|map| map.get(key));
        }
        match (found, parts.get(3).and_then(|last| last.get("DefaultValue"))) {
            (Some(value), _) => Ok(Some(value.clone())),
            (None, Some(default)) => self.value(default, depth),
            (None, None) => {
                Err(format!("Template error: Unable to get mapping for {}", keys.join("::")))
            }
        }
    }

    fn import(&self, inner: &Value, depth: usize) -> Evaluated {
        let name = functions::text(&self.value(inner, depth)?.unwrap_or(Value::Null));
        let value =
            self.exports.get(&name).ok_or_else(|| format!("No export named {name} found."))?;
        Ok(Some(Value::from(value)))
    }
}

/// The names of the exports that a value imports, as far as they can be evaluated.
pub(crate) fn imports(scope: &Scope<'_>, value: &Value, names: &mut Vec<String>) {
    match value {
        Value::List(elements) => elements.iter().for_each(|one| imports(scope, one, names)),
        Value::Object(members) => {
            for (name, inner) in members.iter() {
                if name == "Fn::ImportValue"
                    && let Ok(Some(wanted)) = scope.value(inner, 0)
                {
                    names.push(functions::text(&wanted));
                }
                imports(scope, inner, names);
            }
        }
        _ => {}
    }
}

fn single(members: &Object) -> Option<(&str, &Value)> {
    if members.len() != 1 {
        return None;
    }
    members.iter().next().map(|(name, value)| (name.as_str(), value))
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::")
}

/// Whether a resource is to exist.
pub(crate) fn exists(scope: &Scope<'_>, declared: &template::Declared) -> Result<bool, String> {
    declared.condition.as_deref().map_or(Ok(true), |condition| scope.condition(condition))
}
