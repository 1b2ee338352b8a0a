//! Learns how fast one place may be called.
//!
//! Pure: time is an argument, counted from any moment that stays the same. After the SDKs' adaptive mode (a token bucket
//! whose rate is cut by a throttle and grows back along a cubic curve), with differences that make it a quiet neighbour:
//!
//! ```text
//! calls a second                                      x throttled
//!   ceiling ┤··x·····································╱│·····························
//!   target  ┤  │       ╭──────────────────────────╯   │        ╭─────────────────────
//!           ┤  │   ╭───╯                              │    ╭───╯
//!   cut     ┤  ╰───╯                                  ╰────╯
//!           └──┴───────┴──────────────────────────┴───┴──────────────────────── time
//!              RECOVERY        patience            probe
//! ```
//!
//! - It recovers to somewhat less than what the place sustains and stays there, since the limit is shared with the
//!   account's other tools. Only then does it try more, slowly at first and then fast, so that a limit that has risen is
//!   found. When that ends where the last one did, the next is put off for twice as long.
//! - What a place sustains is what succeeded between two throttles: a service's own bucket of tokens was empty at both. The
//!   rate at which a throttle strikes says less, as such a bucket hides for a while that the rate is too high.
//! - The curve is the same at 1 call a second and at 1,000: only its height differs.
//! - A throttled call that was sent before the last cut says nothing new and does not cut again; fifty calls that are
//!   throttled at once cut the rate once.
//!
//! Before the first throttle there is no limit.

use std::time::Duration;

/// What is left of a rate that was too high.
const CUT: f64 = 0.6;

/// Where the rate recovers to, as a part of what is sustained.
const TARGET: f64 = 0.9;

/// How many seconds after a cut the target is reached.
const RECOVERY: f64 = 10.0;

/// How many seconds the target is kept to before more is tried, at first and at most.
const PATIENCE: (f64, f64) = (5.0, 60.0);

/// How many seconds it takes to try as much above the target as the cut was below it.
const PROBE: f64 = 10.0;

/// How long after a cut throttles are still due to what was sent before it.
const GRACE: Duration = Duration::from_millis(500);

/// Two ceilings within this factor of each other are the same.
const SAME: f64 = 1.5;

/// A rate that far above the ceiling says that the limit has risen: no service's bucket hides so much.
const RISEN: f64 = 3.0;

/// What remains of a ceiling when it is exceeded for a while.
const LASTING: f64 = 0.97;

/// How many seconds must have been made use of for what succeeded in them to be what the place sustains.
const SUSTAINED: f64 = 5.0;

/// The slowest that a place is called, in calls a second.
pub(crate) const SLOWEST: f64 = 0.5;

/// A place that may be called faster than this has no limit worth the name.
pub(crate) const FASTEST: f64 = 10_000.0;

/// What is assumed to have been too much when a place throttles before anything was measured.
const FIRST_GUESS: f64 = 5.0;

/// How many seconds' worth of calls may be made at once after a pause.
const BURST: f64 = 0.5;

/// How many seconds one measurement takes at least.
const WINDOW: f64 = 0.5;

/// How much the latest measurement counts against those before it.
const WEIGHT: f64 = 0.8;

/// The rate of one place, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limiter {
    latest: Duration,
    meter: Meter,
    learned: Option<Learned>,
}

/// What throttles have taught.
#[derive(Debug, Clone)]
struct Learned {
    /// The rate that was too high.
    ceiling: f64,
    cut_at: Duration,
    /// For how many seconds the target is kept to.
    patience: f64,
    /// The calls that succeeded since the cut, and the seconds in which more would have been made if it had been allowed.
    succeeded: f64,
    busy: f64,
    tokens: f64,
    filled_at: Duration,
}

/// How many calls succeed in a second.
#[derive(Debug, Clone, Default)]
struct Meter {
    since: Option<Duration>,
    count: f64,
    rate: f64,
}

impl Limiter {
    /// Takes the token for a call, or says how long it will be until there is one.
    pub(crate) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let rate = self.fill(now);
        let Some(learned) = &mut self.learned else { return Ok(()) };
        if learned.tokens >= 1.0 {
            learned.tokens -= 1.0;
            return Ok(());
        }
        // A little more than needed, so that rounding does not leave it a hair short.
        Err(Duration::from_secs_f64((1.0 - learned.tokens) / rate) + Duration::from_micros(1))
    }

    /// Gives back the token of a call that was not made.
    pub(crate) fn give_back(&mut self, now: Duration) {
        let rate = self.fill(now);
        if let Some(learned) = &mut self.learned {
            learned.tokens = (learned.tokens + 1.0).min(capacity(rate));
        }
    }

    /// How long it will be until those who wait, and one more, have been served.
    pub(crate) fn wait_behind(&mut self, waiting: usize, now: Duration) -> Duration {
        let rate = self.fill(now);
        let Some(learned) = &self.learned else { return Duration::ZERO };
        let waiting = f64::from(u32::try_from(waiting).unwrap_or(u32::MAX));
        Duration::from_secs_f64(((waiting + 1.0 - learned.tokens) / rate).max(0.0))
    }

    /// A call was answered and not throttled.
    pub(crate) fn succeeded(&mut self, now: Duration) {
        let now = self.at(now);
        self.meter.count(now);
        if let Some(learned) = &mut self.learned {
            learned.succeeded += 1.0;
        }
    }

    /// A call that was sent at `sent` was throttled. Says whether the rate was cut for it.
    pub(crate) fn throttled(&mut self, sent: Duration, now: Duration) -> bool {
        self.fill(now);
        let now = self.latest;
        if self.learned.as_ref().is_some_and(|learned| sent < learned.cut_at + GRACE) {
            return false;
        }
        let recent = self.meter.current(now);
        let too_high = match (self.rate_at(now), &self.learned) {
            (Some(rate), Some(learned)) => learned.too_high(rate, recent),
            _ => recent.max(FIRST_GUESS),
        };
        let ceiling = too_high.clamp(SLOWEST, FASTEST);
        let patience = match &self.learned {
            Some(learned) if learned.is_confirmed_by(ceiling) => {
                (learned.patience * 2.0).min(PATIENCE.1)
            }
            _ => PATIENCE.0,
        };
        self.learned = Some(Learned {
            ceiling,
            cut_at: now,
            patience,
            succeeded: 0.0,
            busy: 0.0,
            tokens: 0.0,
            filled_at: now,
        });
        true
    }

    /// How many calls a second may be made; none if no limit is known.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.rate_at(self.latest)
    }

    /// Whether it is as if nothing had ever been called.
    pub(crate) fn knows_nothing(&self) -> bool {
        self.learned.is_none()
    }

    /// Lets tokens come for the time that has passed; the rate now.
    fn fill(&mut self, now: Duration) -> f64 {
        let now = self.at(now);
        let Some(rate) = self.rate_at(now) else {
            self.learned = None;
            return FASTEST;
        };
        if let Some(learned) = &mut self.learned {
            let seconds = now.saturating_sub(learned.filled_at).as_secs_f64();
            let missing = (capacity(rate) - learned.tokens).max(0.0);
            learned.busy += seconds.min(missing / rate);
            learned.tokens += (seconds * rate).min(missing);
            learned.filled_at = now;
        }
        rate
    }

    /// Time does not go back here, whatever it does elsewhere.
    fn at(&mut self, now: Duration) -> Duration {
        self.latest = self.latest.max(now);
        self.latest
    }

    fn rate_at(&self, now: Duration) -> Option<f64> {
        let learned = self.learned.as_ref()?;
        let target = learned.ceiling * TARGET;
        let seconds = now.saturating_sub(learned.cut_at).as_secs_f64();
        let depth = 1.0 - CUT / TARGET;
        let rate = if seconds < RECOVERY {
            target * (1.0 - depth * (1.0 - seconds / RECOVERY).powi(3))
        } else {
            let probing = (seconds - RECOVERY - learned.patience).max(0.0) / PROBE;
            // Whoever does not use what is allowed learns nothing about whether more would be.
            (target * (1.0 + depth * probing.powi(3))).min(target.max(2.0 * self.meter.rate))
        };
        (rate < FASTEST).then(|| rate.max(SLOWEST))
    }
}

impl Learned {
    /// What is to be called too high after a throttle at `rate`, when lately `recent` calls a second succeeded.
    fn too_high(&self, rate: f64, recent: f64) -> f64 {
        if self.busy < SUSTAINED || rate > self.ceiling * RISEN {
            return recent.min(rate);
        }
        let sustained = (self.succeeded / self.busy).min(rate);
        // Above the ceiling a throttle is no surprise, and what was not asked for at the target could not succeed.
        if rate > self.ceiling { sustained.max(self.ceiling * LASTING) } else { sustained }
    }

    fn is_confirmed_by(&self, ceiling: f64) -> bool {
        self.busy >= SUSTAINED && (self.ceiling / SAME..=self.ceiling * SAME).contains(&ceiling)
    }
}

impl Meter {
    fn count(&mut self, now: Duration) {
        let since = *self.since.get_or_insert(now);
        self.count += 1.0;
        let seconds = now.saturating_sub(since).as_secs_f64();
        if seconds >= WINDOW {
            let measured = self.count / seconds;
            self.rate = if self.rate == 0.0 {
                measured
            } else {
                measured * WEIGHT + self.rate * (1.0 - WEIGHT)
            };
            self.since = Some(now);
            self.count = 0.0;
        }
    }

    /// The rate, also before the first measurement is complete.
    fn current(&self, now: Duration) -> f64 {
        if self.rate > 0.0 {
            return self.rate;
        }
        let since = self.since.unwrap_or(now);
        self.count / now.saturating_sub(since).as_secs_f64().max(WINDOW)
    }
}

fn capacity(rate: f64) -> f64 {
    (rate * BURST).max(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// A limiter that was throttled at the second 10 at 20 calls a second.
    fn throttled() -> Limiter {
        let mut limiter = Limiter::default();
        for call in 0..200 {
            limiter.succeeded(at(f64::from(call) / 20.0));
        }
        assert!(limiter.throttled(at(10.0), at(10.0)));
        limiter
    }

    /// The rate `seconds` after the throttle, while everything that is allowed is used.
    fn rate_after(seconds: f64) -> f64 {
        let mut limiter = throttled();
        let (mut now, end) = (10.0, 10.0 + seconds);
        while now < end {
            match limiter.take(at(now)) {
                Ok(()) => limiter.succeeded(at(now)),
                Err(wait) => now += wait.as_secs_f64(),
            }
        }
        limiter.rate().unwrap()
    }

    #[test]
    fn there_is_no_limit_before_the_first_throttle() {
        let mut limiter = Limiter::default();
        for _ in 0..10_000 {
            assert_eq!(limiter.take(Duration::ZERO), Ok(()));
        }
        assert_eq!(
            (limiter.rate(), limiter.wait_behind(100, Duration::ZERO)),
            (None, Duration::ZERO)
        );
    }

    #[test]
    fn a_throttle_cuts_the_rate_which_recovers_to_less_than_before_and_then_tries_more() {
        let near = |seconds: f64, expected: f64| {
            let rate = rate_after(seconds);
            assert!((rate - expected).abs() < 1.0, "{rate} after {seconds} s");
        };
        near(0.1, 12.0);
        near(5.0, 17.2);
        near(10.0, 18.0);
        near(15.0, 18.0);
        near(20.0, 18.8);
        near(25.0, 24.0);
        assert!(rate_after(40.0) > 60.0, "{}", rate_after(40.0));
    }

    #[test]
    fn what_was_sent_before_a_cut_and_just_after_it_does_not_cut_again() {
        let mut limiter = throttled();
        let before = limiter.rate();
        for _ in 0..50 {
            assert!(!limiter.throttled(at(9.9), at(10.1)));
            assert!(!limiter.throttled(at(10.4), at(10.6)));
        }
        assert_eq!(limiter.rate_at(at(10.0)), before);
        assert!(limiter.throttled(at(10.5), at(10.6)));
    }

    #[test]
    fn a_ceiling_that_is_confirmed_is_tried_less_and_less_often() {
        let mut limiter = throttled();
        let patience = |limiter: &Limiter| limiter.learned.as_ref().unwrap().patience;
        let mut seen = vec![patience(&limiter)];
        let mut now = 10.0;
        while seen.len() < 7 {
            match limiter.take(at(now)) {
                Err(wait) => now += wait.as_secs_f64(),
                // The service sustains 20 calls a second.
                Ok(()) if limiter.rate().unwrap() > 22.0 => {
                    limiter.throttled(at(now), at(now));
                    seen.push(patience(&limiter));
                }
                Ok(()) => limiter.succeeded(at(now)),
            }
        }
        assert_eq!(seen, [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0]);
    }

    #[test]
    fn what_is_allowed_and_not_used_teaches_nothing() {
        let mut limiter = throttled();
        for call in 0..100 {
            let now = at(11.0 + f64::from(call));
            assert_eq!(limiter.take(now), Ok(()));
            limiter.succeeded(now);
        }
        assert!(limiter.rate().unwrap() < 18.1, "{:?}", limiter.rate());
    }

    #[test]
    fn a_place_that_throttles_at_once_is_still_called() {
        let mut limiter = Limiter::default();
        assert!(limiter.throttled(Duration::ZERO, Duration::ZERO));
        for second in 1..100 {
            limiter.throttled(at(f64::from(second)), at(f64::from(second)));
        }
        assert!((limiter.rate().unwrap() - SLOWEST).abs() < f64::EPSILON);
    }

    #[test]
    fn a_token_that_is_given_back_can_be_taken_at_once() {
        let mut limiter = throttled();
        let now = at(11.0);
        while limiter.take(now).is_ok() {}
        limiter.give_back(now);
        assert_eq!(limiter.take(now), Ok(()));
        assert!(limiter.take(now).is_err());
    }

    #[derive(Debug, Clone)]
    enum Event {
        Take,
        GiveBack,
        Succeeded,
        Throttled { ago: f64 },
        Wait(f64),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            5 => Just(Event::Take),
            1 => Just(Event::GiveBack),
            5 => Just(Event::Succeeded),
            1 => (0.0..5.0).prop_map(|ago| Event::Throttled { ago }),
            // The clock may also jump back.
            3 => (-10.0..20.0).prop_map(Event::Wait),
            1 => (0.0..100_000.0).prop_map(Event::Wait),
        ];
        prop::collection::vec(event, 0..200)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn whatever_happens_rate_and_tokens_stay_within_their_bounds(events in events()) {
            let (mut limiter, mut now) = (Limiter::default(), 100.0_f64);
            for event in events {
                match event {
                    Event::Take => {
                        if let Err(wait) = limiter.take(at(now)) {
                            prop_assert!(wait > Duration::ZERO && wait <= at(1.0 / SLOWEST + 0.001));
                        }
                    }
                    Event::GiveBack => limiter.give_back(at(now)),
                    Event::Succeeded => limiter.succeeded(at(now)),
                    Event::Throttled { ago } => {
                        limiter.throttled(at((now - ago).max(0.0)), at(now));
                    }
                    Event::Wait(seconds) => now = (now + seconds).max(0.0),
                }
                if let Some(rate) = limiter.rate() {
                    prop_assert!((SLOWEST..FASTEST).contains(&rate), "{rate}");
                }
                if let Some(learned) = &limiter.learned {
                    let full = capacity(FASTEST);
                    prop_assert!((0.0..=full).contains(&learned.tokens), "{}", learned.tokens);
                    prop_assert!(learned.filled_at <= limiter.latest);
                }
            }
        }

        #[test]
        fn no_more_calls_are_made_in_any_second_than_rate_and_burst_allow(start in 0.0..60.0_f64) {
            let mut limiter = throttled();
            let mut now = 10.0 + start;
            let (mut made, mut highest) = (0.0, 0.0_f64);
            while now < 11.0 + start {
                match limiter.take(at(now)) {
                    Ok(()) => made += 1.0,
                    Err(wait) => now += wait.as_secs_f64(),
                }
                highest = highest.max(limiter.rate().unwrap());
            }
            prop_assert!(made <= highest + capacity(highest) + 1.0, "{made} at {highest}");
        }
    }
}
