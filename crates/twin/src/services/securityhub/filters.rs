//! What a caller looks for in findings, as Security Hub has it: filters by name, each with comparisons.

use jiff::{Span, Timestamp};
use reeve_model::{Object, Value};

use crate::{
    filter::as_text,
    services::guardduty::criteria::{number, values},
};

/// The filters whose names do not follow from where the finding has the value.
const PATHS: [(&str, &str); 35] = [
    ("Type", "Types"),
    ("SeverityProduct", "Severity.Product"),
    ("SeverityNormalized", "Severity.Normalized"),
    ("SeverityLabel", "Severity.Label"),
    ("RecommendationText", "Remediation.Recommendation.Text"),
    ("MalwareName", "Malware.Name"),
    ("MalwareType", "Malware.Type"),
    ("NetworkDirection", "Network.Direction"),
    ("NetworkProtocol", "Network.Protocol"),
    ("ProcessName", "Process.Name"),
    ("ProcessPath", "Process.Path"),
    ("ResourceType", "Resources.Type"),
    ("ResourceId", "Resources.Id"),
    ("ResourcePartition", "Resources.Partition"),
    ("ResourceRegion", "Resources.Region"),
    ("ResourceTags", "Resources.Tags"),
    ("ResourceDetailsOther", "Resources.Details.Other"),
    ("ResourceApplicationName", "Resources.ApplicationName"),
    ("ResourceApplicationArn", "Resources.ApplicationArn"),
    ("ResourceAwsEc2InstanceType", "Resources.Details.AwsEc2Instance.Type"),
    ("ResourceAwsEc2InstanceImageId", "Resources.Details.AwsEc2Instance.ImageId"),
    ("ComplianceStatus", "Compliance.Status"),
    ("ComplianceSecurityControlId", "Compliance.SecurityControlId"),
    ("ComplianceAssociatedStandardsId", "Compliance.AssociatedStandards.StandardsId"),
    ("WorkflowStatus", "Workflow.Status"),
    ("RelatedFindingsProductArn", "RelatedFindings.ProductArn"),
    ("RelatedFindingsId", "RelatedFindings.Id"),
    ("NoteText", "Note.Text"),
    ("NoteUpdatedAt", "Note.UpdatedAt"),
    ("NoteUpdatedBy", "Note.UpdatedBy"),
    ("FindingProviderFieldsConfidence", "FindingProviderFields.Confidence"),
    ("FindingProviderFieldsCriticality", "FindingProviderFields.Criticality"),
    ("FindingProviderFieldsSeverityLabel", "FindingProviderFields.Severity.Label"),
    ("FindingProviderFieldsTypes", "FindingProviderFields.Types"),
    ("VulnerabilitiesFixAvailable", "Vulnerabilities.FixAvailable"),
];

/// The filters that are named as the finding's own members.
const MEMBERS: [&str; 23] = [
    "AwsAccountId",
    "AwsAccountName",
    "CompanyName",
    "Confidence",
    "CreatedAt",
    "Criticality",
    "Description",
    "FirstObservedAt",
    "GeneratorId",
    "Id",
    "LastObservedAt",
    "ProductArn",
    "ProductFields",
    "ProductName",
    "RecordState",
    "Region",
    "Sample",
    "SourceUrl",
    "Title",
    "UpdatedAt",
    "UserDefinedFields",
    "VerificationState",
    "WorkflowState",
];

/// Where a finding has what a filter or a grouping is about.
pub(super) fn path(name: &str) -> Option<&'static str> {
    let own = MEMBERS.iter().find(|member| **member == name).copied();
    own.or_else(|| PATHS.iter().find(|(known, _)| *known == name).map(|(_, path)| *path))
}

/// Whether a finding fulfils all filters; the name of one that is not known is an error.
pub(super) fn hold(finding: &Object, filters: &Object, now: Timestamp) -> Result<bool, String> {
    let finding = Value::Object(finding.clone());
    for (name, conditions) in filters.iter() {
        let path = path(name).ok_or_else(|| format!("The filter {name} is not supported here"))?;
        if !all(&values(&finding, path), conditions.as_list(), now) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Of the conditions that something is so one must hold, of those that it is not so all.
fn all(found: &[Value], conditions: &[Value], now: Timestamp) -> bool {
    let is_negative = |one: &&Value| {
        one.get("Comparison")
            .and_then(Value::as_str)
            .is_some_and(|comparison| comparison.contains("NOT"))
    };
    let mut positive = conditions.iter().filter(|one| !is_negative(one)).peekable();
    let negative = conditions.iter().filter(is_negative).all(|one| holds(found, one, now));
    negative && (positive.peek().is_none() || positive.any(|one| holds(found, one, now)))
}

fn holds(found: &[Value], condition: &Value, now: Timestamp) -> bool {
    if let Some(key) = condition.get("Key").and_then(Value::as_str) {
        let inner: Vec<Value> = found.iter().filter_map(|map| map.get(key)).cloned().collect();
        return compares(&inner, condition);
    }
    if condition.get("Start").is_some()
        || condition.get("End").is_some()
        || condition.get("DateRange").is_some()
    {
        return found.iter().any(|value| within(value, condition, now));
    }
    if let Some(Value::Bool(wanted)) = condition.get("Value") {
        return found.iter().any(|value| value.as_bool() == Some(*wanted));
    }
    if condition.get("Value").is_none() {
        return found.iter().any(|value| in_bounds(value, condition));
    }
    compares(found, condition)
}

fn compares(found: &[Value], condition: &Value) -> bool {
    let wanted = condition.get("Value").map(as_text).unwrap_or_default();
    let comparison = condition.get("Comparison").and_then(Value::as_str).unwrap_or("EQUALS");
    let any = |test: &dyn Fn(&str) -> bool| found.iter().any(|value| test(&as_text(value)));
    match comparison {
        "EQUALS" => any(&|found| found == wanted),
        "NOT_EQUALS" => !any(&|found| found == wanted),
        "PREFIX" => any(&|found| found.starts_with(&wanted)),
        "PREFIX_NOT_EQUALS" => !any(&|found| found.starts_with(&wanted)),
        "CONTAINS" => any(&|found| found.contains(&wanted)),
        "NOT_CONTAINS" => !any(&|found| found.contains(&wanted)),
        "CONTAINS_WORD" => any(&|found| {
            found.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == wanted)
        }),
        _ => false,
    }
}

fn in_bounds(value: &Value, condition: &Value) -> bool {
    let bound = |name: &str| condition.get(name).and_then(Value::as_f64);
    number(value).is_some_and(|number| {
        bound("Gte").is_none_or(|least| number >= least)
            && bound("Gt").is_none_or(|below| number > below)
            && bound("Lte").is_none_or(|most| number <= most)
            && bound("Lt").is_none_or(|above| number < above)
            && bound("Eq").is_none_or(|same| (number - same).abs() < f64::EPSILON)
    })
}

fn within(value: &Value, condition: &Value, now: Timestamp) -> bool {
    let Ok(time) = as_text(value).parse::<Timestamp>() else { return false };
    let bound = |name: &str| {
        condition
            .get(name)
            .and_then(Value::as_str)
            .and_then(|bound| bound.parse::<Timestamp>().ok())
    };
    let days = condition.path("DateRange.Value").and_then(Value::as_i64);
    let since =
        days.and_then(|days| now.checked_sub(Span::new().hours(days.saturating_mul(24))).ok());
    bound("Start").is_none_or(|start| time >= start)
        && bound("End").is_none_or(|end| time <= end)
        && since.is_none_or(|since| time >= since)
}
