//! What a document says, as it says it: for people who want to read a runbook before it runs.

use serde_json::{Map, Value};

use crate::{
    choice::{Condition, Operator},
    data_type::render,
    input::{Content, Input},
};

impl Input {
    /// The value as it was written, with its references as `{{ … }}`.
    pub fn as_written(&self) -> Value {
        match &self.content {
            Content::Plain(value) => value.clone(),
            Content::Text(template) => Value::String(template.to_string()),
            Content::List(elements) => elements.iter().map(Self::as_written).collect(),
            Content::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(key, value)| (key.clone(), value.as_written()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl Condition {
    /// The condition in words, with its references as `{{ … }}`.
    pub fn as_written(&self) -> String {
        match self {
            Self::Compare { variable, operator, with } => format!(
                "{} {} {}",
                render(&variable.as_written()),
                words(*operator),
                render(&with.as_written())
            ),
            Self::And(conditions) => joined(conditions, " and "),
            Self::Or(conditions) => joined(conditions, " or "),
            Self::Not(condition) => format!("not ({})", condition.as_written()),
        }
    }
}

fn joined(conditions: &[Condition], word: &str) -> String {
    let part = |condition: &Condition| match condition {
        Condition::And(_) | Condition::Or(_) => format!("({})", condition.as_written()),
        Condition::Compare { .. } | Condition::Not(_) => condition.as_written(),
    };
    conditions.iter().map(part).collect::<Vec<_>>().join(word)
}

fn words(operator: Operator) -> &'static str {
    match operator {
        Operator::StringEquals | Operator::NumericEquals | Operator::BooleanEquals => "is",
        Operator::EqualsIgnoreCase => "is, in any case,",
        Operator::StartsWith => "starts with",
        Operator::EndsWith => "ends with",
        Operator::Contains => "contains",
        Operator::NumericGreater => ">",
        Operator::NumericLesser => "<",
        Operator::NumericGreaterOrEquals => "≥",
        Operator::NumericLesserOrEquals => "≤",
    }
}

#[cfg(test)]
mod tests {
    use crate::{Control, Format, Runbook};

    const BRANCH: &str = "schemaVersion: '0.3'
parameters:
  Size: {type: Integer}
  Name: {type: String}
mainSteps:
- name: choose
  action: aws:branch
  inputs:
    Choices:
    - NextStep: rest
      And:
      - {Variable: '{{ Size }}', NumericGreater: 5}
      - Or:
        - {Variable: '{{ Name }}', StartsWith: web}
        - Not: {Variable: 'x-{{ Name }}', StringEquals: x-db}
- name: rest
  action: aws:sleep
  inputs: {Duration: PT1M}
";

    #[test]
    fn a_condition_is_told_as_it_was_written() {
        let checked = Runbook::parse("branch.yaml", BRANCH, Format::Yaml).unwrap();
        let step = &checked.runbook.steps[0];
        let Control::Branch(branch) = &step.control else { panic!("no branch") };
        assert_eq!(
            branch.choices[0].condition.as_written(),
            "{{ Size }} > 5 and ({{ Name }} starts with web or not (x-{{ Name }} is x-db))"
        );
        let rest = checked.runbook.steps[1].input("Duration").unwrap();
        assert_eq!(rest.as_written(), "PT1M");
    }
}
