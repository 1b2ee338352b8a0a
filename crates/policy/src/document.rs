//! Reads a policy document.
//!
//! JSON with positions comes from `reeve-document`; the grammar is AWS's. Documents are held to what their form demands: a
//! policy of a user names no principal, a trust policy no resource.

mod elements;

use std::collections::BTreeSet;

use reeve_document::{Node, NodeValue, parse_json};

use crate::{
    problem::PolicyProblem,
    statement::{Effect, Statement},
};

/// What a policy is attached to, which decides what its statements must and must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A user, group, role or session, or a boundary of one.
    Identity,
    /// A role, saying who may assume it.
    Trust,
    /// Any other resource.
    Resource,
    /// An account or unit, for what its principals may do.
    ServiceControl,
    /// An account or unit, for what may be done to its resources.
    ResourceControl,
}

/// A policy, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document.
    pub fn parse(form: Form, text: &str) -> Result<Self, PolicyProblem> {
        let root = parse_json(text).map_err(|error| {
            let position = error.position.unwrap_or(reeve_document::Position::START);
            PolicyProblem::syntax(position, "")
        })?;
        let NodeValue::Map(entries) = &root.value else {
            return Err(PolicyProblem::syntax(root.position, ""));
        };
        let mut seen = BTreeSet::new();
        for entry in entries {
            let is_known = ["Version", "Id", "Statement"].contains(&&*entry.key);
            if !is_known || !seen.insert(&*entry.key) {
                return Err(PolicyProblem::syntax(entry.key_position, &entry.key));
            }
        }
        let has_variables = version(form, &root)?;
        let reader = elements::Reader { form, has_variables };
        let statements = statements(&reader, &root)?;
        Ok(Self { statements })
    }

    /// Its statements, in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether a statement allows every action on every resource, whatever the request brings.
    pub fn allows_everything(&self) -> bool {
        self.statements.iter().any(Statement::allows_everything)
    }

    /// Whether a statement denies anything.
    pub fn denies_something(&self) -> bool {
        self.statements.iter().any(|statement| statement.effect() == Effect::Deny)
    }

    /// The condition keys that it asks for, in order and each once.
    pub fn condition_keys(&self) -> BTreeSet<&str> {
        self.statements.iter().flat_map(Statement::condition_keys).collect()
    }
}

/// Whether the version is one that has policy variables.
fn version(form: Form, root: &Node) -> Result<bool, PolicyProblem> {
    const WRONG: &str = "Policy document must be version 2012-10-17 or greater.";
    let Some(node) = root.get("Version") else {
        return match form {
            Form::Identity => Err(PolicyProblem::new(WRONG, root.position, "Version")),
            _ => Ok(false),
        };
    };
    match &node.value {
        NodeValue::String(text) if text == "2012-10-17" => Ok(true),
        NodeValue::String(text) if text == "2008-10-17" && form != Form::Identity => Ok(false),
        NodeValue::String(text) if text == "2008-10-17" => {
            Err(PolicyProblem::new(WRONG, node.position, "Version"))
        }
        _ => Err(PolicyProblem::syntax(node.position, "Version")),
    }
}

fn statements(reader: &elements::Reader, root: &Node) -> Result<Vec<Statement>, PolicyProblem> {
    let Some(node) = root.get("Statement") else {
        return Err(PolicyProblem::syntax(root.position, "Statement"));
    };
    let found = match &node.value {
        NodeValue::Map(_) => vec![reader.statement(node, "Statement")?],
        NodeValue::List(nodes) if !nodes.is_empty() => nodes
            .iter()
            .enumerate()
            .map(|(place, node)| reader.statement(node, &format!("Statement[{place}]")))
            .collect::<Result<_, _>>()?,
        _ => return Err(PolicyProblem::syntax(node.position, "Statement")),
    };
    let mut seen = BTreeSet::new();
    for statement in &found {
        if statement.sid().is_some_and(|sid| !sid.is_empty() && !seen.insert(sid)) {
            let message = "Statement IDs (SID) in a single policy must be unique.";
            return Err(PolicyProblem::new(message, node.position, "Statement"));
        }
    }
    Ok(found)
}
