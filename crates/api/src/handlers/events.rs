//! The progress of an execution as server-sent events.
//!
//! A `record` for each record of the journal, its number as its id; a `standing` whenever the execution stands elsewhere
//! than before, without an id, since it repeats; and an `end` once it has ended and all was told, after which the server
//! hangs up. Whoever comes again with the last id that was seen, in `Last-Event-ID` or as `after`, is told what came since,
//! each record once.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use reeve_app::{
    Error,
    executions::{Journal, News},
};
use serde::Deserialize;

use crate::{Server, error::Failure, json::Parameters};

/// How long nothing may be said before a comment shows that the server is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    after: Option<u64>,
}

pub(crate) async fn follow(
    State(server): State<Server>,
    Path(execution): Path<String>,
    Parameters(Place { after }): Parameters<Place>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    // A client that was cut off asks for the address again, as it was: what it saw since is in the header.
    let after = last_seen(&headers)?.or(after).unwrap_or_default();
    let journal = server.watch.journal(&execution, after).await?;
    let keep_alive = KeepAlive::new().interval(HEARTBEAT);
    Ok(Sse::new(events(journal)).keep_alive(keep_alive))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::invalid("`Last-Event-ID` is not the number of a record"))
}

fn events(journal: Journal) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(journal, |mut journal| async {
        match journal.next().await {
            Ok(news) => Some((Ok(event(&news?)), journal)),
            Err(error) => {
                // Whoever listens comes again, with what it saw last.
                let id = journal.execution();
                tracing::warn!(execution.id = %id, error.code = error.code, "not told any more: {error}");
                None
            }
        }
    })
}

fn event(news: &News) -> Event {
    let told = match news {
        News::Record(record) => {
            let event = Event::default().id(record.number.to_string());
            event.event("record").json_data(record)
        }
        News::Standing(standing) => Event::default().event("standing").json_data(standing),
        News::End => Ok(Event::default().event("end").data("{}")),
    };
    told.unwrap_or_else(|error| Event::default().comment(error.to_string()))
}
