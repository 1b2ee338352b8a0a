//! A policy document.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// An IAM policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// What it allows, in order.
    pub statements: Vec<Statement>,
}

/// One thing that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// Its id, letters and digits.
    pub sid: String,
    /// What it is for, for people; it is not part of the document.
    pub purpose: String,
    /// To whom, in a trust policy: the ARN of an identity or of an account.
    pub principal: Option<String>,
    /// The permissions.
    pub actions: BTreeSet<String>,
    /// The resources that they are about; none in a trust policy, which is its role's.
    pub resources: BTreeSet<String>,
    /// What requests must say: a condition key and the values that it may have.
    pub conditions: Vec<(String, Vec<String>)>,
}

impl Document {
    /// The document as AWS reads it; the same policy always gives the same text.
    pub fn to_json(&self) -> Value {
        let statements: Vec<Value> = self.statements.iter().map(Statement::to_json).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// How many characters of AWS's limit the document takes: white space does not count.
    pub fn characters(&self) -> usize {
        characters(&self.to_json())
    }
}

impl Statement {
    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("Sid".to_owned(), self.sid.as_str().into());
        members.insert("Effect".to_owned(), "Allow".into());
        if let Some(principal) = &self.principal {
            members.insert("Principal".to_owned(), json!({"AWS": principal}));
        }
        members.insert("Action".to_owned(), one_or_many(&self.actions));
        if !self.resources.is_empty() {
            members.insert("Resource".to_owned(), one_or_many(&self.resources));
        }
        if !self.conditions.is_empty() {
            let conditions: Map<String, Value> = self
                .conditions
                .iter()
                .map(|(key, values)| (key.clone(), one_or_many(values)))
                .collect();
            members.insert("Condition".to_owned(), json!({"StringEquals": conditions}));
        }
        Value::Object(members)
    }

    /// How many characters the statement takes in a document.
    pub(crate) fn characters(&self) -> usize {
        characters(&self.to_json())
    }
}

/// AWS takes a text for a list of one.
fn one_or_many<'a>(values: impl IntoIterator<Item = &'a String>) -> Value {
    let values: Vec<Value> = values.into_iter().map(|value| value.as_str().into()).collect();
    match <[Value; 1]>::try_from(values) {
        Ok([only]) => only,
        Err(values) => Value::Array(values),
    }
}

fn characters(json: &Value) -> usize {
    json.to_string().chars().filter(|character| !character.is_whitespace()).count()
}
