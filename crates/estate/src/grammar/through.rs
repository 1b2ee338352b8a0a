//! The roles on the way into an account, and what all sessions have.

use std::time::Duration;

use reeve_document::{Cursor, NodeValue};
use reeve_types::{Arn, Partition};

use super::values::{duration, word};
use crate::IntermediateRole;

/// How long AWS lets a session live.
const LIVES: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(15)..=Duration::from_hours(12);

/// Reads the roles on the way, in the order in which they are assumed.
pub(super) fn through(cursor: &Cursor<'_>) -> Option<Vec<IntermediateRole>> {
    let mut roles: Vec<IntermediateRole> = Vec::new();
    for element in cursor.list()? {
        let Some(role) = role(&element) else { continue };
        if roles.iter().any(|other| other.arn == role.arn) {
            element.error(format!("`{}` is already on the way", role.arn));
            continue;
        }
        roles.push(role);
    }
    Some(roles)
}

/// Reads the ARN of a role.
pub(super) fn role_arn(cursor: &Cursor<'_>) -> Option<Arn> {
    let arn: Arn = cursor.parsed()?;
    if arn.service() != "iam" || !arn.resource().starts_with("role/") {
        let hint = "write it as in `arn:aws:iam::111122223333:role/ReeveOperations`";
        cursor.error_with_hint(format!("`{arn}` is not the ARN of a role"), hint);
        return None;
    }
    Some(arn)
}

/// Notes roles on the way that are in another partition than the account's Regions: no session leads from one to another.
pub(super) fn check_partition(roles: &[IntermediateRole], partition: Partition, at: &Cursor<'_>) {
    for role in roles.iter().filter(|role| role.arn.partition() != partition.as_str()) {
        at.error(format!(
            "`{}` is in the partition `{}`, but the account's Regions are in `{partition}`",
            role.arn,
            role.arn.partition()
        ));
    }
}

/// Reads how long sessions live.
pub(super) fn session_duration(cursor: &Cursor<'_>) -> Option<Duration> {
    let duration = duration(cursor)?;
    if !LIVES.contains(&duration) {
        cursor.error("a session lives from 15 minutes to 12 hours");
        return None;
    }
    Some(duration)
}

fn role(cursor: &Cursor<'_>) -> Option<IntermediateRole> {
    if matches!(cursor.node().value, NodeValue::String(_)) {
        return Some(IntermediateRole { arn: role_arn(cursor)?, external_id: None });
    }
    let fields = cursor.fields(&["role-arn", "external-id"])?;
    let external_id = fields.optional("external-id").and_then(word).map(ToOwned::to_owned);
    let arn = fields.required("role-arn").and_then(role_arn)?;
    Some(IntermediateRole { arn, external_id })
}
