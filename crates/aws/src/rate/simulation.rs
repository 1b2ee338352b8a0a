//! Judges the limiter against a service that behaves as AWS's do: a bucket of tokens, refilled at a rate, shared with
//! another tool. Time is virtual.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::limiter::Limiter;

const LATENCY: f64 = 0.05;

/// A service's throttle: `rate` tokens a second, never more than `burst`.
struct Server {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled_at: f64,
}

/// What is simulated.
#[derive(Debug, Clone, Copy)]
struct World {
    rate: f64,
    burst: f64,
    callers: u32,
    seconds: f64,
    /// How many calls a second another tool makes.
    other_tool: f64,
    /// From when on the limit is another.
    changes: Option<(f64, f64)>,
    limited: bool,
}

/// What came of it.
#[derive(Debug, Default, Clone)]
struct Outcome {
    sent: Vec<f64>,
    succeeded: Vec<f64>,
    throttled: Vec<f64>,
    other_sent: u32,
    other_throttled: u32,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Event {
    /// A caller wants to call.
    Ready,
    /// A call arrives at the server.
    Arrives { sent: f64 },
    /// An answer comes back.
    Answered { sent: f64, throttled: bool },
    /// The first of those who wait looks again.
    Head,
    /// The other tool calls.
    Other,
}

#[derive(Debug, PartialEq)]
struct Due(f64, u64, Event);

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

#[derive(Default)]
struct Agenda {
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
}

impl Agenda {
    fn push(&mut self, time: f64, event: Event) {
        self.number += 1;
        self.due.push(Reverse(Due(time, self.number, event)));
    }
}

impl Server {
    fn admits(&mut self, now: f64) -> bool {
        self.tokens = (self.tokens + (now - self.filled_at) * self.rate).min(self.burst);
        self.filled_at = now;
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }
}

impl World {
    fn run(self) -> Outcome {
        let mut random = fastrand::Rng::with_seed(7);
        let mut server =
            Server { rate: self.rate, burst: self.burst, tokens: self.burst, filled_at: 0.0 };
        let (mut limiter, mut agenda) = (Limiter::default(), Agenda::default());
        let (mut outcome, mut waiting) = (Outcome::default(), 0_u32);
        for caller in 0..self.callers {
            agenda.push(f64::from(caller) * 0.001, Event::Ready);
        }
        if self.other_tool > 0.0 {
            agenda.push(0.0, Event::Other);
        }
        while let Some(Reverse(Due(now, _, event))) = agenda.due.pop() {
            if now > self.seconds {
                break;
            }
            if let Some((from, rate)) = self.changes
                && now >= from
            {
                server.rate = rate;
            }
            match event {
                Event::Ready => {
                    waiting += 1;
                    if waiting == 1 {
                        agenda.push(now, Event::Head);
                    }
                }
                Event::Head => match self.take(&mut limiter, now) {
                    Ok(()) => {
                        waiting -= 1;
                        outcome.sent.push(now);
                        agenda.push(now + LATENCY / 2.0, Event::Arrives { sent: now });
                        if waiting > 0 {
                            agenda.push(now, Event::Head);
                        }
                    }
                    Err(wait) => agenda.push(now + wait.as_secs_f64(), Event::Head),
                },
                Event::Arrives { sent } => {
                    let throttled = !server.admits(now);
                    agenda.push(now + LATENCY / 2.0, Event::Answered { sent, throttled });
                }
                Event::Answered { throttled: false, .. } => {
                    limiter.succeeded(at(now));
                    outcome.succeeded.push(now);
                    agenda.push(now, Event::Ready);
                }
                Event::Answered { sent, throttled: true } => {
                    limiter.throttled(at(sent), at(now));
                    outcome.throttled.push(now);
                    agenda.push(now + random.f64(), Event::Ready);
                }
                Event::Other => {
                    outcome.other_sent += 1;
                    if !server.admits(now) {
                        outcome.other_throttled += 1;
                    }
                    agenda.push(now + 1.0 / self.other_tool, Event::Other);
                }
            }
        }
        outcome
    }

    fn take(self, limiter: &mut Limiter, now: f64) -> Result<(), Duration> {
        if self.limited { limiter.take(at(now)) } else { Ok(()) }
    }
}

impl Outcome {
    /// How many calls a second succeeded between two times.
    fn rate(&self, from: f64, to: f64) -> f64 {
        within(&self.succeeded, from, to) / (to - from)
    }

    /// Which part of the calls between two times was throttled.
    fn throttled(&self, from: f64, to: f64) -> f64 {
        within(&self.throttled, from, to) / within(&self.sent, from, to)
    }

    fn other_throttled(&self) -> f64 {
        f64::from(self.other_throttled) / f64::from(self.other_sent)
    }
}

fn within(times: &[f64], from: f64, to: f64) -> f64 {
    let count = times.iter().filter(|time| (from..to).contains(*time)).count();
    f64::from(u32::try_from(count).unwrap())
}

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

const WORLD: World = World {
    rate: 20.0,
    burst: 100.0,
    callers: 32,
    seconds: 600.0,
    other_tool: 0.0,
    changes: None,
    limited: true,
};

/// The rates that EC2 and others are known for, with as many tokens at once.
const LIMITS: [(f64, f64, u32); 5] =
    [(1.0, 5.0, 32), (2.0, 2.0, 8), (20.0, 100.0, 32), (100.0, 200.0, 64), (500.0, 500.0, 100)];

#[test]
fn what_a_service_allows_is_nearly_used_and_seldom_exceeded() {
    for (rate, burst, callers) in LIMITS {
        let outcome = World { rate, burst, callers, ..WORLD }.run();
        let used = outcome.rate(60.0, 600.0) / rate;
        assert!((0.7..=1.01).contains(&used), "{used} of {rate}/s");
        // A throttle comes once in a minute or two, whatever the rate: at slow ones that is a larger part.
        let throttled = outcome.throttled(60.0, 600.0);
        assert!(throttled < 0.001 + 0.015 / rate.sqrt(), "{throttled} at {rate}/s");
        let without = World { rate, burst, callers, limited: false, ..WORLD }.run();
        assert!(without.throttled(60.0, 600.0) > 50.0 * throttled, "{rate}/s");
    }
}

#[test]
fn a_burst_that_is_over_is_learned_from_within_seconds() {
    let outcome = WORLD.run();
    assert!(outcome.rate(0.0, 2.0) > 50.0, "what is allowed at once is used");
    assert!(outcome.throttled(0.0, 60.0) < 0.1, "{}", outcome.throttled(0.0, 60.0));
    assert!(outcome.throttled(10.0, 60.0) < 0.01, "{}", outcome.throttled(10.0, 60.0));
    let soon = outcome.rate(10.0, 60.0);
    assert!((14.0..=22.0).contains(&soon), "{soon}");
}

#[test]
fn another_tool_is_hardly_throttled_because_of_us() {
    for (rate, burst, other_tool) in [(20.0, 100.0, 10.0), (100.0, 200.0, 80.0), (5.0, 20.0, 1.3)] {
        let world = World { rate, burst, other_tool, ..WORLD };
        let outcome = world.run();
        let theirs = outcome.other_throttled();
        assert!(theirs < 0.06, "{theirs} of {other_tool}/s");
        let used = (outcome.rate(60.0, 600.0) + other_tool * (1.0 - theirs)) / rate;
        assert!((0.8..=1.01).contains(&used), "{used} of {rate}/s together");
        let without = World { limited: false, ..world }.run();
        assert!(without.other_throttled() > 6.0 * theirs, "{}", without.other_throttled());
    }
}

#[test]
fn a_limit_that_rises_is_found_again_and_one_that_falls_is_kept_to() {
    let risen = World { changes: Some((120.0, 200.0)), ..WORLD }.run();
    assert!(risen.rate(210.0, 600.0) > 0.7 * 200.0, "{}", risen.rate(210.0, 600.0));
    let doubled = World { changes: Some((120.0, 40.0)), ..WORLD }.run();
    assert!(doubled.rate(300.0, 600.0) > 0.7 * 40.0, "{}", doubled.rate(300.0, 600.0));
    let fallen = World { changes: Some((120.0, 4.0)), ..WORLD }.run();
    let rate = fallen.rate(150.0, 600.0);
    assert!((0.6 * 4.0..=4.1).contains(&rate), "{rate}");
    assert!(fallen.throttled(150.0, 600.0) < 0.02, "{}", fallen.throttled(150.0, 600.0));
}
