//! Master passwords that RDS keeps in Secrets Manager.

use reeve_model::{Object, Value};

use crate::{
    call::Call,
    failure::Failure,
    store::Place,
    value::value,
    world::{Origin, World},
};

const PRINCIPAL: &str = "rds.amazonaws.com";

/// Makes the secret of a database whose password RDS is to manage, and shows it in its description.
pub(super) fn manage(
    call: &Call,
    world: &mut World,
    (place, prefix): (&Place, &str),
    described: &mut Object,
) -> Result<(), Failure> {
    if !call.flag("ManageMasterUserPassword") {
        return Ok(());
    }
    if call.text("MasterUserPassword").is_some() {
        let message =
            "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled.";
        return Err(Failure::new("InvalidParameterCombination", message));
    }
    let username = described.get("MasterUsername").and_then(Value::as_str).unwrap_or("admin");
    let said = serde_json::json!({"username": username, "password": world.random_letters(28)});
    let input = value!({
        "Name": (format!("rds!{prefix}-{}", world.uuid())),
        "Description": "The secret associated with the primary RDS database.",
        "SecretString": (said.to_string()),
    });
    let made =
        world.call(&Origin::at(place, PRINCIPAL), "secretsmanager", "CreateSecret", input)?;
    let arn = made.get("ARN").cloned().unwrap_or_default();
    described.insert("MasterUserSecret", value!({"SecretArn": (arn), "SecretStatus": "active"}));
    Ok(())
}

/// Deletes the secret of a database that goes.
pub(super) fn forget(world: &mut World, place: &Place, id: &str) {
    let arn = world.get(place, id).and_then(|one| one.fact("MasterUserSecret.SecretArn"));
    let Some(arn) = arn.map(str::to_owned) else { return };
    let input = value!({"SecretId": (arn), "ForceDeleteWithoutRecovery": true});
    // A secret that somebody has deleted is gone already.
    let _ = world.call(&Origin::at(place, PRINCIPAL), "secretsmanager", "DeleteSecret", input);
}
