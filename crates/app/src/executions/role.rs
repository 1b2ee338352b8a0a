//! The role that a runbook runs as: its `assumeRole`.
//!
//! Without one, its calls are made as the account's own role, which the estate names. With one, they and its scripts are made
//! as that role, which the account's own role assumes. A role is never one of another account than the execution's: the
//! service takes none either (a role of another account cannot be passed to it), and whoever reads that a runbook runs in an
//! account may rely on it.

use reeve_aws::{CallError, Target};
use reeve_runbook::{Execution, Runbook};
use reeve_types::{AccountId, Arn};
use serde_json::json;

use super::{Library, NamedRunbook, Origin};
use crate::{App, Error};

/// What the policies of an estate's accounts do not have: the permission to enter the roles that its runbooks name.
pub fn role_note(library: &Library) -> Option<String> {
    let names_a_role = |runbook: &NamedRunbook| {
        super::read_runbook(runbook).is_ok_and(|runbook| runbook.assume_role_text().is_some())
    };
    let of_estate = library.iter().filter(|(_, origin)| *origin == Origin::Estate);
    let naming: Vec<&str> = of_estate
        .filter(|(runbook, _)| names_a_role(runbook))
        .map(|(runbook, _)| runbook.name.as_str())
        .collect();
    (!naming.is_empty()).then(|| {
        format!(
            "runbooks run as the role that they name in `assumeRole`, for which the account's role needs `sts:AssumeRole`: \
             `reeve runbook policy` prints it for {}",
            naming.join(", ")
        )
    })
}

impl App {
    /// The role that an execution is to run as, if it is another than the account's own. Nobody has asked AWS yet.
    pub(super) fn role_of(
        &self,
        account: &AccountId,
        (runbook, execution): (&Runbook, &Execution),
    ) -> Result<Option<String>, Error> {
        let not_known = |why: String| {
            let message = format!(
                "assumeRole: the role is not known before the first step ({why}): give its parameter a value"
            );
            Error::runbook(message)
        };
        let role = execution.assume_role(runbook);
        let Some(role) = role.map_err(|unresolved| not_known(unresolved.to_string()))? else {
            return Ok(None);
        };
        // The default of a parameter may be kept in the Parameter Store, which is read as the role.
        if role.contains("{{") {
            return Err(not_known(format!("`{role}`")));
        }
        let arn: Option<Arn> = role.parse().ok();
        let arn = arn.filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"));
        let Some(arn) = arn else {
            let message = format!(
                "assumeRole: `{role}` is no ARN of a role: write `arn:aws:iam::{account}:role/NAME`"
            );
            return Err(Error::runbook(message));
        };
        if arn.account() != account.as_str() {
            let message = format!(
                "assumeRole: `{role}` is a role of account {}, and the runbook is to run in account {account}: \
                 as in the service, name a role of that account, or run the runbook in account {}",
                arn.account(),
                arn.account()
            );
            return Err(Error::runbook(message));
        }
        let own = self.own_role(account);
        Ok(Some(role).filter(|role| own != Some(role.as_str())))
    }

    /// Whether the role of a target can be assumed, found out by doing it. The session is kept for the calls to come.
    pub(super) async fn try_role(&self, target: &Target) -> Result<(), Error> {
        let Some(role) = &target.role else { return Ok(()) };
        match self.client.session_credentials(target).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused(target, role, &error).await),
        }
    }

    async fn refused(&self, target: &Target, role: &str, error: &CallError) -> Error {
        let cause = match error {
            CallError::NoCredentials(missing) => {
                missing.cause.as_ref().map(|cause| format!(" ({cause})"))
            }
            _ => None,
        };
        let message = format!(
            "the runbook cannot run as `{role}`: {error}{}",
            cause.as_deref().unwrap_or_default()
        );
        let principal = match target.account.as_ref().and_then(|account| self.own_role(account)) {
            Some(role) => Some(role.to_owned()),
            None => {
                let own = Target { role: None, ..target.clone() };
                self.client.caller_identity(&own).await.ok().map(|identity| identity.arn)
            }
        };
        let Some(principal) = principal else { return Error::runbook(message) };
        let actions = if self.client.config().sessions.source_identity {
            json!(["sts:AssumeRole", "sts:SetSourceIdentity"])
        } else {
            json!("sts:AssumeRole")
        };
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions });
        Error::runbook(message).with_hint(format!(
            "`{principal}` needs `sts:AssumeRole` for it, and its trust policy this statement: {statement}"
        ))
    }

    /// The role that calls in an account are made as otherwise; none where that is done with base credentials.
    fn own_role(&self, account: &AccountId) -> Option<&str> {
        let access = self.client.config().accounts.get(account)?;
        access.roles.last().map(|role| role.arn.as_str())
    }
}
