#![doc = include_str!("../README.md")]

mod estate;
mod files;
mod grammar;
mod partition;
mod starter;

pub use estate::{
    Account, AwsSettings, CONTROLLERS, Contacts, Estate, Profiles, RESOURCE_TAGGER,
    ResourceTaggerSettings,
};
pub use files::{CUSTOM_TAGS_FILE, DEFAULT_TAGS_FILE, ESTATE_FILE, EstateFiles, read};
pub use partition::Partition;
pub use starter::{StarterFile, starter};
