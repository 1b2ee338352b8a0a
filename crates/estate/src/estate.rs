//! What an estate folder says, with every default filled in.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use reeve_authority::Authority;
use reeve_care::tagger::{self, Profile};
use reeve_document::Diagnostics;
use reeve_types::{AccountId, Arn, Region, ResourceType};

/// The controller that keeps tags.
pub const RESOURCE_TAGGER: &str = tagger::CONTROLLER;

/// Every controller, as an estate file names it.
pub const CONTROLLERS: [&str; 1] = [RESOURCE_TAGGER];

/// Names and addresses of people, by what they are to be asked about.
pub type Contacts = BTreeMap<String, String>;

/// An estate: what Reeve looks after, how it gets there, and how far it may go.
#[derive(Debug, Clone)]
pub struct Estate {
    /// What the estate is called.
    pub name: String,
    /// How AWS is reached.
    pub aws: AwsSettings,
    /// How far Reeve may go.
    pub authority: Authority,
    /// The settings of the Resource Tagger.
    pub resource_tagger: ResourceTaggerSettings,
    /// The accounts, in the order written, each id once.
    pub accounts: Vec<Account>,
    /// Whom to ask about the whole estate.
    pub contacts: Contacts,
    /// The servers that runbooks may send messages to, each name once.
    pub webhooks: Vec<Webhook>,
    /// The profile documents.
    pub profiles: Profiles,
    /// What is allowed and probably not meant, one entry per file that has any.
    pub warnings: Vec<Diagnostics>,
}

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwsSettings {
    /// The endpoint that stands in for all of AWS, as a simulation has it.
    pub endpoint_url: Option<String>,
    /// The profile that holds the base credentials.
    pub profile: Option<String>,
    /// The AWS configuration file; if relative, to the estate folder.
    pub config_file: Option<PathBuf>,
    /// The AWS credentials file; if relative, to the estate folder.
    pub credentials_file: Option<PathBuf>,
    /// Whether sessions carry who acts as their source identity, which the roles have to allow.
    pub source_identity: Option<bool>,
    /// How long sessions live.
    pub session_duration: Option<Duration>,
    /// After how long without an answer what only reads is asked for a second time.
    pub hedge_after: Option<Duration>,
}

/// An account, with the estate's defaults where it says nothing itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it is called; its id, if it has no other name.
    pub name: String,
    /// The Regions looked after: at least one, all in one partition.
    pub regions: Vec<Region>,
    /// The role to assume; without one, the base credentials are the account's own.
    pub role_arn: Option<Arn>,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The roles that are assumed before it, each with the session of the one before.
    pub through: Vec<IntermediateRole>,
    /// The profile that holds this account's base credentials, instead of the estate's.
    pub profile: Option<String>,
    /// Whom to ask about the account.
    pub contacts: Contacts,
}

/// A role on the way into an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntermediateRole {
    /// Its ARN; it may be in any account.
    pub arn: Arn,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// The settings of the Resource Tagger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTaggerSettings {
    /// What the Tagger itself has to know.
    pub tagger: tagger::Settings,
    /// How often a server compares tags with profiles.
    pub every: Duration,
    /// The only types looked after; `None` for every type that Reeve knows.
    pub resource_types: Option<Vec<ResourceType>>,
}

/// A server that runbooks may send messages to: an integration of `aws:invokeWebhook`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The name that runbooks know it by.
    pub name: String,
    /// Its address.
    pub url: WebhookValue,
    /// What is sent along.
    pub headers: Vec<WebhookHeader>,
    /// What is sent if a runbook says nothing.
    pub payload: Option<String>,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// Something that is sent along with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookHeader {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: WebhookValue,
}

/// A text, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookValue {
    /// The text.
    Plain(String),
    /// In a variable of Reeve's own environment.
    Environment(String),
    /// In a parameter of the Parameter Store, in the account and Region where the runbook runs.
    Parameter(String),
    /// In a secret of the Secrets Manager, in the account and Region where the runbook runs.
    Secret(String),
}

/// The profile documents of an estate.
#[derive(Debug, Clone)]
pub struct Profiles {
    /// The Tagger's default profile: the shipped one, unless the estate has its own.
    pub default_tags: Profile,
    /// The Tagger's customization profile, whose blocks replace those of the default profile.
    pub custom_tags: Profile,
}

impl Default for ResourceTaggerSettings {
    fn default() -> Self {
        Self {
            tagger: tagger::Settings::default(),
            every: Duration::from_hours(1),
            resource_types: None,
        }
    }
}

impl Estate {
    /// The account with this id.
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// The account that a person means by `text`: its id or its name.
    pub fn find_account(&self, text: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id.as_str() == text || account.name == text)
    }
}
