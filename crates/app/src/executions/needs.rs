//! Executions that need someone: those that wait for a word, and those that failed and that nobody came back to.

use jiff::SignedDuration;
use reeve_runbook::Status;
use reeve_store::{ExecutionFilter, ExecutionSummary, Limit};

use crate::{App, Error, views::Need};

/// How many executions that wait are named one by one.
const NAMED: usize = 20;

/// How long a failure needs someone.
const FAILURE_MATTERS: SignedDuration = SignedDuration::from_hours(24);

impl App {
    /// What executions need of someone.
    pub(crate) async fn execution_needs(&self) -> Result<Vec<Need>, Error> {
        let waiting = self.with_status(Status::Waiting).await?;
        let mut needs: Vec<Need> =
            waiting.iter().take(NAMED).map(|execution| self.waits(execution)).collect();
        if let Some(more) = waiting.len().checked_sub(NAMED).filter(|more| *more > 0) {
            needs.push(Need {
                kind: "execution_waiting",
                title: "more executions wait for somebody".to_owned(),
                detail: format!("at least {more} besides those that are named here"),
                plan: None,
                execution: None,
                count: u64::try_from(more).unwrap_or(u64::MAX),
            });
        }
        needs.extend(self.failures().await?);
        Ok(needs)
    }

    async fn with_status(&self, status: Status) -> Result<Vec<ExecutionSummary>, Error> {
        let filter = ExecutionFilter { status: Some(status.as_str().to_owned()), runbook: None };
        let page = self.store.executions(&filter, None, Limit::default()).await;
        Ok(page.map_err(Error::store)?.items)
    }

    /// The failures of the last day, unless the same runbook was begun again in the same place since.
    async fn failures(&self) -> Result<Option<Need>, Error> {
        let mut failed = self.with_status(Status::Failed).await?;
        failed.extend(self.with_status(Status::TimedOut).await?);
        let since = self.clock.now() - FAILURE_MATTERS;
        // Whoever looks at the execution that waited for a child sees the child.
        failed.retain(|execution| {
            execution.parent.is_none() && execution.ended_at.is_some_and(|ended| ended >= since)
        });
        if failed.is_empty() {
            return Ok(None);
        }
        let (all, most) = (ExecutionFilter::default(), Limit::new(Limit::MAXIMUM));
        let newest = self.store.executions(&all, None, most).await.map_err(Error::store)?.items;
        failed.retain(|execution| !newest.iter().any(|other| came_after(other, execution)));
        Ok(self.failure(&failed))
    }

    fn waits(&self, execution: &ExecutionSummary) -> Need {
        let step = execution.step.as_deref().unwrap_or_default();
        let reason = Some(&execution.reason).filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let by = execution.started_by.trim_start_matches("person:");
        Need {
            kind: "execution_waiting",
            title: format!("`{}` waits for somebody", execution.runbook),
            detail: format!(
                "its step `{step}` in {}, begun by {by}{reason}",
                self.place_of(execution)
            ),
            plan: None,
            execution: Some(execution.id.to_string()),
            count: 1,
        }
    }

    fn failure(&self, failed: &[ExecutionSummary]) -> Option<Need> {
        let (title, detail, execution) = match failed {
            [] => return None,
            [only] => {
                let title = format!("`{}` failed", only.runbook);
                (title, format!("in {}", self.place_of(only)), Some(only.id.to_string()))
            }
            several => {
                let mut names: Vec<&str> =
                    several.iter().map(|execution| execution.runbook.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                (format!("{} executions of runbooks failed", several.len()), names.join(", "), None)
            }
        };
        Some(Need {
            kind: "execution_failed",
            title,
            detail,
            plan: None,
            execution,
            count: u64::try_from(failed.len()).unwrap_or(u64::MAX),
        })
    }

    /// Where it runs, in the estate's words.
    fn place_of(&self, execution: &ExecutionSummary) -> String {
        let account = self.estate.account(&execution.account);
        let name = account.map_or(execution.account.as_str(), |account| account.name.as_str());
        format!("{name} {}", execution.region)
    }
}

/// Whether somebody came back to what failed.
fn came_after(other: &ExecutionSummary, failed: &ExecutionSummary) -> bool {
    other.id > failed.id
        && other.runbook == failed.runbook
        && other.account == failed.account
        && other.region == failed.region
}
