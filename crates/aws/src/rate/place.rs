//! One place: the line of those who want to call it.
//!
//! Both the slots and the line are served in the order of arrival. Whoever is first in line waits for the token, so that
//! nobody else has to be told when the rate changes. Dropping any of it, at any time, gives back what was held: the slot,
//! the place in the line, and a token that was not used.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::Instant,
};

use super::limiter::Limiter;
use crate::{Pauses, RateOptions, quota::Bucket};

/// What is called together.
#[derive(Debug)]
pub(crate) struct Place {
    /// What is left for retries.
    pub(crate) retries: Bucket,
    limiter: Mutex<Limiter>,
    adaptive: bool,
    slots: Semaphore,
    under_way: AtomicUsize,
    line: tokio::sync::Mutex<()>,
    // Tells the first in line that a token came back.
    returned: Notify,
    waiting: AtomicUsize,
    time: Timeline,
    answered: AtomicU64,
    throttled: AtomicU64,
}

/// The turn to send one request.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    place: &'a Place,
    _slot: Option<SemaphorePermit<'a>>,
    sent: bool,
}

/// Counts somebody who waits.
struct Waiting<'a>(&'a AtomicUsize);

/// The time of a place. Where waits are not really waited, they count nevertheless.
#[derive(Debug)]
struct Timeline {
    start: Instant,
    skipped: AtomicU64,
}

impl Place {
    pub(super) fn new(options: &RateOptions) -> Self {
        Self {
            retries: Bucket::default(),
            limiter: Mutex::new(Limiter::default()),
            adaptive: options.adaptive,
            slots: Semaphore::new(options.under_way.get().min(Semaphore::MAX_PERMITS)),
            under_way: AtomicUsize::new(0),
            line: tokio::sync::Mutex::new(()),
            returned: Notify::new(),
            waiting: AtomicUsize::new(0),
            time: Timeline { start: Instant::now(), skipped: AtomicU64::new(0) },
            answered: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
        }
    }

    /// Waits for the turn to send a request.
    pub(crate) async fn turn(&self, pauses: &Pauses) -> Turn<'_> {
        if let Some(turn) = self.turn_at_once() {
            return turn;
        }
        let _waiting = Waiting::begin(&self.waiting);
        // There is always one in the end: the semaphore is never closed.
        let slot = self.slots.acquire().await.ok();
        let _first = self.line.lock().await;
        loop {
            let wait = match self.limiter().take(self.time.now()) {
                Ok(()) => return Turn::new(self, slot),
                Err(wait) => wait,
            };
            tokio::select! {
                () = self.pause(pauses, wait) => {}
                () = self.returned.notified() => {}
            }
        }
    }

    /// The turn, if there is no need to wait for it.
    pub(crate) fn turn_at_once(&self) -> Option<Turn<'_>> {
        if self.waiting() > 0 {
            return None;
        }
        let slot = self.slots.try_acquire().ok()?;
        self.limiter().take(self.time.now()).ok()?;
        Some(Turn::new(self, Some(slot)))
    }

    /// How long the turn will take to come, as far as the rate is what it is waiting for.
    pub(crate) fn expected_wait(&self) -> Duration {
        self.limiter().wait_behind(self.waiting(), self.time.now())
    }

    /// Waits as the client waits.
    pub(crate) async fn pause(&self, pauses: &Pauses, wait: Duration) {
        let until = self.time.now().saturating_add(wait);
        pauses.wait(wait).await;
        self.time.reach(until);
    }

    /// The time here, for what `throttled` wants to know.
    pub(crate) fn now(&self) -> Duration {
        self.time.now()
    }

    /// A request was answered, and not because there were too many.
    pub(crate) fn succeeded(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        if self.adaptive {
            self.limiter().succeeded(self.time.now());
        }
    }

    /// A request that was sent at `sent` was answered that there were too many.
    pub(crate) fn throttled(&self, sent: Duration) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.throttled.fetch_add(1, Ordering::Relaxed);
        if !self.adaptive {
            return;
        }
        let mut limiter = self.limiter();
        if limiter.throttled(sent, self.time.now()) {
            let rate = limiter.rate();
            drop(limiter);
            tracing::debug!(aws.calls_per_second = rate, "throttled: calling less often");
        }
    }

    /// Whether forgetting it would lose nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.limiter().knows_nothing() && self.retries.is_full()
    }

    pub(super) fn rate(&self) -> Option<f64> {
        self.limiter().rate()
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.answered.load(Ordering::Relaxed), self.throttled.load(Ordering::Relaxed))
    }

    pub(super) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn limiter(&self) -> MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Turn<'a> {
    fn new(place: &'a Place, slot: Option<SemaphorePermit<'a>>) -> Self {
        place.under_way.fetch_add(1, Ordering::Relaxed);
        Self { place, _slot: slot, sent: false }
    }

    /// The request is about to be sent: its token is used.
    pub(crate) fn used(mut self) -> Self {
        self.sent = true;
        self
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.place.under_way.fetch_sub(1, Ordering::Relaxed);
        if !self.sent {
            self.place.limiter().give_back(self.place.time.now());
            self.place.returned.notify_waiters();
        }
    }
}

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Timeline {
    fn now(&self) -> Duration {
        let skipped = Duration::from_micros(self.skipped.load(Ordering::Relaxed));
        self.start.elapsed().saturating_add(skipped)
    }

    /// Skips what is left until a time, where it was not really waited for.
    fn reach(&self, until: Duration) {
        let left = until.saturating_sub(self.now());
        let micros = u64::try_from(left.as_micros()).unwrap_or(u64::MAX);
        self.skipped.fetch_add(micros, Ordering::Relaxed);
    }
}
