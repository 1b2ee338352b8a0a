//! Conditions: which way `aws:branch` goes, and whether `aws:loop` goes on.

use serde_json::Value;

use crate::{
    data_type::{DataType, render},
    input::Input,
    step::Goal,
    template::{Scope, Unresolved},
    unknown,
};

/// Where a branch may go.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The ways, in the order in which they are looked at.
    pub choices: Vec<Choice>,
    /// The step that is next if no condition holds; without one, the next in order.
    pub default: Option<Goal>,
}

/// A way, and when it is taken.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The step that is next.
    pub next: Goal,
    /// When.
    pub condition: Condition,
}

/// Something that holds or does not.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A value compared with another.
    Compare {
        /// The value.
        variable: Box<Input>,
        /// How they are compared.
        operator: Operator,
        /// What it is compared with.
        with: Box<Input>,
    },
    /// All hold.
    And(Vec<Condition>),
    /// One holds at least.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Texts that are the same.
    StringEquals,
    /// Texts that are the same but for the case of letters.
    EqualsIgnoreCase,
    /// A text that begins with another.
    StartsWith,
    /// A text that ends with another.
    EndsWith,
    /// A text that another occurs in, or a list that has the element.
    Contains,
    /// Numbers that are the same.
    NumericEquals,
    /// A number greater than another.
    NumericGreater,
    /// A number less than another.
    NumericLesser,
    /// A number greater than another, or the same.
    NumericGreaterOrEquals,
    /// A number less than another, or the same.
    NumericLesserOrEquals,
    /// True or false alike.
    BooleanEquals,
}

/// A condition that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A value is not there.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// A value is not what the operator compares.
    #[error("{operator} compares {wanted}: {source}")]
    Mismatch {
        /// The operator.
        operator: &'static str,
        /// What it compares.
        wanted: &'static str,
        /// What was there.
        source: crate::data_type::Mismatch,
    },
}

impl Operator {
    /// Every operator with the name that documents call it by.
    pub const ALL: [(&'static str, Self); 11] = [
        ("StringEquals", Self::StringEquals),
        ("EqualsIgnoreCase", Self::EqualsIgnoreCase),
        ("StartsWith", Self::StartsWith),
        ("EndsWith", Self::EndsWith),
        ("Contains", Self::Contains),
        ("NumericEquals", Self::NumericEquals),
        ("NumericGreater", Self::NumericGreater),
        ("NumericLesser", Self::NumericLesser),
        ("NumericGreaterOrEquals", Self::NumericGreaterOrEquals),
        ("NumericLesserOrEquals", Self::NumericLesserOrEquals),
        ("BooleanEquals", Self::BooleanEquals),
    ];

    /// The name that documents call it by.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// What it compares.
    pub fn data_type(self) -> DataType {
        match self {
            Self::StringEquals
            | Self::EqualsIgnoreCase
            | Self::StartsWith
            | Self::EndsWith
            | Self::Contains => DataType::String,
            Self::NumericEquals
            | Self::NumericGreater
            | Self::NumericLesser
            | Self::NumericGreaterOrEquals
            | Self::NumericLesserOrEquals => DataType::Integer,
            Self::BooleanEquals => DataType::Boolean,
        }
    }

    fn holds(self, left: &Value, right: &Value) -> Result<bool, ConditionError> {
        match self.data_type() {
            DataType::Integer => {
                let (left, right) = (self.operand(left)?, self.operand(right)?);
                let (left, right) = (left.as_i64(), right.as_i64());
                Ok(match self {
                    Self::NumericGreater => left > right,
                    Self::NumericLesser => left < right,
                    Self::NumericGreaterOrEquals => left >= right,
                    Self::NumericLesserOrEquals => left <= right,
                    _ => left == right,
                })
            }
            DataType::Boolean => Ok(self.operand(left)? == self.operand(right)?),
            _ => Ok(self.holds_for_texts(left, right)),
        }
    }

    fn holds_for_texts(self, left: &Value, right: &Value) -> bool {
        if let (Self::Contains, Value::Array(elements)) = (self, left) {
            return elements.iter().any(|element| render(element) == render(right));
        }
        let (left, right) = (render(left), render(right));
        match self {
            Self::EqualsIgnoreCase => left.to_lowercase() == right.to_lowercase(),
            Self::StartsWith => left.starts_with(&right),
            Self::EndsWith => left.ends_with(&right),
            Self::Contains => left.contains(&right),
            _ => left == right,
        }
    }

    fn operand(self, value: &Value) -> Result<Value, ConditionError> {
        let data_type = self.data_type();
        data_type.convert(value).map_err(|source| ConditionError::Mismatch {
            operator: self.name(),
            wanted: if data_type == DataType::Integer { "whole numbers" } else { "true and false" },
            source,
        })
    }
}

impl Condition {
    /// Whether it holds. What need not be looked at is not.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, ConditionError> {
        match self {
            Self::Compare { variable, operator, with } => {
                operator.holds(&variable.resolve(scope)?, &with.resolve(scope)?)
            }
            Self::And(conditions) => {
                for condition in conditions {
                    if !condition.holds(scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(conditions) => {
                for condition in conditions {
                    if condition.holds(scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(condition) => Ok(!condition.holds(scope)?),
        }
    }

    /// Whether it holds; `None` if that depends on what is unknown.
    pub(crate) fn tell(&self, scope: &dyn Scope) -> Result<Option<bool>, ConditionError> {
        match self {
            Self::Compare { variable, operator, with } => {
                let (variable, with) = (variable.resolve(scope)?, with.resolve(scope)?);
                if unknown::is_in(&variable) || unknown::is_in(&with) {
                    return Ok(None);
                }
                operator.holds(&variable, &with).map(Some)
            }
            Self::And(conditions) => tell_all(conditions, false, scope),
            Self::Or(conditions) => tell_all(conditions, true, scope),
            Self::Not(condition) => Ok(condition.tell(scope)?.map(|holds| !holds)),
        }
    }

    /// The condition in words, with the values as far as they are known.
    fn describe(&self, scope: &dyn Scope) -> String {
        let join = |conditions: &[Self], word: &str| {
            let parts: Vec<String> = conditions.iter().map(|it| it.describe(scope)).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Self::Compare { variable, operator, with } => {
                let shown = |input: &Input| {
                    input.resolve(scope).map_or_else(|error| error.to_string(), |it| render(&it))
                };
                format!("{} {} {}", shown(variable), operator.name(), shown(with))
            }
            Self::And(conditions) => join(conditions, " and "),
            Self::Or(conditions) => join(conditions, " or "),
            Self::Not(condition) => format!("not {}", condition.describe(scope)),
        }
    }

    /// Calls `visit` with every input in it.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Input)) {
        match self {
            Self::Compare { variable, with, operator: _ } => {
                visit(variable);
                visit(with);
            }
            Self::And(conditions) | Self::Or(conditions) => {
                for condition in conditions {
                    condition.visit(visit);
                }
            }
            Self::Not(condition) => condition.visit(visit),
        }
    }
}

/// A way that a branch may lead, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Way {
    /// The step that is next; without one, the next in order, or the end.
    pub next: Option<String>,
    /// What must hold; nothing for the only way.
    pub when: Option<String>,
}

/// Whether one of several conditions is `decisive`, which decides; `None` if that depends on what is unknown.
fn tell_all(
    conditions: &[Condition],
    decisive: bool,
    scope: &dyn Scope,
) -> Result<Option<bool>, ConditionError> {
    let mut told = Some(!decisive);
    for condition in conditions {
        match condition.tell(scope)? {
            Some(holds) if holds == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => told = None,
        }
    }
    Ok(told)
}

impl Branch {
    /// The ways that it may lead: one if everything is known that decides it.
    pub(crate) fn ways(&self, scope: &dyn Scope) -> Result<Vec<Way>, ConditionError> {
        let mut ways = Vec::new();
        for choice in &self.choices {
            let way = |when| Way { next: Some(choice.next.step.clone()), when };
            match choice.condition.tell(scope)? {
                Some(false) => {}
                Some(true) => {
                    let when = (!ways.is_empty()).then(|| "nothing of these".to_owned());
                    ways.push(way(when));
                    return Ok(ways);
                }
                None => ways.push(way(Some(choice.condition.describe(scope)))),
            }
        }
        let when = (!ways.is_empty()).then(|| "nothing of these".to_owned());
        ways.push(Way { next: self.default.as_ref().map(|goal| goal.step.clone()), when });
        Ok(ways)
    }

    /// The step that is next: the first way whose condition holds, or the default.
    pub fn choose(&self, scope: &dyn Scope) -> Result<Option<&str>, ConditionError> {
        for choice in &self.choices {
            if choice.condition.holds(scope)? {
                return Ok(Some(&choice.next.step));
            }
        }
        Ok(self.default.as_ref().map(|goal| goal.step.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operators_compare_what_they_say() {
        use Operator as O;
        let cases = [
            (O::StringEquals, json!("a"), json!("a"), true),
            (O::StringEquals, json!("a"), json!("A"), false),
            (O::StringEquals, json!(5), json!("5"), true),
            (O::EqualsIgnoreCase, json!("aB"), json!("Ab"), true),
            (O::StartsWith, json!("i-123"), json!("i-"), true),
            (O::EndsWith, json!("i-123"), json!("i-"), false),
            (O::Contains, json!("abc"), json!("b"), true),
            (O::Contains, json!(["ab", "c"]), json!("c"), true),
            (O::Contains, json!(["ab", "c"]), json!("a"), false),
            (O::NumericEquals, json!("7"), json!(7), true),
            (O::NumericGreater, json!(8), json!("7"), true),
            (O::NumericLesser, json!(8), json!(7), false),
            (O::NumericGreaterOrEquals, json!(7), json!(7), true),
            (O::NumericLesserOrEquals, json!(8), json!(7), false),
            (O::BooleanEquals, json!("true"), json!(true), true),
            (O::BooleanEquals, json!(false), json!(true), false),
        ];
        for (operator, left, right, expected) in cases {
            let found = operator.holds(&left, &right);
            assert_eq!(found, Ok(expected), "{} of {left} and {right}", operator.name());
        }
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let error = Operator::NumericGreater.holds(&json!("many"), &json!(1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "NumericGreater compares whole numbers: expected an Integer, found the text `many`"
        );
    }
}
