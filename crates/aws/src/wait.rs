//! Waits until a resource is in a state, as the service's model says how.
//!
//! ```text
//! call ──► judge ──► reached, or out of reach
//!   ▲        └──► not yet ──► pause ──┐
//!   └─────────────────────────────────┘
//! ```
//!
//! The first pause is the model's, each further one is up to twice as long, at random, and none is longer than two minutes
//! (or than the model's, where that is more), as in the newer SDKs: a thousand waits that begin together do not stay
//! together. botocore and the AWS CLI keep to the model's pause; [`WaitOptions::interval`] does the same. The whole wait is
//! as long as theirs unless it is said: the model's pause times the model's number of calls.
//!
//! An error that no acceptor speaks of ends a wait, as with the SDKs, with one exception: a service that throttles or is at
//! fault for longer than a call is tried again says nothing about the state, so the wait goes on until its own end.

use std::{fmt, time::Duration};

use reeve_model::{
    Acceptor, Expression, ExpressionError, Matcher, Name, UnknownService, Value, Waiter,
    WaiterOutcome, WaiterState, catalog,
};
use reeve_time::Stopwatch;

use crate::{CallError, CallOptions, CallSite, Client, Phase, Target, UnknownWaiter, find_waiter};

/// The longest pause between two calls, unless the model's own is longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// How much time a call has at least: the one that begins when the time is over may be the one that is needed.
const LEAST_FOR_A_CALL: Duration = Duration::from_secs(5);

/// How much is shown of what was seen last.
const SEEN_LIMIT: usize = 200;

/// How long to wait, and how often to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitOptions {
    /// How long to wait at most, calls included; as long as the model has it by default. The last call begins no later, and
    /// may take some seconds more.
    pub max_wait: Option<Duration>,
    /// Always the same pause between calls, instead of pauses that grow.
    pub interval: Option<Duration>,
}

/// A state that was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    /// The answer in which it was seen; none if what was waited for is an error, such as that of a bucket that is gone.
    pub output: Option<Value>,
    /// How many calls it took.
    pub attempts: u32,
    /// How long it took.
    pub elapsed: Duration,
}

/// A state that was not reached.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WaitError {
    /// There is no such service.
    #[error(transparent)]
    UnknownService(Box<UnknownService>),
    /// The service has no such waiter.
    #[error(transparent)]
    UnknownWaiter(Box<UnknownWaiter>),
    /// The state cannot be reached any more.
    #[error("{} cannot come about any more: {}, after {}", .0.wait, .0.seen, .0.looks)]
    OutOfReach(Box<Unreached>),
    /// The state was not reached in time.
    #[error("{} has not come about: {}, after {}", .0.wait, .0.seen, .0.looks)]
    TimedOut(Box<Unreached>),
    /// A call failed, and the failure says nothing about the state.
    #[error("{} is not known to have come about, after {}", .0.wait, .0.looks)]
    Call(#[source] Box<FailedLook>),
    /// What the model says about the state cannot be evaluated.
    #[error("{wait} cannot be told from the answers")]
    Expression {
        /// What was waited for.
        wait: Box<AwaitedState>,
        /// The expression, and what is wrong with it.
        source: ExpressionError,
    },
}

/// What was waited for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedState {
    /// The waiter, such as `InstanceRunning`.
    pub waiter: Name,
    /// The call that looks.
    pub site: CallSite,
}

/// How often and how long was looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// How many calls were made.
    pub attempts: u32,
    /// How long it took.
    pub elapsed: Duration,
}

/// A state that was not reached, and what was seen instead.
#[derive(Debug, Clone)]
pub struct Unreached {
    /// What was waited for.
    pub wait: AwaitedState,
    /// What was seen last: the acceptor that decided, or the value that none was satisfied with.
    pub seen: Seen,
    /// How often and how long was looked.
    pub looks: Looks,
    /// The failure of the last call, if it failed.
    pub last_error: Option<CallError>,
}

/// What was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// An acceptor of the model that says that there is nothing to wait for.
    Acceptor {
        /// What it asks for, in words.
        condition: String,
        /// What its expression found, as JSON.
        found: Option<String>,
    },
    /// What the expression found that the state is told by, as JSON.
    Value {
        /// The expression, such as `Reservations[].Instances[].State.Name`.
        argument: Name,
        /// What it found.
        found: String,
    },
    /// The last call failed with this code.
    Error(String),
    /// The last call succeeded, which is not what is waited for.
    Success,
    /// No call was answered.
    Nothing,
}

/// A call of a wait that failed.
#[derive(Debug, Clone)]
pub struct FailedLook {
    /// What was waited for.
    pub wait: AwaitedState,
    /// How often and how long was looked.
    pub looks: Looks,
    /// How the call failed.
    pub error: CallError,
}

impl Client {
    /// Waits until a resource is in a state: calls the waiter's operation until its answer says so.
    ///
    /// The waiter's name is as in the models (`InstanceRunning`) or as in the AWS CLI (`instance-running`).
    pub async fn wait(
        &self,
        target: &Target,
        (service, waiter): (&str, &str),
        input: Value,
        options: WaitOptions,
    ) -> Result<Waited, WaitError> {
        let found = catalog().service(service);
        let service = found.map_err(|error| WaitError::UnknownService(Box::new(error)))?;
        let (name, waiter) = find_waiter(&service, waiter)
            .map_err(|error| WaitError::UnknownWaiter(Box::new(error)))?;
        let site = CallSite::of(target, service.name(), &waiter.operation);
        let operation = service.operation(&waiter.operation);
        let wait = Wait {
            client: self,
            target,
            awaited: AwaitedState { waiter: name.clone(), site },
            waiter,
            // What succeeds has the status that the model gives it.
            success: operation.map_or(200, |operation| operation.http.response_code),
            pace: Pace::new(waiter, options),
            progress: Progress::default(),
        };
        wait.run(input).await
    }
}

/// A wait that is under way.
struct Wait<'a> {
    client: &'a Client,
    target: &'a Target,
    awaited: AwaitedState,
    waiter: &'a Waiter,
    success: u16,
    pace: Pace,
    progress: Progress,
}

/// What has happened so far.
struct Progress {
    attempts: u32,
    paused: Duration,
    watch: Stopwatch,
    seen: Seen,
    last_error: Option<CallError>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            attempts: 0,
            paused: Duration::ZERO,
            watch: Stopwatch::start(),
            seen: Seen::Nothing,
            last_error: None,
        }
    }
}

impl Progress {
    /// The time since the start. Pauses count in full where they are not really waited.
    fn elapsed(&self) -> Duration {
        self.watch.elapsed().max(self.paused)
    }

    fn looks(&self) -> Looks {
        Looks { attempts: self.attempts, elapsed: self.elapsed() }
    }
}

impl Wait<'_> {
    async fn run(mut self, input: Value) -> Result<Waited, WaitError> {
        loop {
            let answer = self.call(input.clone()).await;
            self.progress.attempts = self.progress.attempts.saturating_add(1);
            match self.judge(answer)? {
                Some(output) => {
                    let Looks { attempts, elapsed } = self.progress.looks();
                    return Ok(Waited { output: output.0, attempts, elapsed });
                }
                None => self.pause().await?,
            }
        }
    }

    async fn call(&self, input: Value) -> Result<Value, CallError> {
        let CallSite { service, operation, .. } = &self.awaited.site;
        let left = self.pace.max_wait.saturating_sub(self.progress.elapsed());
        let options = CallOptions::within(left.max(LEAST_FOR_A_CALL));
        self.client.call_with(self.target, (service, operation), input, options).await
    }

    /// What an answer means: the state is reached, or not yet.
    fn judge(&mut self, answer: Result<Value, CallError>) -> Result<Option<Reached>, WaitError> {
        match answer {
            Ok(output) => {
                let outcome = WaiterOutcome::Output { value: &output, status: self.success };
                let (state, acceptor) = self.ask(outcome)?;
                self.progress.seen = self.seen(acceptor, outcome)?;
                self.progress.last_error = None;
                match state {
                    Some(WaiterState::Success) => Ok(Some(Reached(Some(output)))),
                    Some(WaiterState::Failure) => Err(self.out_of_reach()),
                    Some(WaiterState::Retry) | None => Ok(None),
                }
            }
            Err(error) => self.judge_failure(error),
        }
    }

    fn judge_failure(&mut self, error: CallError) -> Result<Option<Reached>, WaitError> {
        let (CallError::Service(_) | CallError::Denied(_)) = &error else {
            let has_no_time = matches!(error, CallError::TimedOut(_)) && self.is_over()
                || matches!(&error, CallError::DeadlineExceeded(it) if it.phase != Phase::Credentials);
            if has_no_time {
                self.progress.last_error = Some(error);
                return Err(self.timed_out());
            }
            return Err(self.failed(error));
        };
        let (code, status) = (error.code().unwrap_or_default(), error.status().unwrap_or_default());
        let outcome = WaiterOutcome::Error { code, status };
        let (state, acceptor) = self.ask(outcome)?;
        let is_declared = acceptor.is_some();
        self.progress.seen = self.seen(acceptor, outcome)?;
        match state {
            Some(WaiterState::Success) => return Ok(Some(Reached(None))),
            Some(WaiterState::Failure) if is_declared => {
                self.progress.last_error = Some(error);
                return Err(self.out_of_reach());
            }
            Some(WaiterState::Failure) if !error.is_retryable() => {
                return Err(self.failed(error));
            }
            Some(WaiterState::Failure | WaiterState::Retry) | None => {}
        }
        self.progress.last_error = Some(error);
        Ok(None)
    }

    fn is_over(&self) -> bool {
        self.progress.elapsed() >= self.pace.max_wait
    }

    fn ask(
        &self,
        outcome: WaiterOutcome<'_>,
    ) -> Result<(Option<WaiterState>, Option<&Acceptor>), WaitError> {
        let both = self.waiter.judge(outcome).and_then(|state| {
            let acceptor = self.waiter.acceptor(outcome)?;
            Ok((state, acceptor))
        });
        both.map_err(|source| self.inexpressible(source))
    }

    /// What is worth telling about an outcome: what decided, or else what the state is told by.
    fn seen(
        &self,
        decided: Option<&Acceptor>,
        outcome: WaiterOutcome<'_>,
    ) -> Result<Seen, WaitError> {
        let found = |argument: &Expression, value: &Value| {
            let found = argument.evaluate(value).map_err(|source| self.inexpressible(source))?;
            Ok(excerpt(&found.as_deref().unwrap_or(&Value::Null).to_json().to_string()))
        };
        let value = match outcome {
            WaiterOutcome::Output { value, .. } => value,
            WaiterOutcome::Error { code, .. } => return Ok(Seen::Error(code.to_owned())),
        };
        if let Some(Acceptor { state: WaiterState::Failure, matcher }) = decided {
            let found = argument(matcher).map(|argument| found(argument, value)).transpose()?;
            return Ok(Seen::Acceptor { condition: matcher.to_string(), found });
        }
        let mut of_success =
            self.waiter.acceptors.iter().filter(|acceptor| acceptor.state == WaiterState::Success);
        match of_success.find_map(|acceptor| argument(&acceptor.matcher)) {
            Some(argument) => {
                let found = found(argument, value)?;
                Ok(Seen::Value { argument: argument.as_str().into(), found })
            }
            None => Ok(Seen::Success),
        }
    }

    /// Lets time pass until the next call, or ends the wait if there is none left.
    async fn pause(&mut self) -> Result<(), WaitError> {
        let random = self.client.inner.random();
        let elapsed = self.progress.elapsed();
        let Some(pause) = self.pace.pause(self.progress.attempts, elapsed, random) else {
            return Err(self.timed_out());
        };
        tracing::info!(
            aws.waiter = %self.awaited.waiter,
            aws.attempt = self.progress.attempts,
            aws.pause_ms = pause.as_millis(),
            "not yet: {}",
            self.progress.seen
        );
        self.client.config().retry.pauses.wait(pause).await;
        self.progress.paused = self.progress.paused.saturating_add(pause);
        Ok(())
    }

    fn unreached(&self) -> Box<Unreached> {
        Box::new(Unreached {
            wait: self.awaited.clone(),
            seen: self.progress.seen.clone(),
            looks: self.progress.looks(),
            last_error: self.progress.last_error.clone(),
        })
    }

    fn timed_out(&self) -> WaitError {
        WaitError::TimedOut(self.unreached())
    }

    fn out_of_reach(&self) -> WaitError {
        WaitError::OutOfReach(self.unreached())
    }

    fn failed(&self, error: CallError) -> WaitError {
        let (wait, looks) = (self.awaited.clone(), self.progress.looks());
        WaitError::Call(Box::new(FailedLook { wait, looks, error }))
    }

    fn inexpressible(&self, source: ExpressionError) -> WaitError {
        WaitError::Expression { wait: Box::new(self.awaited.clone()), source }
    }
}

/// The state is reached; the answer that says so, if it was no error.
struct Reached(Option<Value>);

/// How a wait passes its time.
#[derive(Debug, Clone, Copy)]
struct Pace {
    shortest: Duration,
    longest: Duration,
    max_wait: Duration,
}

impl Pace {
    fn new(waiter: &Waiter, options: WaitOptions) -> Self {
        let model = Duration::from_secs(waiter.delay_seconds);
        let (shortest, longest) = match options.interval {
            Some(interval) => (interval, interval),
            None => (model, model.max(LONGEST_PAUSE)),
        };
        let max_wait =
            options.max_wait.unwrap_or_else(|| model.saturating_mul(waiter.max_attempts));
        Self { shortest, longest, max_wait }
    }

    /// The pause after so many calls; nothing if the time is over. `random` is from 0 up to 1.
    fn pause(&self, attempts: u32, elapsed: Duration, random: f64) -> Option<Duration> {
        let left = self.max_wait.checked_sub(elapsed).filter(|left| !left.is_zero())?;
        let doublings = attempts.saturating_sub(1).min(16);
        let most = self.shortest.saturating_mul(1 << doublings).min(self.longest);
        let spread = most.saturating_sub(self.shortest).mul_f64(random.clamp(0.0, 1.0));
        let pause = self.shortest.saturating_add(spread);
        // One last call, just before the end.
        Some(pause.min(left))
    }
}

impl WaitError {
    /// The failure of a call that lies behind it.
    pub fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::Call(failed) => Some(&failed.error),
            Self::OutOfReach(unreached) | Self::TimedOut(unreached) => {
                unreached.last_error.as_ref()
            }
            Self::UnknownService(_) | Self::UnknownWaiter(_) | Self::Expression { .. } => None,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        self.call_error().and_then(CallError::hint)
    }
}

impl std::error::Error for FailedLook {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl fmt::Display for FailedLook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.error)
    }
}

impl fmt::Display for AwaitedState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`, looked for by {},", self.waiter, self.site)
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attempts, elapsed } = self;
        let calls = if *attempts == 1 { "call" } else { "calls" };
        write!(formatter, "{attempts} {calls} in {:.1} s", elapsed.as_secs_f64())
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acceptor { condition, found: Some(found) } => {
                write!(formatter, "{condition} (it found {found})")
            }
            Self::Acceptor { condition, found: None } => formatter.write_str(condition),
            Self::Value { argument, found } => write!(formatter, "`{argument}` is {found}"),
            Self::Error(code) => write!(formatter, "the call failed with `{code}`"),
            Self::Success => formatter.write_str("the call succeeded"),
            Self::Nothing => formatter.write_str("no call was answered"),
        }
    }
}

fn argument(matcher: &Matcher) -> Option<&Expression> {
    match matcher {
        Matcher::Path { argument, .. }
        | Matcher::PathAll { argument, .. }
        | Matcher::PathAny { argument, .. } => Some(argument),
        Matcher::Status(_) | Matcher::ErrorCode(_) | Matcher::AnyError(_) => None,
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SEEN_LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
