#![doc = include_str!("../README.md")]

mod call;
mod client;
mod config;
mod credentials;
mod endpoint;
mod error;
mod failure;
mod message;
mod pages;
mod permission;
mod quota;
mod retry;
mod session_name;
mod sign;
mod silence;
mod skew;
mod transport;

pub use client::{CallRecord, CallerIdentity, Client, Target};
pub use config::{
    AccessKey, AccountAccess, ChainOptions, ClientConfig, ConfigError, CredentialSource,
    EndpointVariant, Observer, Pauses, RetryOptions, Secret, SessionOptions, Timeouts,
};
pub use endpoint::EndpointOverrides;
pub use error::{
    Attempts, CallError, CallSite, Denied, InvalidInput, Malformed, NoCredentials, Refused,
    TimedOut, Tried, Unreachable,
};
pub use transport::{Transport, TransportError, TransportFunction};
