//! What is known of the estate: reading it.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use reeve_care::plan::TagChange;
use reeve_types::{
    AccountId, Region, Resource, ResourceRef, ResourceType, RunId, Scope, Unknown, Verdict,
};
use sqlx::{Any, Decode, Row as _, Type, any::AnyRow};

use crate::{
    Store,
    error::{Doing as _, StoreError, damaged},
    ledger::timestamp,
    observe::Coverage,
    page::{Limit, Page},
    plans::{like_literal, read_scope},
    serialize::{ResourceDetail, read_resource},
};

/// A resource of a scope that could not be looked at is unknown, whatever was found before.
pub(crate) const PAGE: &str = "SELECT account, region, type, id, arn, name, verdict, unknown_call, unknown_permission, \
            unknown_message, coverage, run, observed_at, document \
     FROM (SELECT r.account, r.region, r.type, r.id, r.arn, r.name, r.coverage, r.run, r.observed_at, \
                  r.search, r.document, \
                  CASE WHEN s.unknown_message IS NULL THEN r.verdict ELSE 'unknown' END AS verdict, \
                  CASE WHEN s.unknown_message IS NULL THEN r.unknown_call ELSE s.unknown_call END \
                      AS unknown_call, \
                  CASE WHEN s.unknown_message IS NULL THEN r.unknown_permission \
                      ELSE s.unknown_permission END AS unknown_permission, \
                  CASE WHEN s.unknown_message IS NULL THEN r.unknown_message ELSE s.unknown_message END \
                      AS unknown_message \
           FROM resources r \
           JOIN scopes s ON s.account = r.account AND s.region = r.region AND s.type = r.type) AS known \
     WHERE (account, region, type, id) > ($1, $2, $3, $4) \
       AND account >= $5 AND account <= $6 \
       AND ($7 IS NULL OR region = $7) AND ($8 IS NULL OR type = $8) \
       AND ($9 IS NULL OR verdict = $9) AND ($10 IS NULL OR coverage = $10) \
       AND ($11 IS NULL OR search LIKE $11 ESCAPE '\\') \
     ORDER BY account, region, type, id LIMIT $12";

pub(crate) const UNKNOWNS: &str = "SELECT account, region, type, id, unknown_call, unknown_permission, unknown_message, looked_at \
     FROM (SELECT account, region, type, '' AS id, unknown_call, unknown_permission, unknown_message, \
                  looked_at \
           FROM scopes WHERE unknown_message IS NOT NULL \
           UNION ALL \
           SELECT account, region, type, id, unknown_call, unknown_permission, unknown_message, \
                  observed_at AS looked_at \
           FROM resources WHERE verdict = 'unknown') AS unknowns \
     WHERE (account, region, type, id) > ($1, $2, $3, $4) AND ($5 IS NULL OR account = $5) \
     ORDER BY account, region, type, id LIMIT $6";

const SCOPES: &str = "SELECT account, region, type, run, looked_at, observed_at, unknown_call, unknown_permission, \
            unknown_message, resources, passing, failing, unknown, managed, missing, unmanaged \
     FROM scopes WHERE ($1 IS NULL OR account = $1) ORDER BY account, region, type";

pub(crate) const BY_TYPE: &str = "SELECT type, CAST(sum(resources) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN passing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN failing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN unknown ELSE resources END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN managed ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN missing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN unmanaged ELSE 0 END) AS BIGINT), \
            count(*), count(unknown_message), max(observed_at) \
     FROM scopes GROUP BY type ORDER BY type";

const BY_ACCOUNT: &str = "SELECT account, CAST(sum(resources) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN passing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN failing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN unknown ELSE resources END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN managed ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN missing ELSE 0 END) AS BIGINT), \
            CAST(sum(CASE WHEN unknown_message IS NULL THEN unmanaged ELSE 0 END) AS BIGINT), \
            count(*), count(unknown_message), max(observed_at) \
     FROM scopes GROUP BY account ORDER BY account";

const ACCOUNTS: &str = "SELECT id, name, first_seen_at FROM accounts ORDER BY id";

/// After every account id: the letter that follows `9`.
const BEYOND_ACCOUNTS: &str = ":";

type ResourceRow = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    i64,
    String,
);

type UnknownRow =
    (String, String, String, String, Option<String>, Option<String>, Option<String>, i64);

type TotalsRow = (String, i64, i64, i64, i64, i64, i64, i64, i64, i64, Option<i64>);

/// A resource as it was last observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownResource {
    /// What was observed.
    pub resource: Resource,
    /// The name that people know it by, if it has one.
    pub name: Option<String>,
    /// Whether it is as it should be; unknown if the last look at its scope failed.
    pub verdict: Verdict,
    /// Whether it is kept.
    pub coverage: Coverage,
    /// The configurations that apply to it.
    pub configurations: Vec<String>,
    /// What would have to change.
    pub changes: Vec<TagChange>,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// The run that observed it.
    pub run: RunId,
}

/// Which resources a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceFilter {
    /// Only in this account.
    pub account: Option<AccountId>,
    /// Only in this Region.
    pub region: Option<Region>,
    /// Only of this type.
    pub resource_type: Option<ResourceType>,
    /// Only with this verdict.
    pub verdict: Option<VerdictKind>,
    /// Only with this coverage.
    pub coverage: Option<Coverage>,
    /// Only those whose id, ARN, name or tags (`key=value`) contain this text, in any case.
    pub text: Option<String>,
}

/// A verdict without what stood in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictKind {
    /// It is as it should be.
    Pass,
    /// It is not as it should be.
    Fail,
    /// It could not be looked at.
    Unknown,
}

/// Where a page of resources begins: after this one.
///
/// Its text is `account,region,type,id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceCursor {
    account: String,
    region: String,
    resource_type: String,
    id: String,
}

/// A text that is not where a page of resources begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the place of a resource: expected `account,region,type,id`")]
pub struct ParseResourceCursorError {
    text: String,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUnknown {
    /// Where it is and what it is.
    pub scope: Scope,
    /// The id of the resource, if the look failed at a single one.
    pub resource: Option<String>,
    /// What stood in the way.
    pub unknown: Unknown,
    /// When it was tried.
    pub looked_at: Timestamp,
}

/// A scope that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownScope {
    /// The scope.
    pub scope: Scope,
    /// The run that looked last.
    pub run: RunId,
    /// When that was.
    pub looked_at: Timestamp,
    /// When something was last seen; `None` if every look failed.
    pub observed_at: Option<Timestamp>,
    /// What stood in the way of the last look, if it failed.
    pub unknown: Option<Unknown>,
    /// How many resources are known there and how they are, as they were last seen: where the last look failed, this is
    /// what an earlier one found.
    pub totals: ScopeTotals,
}

/// How many resources of one scope there are and how they are.
///
/// A resource that could not be seen whole is counted in `resources` and `unknown` only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeTotals {
    /// All of them.
    pub resources: u64,
    /// As they should be.
    pub passing: u64,
    /// Not as they should be.
    pub failing: u64,
    /// Could not be seen whole.
    pub unknown: u64,
    /// Kept, and as their configuration wants them.
    pub managed: u64,
    /// To be kept, and something is missing.
    pub missing: u64,
    /// Not to be kept.
    pub unmanaged: u64,
}

/// How many resources there are and how they are.
///
/// Resources of a scope that could not be looked at are counted in `resources` and `unknown` only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// All of them.
    pub resources: u64,
    /// As they should be.
    pub passing: u64,
    /// Not as they should be.
    pub failing: u64,
    /// Could not be looked at.
    pub unknown: u64,
    /// Kept, and as their configuration wants them.
    pub managed: u64,
    /// To be kept, and something is missing.
    pub missing: u64,
    /// Not to be kept.
    pub unmanaged: u64,
    /// How many scopes were looked at.
    pub scopes: u64,
    /// How many of them could not be.
    pub unknown_scopes: u64,
    /// When something was last seen.
    pub observed_at: Option<Timestamp>,
}

/// An account as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAccount {
    /// Its id.
    pub id: AccountId,
    /// The name it last had in the estate.
    pub name: String,
    /// When it was first in the estate.
    pub first_seen_at: Timestamp,
}

impl Store {
    /// A page of the resources in order of account, Region, type and id: those after `after`.
    pub async fn resources(
        &self,
        filter: &ResourceFilter,
        after: Option<&ResourceCursor>,
        limit: Limit,
    ) -> Result<Page<KnownResource, ResourceCursor>, StoreError> {
        let start = after.cloned().unwrap_or_else(ResourceCursor::start);
        let account = filter.account.as_ref().map(AccountId::as_str);
        let text =
            filter.text.as_ref().map(|text| format!("%{}%", like_literal(&text.to_lowercase())));
        let rows: Vec<ResourceRow> = sqlx::query_as(PAGE)
            .bind(start.account)
            .bind(start.region)
            .bind(start.resource_type)
            .bind(start.id)
            .bind(account.unwrap_or_default())
            .bind(account.unwrap_or(BEYOND_ACCOUNTS))
            .bind(filter.region.as_ref().map(Region::as_str))
            .bind(filter.resource_type.as_ref().map(ResourceType::as_str))
            .bind(filter.verdict.map(VerdictKind::as_str))
            .bind(filter.coverage.map(Coverage::as_str))
            .bind(text)
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read the resources")?;
        let resources = rows.into_iter().map(read_known).collect::<Result<_, _>>()?;
        Ok(limit.page(resources, |known: &KnownResource| {
            let ResourceRef { scope, id, .. } = &known.resource.reference;
            ResourceCursor::after(scope, id)
        }))
    }

    /// A page of what could not be looked at, of one account or all.
    pub async fn unknowns(
        &self,
        account: Option<&AccountId>,
        after: Option<&ResourceCursor>,
        limit: Limit,
    ) -> Result<Page<KnownUnknown, ResourceCursor>, StoreError> {
        let start = after.cloned().unwrap_or_else(ResourceCursor::start);
        let rows: Vec<UnknownRow> = sqlx::query_as(UNKNOWNS)
            .bind(start.account)
            .bind(start.region)
            .bind(start.resource_type)
            .bind(start.id)
            .bind(account.map(AccountId::as_str))
            .bind(limit.one_more())
            .fetch_all(self.readers())
            .await
            .doing("read what is unknown")?;
        let unknowns = rows.into_iter().map(read_unknown_row).collect::<Result<_, _>>()?;
        Ok(limit.page(unknowns, |known: &KnownUnknown| {
            ResourceCursor::after(&known.scope, known.resource.as_deref().unwrap_or_default())
        }))
    }

    /// The scopes that were looked at, of one account or all.
    pub async fn scopes(&self, account: Option<&AccountId>) -> Result<Vec<KnownScope>, StoreError> {
        let rows = sqlx::query(SCOPES)
            .bind(account.map(AccountId::as_str))
            .fetch_all(self.readers())
            .await
            .doing("read the scopes")?;
        rows.iter().map(read_known_scope).collect()
    }

    /// Totals for each resource type that was looked for.
    pub async fn totals_by_type(&self) -> Result<Vec<(ResourceType, Totals)>, StoreError> {
        let totals = self.totals(BY_TYPE).await?;
        Ok(totals.into_iter().map(|(name, totals)| (ResourceType::new(name), totals)).collect())
    }

    /// Totals for each account that was looked into.
    pub async fn totals_by_account(&self) -> Result<Vec<(AccountId, Totals)>, StoreError> {
        let account = |(text, totals): (String, Totals)| Ok((read_account(&text)?, totals));
        self.totals(BY_ACCOUNT).await?.into_iter().map(account).collect()
    }

    /// The accounts that are or were in the estate.
    pub async fn accounts(&self) -> Result<Vec<KnownAccount>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(ACCOUNTS).fetch_all(self.readers()).await.doing("read the accounts")?;
        rows.into_iter()
            .map(|(id, name, first_seen_at)| {
                Ok(KnownAccount {
                    id: read_account(&id)?,
                    name,
                    first_seen_at: timestamp(first_seen_at)?,
                })
            })
            .collect()
    }

    async fn totals(&self, text: &'static str) -> Result<Vec<(String, Totals)>, StoreError> {
        let rows: Vec<TotalsRow> =
            sqlx::query_as(text).fetch_all(self.readers()).await.doing("add up the resources")?;
        rows.into_iter().map(read_totals).collect()
    }
}

impl VerdictKind {
    /// The word for tables and stored rows: `pass`, `fail` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

impl ResourceCursor {
    fn start() -> Self {
        let empty = String::new;
        Self { account: empty(), region: empty(), resource_type: empty(), id: empty() }
    }

    fn after(scope: &Scope, id: &str) -> Self {
        Self {
            account: scope.account.as_str().to_owned(),
            region: scope.region.as_str().to_owned(),
            resource_type: scope.resource_type.as_str().to_owned(),
            id: id.to_owned(),
        }
    }
}

impl fmt::Display for ResourceCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, region, resource_type, id } = self;
        write!(formatter, "{account},{region},{resource_type},{id}")
    }
}

impl FromStr for ResourceCursor {
    type Err = ParseResourceCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only the id may hold a comma itself.
        let parts: Vec<&str> = text.splitn(4, ',').collect();
        let [account, region, resource_type, id] = parts.as_slice() else {
            return Err(ParseResourceCursorError { text: text.to_owned() });
        };
        let [account, region, resource_type, id] =
            [account, region, resource_type, id].map(|part| (*part).to_owned());
        Ok(Self { account, region, resource_type, id })
    }
}

fn read_known(row: ResourceRow) -> Result<KnownResource, StoreError> {
    let (
        account,
        region,
        resource_type,
        id,
        arn,
        name,
        verdict,
        call,
        permission,
        message,
        coverage,
        run,
        observed_at,
        document,
    ) = row;
    let ResourceDetail { tags, attributes, configurations, changes, notes } =
        read_resource(&document).map_err(|source| StoreError::Document {
            what: format!("the document of {arn}"),
            source,
        })?;
    let verdict = match verdict.as_str() {
        "pass" => Verdict::Pass,
        "fail" => Verdict::Fail,
        "unknown" => Verdict::Unknown(read_unknown(call, permission, message)),
        other => return Err(damaged(format!("`{other}` is not a verdict"))),
    };
    let coverage = match coverage.as_str() {
        "managed" => Coverage::Managed,
        "missing" => Coverage::Missing,
        "unmanaged" => Coverage::Unmanaged,
        "unknown" => Coverage::Unknown,
        other => return Err(damaged(format!("`{other}` is not a coverage"))),
    };
    let reference = ResourceRef { scope: read_scope(&account, &region, resource_type)?, id, arn };
    Ok(KnownResource {
        resource: Resource { reference, tags, attributes },
        name,
        verdict,
        coverage,
        configurations,
        changes,
        notes,
        observed_at: timestamp(observed_at)?,
        run: read_run(&run)?,
    })
}

fn read_unknown_row(row: UnknownRow) -> Result<KnownUnknown, StoreError> {
    let (account, region, resource_type, id, call, permission, message, looked_at) = row;
    Ok(KnownUnknown {
        scope: read_scope(&account, &region, resource_type)?,
        resource: (!id.is_empty()).then_some(id),
        unknown: read_unknown(call, permission, message),
        looked_at: timestamp(looked_at)?,
    })
}

/// There are more columns than a tuple takes.
fn read_known_scope(row: &AnyRow) -> Result<KnownScope, StoreError> {
    let count = |column: &str| -> Result<u64, StoreError> {
        let count: i64 = read_column(row, column)?;
        Ok(u64::try_from(count).unwrap_or_default())
    };
    let account: String = read_column(row, "account")?;
    let region: String = read_column(row, "region")?;
    let message: Option<String> = read_column(row, "unknown_message")?;
    let (call, permission) =
        (read_column(row, "unknown_call")?, read_column(row, "unknown_permission")?);
    let observed_at: Option<i64> = read_column(row, "observed_at")?;
    let run: String = read_column(row, "run")?;
    Ok(KnownScope {
        scope: read_scope(&account, &region, read_column(row, "type")?)?,
        run: read_run(&run)?,
        looked_at: timestamp(read_column(row, "looked_at")?)?,
        observed_at: observed_at.map(timestamp).transpose()?,
        unknown: message.map(|message| read_unknown(call, permission, Some(message))),
        totals: ScopeTotals {
            resources: count("resources")?,
            passing: count("passing")?,
            failing: count("failing")?,
            unknown: count("unknown")?,
            managed: count("managed")?,
            missing: count("missing")?,
            unmanaged: count("unmanaged")?,
        },
    })
}

fn read_column<'r, T>(row: &'r AnyRow, column: &str) -> Result<T, StoreError>
where
    T: Decode<'r, Any> + Type<Any>,
{
    row.try_get(column).doing("read a column")
}

fn read_totals(row: TotalsRow) -> Result<(String, Totals), StoreError> {
    let (
        name,
        resources,
        passing,
        failing,
        unknown,
        managed,
        missing,
        unmanaged,
        scopes,
        unknown_scopes,
        observed_at,
    ) = row;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let totals = Totals {
        resources: count(resources),
        passing: count(passing),
        failing: count(failing),
        unknown: count(unknown),
        managed: count(managed),
        missing: count(missing),
        unmanaged: count(unmanaged),
        scopes: count(scopes),
        unknown_scopes: count(unknown_scopes),
        observed_at: observed_at.map(timestamp).transpose()?,
    };
    Ok((name, totals))
}

fn read_unknown(
    call: Option<String>,
    permission: Option<String>,
    message: Option<String>,
) -> Unknown {
    Unknown {
        call: call.unwrap_or_default(),
        missing_permission: permission,
        message: message.unwrap_or_default(),
    }
}

fn read_account(text: &str) -> Result<AccountId, StoreError> {
    text.parse().map_err(|_| damaged(format!("`{text}` is not an account")))
}

fn read_run(text: &str) -> Result<RunId, StoreError> {
    text.parse().map_err(|_| damaged(format!("`{text}` is not a run's id")))
}
