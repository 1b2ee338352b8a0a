//! The elements of a statement.

use std::collections::BTreeSet;

use reeve_document::{Entry, Node, NodeValue};

use super::Form;
use crate::{
    condition::{Comparand, Condition, Operator},
    pattern::Pattern,
    principal::{Principal, Principals},
    problem::PolicyProblem,
    statement::{ActionPattern, Actions, Effect, Statement},
};

/// What it takes to read statements.
pub(super) struct Reader {
    pub(super) form: Form,
    pub(super) has_variables: bool,
}

const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
];

type Read<T> = Result<T, PolicyProblem>;

impl Reader {
    pub(super) fn statement(&self, node: &Node, path: &str) -> Read<Statement> {
        let NodeValue::Map(entries) = &node.value else {
            return Err(PolicyProblem::syntax(node.position, path));
        };
        let mut seen = BTreeSet::new();
        for entry in entries {
            if !ELEMENTS.contains(&&*entry.key) || !seen.insert(&*entry.key) {
                let path = format!("{path}.{}", entry.key);
                return Err(PolicyProblem::syntax(entry.key_position, &path));
            }
        }
        Ok(Statement {
            sid: self.sid(node, path)?,
            effect: effect(node, path)?,
            principals: self.principals(node, path)?,
            actions: self.actions(node, path)?,
            resources: self.resources(node, path)?,
            conditions: self.conditions(node, path)?.into(),
            place: (node.position.line, node.position.column),
        })
    }

    fn sid(&self, node: &Node, path: &str) -> Read<Option<Box<str>>> {
        let Some(node) = node.get("Sid") else { return Ok(None) };
        let path = format!("{path}.Sid");
        let NodeValue::String(text) = &node.value else {
            return Err(PolicyProblem::syntax(node.position, &path));
        };
        let is_strict = matches!(self.form, Form::Identity | Form::Trust);
        if is_strict && !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                           expression [0-9A-Za-z]*";
            return Err(PolicyProblem::new(message, node.position, &path));
        }
        Ok(Some(text.as_str().into()))
    }

    fn actions(&self, node: &Node, path: &str) -> Read<Actions> {
        let Some((found, is_negated, name)) = either(node, path, ["Action", "NotAction"])? else {
            let message = match self.form {
                Form::Trust => "Missing required field Action",
                _ => "Policy statement must contain actions.",
            };
            return Err(PolicyProblem::new(message, node.position, path));
        };
        let path = format!("{path}.{name}");
        let mut patterns = Vec::new();
        for (text, at) in texts(found, &path)? {
            let is_prefaced = text.split_once(':').is_some_and(|(vendor, action)| {
                !vendor.is_empty() && !action.is_empty() && !action.contains(':')
            });
            if text != "*" && !is_prefaced {
                let message =
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
                return Err(PolicyProblem::new(message, at.position, &path));
            }
            let is_sts = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sts:"));
            if self.form == Form::Trust && !is_sts {
                let message = "AssumeRole policy may only specify STS AssumeRole actions.";
                return Err(PolicyProblem::new(message, at.position, &path));
            }
            patterns.push(ActionPattern::new(text));
        }
        Ok(Actions { patterns: patterns.into(), is_negated })
    }

    fn resources(&self, node: &Node, path: &str) -> Read<Option<(Box<[Pattern]>, bool)>> {
        let found = either(node, path, ["Resource", "NotResource"])?;
        let Some((found, is_negated, name)) = found else {
            return match self.form {
                Form::Trust | Form::Resource => Ok(None),
                _ => {
                    let message = "Policy statement must contain resources.";
                    Err(PolicyProblem::new(message, node.position, path))
                }
            };
        };
        let path = format!("{path}.{name}");
        if self.form == Form::Trust {
            let message = format!("Has prohibited field {name}");
            return Err(PolicyProblem::new(message, found.position, &path));
        }
        let mut patterns = Vec::new();
        for (text, at) in texts(found, &path)? {
            if let Some(message) = wrong_resource(text) {
                return Err(PolicyProblem::new(message, at.position, &path));
            }
            patterns.push(Pattern::new(text, self.has_variables));
        }
        Ok(Some((patterns.into(), is_negated)))
    }

    fn principals(&self, node: &Node, path: &str) -> Read<Option<(Principals, bool)>> {
        let found = either(node, path, ["Principal", "NotPrincipal"])?;
        let Some((found, is_negated, name)) = found else {
            return match self.form {
                Form::Identity | Form::ServiceControl => Ok(None),
                Form::Trust | Form::Resource | Form::ResourceControl => {
                    let message = "Missing required field Principal";
                    Err(PolicyProblem::new(message, node.position, path))
                }
            };
        };
        let path = format!("{path}.{name}");
        match self.form {
            Form::Identity => {
                let message = "Policy document should not specify a principal.";
                return Err(PolicyProblem::new(message, found.position, &path));
            }
            Form::ServiceControl => return Err(PolicyProblem::syntax(found.position, &path)),
            Form::Trust if is_negated => {
                let message = "Has prohibited field NotPrincipal";
                return Err(PolicyProblem::new(message, found.position, &path));
            }
            Form::Trust | Form::Resource | Form::ResourceControl => {}
        }
        Ok(Some((principals(found, &path)?, is_negated)))
    }

    fn conditions(&self, node: &Node, path: &str) -> Read<Vec<Condition>> {
        let mut conditions = Vec::new();
        let Some(node) = node.get("Condition") else { return Ok(conditions) };
        let path = format!("{path}.Condition");
        for operator_entry in map(node, &path)? {
            let path = format!("{path}.{}", operator_entry.key);
            let operator = Operator::named(&operator_entry.key)
                .ok_or_else(|| PolicyProblem::syntax(operator_entry.key_position, &path))?;
            for entry in map(&operator_entry.value, &path)? {
                conditions.push(self.condition(operator, entry, &path)?);
            }
        }
        Ok(conditions)
    }

    fn condition(&self, operator: Operator, entry: &Entry, path: &str) -> Read<Condition> {
        let path = format!("{path}.{}", entry.key);
        if !entry.key.contains(':') {
            let message =
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
            return Err(PolicyProblem::new(message, entry.key_position, &path));
        }
        let mut values = Vec::new();
        for (text, at) in scalars(&entry.value, &path)? {
            let value = Comparand::read(operator.comparison, &text, self.has_variables);
            values.push(value.ok_or_else(|| PolicyProblem::syntax(at.position, &path))?);
        }
        Ok(Condition {
            operator,
            key: entry.key.to_ascii_lowercase().into(),
            written_key: entry.key.as_str().into(),
            values: values.into(),
        })
    }
}

fn effect(node: &Node, path: &str) -> Read<Effect> {
    let found = node.get("Effect");
    match found.map(|found| &found.value) {
        Some(NodeValue::String(text)) if text == "Allow" => Ok(Effect::Allow),
        Some(NodeValue::String(text)) if text == "Deny" => Ok(Effect::Deny),
        _ => {
            let position = found.map_or(node.position, |found| found.position);
            Err(PolicyProblem::syntax(position, &format!("{path}.Effect")))
        }
    }
}

/// One of two elements that exclude each other: what it is, whether it is the negated one, its name.
fn either<'n>(
    node: &'n Node,
    path: &str,
    [plain, negated]: [&'static str; 2],
) -> Read<Option<(&'n Node, bool, &'static str)>> {
    match (node.get(plain), node.get(negated)) {
        (Some(_), Some(both)) => {
            Err(PolicyProblem::syntax(both.position, &format!("{path}.{negated}")))
        }
        (Some(found), None) => Ok(Some((found, false, plain))),
        (None, Some(found)) => Ok(Some((found, true, negated))),
        (None, None) => Ok(None),
    }
}

fn map<'n>(node: &'n Node, path: &str) -> Read<&'n [Entry]> {
    match &node.value {
        NodeValue::Map(entries) => Ok(entries),
        _ => Err(PolicyProblem::syntax(node.position, path)),
    }
}

/// A text or a list of texts.
fn texts<'n>(node: &'n Node, path: &str) -> Read<Vec<(&'n str, &'n Node)>> {
    let text = |node: &'n Node| match &node.value {
        NodeValue::String(text) => Ok((text.as_str(), node)),
        _ => Err(PolicyProblem::syntax(node.position, path)),
    };
    match &node.value {
        NodeValue::List(nodes) => nodes.iter().map(text).collect(),
        _ => Ok(vec![text(node)?]),
    }
}

/// The same, where numbers and truths may stand as such.
fn scalars<'n>(node: &'n Node, path: &str) -> Read<Vec<(String, &'n Node)>> {
    let text = |node: &'n Node| match &node.value {
        NodeValue::String(text) | NodeValue::Number(text) => Ok((text.clone(), node)),
        NodeValue::Bool(truth) => Ok((truth.to_string(), node)),
        _ => Err(PolicyProblem::syntax(node.position, path)),
    };
    match &node.value {
        NodeValue::List(nodes) => nodes.iter().map(text).collect(),
        _ => Ok(vec![text(node)?]),
    }
}

/// What is wrong with a resource, if something is.
fn wrong_resource(text: &str) -> Option<String> {
    if text.chars().all(|letter| letter == '*') && !text.is_empty() {
        return None;
    }
    let not_arn = || Some(format!("Resource {text} must be in ARN format or \"*\"."));
    let Some(rest) = text.strip_prefix("arn:") else {
        // A star may stand for the beginning too: `arn*`, `*:user/x`.
        return if text.starts_with("arn*") || text.starts_with('*') { None } else { not_arn() };
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, others @ ..] = parts.as_slice() else { return not_arn() };
    let is_known = partition.starts_with("aws") || partition.contains(['*', '$', '?']);
    if !is_known {
        return Some(format!("Partition \"{partition}\" is not valid for resource \"{text}\"."));
    }
    match others {
        ["iam", region, ..] if !region.is_empty() && *region != "*" => {
            Some(format!("IAM resource {text} cannot contain region information."))
        }
        [_, _, _, _] => None,
        // Fewer parts are complete only if the last can stand for the others.
        [.., last] if last.ends_with('*') => None,
        [] if partition.ends_with('*') => None,
        _ => Some("The policy failed legacy parsing".to_owned()),
    }
}

fn principals(node: &Node, path: &str) -> Read<Principals> {
    if let NodeValue::String(text) = &node.value {
        if text == "*" {
            return Ok(Principals::Anybody);
        }
        let message = format!("Invalid principal in policy: \"{text}\"");
        return Err(PolicyProblem::new(message, node.position, path));
    }
    let mut found = Vec::new();
    for entry in map(node, path)? {
        let path = format!("{path}.{}", entry.key);
        for (text, at) in texts(&entry.value, &path)? {
            let wrong = || {
                let message = format!("Invalid principal in policy: \"{}\":\"{text}\"", entry.key);
                PolicyProblem::new(message, at.position, &path)
            };
            match &*entry.key {
                "AWS" if text == "*" => return Ok(Principals::Anybody),
                "AWS" => found.push(aws_principal(text).ok_or_else(wrong)?),
                "Service" => found.push(Principal::Service(text.into())),
                "Federated" => found.push(Principal::Provider(text.into())),
                "CanonicalUser" => found.push(Principal::Canonical),
                _ => return Err(PolicyProblem::syntax(entry.key_position, &path)),
            }
        }
    }
    Ok(Principals::Some(found.into()))
}

fn aws_principal(text: &str) -> Option<Principal> {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account(text) {
        return Some(Principal::Account(text.into()));
    }
    // The ids of users and roles stand where they were deleted; nobody has them any more.
    if text.len() >= 16 && (text.starts_with("AIDA") || text.starts_with("AROA")) {
        return Some(Principal::Arn(text.into()));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] if is_account(account) => {
            Some(Principal::Account((*account).into()))
        }
        ["arn", _, "iam" | "sts", "", account, resource]
            if is_account(account) && !resource.is_empty() && !text.contains('*') =>
        {
            Some(Principal::Arn(text.into()))
        }
        _ => None,
    }
}
