//! What a client is told: credentials, accounts, endpoints, limits of time.
//!
//! The environment is read in one place, [`ClientConfig::from_environment`], so that a client's behaviour can be read from
//! its configuration, and tests need not touch the process. The one exception is the official credential chain, which
//! reads its own variables when (and if) base credentials are asked for.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
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
    /// A PEM file of the only certificates to trust, instead of those that the operating system trusts.
    pub ca_bundle: Option<PathBuf>,
    /// How sessions in other accounts are made.
    pub sessions: SessionOptions,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// What is tried again, and when.
    pub retry: RetryOptions,
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
    /// The role to assume; without one, the base credentials are the account's own.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The profile whose credentials are this account's base, instead of the client's.
    pub profile: Option<String>,
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
    /// From the first byte sent to the last received, once.
    pub attempt: Duration,
    /// All attempts of a call and the waits between them.
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
    /// A role is not in the account it is meant for.
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
        expected: &'static str,
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
            ca_bundle: None,
            sessions: SessionOptions::default(),
            timeouts: Timeouts::default(),
            retry: RetryOptions::default(),
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
        }
    }
}

impl ClientConfig {
    /// The defaults, changed by the standard `AWS_*` variables of this process.
    pub fn from_environment() -> Result<Self, ConfigError> {
        // A variable that is not Unicode cannot be one of ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::from_variables(variables)
    }

    /// The defaults, changed by these variables: `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE_ID>`,
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_USE_FIPS_ENDPOINT`,
    /// `AWS_USE_DUALSTACK_ENDPOINT`, `AWS_CA_BUNDLE` and `AWS_MAX_ATTEMPTS`.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let variables: BTreeMap<String, String> =
            variables.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let flag = |name: &str| match variables.get(name) {
            Some(text) => parse_flag(name, text),
            None => Ok(false),
        };
        let mut config = Self::default();
        if !flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? {
            config.endpoints = EndpointOverrides::from_variables(&variables);
        }
        config.variant.fips = flag("AWS_USE_FIPS_ENDPOINT")?;
        config.variant.dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT")?;
        config.ca_bundle = variables.get("AWS_CA_BUNDLE").map(PathBuf::from);
        for name in ["AWS_DEFAULT_REGION", "AWS_REGION"] {
            if let Some(text) = variables.get(name) {
                let region = text.parse().map_err(|_| value_error(name, text, "a Region"))?;
                config.home_region = Some(region);
            }
        }
        if let Some(text) = variables.get("AWS_MAX_ATTEMPTS") {
            let expected = "a whole number from 1 up";
            let attempts: u32 = text
                .parse()
                .ok()
                .filter(|attempts| *attempts > 0)
                .ok_or_else(|| value_error("AWS_MAX_ATTEMPTS", text, expected))?;
            config.retry.max_attempts = attempts;
        }
        Ok(config)
    }

    /// Finds what can be found wrong without calling anything.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        for url in self.endpoints.urls() {
            if !is_endpoint(url) {
                return Err(ConfigError::Endpoint { url: url.to_owned() });
            }
        }
        for (account, access) in &self.accounts {
            if let Some(role_arn) = &access.role_arn
                && !is_role_of(role_arn, account)
            {
                return Err(ConfigError::Role {
                    account: account.clone(),
                    role_arn: role_arn.clone(),
                });
            }
        }
        Ok(())
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

fn parse_flag(name: &str, text: &str) -> Result<bool, ConfigError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(value_error(name, text, "`true` or `false`")),
    }
}

fn value_error(name: &str, value: &str, expected: &'static str) -> ConfigError {
    ConfigError::Value { name: name.to_owned(), value: value.to_owned(), expected }
}

fn is_endpoint(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty())
        && uri.query().is_none()
}

fn is_role_of(role_arn: &str, account: &AccountId) -> bool {
    role_arn.parse::<Arn>().is_ok_and(|arn| {
        arn.service() == "iam"
            && arn.account() == account.as_str()
            && arn.resource().starts_with("role/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        ClientConfig::from_variables(variables)
    }

    #[test]
    fn the_standard_variables_are_honoured() {
        let config = config(&[
            ("AWS_ENDPOINT_URL", "http://localhost:5000"),
            ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://localhost:6000"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_MAX_ATTEMPTS", "2"),
        ])
        .unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), Some("http://localhost:5000"));
        let balancing = config.endpoints.find("Elastic Load Balancing v2", "elbv2");
        assert_eq!(balancing, Some("http://localhost:6000"));
        assert_eq!(config.home_region.unwrap().as_str(), "eu-central-1");
        assert!(config.variant.fips && !config.variant.dual_stack);
        assert_eq!(config.retry.max_attempts, 2);
    }

    #[test]
    fn configured_endpoints_can_be_ignored() {
        let config = config(&[
            ("AWS_ENDPOINT_URL", "http://localhost:5000"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
        ])
        .unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let config = config(&[("AWS_ENDPOINT_URL", ""), ("AWS_REGION", "")]).unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), None);
        assert_eq!(config.home_region, None);
    }

    #[test]
    fn a_variable_with_an_impossible_value_is_named() {
        let message = |name, value| config(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(
            message("AWS_USE_FIPS_ENDPOINT", "yes"),
            "`AWS_USE_FIPS_ENDPOINT`: `yes` is not `true` or `false`"
        );
        assert_eq!(message("AWS_REGION", "Europe"), "`AWS_REGION`: `Europe` is not a Region");
        assert_eq!(
            message("AWS_MAX_ATTEMPTS", "0"),
            "`AWS_MAX_ATTEMPTS`: `0` is not a whole number from 1 up"
        );
    }

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
            let access = AccountAccess { role_arn: Some(role_arn.into()), ..Default::default() };
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
