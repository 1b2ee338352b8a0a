//! The executions that another waits for, as people and programs see them.

use std::collections::BTreeMap;

use reeve_runbook::TargetCounts;
use reeve_store::{ExecutionSummary, Limit, Store};
use reeve_types::ExecutionId;

use super::{ChildView, Shown};
use crate::{
    Error,
    executions::{
        several::{FleetRecord, execution_of},
        told::Notice,
    },
};

/// How a target is that was not begun: the service's word.
const PENDING: &str = "Pending";

/// Every execution that another has begun.
pub(in crate::executions) async fn begun_by(
    store: &Store,
    parent: ExecutionId,
) -> Result<Vec<ExecutionSummary>, Error> {
    let mut begun = Vec::new();
    let mut after = None;
    loop {
        let page = store.children(parent, after, Limit::new(Limit::MAXIMUM)).await;
        let page = page.map_err(Error::store)?;
        begun.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(begun),
        }
    }
}

/// The executions that another waits for, in the order of its targets.
pub(super) async fn children(
    store: &Store,
    parent: &ExecutionSummary,
    fleet: Option<&FleetRecord>,
) -> Result<Vec<ChildView>, Error> {
    let begun = begun_by(store, parent.id).await?;
    let begun: BTreeMap<_, _> = begun.into_iter().map(|child| (child.id, child)).collect();
    let Some(fleet) = fleet else {
        return Ok(begun.values().map(|child| view(child, None)).collect());
    };
    let of_target = |(place, target): (usize, &crate::executions::several::FleetTarget)| {
        let id: ExecutionId = execution_of(parent.id, fleet, place);
        begun.get(&id).map_or_else(
            || ChildView {
                id: None,
                target: Some(target.target.clone()),
                runbook: parent.runbook.clone(),
                account: target.account.to_string(),
                region: target.region.to_string(),
                status: PENDING.to_owned(),
                step: None,
            },
            |child| view(child, Some(target.target.clone())),
        )
    };
    Ok(fleet.targets.iter().enumerate().map(of_target).collect())
}

fn view(child: &ExecutionSummary, target: Option<String>) -> ChildView {
    ChildView {
        id: Some(child.id.to_string()),
        target,
        runbook: child.runbook.clone(),
        account: child.account.to_string(),
        region: child.region.to_string(),
        status: child.status.clone(),
        step: child.step.clone(),
    }
}

/// How many are how.
pub(super) fn counts(children: &[ChildView]) -> TargetCounts {
    let mut counts = TargetCounts { total: children.len(), ..TargetCounts::default() };
    for child in children {
        *match child.status.as_str() {
            PENDING => &mut counts.pending,
            "Success" => &mut counts.success,
            "Failed" => &mut counts.failed,
            "TimedOut" => &mut counts.timed_out,
            "Cancelled" => &mut counts.cancelled,
            _ => &mut counts.running,
        } += 1;
    }
    counts
}

/// What an execution was told of itself or of others, as it is shown.
pub(super) fn notice(notice: &Notice) -> Option<Shown> {
    let said = |verb: &str, by: &str, comment: &str| {
        let comment = if comment.is_empty() { String::new() } else { format!(": {comment}") };
        Some(("said", None, format!("{verb} by {by}{comment}")))
    };
    match notice {
        Notice::ChildEnded { child, status } => {
            Some(("child.ended", None, format!("{child} ended: {}", status.as_str())))
        }
        Notice::Paused { by, comment, .. } => said("paused", by, comment),
        Notice::Resumed { by, comment, .. } => said("resumed", by, comment),
        Notice::ParentPaused => {
            Some(("said", None, "paused with the execution that waits for it".to_owned()))
        }
        Notice::ParentResumed => {
            Some(("said", None, "resumed with the execution that waits for it".to_owned()))
        }
    }
}
