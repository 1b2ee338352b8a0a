//! Parameter Store: parameters with versions, labels and paths, and those that AWS publishes.

mod public;
mod read;

use std::sync::Arc;

use reeve_model::{Object, Value};
use serde_json::json;

use crate::{
    call::{Answer, Call},
    event::Event,
    failure::Failure,
    kind::{Definition, Identity, Missing},
    recipe::Action,
    seed::INSIDE,
    services::Part,
    store::{Resource, facts},
    tagging,
    value::{object, value},
    world::{Origin, World},
};

pub(crate) static PART: Part = Part {
    kinds: &[&PARAMETER],
    operations: &[
        ("PutParameter", Action::Own(put)),
        ("GetParameter", Action::Own(read::get)),
        ("GetParameters", Action::Own(read::get_several)),
        ("GetParametersByPath", Action::Own(read::by_path)),
        ("GetParameterHistory", Action::Own(read::history)),
        ("DescribeParameters", Action::Own(read::describe_parameters)),
        ("LabelParameterVersion", Action::Own(label)),
        ("UnlabelParameterVersion", Action::Own(unlabel)),
        ("DeleteParameter", Action::Own(delete)),
        ("DeleteParameters", Action::Own(delete_several)),
    ],
    tasks: &[],
};

/// A parameter, by its name without the slash before it. Inside: `Versions`, oldest first.
pub(crate) static PARAMETER: Definition = Definition {
    resource_type: "AWS::SSM::Parameter",
    tagging_type: "ssm:parameter",
    arn: "arn:{partition}:ssm:{region}:{account}:parameter/{id}",
    identity: &[("ARN", Identity::Arn)],
    missing: Missing::new("ParameterNotFound", "Parameter {id} not found."),
    sample: Some(|sample| {
        // Names that are paths have their slash in the ARN already.
        let name =
            if sample.id.contains('/') { format!("/{}", sample.id) } else { sample.id.to_owned() };
        json!({
            "Name": name,
            INSIDE: {"Versions": [{
                "Type": "String",
                "Value": sample.own("value", 16),
                "Version": 1,
                "LastModifiedDate": sample.created(),
                "LastModifiedUser": sample.role("deployment"),
                "Tier": "Standard",
                "Labels": [],
                "DataType": "text",
            }]},
        })
    }),
    ..Definition::OF
};

const MOST_VERSIONS: usize = 100;
const MOST_LABELS: usize = 10;
const MOST_LEVELS: usize = 15;

/// The key of a parameter's name or ARN.
fn key(name: &str) -> &str {
    match name.split_once(":parameter/") {
        Some((_, name)) if name_is_arn(name) => name,
        _ => name.strip_prefix('/').unwrap_or(name),
    }
}

fn name_is_arn(name: &str) -> bool {
    !name.is_empty()
}

fn versions(parameter: &Resource) -> &[Value] {
    parameter.inside.get("Versions").map_or(&[], Value::as_list)
}

fn missing(name: &str) -> Failure {
    PARAMETER.missing.failure(name)
}

fn put(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    check_name(call, name)?;
    let place = call.place(&PARAMETER);
    let id = key(name).to_owned();
    let existing = world.get(&place, &id);
    if existing.is_some() && !call.flag("Overwrite") {
        let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(Failure::new("ParameterAlreadyExists", message));
    }
    if existing.is_some() && !call.list("Tags").is_empty() {
        return Err(call.invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag.",
        ));
    }
    if call.text("Policies").is_some_and(|policies| policies != "[]") {
        let message = "the twin does not implement Policies of parameters";
        return Err(Failure::new("NotImplemented", message).with_status(501));
    }
    let before =
        existing.and_then(|found| versions(found).last()).and_then(Value::as_object).cloned();
    let version = version(call, world, before.as_ref())?;
    let number = version.get("Version").and_then(Value::as_i64).unwrap_or(1);
    let tier = version.text("Tier").to_owned();
    let (kind, description) =
        (version.text("Type").to_owned(), version.text("Description").to_owned());
    if before.is_none() {
        let given = tagging::listed(call, "Tags");
        tagging::check(call, &given)?;
        let tags = Arc::new(given.into_iter().collect());
        let parameter = Resource::new(facts(object! {"Name": name}), tags);
        world.put(place.clone(), id.as_str(), parameter.with_inside(object! {"Versions": []}));
    }
    world.change_inside(&place, &id, |inside| {
        if let Some(Value::List(versions)) = inside.get_mut("Versions") {
            versions.push(version.into());
            // The oldest make way, unless they carry a label.
            if versions.len() > MOST_VERSIONS
                && versions
                    .first()
                    .is_some_and(|one| one.get("Labels").is_none_or(|all| all.as_list().is_empty()))
            {
                versions.remove(0);
            }
        }
    });
    let operation = if before.is_some() { "Update" } else { "Create" };
    tell(
        world,
        call,
        name,
        object! {"operation": operation, "type": kind, "description": description},
    );
    Ok(value!({"Version": number, "Tier": tier}))
}

fn check_name(call: &Call, name: &str) -> Result<(), Failure> {
    let lower = name.trim_start_matches('/').to_lowercase();
    if lower.starts_with("aws") || lower.starts_with("ssm") {
        let message = format!(
            "Parameter name: can't be prefixed with \"{}\" (case-insensitive).",
            if lower.starts_with("aws") { "aws" } else { "ssm" }
        );
        return Err(call.invalid(message));
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    if !name.chars().all(allowed) {
        return Err(call.invalid(
            "Parameter name: can't contain characters other than letters, numbers and ., -, _ and /.",
        ));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(call.invalid(
            "Parameter name must be a fully qualified name: it must begin with a slash if it contains one.",
        ));
    }
    if name.matches('/').count() > MOST_LEVELS {
        let message = format!("Parameter name: hierarchies can have at most {MOST_LEVELS} levels.");
        return Err(Failure::new("HierarchyLevelLimitExceededException", message));
    }
    Ok(())
}

/// The version that the caller puts.
fn version(call: &Call, world: &mut World, before: Option<&Object>) -> Result<Object, Failure> {
    let value = call.input.text("Value");
    let kind = match (call.text("Type"), before) {
        (Some(kind), _) => kind.to_owned(),
        (None, Some(before)) => before.text("Type").to_owned(),
        (None, None) => {
            return Err(call.invalid("A parameter type is required when you create a parameter."));
        }
    };
    if value.is_empty() {
        return Err(call.invalid("1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1"));
    }
    let tier = match call.text("Tier") {
        Some("Intelligent-Tiering") | None => {
            if value.len() > 4_096 && call.text("Tier").is_some() { "Advanced" } else { "Standard" }
        }
        Some(tier) => tier,
    };
    let most = if tier == "Advanced" { 8_192 } else { 4_096 };
    if value.len() > most {
        let message = format!(
            "{tier} tier parameters support a maximum parameter value of {most} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        );
        return Err(call.invalid(message));
    }
    if let Some(pattern) = call.text("AllowedPattern") {
        let pattern = regex_lite::Regex::new(pattern).map_err(|_| {
            Failure::new("InvalidAllowedPatternException", "The pattern is no regular expression.")
        })?;
        if !pattern.is_match(value) {
            let message = "Parameter value, cannot be validated against allowedPattern: the value does not match it.";
            return Err(Failure::new("ParameterPatternMismatchException", message));
        }
    }
    let number = before.and_then(|before| before.get("Version")?.as_i64()).unwrap_or(0) + 1;
    let mut version = object! {
        "Type": (kind.as_str()), "Value": value, "Version": number, "LastModifiedDate": (call.now),
        "LastModifiedUser": (call.caller.arn.as_str()), "Tier": tier, "Labels": [],
        "DataType": (call.text("DataType").unwrap_or("text")),
    };
    version.extend(call.given_texts(["Description", "AllowedPattern"]));
    if kind == "SecureString" {
        let key_id = call.text("KeyId").unwrap_or("alias/aws/ssm").to_owned();
        if key_id != "alias/aws/ssm" {
            let origin = Origin::at(&call.place(&PARAMETER), "ssm.amazonaws.com").account.clone();
            let origin = Origin { account: &origin, region: &call.region, by: "ssm.amazonaws.com" };
            let known =
                world.call(&origin, "kms", "DescribeKey", value!({"KeyId": (key_id.as_str())}));
            known.map_err(|failure| Failure::new("InvalidKeyId", failure.message))?;
        }
        version.insert("KeyId", key_id);
    }
    if version.text("DataType") == "aws:ec2:image" && !value.starts_with("ami-") {
        return Err(call.invalid(format!("{value} is not an image id")));
    }
    Ok(version)
}

fn tell(world: &mut World, call: &Call, name: &str, mut detail: Object) {
    let place = call.place(&PARAMETER);
    detail.insert("name", name);
    if detail.text("description").is_empty() {
        detail.remove("description");
    }
    let arn = place.arn_of(&PARAMETER, key(name));
    world.emit(Event::new("aws.ssm", "Parameter Store Change", &place).about(arn).with(detail));
}

/// The position of the version that the caller names.
fn position(call: &Call, parameter: &Resource, name: &str) -> Result<usize, Failure> {
    let all = versions(parameter);
    match call.integer("ParameterVersion") {
        None => all.len().checked_sub(1).ok_or_else(|| missing(name)),
        Some(wanted) => {
            let is = |one: &Value| one.get("Version").and_then(Value::as_i64) == Some(wanted);
            all.iter().position(is).ok_or_else(|| {
                let message = format!("Systems Manager could not find version {wanted} of {name}. Verify the version and try again.");
                Failure::new("ParameterVersionNotFound", message)
            })
        }
    }
}

fn label(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let id = key(name).to_owned();
    let parameter = call.resource(world, &PARAMETER, &id).ok_or_else(|| missing(name))?;
    let at = position(call, parameter, name)?;
    let number =
        versions(parameter).get(at).and_then(|one| one.get("Version").cloned()).unwrap_or_default();
    let valid = |label: &&str| {
        let lower = label.to_lowercase();
        let first = label.chars().next();
        !lower.starts_with("aws")
            && !lower.starts_with("ssm")
            && first.is_some_and(|one| !one.is_ascii_digit())
            && label.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    let (good, bad): (Vec<&str>, Vec<&str>) = call.texts("Labels").into_iter().partition(valid);
    let kept = versions(parameter)
        .get(at)
        .and_then(|one| one.get("Labels"))
        .map_or(0, |all| all.as_list().len());
    if kept + good.len() > MOST_LABELS {
        let message = "A parameter version can have at most ten labels.";
        return Err(Failure::new("ParameterVersionLabelLimitExceeded", message));
    }
    let place = call.place(&PARAMETER);
    world.change_inside(&place, &id, |inside| {
        let Some(Value::List(versions)) = inside.get_mut("Versions") else { return };
        for (position, version) in versions.iter_mut().enumerate() {
            let Some(Value::List(labels)) =
                version.as_object_mut().and_then(|one| one.get_mut("Labels"))
            else {
                continue;
            };
            // A label belongs to one version: it moves.
            labels.retain(|label| label.as_str().is_none_or(|label| !good.contains(&label)));
            if position == at {
                labels.extend(good.iter().map(|label| Value::from(*label)));
            }
        }
    });
    tell(world, call, name, object! {"operation": "LabelParameterVersion"});
    let bad: Value = bad.into_iter().map(Value::from).collect();
    Ok(value!({"InvalidLabels": bad, "ParameterVersion": number}))
}

fn unlabel(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?;
    let id = key(name).to_owned();
    let parameter = call.resource(world, &PARAMETER, &id).ok_or_else(|| missing(name))?;
    let at = position(call, parameter, name)?;
    let has = versions(parameter)
        .get(at)
        .map(|one| super::shared::texts(one, "Labels"))
        .unwrap_or_default();
    let (removed, invalid): (Vec<&str>, Vec<&str>) =
        call.texts("Labels").into_iter().partition(|label| has.contains(label));
    let place = call.place(&PARAMETER);
    let list = |labels: &[&str]| labels.iter().map(|label| Value::from(*label)).collect::<Value>();
    let answer = value!({"RemovedLabels": (list(&removed)), "InvalidLabels": (list(&invalid))});
    let removed: Vec<String> = removed.into_iter().map(str::to_owned).collect();
    world.change_inside(&place, &id, |inside| {
        let version = inside.get_mut("Versions").and_then(|all| match all {
            Value::List(versions) => versions.get_mut(at),
            _ => None,
        });
        let labels = version.and_then(Value::as_object_mut).and_then(|one| one.get_mut("Labels"));
        if let Some(Value::List(labels)) = labels {
            labels.retain(|label| {
                label.as_str().is_none_or(|label| !removed.iter().any(|one| one == label))
            });
        }
    });
    Ok(answer)
}

fn remove(call: &Call, world: &mut World, name: &str) -> bool {
    let gone = world.remove(&call.place(&PARAMETER), key(name)).is_some();
    if gone {
        tell(world, call, name, object! {"operation": "Delete"});
    }
    gone
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let name = call.required("Name")?.to_owned();
    if remove(call, world, &name) { Ok(Value::object()) } else { Err(missing(&name)) }
}

fn delete_several(call: &Call, world: &mut World) -> Answer {
    let names: Vec<String> = call.texts("Names").into_iter().map(str::to_owned).collect();
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        let gone = remove(call, world, &name);
        if gone { deleted.push(Value::from(name)) } else { invalid.push(Value::from(name)) }
    }
    Ok(value!({"DeletedParameters": (deleted), "InvalidParameters": (invalid)}))
}
