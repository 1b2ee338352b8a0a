//! Conditions: an operator, a key of the request, and the values it is compared with.
//!
//! Values are read when the policy is compiled: numbers, times and networks are parsed once, wildcards taken apart. What the
//! request brings is read when it is compared; what cannot be read matches nothing.

mod compare;
mod operator;

use crate::context::{Context, ContextValue};

pub(crate) use compare::Comparand;
pub(crate) use operator::{Comparison, Operator, Quantifier};

/// One key of one operator.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) operator: Operator,
    /// In lower case.
    pub(crate) key: Box<str>,
    /// As it was written, for those who list the keys of a policy.
    pub(crate) written_key: Box<str>,
    pub(crate) values: Box<[Comparand]>,
}

impl Condition {
    /// Whether the request meets it.
    pub(crate) fn is_met(&self, context: &dyn Context) -> bool {
        let found = context.value(&self.key);
        if self.operator.comparison == Comparison::Null {
            let is_absent = found.is_none_or(|value| is_empty(&value));
            return self.values.contains(&Comparand::Truth(is_absent));
        }
        let Some(found) = found else { return self.without_value() };
        let values = match found {
            ContextValue::One(value) => vec![value],
            ContextValue::Many(values) => values,
        };
        match self.operator.quantifier {
            Quantifier::ForAll => values.iter().all(|value| self.holds(value, context)),
            Quantifier::ForAny => values.iter().any(|value| self.holds(value, context)),
            // Of a key with several values, one suffices for a likeness, and a difference must be one from all.
            Quantifier::None if self.operator.is_negated => {
                values.iter().all(|value| self.holds(value, context))
            }
            Quantifier::None => values.iter().any(|value| self.holds(value, context)),
        }
    }

    /// Whether it is met by a request without the key.
    fn without_value(&self) -> bool {
        match self.operator.quantifier {
            Quantifier::ForAll => true,
            Quantifier::ForAny => self.operator.if_exists,
            Quantifier::None => self.operator.if_exists || self.operator.is_negated,
        }
    }

    fn holds(&self, value: &str, context: &dyn Context) -> bool {
        let is_like =
            self.values.iter().any(|wanted| wanted.fits(self.operator.comparison, value, context));
        is_like != self.operator.is_negated
    }
}

fn is_empty(value: &ContextValue<'_>) -> bool {
    matches!(value, ContextValue::Many(values) if values.is_empty())
}
