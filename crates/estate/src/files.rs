//! The texts of an estate folder, and reading them.

use reeve_care::tagger::{self, Profile, ProfileKind};
use reeve_document::{Cursor, Diagnostics, Problems, parse_yaml};

use crate::{Estate, Profiles, grammar};

/// Where the estate itself is written.
pub const ESTATE_FILE: &str = "estate.yaml";
/// Where the Tagger's customization profile is.
pub const CUSTOM_TAGS_FILE: &str = "profiles/tags.json";
/// Where a default profile is that replaces the Tagger's shipped one.
pub const DEFAULT_TAGS_FILE: &str = "profiles/tags.default.json";

/// The texts of an estate folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EstateFiles {
    /// The text of [`ESTATE_FILE`].
    pub estate: String,
    /// The text of [`CUSTOM_TAGS_FILE`], if it is there.
    pub custom_tags: Option<String>,
    /// The text of [`DEFAULT_TAGS_FILE`], if it is there.
    pub default_tags: Option<String>,
}

/// Reads an estate, or says what is wrong with each of its files.
pub fn read(files: &EstateFiles) -> Result<Estate, Vec<Diagnostics>> {
    let mut warnings = Vec::new();
    let mut errors = Vec::new();
    let settings = keep(read_settings(&files.estate), &mut warnings, &mut errors);
    // Where the estate file is wrong, the profiles are read all the same, to find what is wrong with them.
    let tagger = settings.as_ref().map(|settings| &settings.resource_tagger.tagger);
    let tagger = tagger.cloned().unwrap_or_default();
    let default_tags = keep(read_default_tags(files, &tagger), &mut warnings, &mut errors);
    let custom_tags = keep(read_custom_tags(files, &tagger), &mut warnings, &mut errors);
    match (settings, default_tags, custom_tags) {
        (Some(settings), Some(default_tags), Some(custom_tags)) => Ok(Estate {
            name: settings.name,
            aws: settings.aws,
            authority: settings.authority,
            resource_tagger: settings.resource_tagger,
            accounts: settings.accounts,
            contacts: settings.contacts,
            webhooks: settings.webhooks,
            profiles: Profiles { default_tags, custom_tags },
            warnings,
        }),
        _ => Err(errors),
    }
}

/// What was read from one file, and its warnings; or its errors.
type Reading<T> = Result<(T, Diagnostics), Diagnostics>;

fn keep<T>(
    reading: Reading<T>,
    warnings: &mut Vec<Diagnostics>,
    errors: &mut Vec<Diagnostics>,
) -> Option<T> {
    match reading {
        Ok((value, of_file)) => {
            if !of_file.is_empty() {
                warnings.push(of_file);
            }
            Some(value)
        }
        Err(of_file) => {
            errors.push(of_file);
            None
        }
    }
}

fn read_settings(text: &str) -> Reading<grammar::Settings> {
    let node = parse_yaml(text).map_err(|diagnostic| Diagnostics::of(ESTATE_FILE, diagnostic))?;
    let problems = Problems::new();
    let settings = grammar::settings(&Cursor::new(&node, &problems));
    let (settings, odd) = problems.finish(ESTATE_FILE, settings)?;
    let mut warnings = Diagnostics::new(ESTATE_FILE);
    warnings.extend(odd);
    Ok((settings, warnings))
}

fn read_default_tags(files: &EstateFiles, settings: &tagger::Settings) -> Reading<Profile> {
    match &files.default_tags {
        Some(text) => read_profile(DEFAULT_TAGS_FILE, text, ProfileKind::Default, settings),
        None => tagger::default_profile(settings)
            .map(|profile| (profile, Diagnostics::new(DEFAULT_TAGS_FILE))),
    }
}

fn read_custom_tags(files: &EstateFiles, settings: &tagger::Settings) -> Reading<Profile> {
    match &files.custom_tags {
        Some(text) => read_profile(CUSTOM_TAGS_FILE, text, ProfileKind::Customization, settings),
        None => Ok((Profile::empty(CUSTOM_TAGS_FILE), Diagnostics::new(CUSTOM_TAGS_FILE))),
    }
}

fn read_profile(
    file: &str,
    text: &str,
    kind: ProfileKind,
    settings: &tagger::Settings,
) -> Reading<Profile> {
    let (profile, odd) = tagger::parse_profile(file, text, kind, settings)?;
    let mut warnings = Diagnostics::new(file);
    warnings.extend(odd);
    Ok((profile, warnings))
}
