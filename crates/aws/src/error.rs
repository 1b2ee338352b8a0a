//! How a call can fail, each kind with all that is needed to act on it.
//!
//! Every failure knows its [`CallSite`]: which account, Region, service and operation. What the user can do about it is
//! [`CallError::hint`], apart from the message, which never repeats its source.

use std::{fmt, sync::Arc, time::Duration};

use reeve_model::{UnknownOperation, UnknownService};
use reeve_types::{AccountId, Region, Unknown};

use crate::{
    TransportError, Unanswered,
    failure::{brief, list, of, parenthesis, suffix, what_was_tried, with_id},
};

/// Which call, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// The account, if one was named.
    pub account: Option<AccountId>,
    /// The Region.
    pub region: Region,
    /// The service, such as `ec2`.
    pub service: String,
    /// The operation, such as `DescribeInstances`.
    pub operation: String,
}

/// A call that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// There are no credentials for the account.
    #[error(transparent)]
    NoCredentials(Box<NoCredentials>),
    /// The endpoint could not be reached, or the connection was lost.
    #[error(transparent)]
    Unreachable(Box<Unreachable>),
    /// No answer came in time.
    #[error(transparent)]
    TimedOut(Box<TimedOut>),
    /// The connection was lost, or fell silent, in the middle of the answer.
    #[error(transparent)]
    Interrupted(Box<Interrupted>),
    /// The caller's deadline came first, or would have.
    #[error(transparent)]
    DeadlineExceeded(Box<DeadlineExceeded>),
    /// The caller is known and not allowed.
    #[error(transparent)]
    Denied(Box<Denied>),
    /// The service answered with another error.
    #[error(transparent)]
    Service(Box<Refused>),
    /// The input does not fit the operation, or the operation cannot be called with it.
    #[error(transparent)]
    Invalid(Box<InvalidInput>),
    /// The answer makes no sense.
    #[error(transparent)]
    Malformed(Box<Malformed>),
    /// A recording that is replayed has no answer.
    #[error(transparent)]
    NotRecorded(Box<NotRecorded>),
    /// There is no such service.
    #[error(transparent)]
    UnknownService(Box<UnknownService>),
    /// The service has no such operation.
    #[error(transparent)]
    UnknownOperation(Box<UnknownOperation>),
}

/// There are no credentials for the account.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no credentials for {site}: {}", what_was_tried(.tried))]
pub struct NoCredentials {
    /// The call that needed them.
    pub site: CallSite,
    /// What was tried, in order.
    pub tried: Vec<Tried>,
    /// The call that failed on the way, such as `sts:AssumeRole`.
    #[source]
    pub cause: Option<CallError>,
}

/// One source of credentials, and why it had none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The source, such as ``profile `prod` ``.
    pub source: String,
    /// What came of it.
    pub outcome: String,
}

/// The endpoint could not be reached, or the connection was lost.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} did not reach `{endpoint}` in {attempts}")]
pub struct Unreachable {
    /// The call.
    pub site: CallSite,
    /// The endpoint.
    pub endpoint: String,
    /// How often it was tried.
    pub attempts: Attempts,
    /// What happened the last time.
    pub source: TransportError,
}

/// No answer came in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} had no answer from `{endpoint}` within {} s in {attempts}", .after.as_secs())]
pub struct TimedOut {
    /// The call.
    pub site: CallSite,
    /// The endpoint.
    pub endpoint: String,
    /// How often it was tried.
    pub attempts: Attempts,
    /// How long the last attempt was given.
    pub after: Duration,
}

/// The connection was lost, or fell silent, in the middle of the answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} lost its answer after {received} bytes{}{}", of(*.expected), with_id(.request_id.as_deref()))]
pub struct Interrupted {
    /// The call.
    pub site: CallSite,
    /// The HTTP status.
    pub status: u16,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// How many bytes of the body came.
    pub received: u64,
    /// How many were to come, if it was said.
    pub expected: Option<u64>,
    /// What happened.
    pub source: TransportError,
}

/// The time for a call was over, or would have been too short for what came next.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} was given up {} into the {} that it had: {phase}", brief(.elapsed), brief(.limit))]
pub struct DeadlineExceeded {
    /// The call.
    pub site: CallSite,
    /// What there was no time for.
    pub phase: Phase,
    /// How long the whole call could take.
    pub limit: Duration,
    /// How long it took until it was given up.
    pub elapsed: Duration,
    /// How the last attempt failed, if there was one.
    #[source]
    pub last: Option<CallError>,
}

/// What a call had no time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// To get credentials, and the endpoint that may depend on them.
    Credentials,
    /// To wait until it is its turn, after this account, Region and service had throttled.
    Turn {
        /// How long that was going to take.
        needs: Duration,
    },
    /// To wait for the answer.
    Answer,
    /// To wait before another attempt.
    Pause {
        /// How long that was going to take.
        needs: Duration,
    },
}

/// The caller is known and not allowed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} was denied{}{}", parenthesis(.code), suffix(.message))]
pub struct Denied {
    /// The call.
    pub site: CallSite,
    /// The service's code, such as `UnauthorizedOperation`.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The IAM permission that was missing, such as `ec2:DescribeInstances`.
    pub permission: String,
    /// Who was not allowed, if the message says.
    pub principal: Option<String>,
}

/// The service answered with an error that is no denial.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} failed with `{code}`{}", suffix(.message))]
pub struct Refused {
    /// The call.
    pub site: CallSite,
    /// The service's code, such as `InvalidInstanceID.NotFound`.
    pub code: String,
    /// The service's message.
    pub message: String,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Whether the same call may succeed later: it was throttled, the service is at fault, or the model says so.
    pub retryable: bool,
}

/// The input does not fit the operation, or the operation cannot be called with it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} was not made: {}", list(.problems))]
pub struct InvalidInput {
    /// The call.
    pub site: CallSite,
    /// Everything that is wrong.
    pub problems: Vec<String>,
}

/// The answer makes no sense.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} had an answer that cannot be read: {reason} (status {status}, body `{excerpt}`)")]
pub struct Malformed {
    /// The call.
    pub site: CallSite,
    /// The HTTP status.
    pub status: u16,
    /// The request's id, for AWS support.
    pub request_id: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// The beginning of the body.
    pub excerpt: String,
}

/// A recording that is replayed has no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{site} cannot be replayed")]
pub struct NotRecorded {
    /// The call.
    pub site: CallSite,
    /// What was looked for, and what there is instead.
    pub source: Arc<Unanswered>,
}

/// How often something was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts(pub u32);

impl CallError {
    /// Which call failed; none if there is no such service or operation.
    pub fn site(&self) -> Option<&CallSite> {
        match self {
            Self::NoCredentials(error) => Some(&error.site),
            Self::Unreachable(error) => Some(&error.site),
            Self::TimedOut(error) => Some(&error.site),
            Self::Interrupted(error) => Some(&error.site),
            Self::DeadlineExceeded(error) => Some(&error.site),
            Self::Denied(error) => Some(&error.site),
            Self::Service(error) => Some(&error.site),
            Self::Invalid(error) => Some(&error.site),
            Self::Malformed(error) => Some(&error.site),
            Self::NotRecorded(error) => Some(&error.site),
            Self::UnknownService(_) | Self::UnknownOperation(_) => None,
        }
    }

    /// The service's code, such as `UnauthorizedOperation`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Denied(error) => Some(&error.code),
            Self::Service(error) => Some(&error.code),
            _ => None,
        }
    }

    /// The id under which AWS support finds the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Denied(error) => error.request_id.as_deref(),
            Self::Service(error) => error.request_id.as_deref(),
            Self::Malformed(error) => error.request_id.as_deref(),
            Self::Interrupted(error) => error.request_id.as_deref(),
            Self::DeadlineExceeded(error) => error.last.as_ref()?.request_id(),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Denied(error) => Some(error.status),
            Self::Service(error) => Some(error.status),
            Self::Malformed(error) => Some(error.status),
            Self::Interrupted(error) => Some(error.status),
            _ => None,
        }
    }

    /// The IAM permission that was missing, also where it was missing for assuming the account's role.
    pub fn missing_permission(&self) -> Option<&str> {
        match self {
            Self::Denied(error) => Some(&error.permission),
            Self::NoCredentials(error) => error.cause.as_ref()?.missing_permission(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut(_) | Self::DeadlineExceeded(_) => true,
            Self::Interrupted(error) => !matches!(error.source, TransportError::Source(_)),
            Self::Service(error) => error.retryable,
            Self::Malformed(error) => error.status >= 500,
            Self::NoCredentials(error) => error.cause.as_ref().is_some_and(Self::is_retryable),
            Self::Denied(_)
            | Self::Invalid(_)
            | Self::NotRecorded(_)
            | Self::UnknownService(_)
            | Self::UnknownOperation(_) => false,
        }
    }

    /// Whether the operation may have been performed although it failed here: look before repeating it.
    pub fn may_have_been_performed(&self) -> bool {
        match self {
            Self::Unreachable(error) => error.source.may_have_been_performed(),
            Self::TimedOut(_) | Self::Malformed(_) | Self::Interrupted(_) => true,
            Self::DeadlineExceeded(error) => {
                error.last.as_ref().is_some_and(Self::may_have_been_performed)
            }
            Self::Service(error) => error.status >= 500,
            Self::NoCredentials(_)
            | Self::Denied(_)
            | Self::Invalid(_)
            | Self::NotRecorded(_)
            | Self::UnknownService(_)
            | Self::UnknownOperation(_) => false,
        }
    }

    /// Something cannot be called as it was asked for.
    pub(crate) fn invalid(site: &CallSite, problem: impl Into<String>) -> Self {
        let problems = vec![problem.into()];
        Self::Invalid(Box::new(InvalidInput { site: site.clone(), problems }))
    }

    /// An answer lacks what it must have.
    pub(crate) fn without_members(site: CallSite, members: &str) -> Self {
        Self::Malformed(Box::new(Malformed {
            site,
            status: 200,
            request_id: None,
            reason: format!("it lacks {members}"),
            excerpt: String::new(),
        }))
    }

    /// Whether no answer came, or only a part of it.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut(_) | Self::Interrupted(_))
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        crate::failure::hint(self)
    }

    /// What a look that ended in this failure could not see.
    pub fn to_unknown(&self) -> Unknown {
        let call = match self {
            Self::UnknownOperation(error) => format!("{}:{}", error.service, error.operation),
            _ => self.site().map(CallSite::call).unwrap_or_default(),
        };
        Unknown {
            call,
            missing_permission: self.missing_permission().map(ToOwned::to_owned),
            message: crate::transport::chain(self),
        }
    }
}

impl CallSite {
    /// The call, as `ec2:DescribeInstances`.
    pub fn call(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

impl fmt::Display for CallSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}:{}` in ", self.service, self.operation)?;
        if let Some(account) = &self.account {
            write!(formatter, "account {account}, ")?;
        }
        write!(formatter, "Region {}", self.region)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => formatter.write_str("there were no credentials yet"),
            Self::Turn { needs } => write!(
                formatter,
                "its turn was {} away, since calls there are throttled",
                brief(needs)
            ),
            Self::Answer => formatter.write_str("there was no answer yet"),
            Self::Pause { needs } => {
                write!(formatter, "the next attempt was {} away", brief(needs))
            }
        }
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => formatter.write_str("1 attempt"),
            attempts => write!(formatter, "{attempts} attempts"),
        }
    }
}
