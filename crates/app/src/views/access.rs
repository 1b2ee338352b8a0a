//! What Reeve calls, and what it has to be allowed.

use serde::Serialize;

/// What Reeve has to be allowed in an estate.
#[derive(Debug, Serialize)]
pub struct AccessView {
    /// What the role in each account has to be allowed.
    pub accounts: Vec<AccountAccessView>,
    /// What has to be allowed on the way into the accounts: to the base credentials, and to roles that lead on.
    pub entry: Vec<EntryAccessView>,
    /// What there is to know about it.
    pub notes: Vec<String>,
}

/// What Reeve has to be allowed in one account.
#[derive(Debug, Serialize)]
pub struct AccountAccessView {
    /// Its id.
    pub account: String,
    /// Its name.
    pub name: String,
    /// How far Reeve may go there: `observe`, `propose` or `act`.
    pub level: &'static str,
    /// The role that is assumed there; absent where the base credentials are used.
    pub role_arn: Option<String>,
    /// The policies of that role.
    pub policies: Vec<PolicyView>,
    /// The role's trust policy, if it is known whom to trust.
    pub trust_policy: Option<PolicyView>,
}

/// What an identity on the way into the accounts has to be allowed.
#[derive(Debug, Serialize)]
pub struct EntryAccessView {
    /// The AWS profile that base credentials come from, if the estate names one for the account.
    pub profile: Option<String>,
    /// The role; absent where these are base credentials.
    pub role_arn: Option<String>,
    /// Its policies.
    pub policies: Vec<PolicyView>,
    /// The role's trust policy, if it is a role and known whom to trust.
    pub trust_policy: Option<PolicyView>,
}

/// A policy.
#[derive(Debug, Serialize)]
pub struct PolicyView {
    /// What it may be called.
    pub name: String,
    /// How long it is as AWS counts: white space apart.
    pub characters: usize,
    /// How long AWS lets it be.
    pub limit: usize,
    /// What each statement is for.
    pub statements: Vec<StatementView>,
    /// The policy document.
    pub document: serde_json::Value,
}

/// What a statement is for.
#[derive(Debug, Serialize)]
pub struct StatementView {
    /// Its id.
    pub sid: String,
    /// What it is for.
    pub purpose: String,
}

/// An operation that Reeve calls.
#[derive(Debug, Serialize)]
pub struct KnownCallView {
    /// The service, by the name the AWS CLI uses.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// What it is called for.
    pub purpose: String,
    /// Whether it changes something.
    pub changes: bool,
    /// The permissions that it needs.
    pub permissions: Vec<String>,
    /// The resource types that it is called for.
    pub resource_types: Vec<String>,
}
