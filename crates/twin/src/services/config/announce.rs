//! Tells the world of what rules found.

use reeve_model::Value;

use super::evaluation::Evaluated;
use crate::{
    event::Event,
    store::Place,
    value::{object, value},
    world::World,
};

/// Tells EventBridge of a result.
pub(super) fn tell(
    world: &mut World,
    place: &Place,
    name: &str,
    (evaluated, old): (&Evaluated, Option<String>),
) {
    let arn = world
        .get(place, name)
        .and_then(|rule| rule.fact("ConfigRuleArn"))
        .unwrap_or_default()
        .to_owned();
    let now = world.now().to_string();
    let result = |compliance: &str| {
        value!({
            "evaluationResultIdentifier": {
                "evaluationResultQualifier": {
                    "configRuleName": (name),
                    "resourceType": (evaluated.resource_type.as_str()),
                    "resourceId": (evaluated.id.as_str())
                },
                "orderingTimestamp": (evaluated.ordering.to_string())
            },
            "complianceType": (compliance),
            "resultRecordedTime": (now.as_str()),
            "configRuleInvokedTime": (now.as_str()),
            "annotation": (evaluated.annotation.as_str())
        })
    };
    let mut detail = object! {
        "resourceId": (evaluated.id.as_str()),
        "awsRegion": (place.region.as_str()),
        "awsAccountId": (place.account.as_str()),
        "configRuleName": (name),
        "configRuleARN": (arn.as_str()),
        "recordVersion": "1.0",
        "messageType": "ComplianceChangeNotification",
        "resourceType": (evaluated.resource_type.as_str()),
        "notificationCreationTime": (now.as_str()),
        "newEvaluationResult": (result(&evaluated.compliance))
    };
    if let Some(old) = old {
        detail.insert("oldEvaluationResult", result(&old));
    }
    let event = Event::new("aws.config", "Config Rules Compliance Change", place);
    world.emit(event.about(arn).with(Value::from(detail)));
}

/// Security Hub shows what rules find.
pub(super) fn import(world: &mut World, place: &Place, name: &str, evaluated: &Evaluated) {
    let status = match evaluated.compliance.as_str() {
        "COMPLIANT" => "PASSED",
        "NON_COMPLIANT" => "FAILED",
        _ => return,
    };
    let (account, region) = (place.account.as_str(), place.region.as_str());
    let partition = place.region.partition();
    let rule = world
        .get(place, name)
        .and_then(|rule| rule.fact("ConfigRuleArn"))
        .unwrap_or_default()
        .to_owned();
    let now = world.now().to_string();
    let id = crate::kind::uuid_of(&format!("{rule}/{}/{}", evaluated.resource_type, evaluated.id));
    let severity = if status == "PASSED" { "INFORMATIONAL" } else { "MEDIUM" };
    let finding = object! {
        "SchemaVersion": "2018-10-08",
        "Id": (format!("{rule}/finding/{id}")),
        "ProductArn": (format!("arn:{partition}:securityhub:{region}::product/aws/config")),
        "ProductName": "Config",
        "CompanyName": "AWS",
        "GeneratorId": (rule),
        "AwsAccountId": (account),
        "Types": ["Software and Configuration Checks"],
        "CreatedAt": (now.as_str()),
        "UpdatedAt": (now.as_str()),
        "Severity": { "Label": (severity) },
        "Title": (name),
        "Description": (format!("This finding is created for a resource compliance change for config rule: {name}")),
        "Compliance": { "Status": (status) },
        "Resources": [{
            "Type": (evaluated.resource_type.as_str()),
            "Id": (evaluated.id.as_str()),
            "Partition": (partition.as_str()),
            "Region": (region)
        }]
    };
    crate::services::securityhub::import(world, (&place.account, &place.region), finding);
}
