//! What the account's own role needs so that a runbook can run as the role that it names.

use std::collections::BTreeSet;

use reeve_types::Partition;

use super::{NeededPermission, RunbookPermissions};
use crate::{data_type::render, runbook::Runbook};

impl Runbook {
    /// What is written as `assumeRole`, with its references; none if it says nothing.
    pub fn assume_role_text(&self) -> Option<String> {
        let text = self.assume_role.as_ref()?.as_template()?.to_string();
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// The permission to assume the role that it names: of the account's own role, not of that one.
    pub fn permission_to_enter(&self, partition: Partition) -> RunbookPermissions {
        let Some(role) = self.assume_role.as_ref() else { return RunbookPermissions::default() };
        let Some(written) = self.assume_role_text() else { return RunbookPermissions::default() };
        let parameter = role.as_reference().and_then(|it| self.parameter(&it.to_string()));
        let default = parameter.and_then(|parameter| parameter.default.as_ref()).map(render);
        let (resource, when) = match (role.as_text(), default.filter(|it| it.starts_with("arn:"))) {
            (Some(arn), _) => (arn.trim().to_owned(), None),
            (None, Some(arn)) => (arn, None),
            (None, None) => {
                let any = format!("arn:{}:iam::*:role/*", partition.as_str());
                (any, Some(format!("if `{written}` is a role")))
            }
        };
        let needed = NeededPermission {
            action: "sts:AssumeRole".to_owned(),
            when,
            from_script: false,
            resources: BTreeSet::from([resource]),
            steps: BTreeSet::new(),
        };
        RunbookPermissions { needed: vec![needed], unclear: Vec::new() }
    }
}
