//! Whether a permission that only some calls need is needed by a call, as far as its members tell.

use crate::possible_call::PossibleCall;

/// Whether a call needs a permission that only some need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applies {
    Yes,
    No,
    Perhaps,
}

/// Conditions that the presence of members decides: a part of the condition's words, and parts of the members' names.
const BY_MEMBER: [(&str, &[&str]); 5] = [
    ("with tags", &["Tag", "tag"]),
    ("instance profile", &["IamInstanceProfile"]),
    ("role", &["Role", "role", "DeliverLogsPermissionArn", "IamInstanceProfile"]),
    ("KMS key", &["Kms", "KMS", "kms"]),
    ("launch template", &["LaunchTemplate"]),
];

pub(super) fn applies(call: &PossibleCall<'_>, when: &str) -> Applies {
    match BY_MEMBER.iter().find(|(words, _)| when.contains(words)) {
        None => Applies::Perhaps,
        Some((_, parts)) => {
            let has = |(name, _): &(&str, _)| parts.iter().any(|part| name.contains(part));
            if call.input.iter().any(has) { Applies::Yes } else { Applies::No }
        }
    }
}
