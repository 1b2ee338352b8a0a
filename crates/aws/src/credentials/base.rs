//! The base credentials: fixed keys, or the official chain.
//!
//! The chain's sources are the official ones, tried in the official order. They are tried here one by one, rather than by
//! the official chain, so that a failure can say of each source why it had nothing, and so that none can hang.

use std::{error::Error, sync::OnceLock, time::Duration};

use aws_config::{
    Region,
    ecs::EcsCredentialsProvider,
    environment::EnvironmentVariableCredentialsProvider,
    imds::{self, credentials::ImdsCredentialsProvider},
    profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig,
    web_identity_token::WebIdentityTokenCredentialsProvider,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::{
    Builder,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_types::sdk_config::SharedHttpClient;

use super::{CredentialFailure, slot::Slot};
use crate::{
    AccessKey, ChainOptions, ClientConfig, CredentialSource, Secret, Tried, transport::chain,
};

/// Where the SDKs look if nothing says otherwise.
const DEFAULT_REGION: &str = "us-east-1";

/// A sign-in may need a browser's answer or a program's run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever is not on an instance finds out quickly.
const METADATA_PATIENCE: Duration = Duration::from_secs(3);

/// Base credentials, and the sources that they come from.
#[derive(Debug, Default)]
pub(super) struct Base {
    slot: Slot,
    sources: OnceLock<Vec<Source>>,
}

#[derive(Debug)]
struct Source {
    name: String,
    provider: SharedCredentialsProvider,
    patience: Duration,
    // Said if it has nothing and does not say why.
    absence: &'static str,
}

impl Base {
    pub(super) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Gets the credentials from the first source that has some.
    pub(super) async fn load(
        &self,
        config: &ClientConfig,
        profile: Option<&str>,
    ) -> Result<Credentials, CredentialFailure> {
        let options = match &config.credentials {
            // Fixed keys stand in for everything, profiles included: they are for simulations and tests.
            CredentialSource::Fixed(key) => return Ok(fixed(key)),
            CredentialSource::Chain(options) => options,
        };
        let sources = self.sources.get_or_init(|| sources(config, options, profile));
        let mut tried = Vec::new();
        for source in sources {
            let asking = source.provider.provide_credentials();
            let outcome = match tokio::time::timeout(source.patience, asking).await {
                Ok(Ok(credentials)) => {
                    tracing::debug!(credentials.source = source.name, "found base credentials");
                    return Ok(credentials);
                }
                Ok(Err(error)) => source.outcome(&error),
                Err(_) => format!("no answer within {} s", source.patience.as_secs()),
            };
            tried.push(Tried { source: source.name.clone(), outcome });
        }
        Err(CredentialFailure { tried, cause: None })
    }
}

fn fixed(key: &AccessKey) -> Credentials {
    let session_token = key.session_token.as_ref().map(|token| token.expose().to_owned());
    Credentials::new(&key.id, secret(&key.secret), session_token, None, "reeve")
}

fn secret(secret: &Secret) -> &str {
    secret.expose()
}

fn sources(config: &ClientConfig, options: &ChainOptions, profile: Option<&str>) -> Vec<Source> {
    let provider_config = provider_config(config);
    let profile = profile.or(options.profile.as_deref());
    let profiles = profile_source(&provider_config, options, profile);
    if profile.is_some() {
        // Whoever names a profile means that profile, whatever else the environment holds.
        return vec![profiles];
    }
    let metadata_client = imds::Client::builder()
        .configure(&provider_config)
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(1))
        .max_attempts(2)
        .build();
    let metadata = ImdsCredentialsProvider::builder()
        .configure(&provider_config)
        .imds_client(metadata_client)
        .build();
    let mut instance = Source::new("instance metadata", metadata);
    instance.patience = METADATA_PATIENCE;
    let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&provider_config);
    let container = EcsCredentialsProvider::builder().configure(&provider_config);
    vec![
        Source::new("environment", EnvironmentVariableCredentialsProvider::new()),
        profiles,
        Source::new("web identity", web_identity.build()),
        Source::new("container", container.build()),
        instance,
    ]
}

fn profile_source(
    provider_config: &ProviderConfig,
    options: &ChainOptions,
    profile: Option<&str>,
) -> Source {
    let mut builder = ProfileFileCredentialsProvider::builder().configure(provider_config);
    if options.config_file.is_some() || options.credentials_file.is_some() {
        builder = builder.profile_files(profile_files(options));
    }
    let name = match profile {
        Some(profile) => {
            builder = builder.profile_name(profile);
            format!("profile `{profile}`")
        }
        None => "profile".to_owned(),
    };
    let mut source = Source::new(name, builder.build());
    source.absence = "it is not in the shared files, or holds no credentials";
    source
}

fn profile_files(options: &ChainOptions) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    files = match &options.config_file {
        Some(path) => files.with_file(EnvConfigFileKind::Config, path),
        None => files.include_default_config_file(true),
    };
    files = match &options.credentials_file {
        Some(path) => files.with_file(EnvConfigFileKind::Credentials, path),
        None => files.include_default_credentials_file(true),
    };
    files.build()
}

/// HTTPS for those who give out credentials, trusting what the client trusts.
pub(super) fn https_client(config: &ClientConfig) -> SharedHttpClient {
    let provider = tls::Provider::Rustls(CryptoMode::Ring);
    let mut trust = TrustStore::default();
    // The client has read the same file; if it has gone since, what the operating system trusts will have to do.
    if let Some(pem) = config.ca_bundle.as_ref().and_then(|path| std::fs::read(path).ok()) {
        trust = TrustStore::empty().with_pem_certificate(pem);
    }
    let context = TlsContext::builder().with_trust_store(trust).build();
    match context {
        Ok(context) => Builder::new().tls_provider(provider).tls_context(context).build_https(),
        Err(_) => Builder::new().tls_provider(provider).build_https(),
    }
}

fn provider_config(config: &ClientConfig) -> ProviderConfig {
    let http_client = https_client(config);
    let region = config.home_region.as_ref().map_or(DEFAULT_REGION, |region| region.as_str());
    ProviderConfig::without_region()
        .with_region(Some(Region::new(region.to_owned())))
        .with_http_client(http_client)
        .with_use_fips(Some(config.variant.fips))
        .with_use_dual_stack(Some(config.variant.dual_stack))
}

impl Source {
    fn new(name: impl Into<String>, provider: impl ProvideCredentials + 'static) -> Self {
        let provider = SharedCredentialsProvider::new(provider);
        Self { name: name.into(), provider, patience: PATIENCE, absence: "not configured" }
    }

    /// Why there are no credentials, in words for those who know the source and not the library.
    fn outcome(&self, error: &CredentialsError) -> String {
        match (error, error.source()) {
            (CredentialsError::CredentialsNotLoaded(_), Some(reason)) => chain(reason),
            (CredentialsError::CredentialsNotLoaded(_), None) => self.absence.to_owned(),
            _ => chain(error),
        }
    }
}
