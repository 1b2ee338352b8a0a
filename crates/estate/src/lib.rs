#![doc = include_str!("../README.md")]

mod estate;
mod files;
mod grammar;
mod regions;
mod starter;

pub use estate::{
    Account, AwsSettings, CONTROLLERS, Contacts, Estate, IntermediateRole, Profiles,
    RESOURCE_TAGGER, ResourceTaggerSettings, Webhook, WebhookHeader, WebhookValue,
};
pub use files::{CUSTOM_TAGS_FILE, DEFAULT_TAGS_FILE, ESTATE_FILE, EstateFiles, read};
pub use starter::{StarterFile, starter};
