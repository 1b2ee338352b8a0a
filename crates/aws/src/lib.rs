#![doc = include_str!("../README.md")]

mod authenticate;
mod bearer;
mod body;
mod call;
mod client;
mod config;
mod credentials;
mod endpoint;
mod endpoint_cache;
mod error;
mod failure;
mod fan_out;
mod message;
mod names;
mod pages;
mod permission;
mod presign;
mod quota;
mod rate;
mod record;
mod retry;
mod session_name;
mod sign;
mod silence;
mod skew;
mod stream;
mod transport;
mod wait;

pub use body::{RequestBody, ResponseBody, StreamedBody};
pub use call::{CallOptions, Deadline};
pub use client::{CallRecord, CallerIdentity, Client, Target};
pub use config::{
    AccessKey, AccountAccess, ChainOptions, ClientConfig, ConfigError, CredentialSource,
    EndpointVariant, Observer, Pauses, RateOptions, RetryOptions, Role, Secret, SessionOptions,
    Timeouts,
};
pub use endpoint::EndpointOverrides;
pub use error::{
    Attempts, CallError, CallSite, DeadlineExceeded, Denied, Interrupted, InvalidInput, Malformed,
    NoCredentials, NotRecorded, Phase, Refused, TimedOut, Tried, Unreachable,
};
pub use fan_out::{Answer, AnswerOrder, FanOut, fan_out};
pub use names::{UnknownWaiter, find_operation, find_waiter};
pub use presign::PresignedUrl;
pub use rate::PlaceStatus;
pub use record::{RecordingError, Unanswered};
pub use stream::{Download, DownloadBody, Events, Upload};
pub use transport::{StreamingFunction, Transport, TransportError, TransportFunction};
pub use wait::{AwaitedState, FailedLook, Looks, Seen, Unreached, WaitError, WaitOptions, Waited};
