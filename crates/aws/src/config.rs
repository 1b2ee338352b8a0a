//! What a client is told: credentials, accounts, endpoints, limits of time.
//!
//! The environment is read in one place, [`ClientConfig::from_environment`], so that a client's behaviour can be read from
//! its configuration, and tests need not touch the process. The one exception is the official credential chain, which
//! reads its own variables when (and if) base credentials are asked for.

pub(crate) mod environment;

use std::{
    collections::BTreeMap, fmt, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration,
};

use futures_util::future::BoxFuture;
use reeve_model::Value;
use reeve_types::{AccountId, Arn, Region};

use crate::{CallRecord, endpoint::EndpointOverrides};

/// How a [`Client`](crate::Client) reaches AWS. [`ClientConfig::default`] needs no environment.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The credentials that everything else is derived from.
    pub credentials: CredentialSource,
    /// The accounts that may be called, and how each is entered.
    pub accounts: BTreeMap<AccountId, AccountAccess>,
    /// The Region whose STS assumes roles; the partition's first Region if there is none.
    pub home_region: Option<Region>,
    /// Endpoints that stand in for AWS's own.
    pub endpoints: EndpointOverrides,
    /// Which kind of AWS endpoint to use.
    pub variant: EndpointVariant,
    /// Further settings of the endpoint rules, by the rules' names for them, such as `AWS::S3::UseArnRegion`.
    pub endpoint_settings: BTreeMap<String, Value>,
    /// The Regions, joined by commas, that signatures for several Regions are valid in, instead of those that the
    /// endpoint rules say.
    pub sigv4a_regions: Option<String>,
    /// Tokens to be sent instead of signatures, by the signing name of the service, such as `bedrock`.
    pub bearer_tokens: BTreeMap<String, Secret>,
    /// A PEM file of the only certificates to trust, instead of those that the operating system trusts.
    pub ca_bundle: Option<PathBuf>,
    /// How sessions in other accounts are made.
    pub sessions: SessionOptions,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// What is tried again, and when.
    pub retry: RetryOptions,
    /// How much is called at once in one place, and how fast.
    pub rate: RateOptions,
    /// Is told of each finished call, the client's own `sts:AssumeRole` included.
    pub observer: Option<Observer>,
}

/// Where the base credentials come from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// The official chain: environment, profiles (SSO, process and web identity included), containers, instance roles.
    Chain(ChainOptions),
    /// These keys, as a simulation or a test has them.
    Fixed(AccessKey),
}

/// What the official chain looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainOptions {
    /// Only this profile is looked at, as with `--profile`; without one, the whole chain is tried.
    pub profile: Option<String>,
    /// The shared configuration file, instead of `~/.aws/config` or `AWS_CONFIG_FILE`.
    pub config_file: Option<PathBuf>,
    /// The shared credentials file, instead of `~/.aws/credentials` or `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials_file: Option<PathBuf>,
}

/// An access key, long-lived or temporary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The key's id, which is not secret.
    pub id: String,
    /// The secret half.
    pub secret: Secret,
    /// The token of a temporary key.
    pub session_token: Option<Secret>,
}

/// A text that is shown as `****`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// How an account is entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountAccess {
    /// The roles to assume, each with the session of the one before; the last one is in the account. Without any, the base
    /// credentials are the account's own.
    pub roles: Vec<Role>,
    /// The profile whose credentials are this account's base, instead of the client's.
    pub profile: Option<String>,
}

/// A role to assume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The session's name, where the trust policy asks for a certain one; else it says who acts and why.
    pub session_name: Option<String>,
    /// Whether the actor is set as the source identity, if not as for all roles. Roles assumed later keep it.
    pub source_identity: Option<bool>,
    /// How long the session lives, if not as all; no longer than an hour unless it is the first role.
    pub duration: Option<Duration>,
    /// Tags of the session.
    pub tags: BTreeMap<String, String>,
}

/// Which kind of AWS endpoint to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointVariant {
    /// Endpoints with FIPS-validated cryptography.
    pub fips: bool,
    /// Endpoints that also speak IPv6.
    pub dual_stack: bool,
}

/// How sessions in other accounts are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOptions {
    /// How long a session lives, if the role allows it.
    pub duration: Duration,
    /// Whether the actor is also set as the source identity, which the role's trust policy has to allow.
    pub source_identity: bool,
    /// Whether credentials are checked to be of the account they are used for, before they are first used there.
    pub verify_account: bool,
}

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the first byte sent to the last received, once; of what is sent or read piece by piece, how long it may be
    /// silent.
    pub attempt: Duration,
    /// All attempts of a call and the waits between them, but not the wait for its turn at a place that throttles.
    pub overall: Duration,
}

/// What is tried again, and when.
#[derive(Debug, Clone)]
pub struct RetryOptions {
    /// How often a call is tried, the first time included.
    pub max_attempts: u32,
    /// The longest first wait; each further one may be twice as long.
    pub base_delay: Duration,
    /// The longest wait.
    pub max_delay: Duration,
    /// How waits are waited.
    pub pauses: Pauses,
    /// Makes the jitter repeatable.
    pub seed: Option<u64>,
    /// After how long without an answer a second request is sent, whose answer counts if it comes first. Only operations
    /// that change nothing are asked twice, and only while the retry budget and the rate allow it. Off by default: each
    /// such request counts towards AWS's limits, and work that is not waited for gains nothing.
    pub hedge_after: Option<Duration>,
}

/// How much is called at once in one place (an account, a Region and a service), and how fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOptions {
    /// How many requests are under way at once. Whoever reads a stream has none under way.
    pub under_way: NonZeroUsize,
    /// Whether throttles teach how fast to call. Without it, they are only tried again later.
    pub adaptive: bool,
}

/// How a client waits.
#[derive(Clone, Default)]
pub enum Pauses {
    /// By letting time pass.
    #[default]
    Real,
    /// By asking this function, so that tests and simulations decide how time passes.
    Function(Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>),
}

/// Is told of each finished call.
#[derive(Clone)]
pub struct Observer(pub Arc<dyn Fn(&CallRecord) + Send + Sync>);

/// A configuration that no client can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An endpoint is not a URL.
    #[error("`{url}` is not an endpoint: expected `http://` or `https://` and a host")]
    Endpoint {
        /// What was given.
        url: String,
    },
    /// A text is not the ARN of a role, or the last role on the way to an account is not in that account.
    #[error("account {account}: `{role_arn}` is not the ARN of a role in that account")]
    Role {
        /// The account.
        account: AccountId,
        /// What was given.
        role_arn: String,
    },
    /// A variable or option has a value it cannot have.
    #[error("`{name}`: `{value}` is not {expected}")]
    Value {
        /// The variable or option.
        name: String,
        /// What was given.
        value: String,
        /// What would have been right.
        expected: String,
    },
    /// The shared configuration files cannot be parsed.
    #[error("the shared configuration files cannot be read: {reason}")]
    SharedFiles {
        /// What stood in the way.
        reason: String,
    },
    /// The certificates to trust cannot be read.
    #[error("the certificates in `{}` cannot be read: {reason}", .path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What stood in the way.
        reason: String,
    },
    /// No HTTP client could be made.
    #[error("cannot set up HTTPS: {reason}")]
    Https {
        /// What stood in the way.
        reason: String,
    },
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            credentials: CredentialSource::Chain(ChainOptions::default()),
            accounts: BTreeMap::new(),
            home_region: None,
            endpoints: EndpointOverrides::default(),
            variant: EndpointVariant::default(),
            endpoint_settings: BTreeMap::new(),
            sigv4a_regions: None,
            bearer_tokens: BTreeMap::new(),
            ca_bundle: None,
            sessions: SessionOptions::default(),
            timeouts: Timeouts::default(),
            retry: RetryOptions::default(),
            rate: RateOptions::default(),
            observer: None,
        }
    }
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { duration: Duration::from_hours(1), source_identity: false, verify_account: true }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(30),
            overall: Duration::from_secs(150),
        }
    }
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(20),
            pauses: Pauses::Real,
            seed: None,
            hedge_after: None,
        }
    }
}

impl Default for RateOptions {
    fn default() -> Self {
        const UNDER_WAY: NonZeroUsize = NonZeroUsize::new(32).unwrap();
        Self { under_way: UNDER_WAY, adaptive: true }
    }
}

impl ClientConfig {
    /// Finds what can be found wrong without calling anything.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        for url in self.endpoints.urls() {
            if !is_endpoint(url) {
                return Err(ConfigError::Endpoint { url: url.to_owned() });
            }
        }
        for (account, access) in &self.accounts {
            let last = access.roles.len().saturating_sub(1);
            for (index, role) in access.roles.iter().enumerate() {
                let owner = role_account(&role.arn);
                let is_right = if index == last {
                    owner.as_deref() == Some(account.as_str())
                } else {
                    owner.is_some()
                };
                if !is_right {
                    let (account, role_arn) = (account.clone(), role.arn.clone());
                    return Err(ConfigError::Role { account, role_arn });
                }
                role.duration.map_or(Ok(()), |duration| check_duration("role", duration))?;
            }
        }
        check_duration("sessions", self.sessions.duration)
    }
}

impl Secret {
    /// Takes a text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

impl Pauses {
    pub(crate) async fn wait(&self, duration: Duration) {
        match self {
            Self::Real => tokio::time::sleep(duration).await,
            Self::Function(function) => function(duration).await,
        }
    }
}

impl fmt::Debug for Pauses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Real => "Real",
            Self::Function(_) => "Function",
        })
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}

fn is_endpoint(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && uri.query().is_none()
}

/// The account that a role is in, if the text is the ARN of one.
fn role_account(role_arn: &str) -> Option<String> {
    let arn: Arn = role_arn.parse().ok()?;
    let is_role = arn.service() == "iam" && arn.resource().starts_with("role/");
    is_role.then(|| arn.account().to_owned())
}

/// Sessions live between 15 minutes and twelve hours.
fn check_duration(whose: &str, duration: Duration) -> Result<(), ConfigError> {
    if (900..=43_200).contains(&duration.as_secs()) {
        return Ok(());
    }
    let (name, value) = (format!("duration of {whose}"), format!("{} s", duration.as_secs()));
    let expected = "between 15 minutes and 12 hours".to_owned();
    Err(ConfigError::Value { name, value, expected })
}

impl Role {
    /// A role of which only the ARN is known.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_not_a_url_is_refused() {
        for wrong in ["localhost:5000", "ftp://localhost", "http://", "http://localhost/?a=b"] {
            let mut config = ClientConfig::default();
            config.endpoints.everywhere = Some(wrong.to_owned());
            let error = config.validate().unwrap_err();
            assert_eq!(error, ConfigError::Endpoint { url: wrong.to_owned() });
        }
    }

    #[test]
    fn a_role_of_another_account_is_refused() {
        let account: AccountId = "111122223333".parse().unwrap();
        for (role_arn, right) in [
            ("arn:aws:iam::111122223333:role/reeve", true),
            ("arn:aws:iam::444455556666:role/reeve", false),
            ("arn:aws:iam::111122223333:user/reeve", false),
            ("reeve", false),
        ] {
            let access = AccountAccess { roles: vec![Role::new(role_arn)], profile: None };
            let accounts = [(account.clone(), access)].into();
            let config = ClientConfig { accounts, ..ClientConfig::default() };
            assert_eq!(config.validate().is_ok(), right, "{role_arn}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = AccessKey {
            id: "AKIDEXAMPLE".into(),
            secret: Secret::new("wJalr"),
            session_token: Some(Secret::new("FwoG")),
        };
        let printed = format!("{key:?} {}", key.secret);
        assert!(!printed.contains("wJalr") && !printed.contains("FwoG"), "{printed}");
    }
}
