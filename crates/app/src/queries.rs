//! What is asked of lists: filters, how many, and where to go on.

use std::{fmt::Display, str::FromStr};

use reeve_store::Limit;
use serde::Deserialize;

use crate::Error;

/// Which page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// At most so many entries.
    pub limit: Option<usize>,
    /// After this one.
    pub cursor: Option<String>,
}

/// Which plans.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanQuery {
    /// Only in this phase.
    pub phase: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// After this one.
    pub cursor: Option<String>,
}

/// Which entries of the ledger.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// Only about this plan.
    pub plan: Option<String>,
    /// Only of this kind, or of the kinds under it.
    pub kind: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// After this one.
    pub cursor: Option<String>,
}

/// Which resources.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceQuery {
    /// Only of this account, by id or name.
    pub account: Option<String>,
    /// Only in this Region.
    pub region: Option<String>,
    /// Only of this type.
    #[serde(rename = "type")]
    pub resource_type: Option<String>,
    /// Only with this verdict: `pass`, `fail` or `unknown`.
    pub verdict: Option<String>,
    /// Only with this coverage: `managed`, `missing` or `unmanaged`.
    pub coverage: Option<String>,
    /// Only whose id, ARN, name or tags hold this text.
    pub text: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// After this one.
    pub cursor: Option<String>,
}

/// Which executions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionQuery {
    /// Only with this status, in the words of the service, such as `Waiting`.
    pub status: Option<String>,
    /// Only of this runbook.
    pub runbook: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
    /// After this one.
    pub cursor: Option<String>,
}

/// The value of a filter, if it holds anything: a form sends empty ones.
pub(crate) fn filled(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|value| !value.is_empty())
}

/// How many entries a page has.
pub(crate) fn limit(wanted: Option<usize>) -> Limit {
    wanted
        .map_or_else(Limit::default, |wanted| Limit::new(u32::try_from(wanted).unwrap_or(u32::MAX)))
}

/// Where a list goes on.
pub(crate) fn parse_cursor<T: FromStr>(text: &str) -> Result<T, Error>
where
    T::Err: Display,
{
    text.parse().map_err(|error| Error::invalid(format!("the cursor `{text}`: {error}")))
}
