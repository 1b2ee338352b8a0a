//! Walks endpoint rules to the first one whose conditions hold.

use crate::{
    Name, Object, Value,
    endpoint::{
        Partitions,
        rules::{Condition, EndpointTemplate, Expression, Outcome, Part, Property, Rule, RuleSet},
    },
};

/// What rules lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The URL, as the rules put it together.
    pub url: String,
    /// The headers to send along.
    pub headers: Vec<(String, String)>,
    /// All else, such as `authSchemes`.
    pub properties: Value,
}

/// Why rules lead to no endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// A rule says that this cannot be.
    Refused(String),
    /// A parameter that the rules need is not set.
    MissingParameter(Name),
    /// No rule's conditions hold, or a rule speaks of what is not there.
    NoMatch,
}

impl RuleSet {
    /// Finds the endpoint for parameters by their names in these rules.
    pub fn evaluate(&self, parameters: &Object) -> Result<Resolved, Unresolved> {
        let mut bindings = Vec::new();
        for parameter in &self.parameters {
            match parameters.get(&parameter.name).or(parameter.default.as_ref()) {
                Some(value) => bindings.push((&parameter.name, value.clone())),
                None if parameter.required => {
                    return Err(Unresolved::MissingParameter(parameter.name.clone()));
                }
                None => {}
            }
        }
        let mut evaluation = Evaluation { partitions: &self.partitions, bindings };
        evaluation.rules(&self.rules)?.ok_or(Unresolved::NoMatch)
    }
}

struct Evaluation<'a> {
    partitions: &'a Partitions,
    // The parameters, then what conditions assigned; the latest of a name counts.
    bindings: Vec<(&'a Name, Value)>,
}

impl<'a> Evaluation<'a> {
    fn rules(&mut self, rules: &'a [Rule]) -> Result<Option<Resolved>, Unresolved> {
        for rule in rules {
            // What a rule's conditions assign is known to this rule only.
            let outside = self.bindings.len();
            let outcome =
                if self.hold(&rule.conditions) { self.outcome(&rule.outcome)? } else { None };
            self.bindings.truncate(outside);
            if outcome.is_some() {
                return Ok(outcome);
            }
        }
        Ok(None)
    }

    fn hold(&mut self, conditions: &'a [Condition]) -> bool {
        conditions.iter().all(|condition| {
            let value = self.value(&condition.expression);
            let holds = !matches!(value, None | Some(Value::Bool(false)));
            if let (Some(name), Some(value)) = (&condition.assign, value) {
                self.bindings.push((name, value));
            }
            holds
        })
    }

    fn outcome(&mut self, outcome: &'a Outcome) -> Result<Option<Resolved>, Unresolved> {
        match outcome {
            Outcome::Rules(rules) => self.rules(rules),
            Outcome::Error(error) => Err(Unresolved::Refused(self.text(error)?)),
            Outcome::Endpoint(template) => self.endpoint(template).map(Some),
        }
    }

    fn endpoint(&self, template: &EndpointTemplate) -> Result<Resolved, Unresolved> {
        let mut headers = Vec::new();
        for (name, values) in &template.headers {
            for value in values {
                headers.push((name.to_string(), self.text(value)?));
            }
        }
        let url = self.text(&template.url)?;
        Ok(Resolved { url, headers, properties: self.property(&template.properties)? })
    }

    fn property(&self, property: &Property) -> Result<Value, Unresolved> {
        match property {
            Property::Expression(expression) => self.value(expression).ok_or(Unresolved::NoMatch),
            Property::List(elements) => {
                elements.iter().map(|element| self.property(element)).collect()
            }
            Property::Object(members) => {
                let mut object = Object::with_capacity(members.len());
                for (name, property) in members {
                    object.insert(name, self.property(property)?);
                }
                Ok(Value::Object(object))
            }
        }
    }

    fn text(&self, expression: &Expression) -> Result<String, Unresolved> {
        match self.value(expression) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(Unresolved::NoMatch),
        }
    }

    fn value(&self, expression: &Expression) -> Option<Value> {
        match expression {
            Expression::Constant(value) => Some(value.clone()),
            Expression::Reference(name) => self.binding(name).cloned(),
            Expression::Attribute(of, path) => match &**of {
                Expression::Reference(name) => path.follow(self.binding(name)?).cloned(),
                of => path.follow(&self.value(of)?).cloned(),
            },
            Expression::Template(parts) => self.filled(parts).map(Value::String),
            Expression::Call(function, arguments) => {
                let arguments: Vec<_> =
                    arguments.iter().map(|argument| self.value(argument)).collect();
                function.call(&arguments, self.partitions)
            }
        }
    }

    fn filled(&self, parts: &[Part]) -> Option<String> {
        let mut filled = String::new();
        for part in parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Reference(name, path) => {
                    let value = self.binding(name)?;
                    let value = path.as_ref().map_or(Some(value), |path| path.follow(value))?;
                    match value {
                        Value::Bool(truth) => {
                            filled.push_str(if *truth { "true" } else { "false" });
                        }
                        Value::Integer(number) => filled.push_str(&number.to_string()),
                        other => filled.push_str(other.as_str()?),
                    }
                }
            }
        }
        Some(filled)
    }

    fn binding(&self, name: &Name) -> Option<&Value> {
        self.bindings.iter().rev().find(|(bound, _)| *bound == name).map(|(_, value)| value)
    }
}
