//! What every use case works with.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use reeve_authority::{Decision, decide};
use reeve_aws::{AccountAccess, ChainOptions, Client, ClientConfig, CredentialSource};
use reeve_care::{plan::Action, progress::Direction, tagger::EffectiveProfile};
use reeve_estate::{Estate, EstateFiles, RESOURCE_TAGGER};
use reeve_script::Runner;
use reeve_store::Store;
use reeve_time::{Clock, IdGenerator};
use reeve_types::{AccountId, Actor, Scope, Tags};
use reeve_webhook::Sender;
use tokio::sync::OnceCell;

use crate::{
    action::default_read_back_waits,
    executions::{Library, Witness},
    views::RunProgress,
};

/// The product over one estate: everything the command line and the API offer is a method of it.
pub struct App {
    /// What the estate folder says.
    pub estate: Arc<Estate>,
    /// The documents that were read from it.
    pub documents: EstateFiles,
    /// The Tagger's profile in force.
    pub profile: EffectiveProfile,
    /// The runbooks that can be run by name.
    pub runbooks: Library,
    /// The records.
    pub store: Store,
    /// The way to AWS.
    pub client: Client,
    /// What time it is.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: IdGenerator,
    /// How much happens at once.
    pub settings: Settings,
    /// Who sees what executions do, if somebody does.
    pub witness: Option<Arc<dyn Witness>>,
    pub(crate) run: Mutex<Option<RunProgress>>,
    /// What runs the scripts of runbooks, once one was to be run.
    pub(crate) scripts: OnceCell<Runner>,
    /// What sends messages to other servers, once one was to be sent.
    pub(crate) sender: OnceCell<Sender>,
}

/// How much happens at once, and how long things are waited for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many scopes are looked at side by side.
    pub scopes_in_flight: usize,
    /// How many actions are performed side by side.
    pub actions_in_flight: usize,
    /// The waits between looks, until a change is seen.
    pub read_back_waits: Vec<Duration>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Context {
    /// On whose behalf everything in this use case happens.
    pub actor: Actor,
}

impl Context {
    /// On behalf of `actor`.
    pub fn new(actor: Actor) -> Self {
        Self { actor }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scopes_in_flight: 16,
            actions_in_flight: 16,
            read_back_waits: default_read_back_waits(),
        }
    }
}

/// What an [`App`] is put together from.
pub struct Parts {
    /// What the estate folder says.
    pub estate: Estate,
    /// The documents that were read from it.
    pub documents: EstateFiles,
    /// The runbooks that can be run by name.
    pub runbooks: Library,
    /// The records.
    pub store: Store,
    /// The way to AWS.
    pub client: Client,
    /// What time it is.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: IdGenerator,
}

impl App {
    /// Puts the product together.
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let Parts { estate, documents, runbooks, store, client, clock, ids } = parts;
        let profiles = &estate.profiles;
        let profile = EffectiveProfile::merge(
            &profiles.default_tags,
            &profiles.custom_tags,
            &estate.resource_tagger.tagger,
        );
        let estate = Arc::new(estate);
        Self {
            estate,
            documents,
            profile,
            runbooks,
            store,
            client,
            clock,
            ids,
            settings,
            witness: None,
            run: Mutex::new(None),
            scripts: OnceCell::new(),
            sender: OnceCell::new(),
        }
    }

    /// What the Tagger may do in an account, to a resource with these tags. The suspend switch is not looked at.
    pub fn authority(&self, account: &AccountId, tags: &Tags) -> Decision {
        decide(&self.estate.authority, account, RESOURCE_TAGGER, tags, None)
    }

    /// Why nothing may be changed in a scope, going by what the estate looks after now: an account, a Region or a type that
    /// was taken out of it is no longer Reeve's business, and under `ReadOnly` only what was done before may be taken back.
    pub(crate) fn out_of_bounds(&self, scope: &Scope, direction: Direction) -> Option<String> {
        if direction == Direction::Apply && self.profile.is_read_only() {
            return Some("the profile says `ReadOnly`".to_owned());
        }
        let account = self.estate.account(&scope.account);
        let wanted = self.estate.resource_tagger.resource_types.as_ref();
        let is_known = account.is_some_and(|account| account.regions.contains(&scope.region))
            && wanted.is_none_or(|types| types.contains(&scope.resource_type));
        (!is_known).then(|| format!("the estate no longer looks after {scope}"))
    }

    /// What the Tagger may do to the resource of an action, going by the tags that the decision rested on.
    pub(crate) fn authority_over(&self, action: &Action) -> Decision {
        let tag = |(key, value): (&String, &Option<String>)| Some((key.clone(), value.clone()?));
        let tags = action.reads.tags.iter().filter_map(tag).collect();
        self.authority(&action.resource.scope.account, &tags)
    }
}

/// Which profile and which files an estate's credentials and settings come from, where `chosen` does not say.
pub fn chain_options(
    estate: &Estate,
    folder: &std::path::Path,
    chosen: ChainOptions,
) -> ChainOptions {
    let ChainOptions { profile, config_file, credentials_file } = chosen;
    let aws = &estate.aws;
    let resolve = |path: &std::path::PathBuf| folder.join(path);
    ChainOptions {
        profile: profile.or_else(|| aws.profile.clone()),
        config_file: config_file.or_else(|| aws.config_file.as_ref().map(resolve)),
        credentials_file: credentials_file.or_else(|| aws.credentials_file.as_ref().map(resolve)),
    }
}

/// How a client enters the accounts of an estate, starting from what the environment says.
///
/// `folder` is the estate folder, which paths in the estate file are relative to.
pub fn client_config(
    estate: &Estate,
    folder: &std::path::Path,
    environment: ClientConfig,
) -> ClientConfig {
    let mut config = environment;
    let aws = &estate.aws;
    if let CredentialSource::Chain(chain) = &mut config.credentials {
        *chain = chain_options(estate, folder, std::mem::take(chain));
    }
    if config.endpoints.everywhere.is_none() {
        config.endpoints.everywhere.clone_from(&aws.endpoint_url);
    }
    let sessions = &mut config.sessions;
    sessions.source_identity = aws.source_identity.unwrap_or(sessions.source_identity);
    sessions.duration = aws.session_duration.unwrap_or(sessions.duration);
    config.retry.hedge_after = aws.hedge_after.or(config.retry.hedge_after);
    config.home_region = config
        .home_region
        .or_else(|| estate.accounts.first().and_then(|account| account.regions.first()).cloned());
    for account in &estate.accounts {
        let access = AccountAccess { roles: roles(account), profile: account.profile.clone() };
        config.accounts.insert(account.id.clone(), access);
    }
    config
}

/// The roles that lead into an account, its own the last.
fn roles(account: &reeve_estate::Account) -> Vec<reeve_aws::Role> {
    let role = |arn: &reeve_types::Arn, external_id: &Option<String>| reeve_aws::Role {
        external_id: external_id.clone(),
        ..reeve_aws::Role::new(arn.as_str())
    };
    let through = account.through.iter().map(|passed| role(&passed.arn, &passed.external_id));
    let own = account.role_arn.iter().map(|arn| role(arn, &account.external_id));
    through.chain(own).collect()
}
