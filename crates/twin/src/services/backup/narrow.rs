//! What listings of jobs and recovery points are narrowed by.

use reeve_model::Value;

use crate::{call::Call, store::Resource};

/// Whether a thing fits the `By…` members of a listing.
pub(super) fn fits(call: &Call, thing: &Resource) -> bool {
    const SAME: [(&str, &str); 14] = [
        ("ByResourceArn", "ResourceArn"),
        ("ByState", "State"),
        ("ByStatus", "Status"),
        ("ByBackupVaultName", "BackupVaultName"),
        ("ByResourceType", "ResourceType"),
        ("ByAccountId", "AccountId"),
        ("ByParentJobId", "ParentJobId"),
        ("ByMessageCategory", "MessageCategory"),
        ("ByDestinationVaultArn", "DestinationBackupVaultArn"),
        ("BySourceRecoveryPointArn", "SourceRecoveryPointArn"),
        ("ByBackupPlanId", "CreatedBy.BackupPlanId"),
        ("ByParentRecoveryPointArn", "ParentRecoveryPointArn"),
        ("ByReportPlanName", "ReportPlanName"),
        ("ByRestoreTestingPlanArn", "CreatedBy.RestoreTestingPlanArn"),
    ];
    let same = SAME.iter().all(|(member, path)| {
        call.text(member).is_none_or(|wanted| wanted == "*" || thing.fact(path) == Some(wanted))
    });
    let time = |member: &str| thing.value(member).and_then(Value::as_timestamp);
    let created = time("CreationDate").or_else(|| time("CreationTime"));
    let completed = time("CompletionDate");
    let before = |member: &str, at| call.time(member).is_none_or(|end| at_or(at, |at| at < end));
    let after = |member: &str, at| call.time(member).is_none_or(|start| at_or(at, |at| at > start));
    same && before("ByCreatedBefore", created)
        && after("ByCreatedAfter", created)
        && before("ByCreationBefore", created)
        && after("ByCreationAfter", created)
        && before("ByCompleteBefore", completed)
        && after("ByCompleteAfter", completed)
}

fn at_or(at: Option<jiff::Timestamp>, holds: impl Fn(jiff::Timestamp) -> bool) -> bool {
    at.is_some_and(holds)
}
