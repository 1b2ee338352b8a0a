//! The policies of secrets.

use reeve_model::Value;
use reeve_policy::{Form, Policy};

use super::{live, secret};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    services::{Action, Part},
    value::value,
    world::World,
};

pub(super) static PART: Part = Part {
    kinds: &[],
    operations: &[
        ("PutResourcePolicy", Action::Own(put)),
        ("GetResourcePolicy", Action::Own(get)),
        ("DeleteResourcePolicy", Action::Own(delete)),
        ("ValidateResourcePolicy", Action::Own(validate)),
    ],
    tasks: &[],
};

const POLICY: &str = "Policy";

/// Whether a policy lets everybody in.
fn is_public(text: &str) -> bool {
    let parsed: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let statements = parsed.and_then(|it| it.get("Statement").cloned()).unwrap_or_default();
    let statements = match statements {
        serde_json::Value::Array(list) => list,
        other => vec![other],
    };
    statements.iter().any(|statement| {
        let everybody = [serde_json::json!("*"), serde_json::json!({"AWS": "*"})];
        statement.get("Effect").and_then(serde_json::Value::as_str) == Some("Allow")
            && statement.get("Condition").is_none()
            && statement.get("Principal").is_some_and(|it| everybody.contains(it))
    })
}

fn put(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    let text = call.required("ResourcePolicy")?;
    if call.text("PolicyName").is_some_and(|name| name != "default") {
        return Err(call.invalid("The twin's secrets have one policy, called default."));
    }
    Policy::parse(Form::Resource, text).map_err(|_| {
        Failure::new(
            "MalformedPolicyDocumentException",
            "This resource policy contains invalid Json.",
        )
    })?;
    if call.flag("BlockPublicPolicy") && is_public(text) {
        let message = "You can't attach a resource policy that allows broad access to the secret.";
        return Err(Failure::new("PublicPolicyException", message));
    }
    world.set_inside(&secret.place, &secret.id, POLICY, text);
    Ok(secret.named(world).into())
}

fn get(call: &Call, world: &mut World) -> Answer {
    let secret = secret(call, world)?;
    let mut output = secret.named(world);
    if let Some(text) = secret.resource(world)?.inside.get(POLICY) {
        output.insert("ResourcePolicy", text.clone());
    }
    Ok(output.into())
}

fn delete(call: &Call, world: &mut World) -> Answer {
    let secret = live(call, world)?;
    world.change_inside(&secret.place, &secret.id, |inside| {
        inside.remove(POLICY);
    });
    Ok(secret.named(world).into())
}

fn validate(call: &Call, _world: &mut World) -> Answer {
    let text = call.required("ResourcePolicy")?;
    let mut errors = Vec::new();
    if let Err(problem) = Policy::parse(Form::Resource, text) {
        errors.push(value!({"CheckName": "Syntax", "ErrorMessage": (problem.with_place())}));
    } else if is_public(text) {
        errors.push(value!({
            "CheckName": "BlockPublicPolicy",
            "ErrorMessage": "The resource policy grants access to everybody.",
        }));
    }
    let passed = errors.is_empty();
    Ok(value!({"PolicyValidationPassed": (passed), "ValidationErrors": (Value::List(errors))}))
}
