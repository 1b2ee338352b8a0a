//! What was seen of the estate: writing it.
//!
//! Only the present is kept here, one row for each resource. A look at a scope replaces all that was known of it; a look
//! that failed keeps what was known and marks it unknown, since "could not look" is neither a pass nor a fail.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use reeve_care::plan::TagChange;
use reeve_types::{AccountId, Resource, RunId, Scope, Unknown, Verdict};
use sqlx::AnyConnection;

use crate::{
    Store,
    batch::{self, Insert},
    committer::Work,
    error::{Doing as _, StoreError},
    serialize::{ResourceDetail, write_resource},
};

const SAW: &str = "INSERT INTO scopes (account, region, type, run, looked_at, observed_at) \
     VALUES ($1, $2, $3, $4, $5, $5) \
     ON CONFLICT (account, region, type) DO UPDATE SET run = excluded.run, \
         looked_at = excluded.looked_at, observed_at = excluded.observed_at, \
         unknown_call = NULL, unknown_permission = NULL, unknown_message = NULL";

const COULD_NOT_LOOK: &str = "INSERT INTO scopes \
     (account, region, type, run, looked_at, unknown_call, unknown_permission, unknown_message) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (account, region, type) DO UPDATE SET run = excluded.run, \
         looked_at = excluded.looked_at, unknown_call = excluded.unknown_call, \
         unknown_permission = excluded.unknown_permission, unknown_message = excluded.unknown_message";

pub(crate) const RECOUNT: &str = "UPDATE scopes SET \
     (resources, passing, failing, unknown, managed, missing, unmanaged) = \
     (SELECT count(*), count(*) FILTER (WHERE verdict = 'pass'), \
             count(*) FILTER (WHERE verdict = 'fail'), count(*) FILTER (WHERE verdict = 'unknown'), \
             count(*) FILTER (WHERE coverage = 'managed'), count(*) FILTER (WHERE coverage = 'missing'), \
             count(*) FILTER (WHERE coverage = 'unmanaged') \
      FROM resources r \
      WHERE r.account = scopes.account AND r.region = scopes.region AND r.type = scopes.type) \
     WHERE account = $1 AND region = $2 AND type = $3";

pub(crate) const FORGET_RESOURCES: &str =
    "DELETE FROM resources WHERE account = $1 AND region = $2 AND type = $3";

const FORGET_SCOPE: &str = "DELETE FROM scopes WHERE account = $1 AND region = $2 AND type = $3";

const INSERT: Insert = Insert {
    head: "INSERT INTO resources (account, region, type, id, arn, name, verdict, unknown_call, \
           unknown_permission, unknown_message, coverage, run, observed_at, search, document) VALUES",
    columns: 15,
    tail: "",
};

pub(crate) const UPDATE: &str = "UPDATE resources SET arn = $5, name = $6, verdict = $7, unknown_call = $8, \
         unknown_permission = $9, unknown_message = $10, coverage = $11, observed_at = $12, \
         search = $13, document = $14 \
     WHERE account = $1 AND region = $2 AND type = $3 AND id = $4";

pub(crate) const SHIFT: &str = "UPDATE scopes SET passing = passing + $4, failing = failing + $5, unknown = unknown + $6, \
         managed = managed + $7, missing = missing + $8, unmanaged = unmanaged + $9 \
     WHERE account = $1 AND region = $2 AND type = $3";

/// Followed by the ids.
pub(crate) const STANDINGS: &str = "SELECT id, verdict, coverage FROM resources \
     WHERE account = ? AND region = ? AND type = ? AND id IN ";

const SCOPES: &str = "SELECT account, region, type FROM scopes";

const NAME_ACCOUNT: &str = "INSERT INTO accounts (id, name, first_seen_at) VALUES ($1, $2, $3) \
     ON CONFLICT (id) DO UPDATE SET name = excluded.name";

/// Whether a resource is kept by a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// A configuration applies to it, and it is as that wants it.
    Managed,
    /// A configuration applies to it, and something is missing.
    Missing,
    /// No configuration applies to it.
    Unmanaged,
    /// It could not be seen whole, so nobody can say.
    Unknown,
}

/// A resource as it was observed and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedResource {
    /// What was observed.
    pub resource: Resource,
    /// The name that people know it by, if it has one.
    pub name: Option<String>,
    /// Whether it is as it should be.
    pub verdict: Verdict,
    /// Whether it is kept.
    pub coverage: Coverage,
    /// The configurations that apply to it.
    pub configurations: Vec<String>,
    /// What would have to change.
    pub changes: Vec<TagChange>,
    /// What else there is to say: why nothing can be changed, or which configurations disagree.
    pub notes: Vec<String>,
}

impl Coverage {
    /// The word for tables and stored rows: `managed`, `missing`, `unmanaged` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Missing => "missing",
            Self::Unmanaged => "unmanaged",
            Self::Unknown => "unknown",
        }
    }
}

impl Store {
    /// Replaces what is known of `scope` by what `run` saw there.
    pub async fn replace_scope(
        &self,
        scope: &Scope,
        run: RunId,
        resources: Vec<ObservedResource>,
    ) -> Result<(), StoreError> {
        if let Some(stray) = resources.iter().find(|seen| seen.resource.reference.scope != *scope) {
            let reason = format!("{} was not seen in {scope}", stray.resource.reference.arn);
            return Err(StoreError::Invalid { reason });
        }
        // A list that names a resource twice means it once.
        let rows: BTreeMap<String, ResourceRow> = resources
            .iter()
            .map(|seen| Ok((seen.resource.reference.id.clone(), ResourceRow::new(seen)?)))
            .collect::<Result<_, StoreError>>()?;
        let rows = rows.into_values().collect();
        self.observe(Observation::Saw { place: Place::of(scope), run: run.to_string(), rows }).await
    }

    /// Records that `run` could not look at `scope`. What was known of it stays, and is unknown until the next look.
    pub async fn scope_unknown(
        &self,
        scope: &Scope,
        run: RunId,
        unknown: Unknown,
    ) -> Result<(), StoreError> {
        let place = Place::of(scope);
        self.observe(Observation::CouldNotLook { place, run: run.to_string(), unknown }).await
    }

    /// Replaces what is known of single resources, as after an action. Those that are not known are left out.
    pub async fn update_resources(
        &self,
        resources: Vec<ObservedResource>,
    ) -> Result<(), StoreError> {
        let rows = resources.iter().map(ResourceRow::new).collect::<Result<_, _>>()?;
        self.observe(Observation::Update(rows)).await
    }

    /// Forgets what was observed in scopes that are not among `scopes`, because the estate no longer has them.
    pub async fn retain_scopes(&self, scopes: &BTreeSet<Scope>) -> Result<(), StoreError> {
        self.observe(Observation::Retain(scopes.iter().map(Place::of).collect())).await
    }

    /// Records the names of the estate's accounts.
    pub async fn name_accounts(&self, accounts: &[(AccountId, String)]) -> Result<(), StoreError> {
        let row = |(id, name): &(AccountId, String)| (id.as_str().to_owned(), name.clone());
        self.observe(Observation::Accounts(accounts.iter().map(row).collect())).await
    }

    async fn observe(&self, observation: Observation) -> Result<(), StoreError> {
        self.submit(Work::Observe(observation)).await?;
        Ok(())
    }
}

/// What was seen, as rows.
pub(crate) enum Observation {
    Saw { place: Place, run: String, rows: Vec<ResourceRow> },
    CouldNotLook { place: Place, run: String, unknown: Unknown },
    Update(Vec<ResourceRow>),
    Retain(HashSet<Place>),
    Accounts(Vec<(String, String)>),
}

/// A scope's columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    account: String,
    region: String,
    resource_type: String,
}

/// A resource's columns.
pub(crate) struct ResourceRow {
    place: Place,
    id: String,
    arn: String,
    name: Option<String>,
    verdict: &'static str,
    unknown: Option<Unknown>,
    coverage: &'static str,
    search: String,
    document: String,
}

impl Place {
    fn of(scope: &Scope) -> Self {
        Self {
            account: scope.account.as_str().to_owned(),
            region: scope.region.as_str().to_owned(),
            resource_type: scope.resource_type.as_str().to_owned(),
        }
    }
}

impl ResourceRow {
    fn new(seen: &ObservedResource) -> Result<Self, StoreError> {
        let ObservedResource { resource, name, verdict, coverage, configurations, changes, notes } =
            seen;
        let Resource { reference, tags, attributes } = resource;
        let (verdict, unknown) = match verdict {
            Verdict::Pass => ("pass", None),
            Verdict::Fail => ("fail", None),
            Verdict::Unknown(unknown) => ("unknown", Some(unknown.clone())),
        };
        let detail = ResourceDetail {
            tags: tags.clone(),
            attributes: attributes.clone(),
            configurations: configurations.clone(),
            changes: changes.clone(),
            notes: notes.clone(),
        };
        let document = write_resource(&detail).map_err(|source| StoreError::Document {
            what: format!("the document of {}", reference.arn),
            source,
        })?;
        Ok(Self {
            place: Place::of(&reference.scope),
            id: reference.id.clone(),
            arn: reference.arn.clone(),
            name: name.clone(),
            verdict,
            unknown,
            coverage: coverage.as_str(),
            search: search_text(seen),
            document,
        })
    }
}

/// What a search looks through, in lower case: id, ARN, name and tags, each on a line.
fn search_text(seen: &ObservedResource) -> String {
    let Resource { reference, tags, .. } = &seen.resource;
    let mut lines = vec![reference.id.clone(), reference.arn.clone()];
    lines.extend(seen.name.clone());
    lines.extend(tags.iter().map(|(key, value)| format!("{key}={value}")));
    lines.join("\n").to_lowercase()
}

impl Observation {
    /// About how many rows it writes.
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Saw { rows, .. } => rows.len() + 1,
            Self::Update(rows) => rows.len(),
            Self::Accounts(rows) => rows.len(),
            Self::CouldNotLook { .. } => 1,
            Self::Retain(places) => places.len(),
        }
    }

    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        at: i64,
    ) -> Result<(), StoreError> {
        match self {
            Self::Saw { place, run, rows } => saw(connection, at, place, run, rows).await,
            Self::CouldNotLook { place, run, unknown } => {
                let statement = on(COULD_NOT_LOOK, place).bind(run.as_str()).bind(at);
                let Unknown { call, missing_permission, message } = unknown;
                let statement = statement
                    .bind(call.as_str())
                    .bind(missing_permission.as_deref())
                    .bind(message.as_str());
                statement.execute(connection).await.doing("mark a scope as unknown")?;
                Ok(())
            }
            Self::Update(rows) => update(connection, at, rows).await,
            Self::Retain(places) => retain(connection, places).await,
            Self::Accounts(rows) => {
                for (id, name) in rows {
                    let statement = sqlx::query(NAME_ACCOUNT).bind(id.as_str()).bind(name.as_str());
                    statement.bind(at).execute(&mut *connection).await.doing("name an account")?;
                }
                Ok(())
            }
        }
    }
}

async fn saw(
    connection: &mut AnyConnection,
    at: i64,
    place: &Place,
    run: &str,
    rows: &[ResourceRow],
) -> Result<(), StoreError> {
    let forget = on(FORGET_RESOURCES, place).execute(&mut *connection);
    forget.await.doing("forget a scope's resources")?;
    let insert = INSERT.execute(&mut *connection, rows, |statement, row| {
        let unknown = row.unknown.as_ref();
        statement
            .bind(row.place.account.as_str())
            .bind(row.place.region.as_str())
            .bind(row.place.resource_type.as_str())
            .bind(row.id.as_str())
            .bind(row.arn.as_str())
            .bind(row.name.as_deref())
            .bind(row.verdict)
            .bind(unknown.map(|unknown| unknown.call.as_str()))
            .bind(unknown.and_then(|unknown| unknown.missing_permission.as_deref()))
            .bind(unknown.map(|unknown| unknown.message.as_str()))
            .bind(row.coverage)
            .bind(run)
            .bind(at)
            .bind(row.search.as_str())
            .bind(row.document.as_str())
    });
    insert.await.doing("insert a scope's resources")?;
    let seen = on(SAW, place).bind(run).bind(at).execute(&mut *connection);
    seen.await.doing("record that a scope was seen")?;
    on(RECOUNT, place).execute(connection).await.doing("count a scope's resources")?;
    Ok(())
}

/// A scope may hold many more resources than are updated, so its counts are moved by what changed.
async fn update(
    connection: &mut AnyConnection,
    at: i64,
    rows: &[ResourceRow],
) -> Result<(), StoreError> {
    let mut by_place: BTreeMap<&Place, Vec<&ResourceRow>> = BTreeMap::new();
    for row in rows {
        by_place.entry(&row.place).or_default().push(row);
    }
    for (place, rows) in by_place {
        let mut standings = standings(connection, place, &rows).await?;
        let mut shift = Shift::default();
        for row in rows {
            // Those that are not known are left out.
            let Some(standing) = standings.get_mut(&row.id) else { continue };
            shift.add(standing, -1);
            *standing = (row.verdict.to_owned(), row.coverage.to_owned());
            shift.add(standing, 1);
            update_row(connection, at, row).await?;
        }
        shift.apply(connection, place).await?;
    }
    Ok(())
}

async fn update_row(
    connection: &mut AnyConnection,
    at: i64,
    row: &ResourceRow,
) -> Result<(), StoreError> {
    let unknown = row.unknown.as_ref();
    let statement = on(UPDATE, &row.place)
        .bind(row.id.as_str())
        .bind(row.arn.as_str())
        .bind(row.name.as_deref())
        .bind(row.verdict)
        .bind(unknown.map(|unknown| unknown.call.as_str()))
        .bind(unknown.and_then(|unknown| unknown.missing_permission.as_deref()))
        .bind(unknown.map(|unknown| unknown.message.as_str()))
        .bind(row.coverage)
        .bind(at)
        .bind(row.search.as_str())
        .bind(row.document.as_str());
    statement.execute(connection).await.doing("update a resource")?;
    Ok(())
}

/// The stored verdict and coverage of each of `rows` that is known, by its id.
async fn standings(
    connection: &mut AnyConnection,
    place: &Place,
    rows: &[&ResourceRow],
) -> Result<HashMap<String, (String, String)>, StoreError> {
    let mut standings = HashMap::new();
    for group in batch::groups(rows) {
        let mut statement = sqlx::query_as(batch::list(connection, STANDINGS, group.len()))
            .bind(place.account.as_str())
            .bind(place.region.as_str())
            .bind(place.resource_type.as_str());
        for row in group {
            statement = statement.bind(row.id.as_str());
        }
        let found: Vec<(String, String, String)> =
            statement.fetch_all(&mut *connection).await.doing("read how resources are")?;
        standings
            .extend(found.into_iter().map(|(id, verdict, coverage)| (id, (verdict, coverage))));
    }
    Ok(standings)
}

/// By how much the counts of a scope change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shift {
    passing: i64,
    failing: i64,
    unknown: i64,
    managed: i64,
    missing: i64,
    unmanaged: i64,
}

impl Shift {
    fn add(&mut self, (verdict, coverage): &(String, String), number: i64) {
        match verdict.as_str() {
            "pass" => self.passing += number,
            "fail" => self.failing += number,
            _ => self.unknown += number,
        }
        match coverage.as_str() {
            "managed" => self.managed += number,
            "missing" => self.missing += number,
            "unmanaged" => self.unmanaged += number,
            _ => {}
        }
    }

    async fn apply(&self, connection: &mut AnyConnection, place: &Place) -> Result<(), StoreError> {
        let Self { passing, failing, unknown, managed, missing, unmanaged } = *self;
        if *self == Self::default() {
            return Ok(());
        }
        let statement = on(SHIFT, place)
            .bind(passing)
            .bind(failing)
            .bind(unknown)
            .bind(managed)
            .bind(missing)
            .bind(unmanaged);
        statement.execute(connection).await.doing("count a scope's resources")?;
        Ok(())
    }
}

async fn retain(connection: &mut AnyConnection, kept: &HashSet<Place>) -> Result<(), StoreError> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as(SCOPES).fetch_all(&mut *connection).await.doing("read the scopes")?;
    let known = rows.into_iter().map(|(account, region, resource_type)| Place {
        account,
        region,
        resource_type,
    });
    for place in known.filter(|place| !kept.contains(place)) {
        for text in [FORGET_RESOURCES, FORGET_SCOPE] {
            on(text, &place).execute(&mut *connection).await.doing("forget a scope")?;
        }
    }
    Ok(())
}

/// A statement whose first three values say where.
fn on<'q>(text: &'static str, place: &'q Place) -> crate::batch::Statement<'q> {
    sqlx::query(text)
        .bind(place.account.as_str())
        .bind(place.region.as_str())
        .bind(place.resource_type.as_str())
}
