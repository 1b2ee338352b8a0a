//! A template, read and checked: what is declared, who depends on whom, and in which order things are made.

use std::collections::{BTreeMap, BTreeSet};

use reeve_model::{Object, Value};

use super::yaml;

/// The largest template body taken directly, in bytes.
pub(crate) const LARGEST_BODY: usize = 51_200;
/// How many resources a template may declare.
const MOST_RESOURCES: usize = 500;

/// What stands for something of the stack rather than of the template.
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// What happens to a resource when it leaves its stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// It is deleted.
    Delete,
    /// It stays.
    Retain,
    /// It stays, unless the operation that created it is rolled back.
    RetainExceptOnCreate,
    /// A snapshot of it is made, then it is deleted.
    Snapshot,
}

/// One resource as declared.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    /// Such as `AWS::EC2::Volume`.
    pub(crate) resource_type: String,
    /// The properties, with their functions.
    pub(crate) properties: Value,
    /// The condition under which it exists.
    pub(crate) condition: Option<String>,
    /// Whom it waits for: said so, or by reference.
    pub(crate) needs: BTreeSet<String>,
    /// What happens when it leaves the stack.
    pub(crate) deletion: Policy,
    /// What happens to what an update replaces.
    pub(crate) replaced: Policy,
}

/// A template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// All of it.
    pub(crate) root: Value,
    /// The resources by logical id.
    pub(crate) resources: BTreeMap<String, Declared>,
}

impl Template {
    /// Reads and checks a body.
    pub(crate) fn parse(body: &str) -> Result<Self, String> {
        let root = yaml::read(body).map_err(|what| format!("Template format error: {what}"))?;
        let Some(sections) = root.as_object() else {
            return Err("Template format error: unsupported structure.".to_owned());
        };
        if let Some((name, _)) =
            sections.iter().find(|(name, _)| !SECTIONS.contains(&name.as_str()))
        {
            return Err(format!("Invalid template property or properties [{name}]"));
        }
        if sections.get("Transform").is_some() || sections.get("Globals").is_some() {
            return Err("Transforms are not supported here".to_owned());
        }
        let declared = root.get("Resources").and_then(Value::as_object);
        let declared = declared
            .filter(|resources| !resources.is_empty())
            .ok_or("Template format error: At least one Resources member must be defined.")?;
        if declared.len() > MOST_RESOURCES {
            return Err(format!(
                "Template format error: Number of resources, {}, is greater than maximum allowed, \
                 {MOST_RESOURCES}",
                declared.len()
            ));
        }
        let mut resources = BTreeMap::new();
        for (id, resource) in declared.iter() {
            resources.insert(id.to_string(), read_resource(id, resource)?);
        }
        let template = Self { root, resources };
        template.check_references()?;
        template.order()?;
        Ok(template)
    }

    /// A section, such as `Outputs`, of named things.
    pub(crate) fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let entries = self.root.get(name).and_then(Value::as_object);
        entries.into_iter().flat_map(Object::iter).map(|(name, value)| (name.as_str(), value))
    }

    /// Something that a section declares.
    pub(crate) fn declared(&self, section: &str, name: &str) -> Option<&Value> {
        self.root.get(section)?.get(name)
    }

    /// The description of the template.
    pub(crate) fn description(&self) -> Option<&str> {
        self.root.get("Description").and_then(Value::as_str)
    }

    /// The resources in an order in which each comes after those it needs.
    pub(crate) fn order(&self) -> Result<Vec<&str>, String> {
        let mut order: Vec<&str> = Vec::new();
        let mut left: BTreeSet<&str> = self.resources.keys().map(String::as_str).collect();
        while !left.is_empty() {
            let is_ready = |id: &&str| {
                self.resources
                    .get(*id)
                    .is_none_or(|one| !one.needs.iter().any(|need| left.contains(need.as_str())))
            };
            let ready: Vec<&str> = left.iter().copied().filter(is_ready).collect();
            if ready.is_empty() {
                let names: Vec<&str> = left.into_iter().collect();
                return Err(format!(
                    "Circular dependency between resources: [{}]",
                    names.join(", ")
                ));
            }
            for id in ready {
                left.remove(id);
                order.push(id);
            }
        }
        Ok(order)
    }

    /// The capabilities that the caller has to acknowledge, with the types that ask for them.
    pub(crate) fn capabilities(&self) -> (Vec<&'static str>, BTreeSet<&str>) {
        let mut types = BTreeSet::new();
        let mut is_named = false;
        for resource in self.resources.values() {
            let name = match resource.resource_type.as_str() {
                "AWS::IAM::Role" => "RoleName",
                "AWS::IAM::User" => "UserName",
                "AWS::IAM::Group" => "GroupName",
                "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
                "AWS::IAM::InstanceProfile" => "InstanceProfileName",
                "AWS::IAM::Policy" | "AWS::IAM::AccessKey" | "AWS::IAM::UserToGroupAddition" => "",
                _ => continue,
            };
            types.insert(resource.resource_type.as_str());
            is_named |= !name.is_empty() && resource.properties.get(name).is_some();
        }
        let capability = match (types.is_empty(), is_named) {
            (true, _) => return (Vec::new(), types),
            (false, true) => "CAPABILITY_NAMED_IAM",
            (false, false) => "CAPABILITY_IAM",
        };
        (vec![capability], types)
    }

    /// The names that are exported by other stacks and imported here, as far as they are written out.
    fn check_references(&self) -> Result<(), String> {
        let mut unresolved = BTreeSet::new();
        for (section, value) in
            [("Resources", self.root.get("Resources")), ("Outputs", self.root.get("Outputs"))]
        {
            let mut names = BTreeSet::new();
            references(value.unwrap_or(&Value::Null), &mut names);
            let unknown = names.into_iter().filter(|name| !self.knows(name));
            let unknown: Vec<String> = unknown.collect();
            if !unknown.is_empty() {
                unresolved.insert((section, unknown));
            }
        }
        if let Some((section, names)) = unresolved.into_iter().next() {
            return Err(format!(
                "Template format error: Unresolved resource dependencies [{}] in the {section} block \
                 of the template",
                names.join(", ")
            ));
        }
        for (id, resource) in &self.resources {
            if let Some(condition) = &resource.condition
                && self.declared("Conditions", condition).is_none()
            {
                return Err(format!(
                    "Template format error: Unresolved condition dependency {condition} in the \
                     Resources block of the template ({id})"
                ));
            }
        }
        Ok(())
    }

    fn knows(&self, name: &str) -> bool {
        PSEUDO.contains(&name)
            || self.resources.contains_key(name)
            || self.declared("Parameters", name).is_some()
    }
}

fn read_resource(id: &str, resource: &Value) -> Result<Declared, String> {
    let malformed = |what: &str| Err(format!("Template format error: [/Resources/{id}] {what}"));
    let Some(members) = resource.as_object() else {
        return malformed("resource definition is malformed");
    };
    if !id.chars().all(|letter| letter.is_ascii_alphanumeric()) {
        return Err(format!("Template format error: Resource name {id} is non alphanumeric."));
    }
    let Some(resource_type) = members.get("Type").and_then(Value::as_str) else {
        return malformed("Every Resources object must contain a Type member.");
    };
    let properties = members.get("Properties").cloned().unwrap_or_else(Value::object);
    if properties.as_object().is_none() {
        return malformed("'Properties' must be an object");
    }
    let mut needs = BTreeSet::new();
    references(&properties, &mut needs);
    match members.get("DependsOn") {
        Some(Value::List(names)) => {
            needs.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        Some(name) => needs.extend(name.as_str().map(str::to_owned)),
        None => {}
    }
    needs.retain(|need| !PSEUDO.contains(&need.as_str()));
    Ok(Declared {
        resource_type: resource_type.to_owned(),
        properties,
        condition: members.get("Condition").and_then(Value::as_str).map(str::to_owned),
        needs,
        deletion: policy(members.get("DeletionPolicy"), resource_type)?,
        replaced: policy(members.get("UpdateReplacePolicy"), resource_type)?,
    })
}

fn policy(written: Option<&Value>, resource_type: &str) -> Result<Policy, String> {
    match written.and_then(Value::as_str) {
        // What costs the most to lose is kept as a snapshot unless one says otherwise.
        None if resource_type == "AWS::RDS::DBCluster" => Ok(Policy::Snapshot),
        None | Some("Delete") => Ok(Policy::Delete),
        Some("Retain") => Ok(Policy::Retain),
        Some("RetainExceptOnCreate") => Ok(Policy::RetainExceptOnCreate),
        Some("Snapshot") => Ok(Policy::Snapshot),
        Some(other) => Err(format!("Template format error: Unrecognized DeletionPolicy {other}")),
    }
}

/// The names of parameters and resources that a value refers to.
pub(crate) fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::List(elements) => elements.iter().for_each(|element| references(element, names)),
        Value::Object(members) => {
            for (name, inner) in members.iter() {
                match name.as_str() {
                    "Ref" if members.len() == 1 => {
                        names.extend(inner.as_str().map(str::to_owned));
                    }
                    "Fn::GetAtt" => names.extend(attribute(inner).map(|(id, _)| id)),
                    "Fn::Sub" => substituted(inner, names),
                    _ => references(inner, names),
                }
            }
        }
        _ => {}
    }
}

/// The resource and attribute that a `Fn::GetAtt` names.
pub(crate) fn attribute(value: &Value) -> Option<(String, Value)> {
    match value {
        Value::List(parts) => match parts.as_slice() {
            [id, attribute] => Some((id.as_str()?.to_owned(), attribute.clone())),
            _ => None,
        },
        text => {
            let (id, attribute) = text.as_str()?.split_once('.')?;
            Some((id.to_owned(), Value::from(attribute)))
        }
    }
}

fn substituted(value: &Value, names: &mut BTreeSet<String>) {
    let (text, own) = match value {
        Value::List(parts) => (parts.first().and_then(Value::as_str), parts.get(1)),
        text => (text.as_str(), None),
    };
    for piece in pieces(text.unwrap_or_default()) {
        if let Piece::Hole(name) = piece
            && own.is_none_or(|own| own.get(name).is_none())
        {
            names.insert(name.split('.').next().unwrap_or(name).to_owned());
        }
    }
    references(own.unwrap_or(&Value::Null), names);
}

/// A piece of a text with `${holes}`.
pub(crate) enum Piece<'t> {
    /// Stands for itself.
    Text(&'t str),
    /// Stands for what it names.
    Hole(&'t str),
}

/// The pieces of a `Fn::Sub` text; `${!Literal}` is the text `${Literal}`.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        pieces.push(Piece::Text(before));
        match name.strip_prefix('!') {
            Some(literal) => {
                pieces.push(Piece::Text("${"));
                pieces.push(Piece::Text(literal));
                pieces.push(Piece::Text("}"));
            }
            None => pieces.push(Piece::Hole(name.trim())),
        }
        rest = tail;
    }
    pieces.push(Piece::Text(rest));
    pieces
}
