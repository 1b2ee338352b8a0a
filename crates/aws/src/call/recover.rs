//! What to do about an attempt that failed: put right what was wrong, wait and try again, or give up.

use super::{Call, attempt::Failed, progress::Progress, redirect};
use crate::{
    CallError, DeadlineExceeded, Phase,
    retry::{self, Failure},
};

impl Call<'_> {
    /// Prepares another attempt, or gives up.
    pub(super) async fn recover(
        &self,
        progress: &mut Progress,
        failed: Failed,
    ) -> Result<(), CallError> {
        if self.correct(progress, &failed) {
            return Ok(());
        }
        let Failed { error, failure, answer, .. } = failed;
        if let CallError::DeadlineExceeded(exceeded) = error {
            return Err(match progress.last.take() {
                Some(last) if !progress.is_up_to_caller() => last,
                last => {
                    CallError::DeadlineExceeded(Box::new(DeadlineExceeded { last, ..*exceeded }))
                }
            });
        }
        if progress.is_up_to_caller() && progress.left().is_zero() && error.is_silence() {
            return Err(self.given_up(progress.over(Phase::Answer), Some(error)));
        }
        let options = &self.inner.config.retry;
        if failure == Failure::Final || progress.attempt >= options.max_attempts {
            return Err(error);
        }
        let asked_for = answer.and_then(|answer| retry::asked_for(&answer.headers));
        let random = self.inner.random();
        let delay = retry::delay(options, failure, progress.attempt, (random, asked_for));
        if delay >= progress.left() {
            return Err(if progress.is_up_to_caller() {
                self.given_up(progress.over(Phase::Pause { needs: delay }), Some(error))
            } else {
                error
            });
        }
        let Some(permit) = self.place.retries.take(failure == Failure::TimedOut) else {
            tracing::debug!("not tried again: too many calls failed here lately");
            return Err(error);
        };
        tracing::debug!(
            aws.attempt = progress.attempt,
            aws.delay_ms = delay.as_millis(),
            error = %error,
            "trying again"
        );
        self.place.pause(&options.pauses, delay).await;
        progress.waited(delay);
        progress.permit = Some(permit);
        progress.last = Some(error);
        progress.attempt = progress.attempt.saturating_add(1);
        Ok(())
    }

    /// Puts right what an answer says was wrong: the bucket's Region, the time, the session.
    fn correct(&self, progress: &mut Progress, failed: &Failed) -> bool {
        let Failed { error, answer: Some(answer), signed, .. } = failed else { return false };
        let Some(code) = error.code() else { return false };
        if !progress.corrected.region
            && let Some(region) = redirect(answer, &progress.region)
        {
            progress.corrected.region = true;
            progress.region = region;
            return true;
        }
        let Some(signed) = signed else { return false };
        // A refused `HEAD` says nothing but no; the time that it brings tells whether that may be why.
        if !progress.corrected.time
            && (retry::is_about_time(code) || answer.status == 403 && answer.body.is_empty())
            && let Some(date) = answer.header("date")
            && self.inner.skew.learn(self.inner.machine_time(), signed.at, date)
        {
            progress.corrected.time = true;
            return true;
        }
        if !progress.corrected.session
            && retry::is_about_expiry(code)
            && let Some(key_id) = &signed.key_id
        {
            progress.corrected.session = true;
            self.inner.forget(self.request.target, &self.request.identity, key_id);
            return true;
        }
        false
    }
}
