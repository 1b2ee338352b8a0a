//! A second request, where the first has not been answered for a while.
//!
//! It takes a token of the retry budget and a turn of the place, and only if both are there at once: where a service is
//! slow because it is overloaded, the budget runs dry and nothing is sent twice. The first answer of success wins, and the
//! other request is dropped with its connection.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use super::{
    Answered, Call, Reading,
    attempt::{Attempt, Failed},
};
use crate::{call::Payload, rate::Turn};

impl Call<'_> {
    /// After how long without an answer a second request is sent; none if that is not wanted or not safe.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        let delay = self.options.hedge_after.or(self.inner.config.retry.hedge_after)?;
        let safe = self.operation.only_reads()
            && self.operation.streaming_input(self.service).is_none()
            && matches!(self.payload, Payload::Whole(_))
            && self.reading == Reading::Whole;
        safe.then_some(delay)
    }

    /// Sends a request, and a second one if it is not answered within `delay`.
    pub(super) async fn hedged(
        &self,
        attempt: Attempt<'_>,
        turn: Turn<'_>,
        delay: Duration,
    ) -> Result<Answered, Failed> {
        let first = pin!(self.exchange(attempt, turn));
        let first = match select(first, pin!(tokio::time::sleep(delay))).await {
            Either::Left((outcome, _)) => return outcome,
            Either::Right(((), first)) => first,
        };
        let Some(turn) = self.place.turn_at_once() else { return first.await };
        let Some(permit) = self.place.retries.take(false) else {
            drop(turn);
            return first.await;
        };
        tracing::debug!(aws.delay_ms = delay.as_millis(), "no answer yet: asking a second time");
        let limit = attempt.limit.saturating_sub(delay);
        let second = pin!(self.exchange(Attempt { limit, ..attempt }, turn));
        match select(first, second).await {
            Either::Left((Ok(answered), _)) => Ok(answered),
            // What failed is told if the other fails too.
            Either::Left((Err(failed), second)) => match second.await {
                Ok(answered) => {
                    self.place.retries.succeeded(Some(permit));
                    Ok(answered)
                }
                Err(_) => Err(failed),
            },
            Either::Right((Ok(answered), _)) => {
                self.place.retries.succeeded(Some(permit));
                Ok(answered)
            }
            Either::Right((Err(_), first)) => first.await,
        }
    }
}
