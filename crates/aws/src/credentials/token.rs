//! The bearer token of a person who has signed in, as `aws sso login` leaves it.
//!
//! The profile says which session it is of; the SDK's own provider finds the token in the shared cache, and renews it
//! there.

use aws_config::{BehaviorVersion, Region, SdkConfig, sso::token::SsoTokenProvider};
use aws_credential_types::provider::token::ProvideToken;

use super::base::https_client;
use crate::{
    ChainOptions, ClientConfig, CredentialSource, Secret, Target, client::Inner,
    config::environment::shared_files, transport::chain,
};

/// A session to sign in to.
struct Session {
    name: String,
    region: String,
    start_url: String,
}

impl Inner {
    /// The token of whoever is signed in; else, in words, why there is none.
    pub(crate) async fn signed_in_token(&self, target: &Target) -> Result<Secret, String> {
        let access = target.account.as_ref().and_then(|account| self.config.accounts.get(account));
        let profile = access.and_then(|access| access.profile.clone());
        let session = session(&self.config, profile)?;
        let name = session.name.clone();
        let settings = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(session.region.clone()))
            .http_client(https_client(&self.config))
            .build();
        let provider = SsoTokenProvider::builder()
            .configure(&settings)
            .region(Region::new(session.region))
            .session_name(session.name)
            .start_url(session.start_url)
            .build()
            .await;
        let token = provider.provide_token().await.map_err(|error| {
            format!("nobody is signed in to the session `{name}`: {}", chain(&error))
        })?;
        Ok(Secret::new(token.token()))
    }
}

/// The session that a profile signs in to.
fn session(config: &ClientConfig, profile: Option<String>) -> Result<Session, String> {
    let CredentialSource::Chain(chain) = &config.credentials else {
        return Err("fixed keys have no profile with a sign-in".to_owned());
    };
    let profile = profile.or_else(|| chain.profile.clone());
    let files = shared_files(&ChainOptions { profile, ..chain.clone() })
        .map_err(|error| error.to_string())?;
    let profile = files.selected_profile();
    let name = files
        .get("sso_session")
        .ok_or_else(|| format!("the profile `{profile}` names no `sso_session` to sign in to"))?;
    let session = files.sso_session(name);
    let text = |key: &str| {
        let text = session.and_then(|session| session.get(key));
        text.map(ToOwned::to_owned)
            .ok_or_else(|| format!("the shared files have no `{key}` for the session `{name}`"))
    };
    Ok(Session {
        name: name.to_owned(),
        region: text("sso_region")?,
        start_url: text("sso_start_url")?,
    })
}
