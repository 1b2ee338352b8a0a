//! Verifying the plans: is each what its entry in the ledger says was proposed?
//!
//! The chain covers what the ledger says, which of a plan is its digest. So the rows of every plan are hashed again, one
//! action after the other: as large as the plans may be, only one action of one plan is held at a time.

use futures_util::TryStreamExt as _;
use reeve_care::{
    plan::{Action, PlanDigest},
    progress::PlanEvent,
};
use reeve_types::ResourceRef;
use sqlx::AnyConnection;

use crate::{
    entry::Event,
    plans::{read_scope, read_start},
    serialize::{read_action, read_event},
    verify::Problem,
};

/// How many proposals are read at a time.
const PROPOSALS_AT_A_TIME: i64 = 200;

pub(crate) const PROPOSALS: &str = "SELECT sequence, plan_id, data FROM ledger \
     WHERE kind = 'plan.proposed' AND plan_id IS NOT NULL AND sequence > $1 \
     ORDER BY sequence LIMIT $2";

pub(crate) const NEVER_PROPOSED: &str = "SELECT id FROM plans WHERE NOT EXISTS \
         (SELECT 1 FROM ledger WHERE ledger.plan_id = plans.id AND ledger.action_number IS NULL \
          AND ledger.kind = 'plan.proposed') \
     ORDER BY id LIMIT 1";

const PLAN: &str =
    "SELECT controller, start, start_reason, digest, actions FROM plans WHERE id = $1";

pub(crate) const ACTIONS: &str = "SELECT number, account, region, type, resource_id, arn, document \
     FROM plan_actions WHERE plan_id = $1 ORDER BY number";

type PlanRow = (String, String, Option<String>, String, i64);
type ActionRow = (i64, String, String, String, String, String, String);

/// The first plan that is not what was proposed, if there is one. `last` is the ledger's last entry.
pub(crate) async fn first_strange_plan(
    connection: &mut AnyConnection,
    last: u64,
) -> Result<Option<Problem>, sqlx::Error> {
    let mut after = 0;
    loop {
        let proposals: Vec<(i64, String, String)> = sqlx::query_as(PROPOSALS)
            .bind(after)
            .bind(PROPOSALS_AT_A_TIME)
            .fetch_all(&mut *connection)
            .await?;
        if proposals.is_empty() {
            break;
        }
        for (sequence, plan, data) in proposals {
            after = sequence;
            let Some(why) = strangeness(connection, &plan, &data).await else { continue };
            let sequence = u64::try_from(sequence).unwrap_or_default();
            let message = format!("{plan} is not the plan that was proposed: {why}");
            return Ok(Some(Problem { sequence, message }));
        }
    }
    let stray: Option<String> =
        match sqlx::query_scalar(NEVER_PROPOSED).fetch_optional(connection).await {
            Ok(stray) => stray,
            Err(error) => {
                let message = format!("the plans cannot be read: {error}");
                return Ok(Some(Problem { sequence: last + 1, message }));
            }
        };
    Ok(stray.map(|plan| Problem {
        sequence: last + 1,
        message: format!("it is missing: nothing says that {plan} was proposed"),
    }))
}

/// How the rows of a plan differ from its proposal `data`, if they do.
async fn strangeness(connection: &mut AnyConnection, plan: &str, data: &str) -> Option<String> {
    let Ok(Event::Plan { event: PlanEvent::Proposed { digest }, .. }) = read_event(data) else {
        return Some("its entry does not say what was proposed".to_owned());
    };
    match digest_of_rows(connection, plan).await {
        Ok(found) if found == digest => None,
        Ok(_) => Some("its rows have another digest".to_owned()),
        Err(why) => Some(why),
    }
}

/// The digest that a plan's rows give, or why they give none.
async fn digest_of_rows(connection: &mut AnyConnection, plan: &str) -> Result<String, String> {
    let unreadable = |error: sqlx::Error| format!("its rows cannot be read: {error}");
    let row: Option<PlanRow> = sqlx::query_as(PLAN)
        .bind(plan)
        .fetch_optional(&mut *connection)
        .await
        .map_err(unreadable)?;
    let Some((controller, start, reason, recorded, count)) = row else {
        return Err("its row is missing".to_owned());
    };
    let start = read_start(&start, reason).map_err(|error| error.to_string())?;
    let mut digest = PlanDigest::new(&controller, &start);
    let mut expected = 1..=count;
    let mut rows = sqlx::query_as::<_, ActionRow>(ACTIONS).bind(plan).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(unreadable)? {
        if expected.next() != Some(row.0) {
            return Err("its actions are misnumbered".to_owned());
        }
        digest.add(&read_row(row)?);
    }
    if expected.next().is_some() {
        return Err("an action is missing".to_owned());
    }
    let found = digest.finish();
    if found == recorded { Ok(found) } else { Err("its row has another digest".to_owned()) }
}

fn read_row(row: ActionRow) -> Result<Action, String> {
    let (number, account, region, resource_type, id, arn, document) = row;
    let unreadable = |error: &dyn std::error::Error| format!("action {number}: {error}");
    let scope = read_scope(&account, &region, resource_type).map_err(|error| unreadable(&error))?;
    let number = u32::try_from(number).map_err(|error| unreadable(&error))?;
    read_action(number, ResourceRef { scope, id, arn }, &document)
        .map_err(|error| unreadable(&error))
}
