//! Reads profile documents and finds everything wrong with them at once.
//!
//! Where AMS documents what an odd document means, it means that here, with a warning: the last block of an id wins.
//! Where it does not, the document is refused rather than guessed at, because a wrong guess removes tags: a resource type
//! that is written twice, a block without a filter, `"false"` in quotes (which many programs take for true).

use std::collections::HashMap;

use reeve_document::{
    Cursor, Diagnostic, Diagnostics, Entry, Fields, Node, NodeValue, Position, Problems, nearest,
    parse_json,
};

use super::{
    Settings,
    filter::{FactInProfile, Filter},
    parse_filter::FilterReader,
    profile::{Block, DEFAULT_PROFILE, Effect, Profile, ProfileKind},
    resource_types::{FieldValues, TaggedType, tagged_type, tagged_types},
    settings::is_tag_character,
};

const MAXIMUM_KEY: usize = 128;
const MAXIMUM_VALUE: usize = 256;
const OPTIONS: &str = "Options";

/// Reads a profile document; `file` is its name in messages. The second part of a success are warnings.
pub fn parse_profile(
    file: &str,
    text: &str,
    kind: ProfileKind,
    settings: &Settings,
) -> Result<(Profile, Vec<Diagnostic>), Diagnostics> {
    let root = parse_json(text).map_err(|diagnostic| Diagnostics::of(file, diagnostic))?;
    let problems = Problems::new();
    let reader = Reader { kind, settings, problems: &problems };
    let profile = reader.profile(file, &Cursor::new(&root, &problems));
    problems.finish(file, profile)
}

/// Reads the shipped default profile.
///
/// It cannot fail but for a prefix so long that a key becomes too long.
pub fn default_profile(settings: &Settings) -> Result<Profile, Diagnostics> {
    parse_profile("default-profile.json", DEFAULT_PROFILE, ProfileKind::Default, settings)
        .map(|(profile, _)| profile)
}

struct Reader<'a> {
    kind: ProfileKind,
    settings: &'a Settings,
    problems: &'a Problems,
}

impl Reader<'_> {
    fn profile(&self, file: &str, root: &Cursor<'_>) -> Option<Profile> {
        let mut profile = Profile::empty(file);
        for (entry, value) in root.entries()? {
            if entry.key == OPTIONS {
                profile.read_only = self.read_only(&value).unwrap_or_default();
            } else if let Some(tagged) = tagged_type(&entry.key) {
                profile.blocks.extend(self.blocks(tagged, &value));
            } else {
                self.problems.error(unknown_type(entry, &value));
            }
        }
        self.warn_of_ids_used_twice(&profile.blocks);
        Some(profile)
    }

    fn read_only(&self, options: &Cursor<'_>) -> Option<bool> {
        let fields = options.fields(&["ReadOnly"])?;
        let value = fields.written("ReadOnly")?;
        let read_only = value.bool()?;
        if self.kind == ProfileKind::Default {
            value.warn(
                "has no effect in the default profile: it belongs in the customization profile",
            );
            return None;
        }
        Some(read_only)
    }

    fn blocks(&self, tagged: &'static TaggedType, value: &Cursor<'_>) -> Vec<Block> {
        let entries = self.last_of_each_id(value);
        let read = entries.iter().filter_map(|(entry, block)| {
            if entry.key.is_empty() {
                let message = "a block of configuration needs an id";
                self.problems.error(Diagnostic::new(entry.key_position, block.path(), message));
            }
            let (effect, tags) = if is_disabled(block.node()) {
                self.disabled_block(tagged, entry, block.path())
            } else {
                let fields = block_fields(block)?;
                let tags = self.required_tags(&fields);
                let filter = self.required_filter(tagged, &fields);
                if let Some(enabled) = fields.written("Enabled") {
                    enabled.bool()?;
                }
                (Effect::On(filter?), tags?)
            };
            Some(Block {
                resource_type: tagged.name,
                id: entry.key.clone(),
                position: entry.key_position,
                effect,
                tags,
            })
        });
        read.collect()
    }

    /// The blocks of a type; of several with one id only the last.
    fn last_of_each_id<'v>(&self, value: &Cursor<'v>) -> Vec<(&'v Entry, Cursor<'v>)> {
        let mut entries = value.entries_with_repetitions().unwrap_or_default();
        let last: HashMap<&str, Position> =
            entries.iter().map(|(entry, _)| (entry.key.as_str(), entry.key_position)).collect();
        entries.retain(|(entry, block)| match last.get(entry.key.as_str()) {
            Some(last) if *last != entry.key_position => {
                let message = format!(
                    "the block of the same id in line {} takes this one's place",
                    last.line
                );
                self.problems.warn(Diagnostic::new(entry.key_position, block.path(), message));
                false
            }
            _ => true,
        });
        entries
    }

    /// A disabled block has no effect, so what is wrong in it is only worth a warning.
    fn disabled_block(
        &self,
        tagged: &'static TaggedType,
        entry: &Entry,
        path: &str,
    ) -> (Effect, Vec<(String, String)>) {
        let own_problems = Problems::new();
        let reader = Reader { kind: self.kind, settings: self.settings, problems: &own_problems };
        let block = Cursor::new(&entry.value, &own_problems);
        let (mut bare, mut tags) = (true, Vec::new());
        if let Some(fields) = block_fields(&block) {
            if let Some(filter) = fields.written("Filter") {
                bare = false;
                reader.filter(filter, tagged);
            }
            if let Some(list) = fields.written("Tags") {
                bare = false;
                tags = reader.tags(list).unwrap_or_default();
            }
        }
        let found = match own_problems.finish("", Some(())) {
            Ok(((), warnings)) => warnings,
            Err(errors) => errors.into_iter().collect(),
        };
        for diagnostic in found {
            let gap = if diagnostic.path.is_empty() { "" } else { "." };
            self.problems.warn(Diagnostic {
                path: format!("{path}{gap}{}", diagnostic.path),
                message: format!("{} (the block is disabled)", diagnostic.message),
                ..diagnostic
            });
        }
        (Effect::Disabled { bare }, tags)
    }

    fn required_filter(
        &self,
        tagged: &'static TaggedType,
        fields: &Fields<'_>,
    ) -> Option<Filter<FactInProfile>> {
        if let Some(value) = fields.written("Filter") {
            return self.filter(value, tagged);
        }
        let message = "the key `Filter` is missing";
        let wildcard = tagged.fields.iter().find(|field| field.values == FieldValues::Wildcard);
        match wildcard {
            Some(field) => fields.map().error_with_hint(
                message,
                format!(
                    "to match every resource of the type, write `\"Filter\": {{\"{}\": \"*\"}}`",
                    field.name
                ),
            ),
            None => fields.map().error(message),
        }
        None
    }

    fn filter(
        &self,
        value: &Cursor<'_>,
        tagged: &'static TaggedType,
    ) -> Option<Filter<FactInProfile>> {
        FilterReader { tagged, settings: self.settings, problems: self.problems }.read(value)
    }

    fn required_tags(&self, fields: &Fields<'_>) -> Option<Vec<(String, String)>> {
        let list = fields.required("Tags")?;
        let tags = self.tags(list)?;
        if tags.is_empty() && list.list().is_some_and(|list| list.is_empty()) {
            list.warn("the list is empty: the block matches resources and yields no tag");
        }
        Some(tags)
    }

    /// Reads a list of tags into keys without the prefix, and values. Of a key given twice the last value counts.
    fn tags(&self, list: &Cursor<'_>) -> Option<Vec<(String, String)>> {
        let mut tags: Vec<(String, String)> = Vec::new();
        for element in list.list()? {
            let Some(fields) = element.fields(&["Key", "Value"]) else { continue };
            let key = fields.required("Key").and_then(|key| self.tag_key(key));
            let value = fields.required("Value").and_then(tag_value);
            let (Some(key), Some(value)) = (key, value) else { continue };
            if let Some(earlier) = tags.iter().position(|(other, _)| *other == key) {
                element.warn(format!(
                    "the block already has a tag `{}`: this value takes the earlier one's place",
                    self.settings.prefix.join(&key)
                ));
                tags.remove(earlier);
            }
            tags.push((key, value));
        }
        Some(tags)
    }

    fn tag_key(&self, cursor: &Cursor<'_>) -> Option<String> {
        let written = cursor.string()?;
        let prefix = &self.settings.prefix;
        let stem = prefix.stem(written).unwrap_or(written);
        if stem.is_empty() {
            return cursor.expected("a tag key");
        }
        let length = prefix.as_str().chars().count() + stem.chars().count();
        if length > MAXIMUM_KEY {
            cursor.error(format!(
                "a tag key has at most {MAXIMUM_KEY} characters, this one has {length} with the prefix `{prefix}`"
            ));
            return None;
        }
        check_characters(cursor, stem)?;
        if prefix.stem(written).is_none() {
            warn_of_a_prefix_that_is_not(cursor, written, prefix.as_str());
        }
        Some(stem.to_owned())
    }

    fn warn_of_ids_used_twice(&self, blocks: &[Block]) {
        let mut first: HashMap<&str, &Block> = HashMap::new();
        for block in blocks {
            if let Some(other) = first.get(block.id.as_str()) {
                let message = format!(
                    "`{}` also has a block of this id, in line {}: figures will name both alike",
                    other.resource_type, other.position.line
                );
                let path = format!("{}.{}", block.resource_type, block.id);
                self.problems.warn(Diagnostic::new(block.position, path, message));
            } else {
                first.insert(&block.id, block);
            }
        }
    }
}

fn block_fields<'a>(block: &Cursor<'a>) -> Option<Fields<'a>> {
    block.fields(&["Enabled", "Filter", "Tags"])
}

/// Whether the block says that it is disabled, and does not say otherwise too.
fn is_disabled(block: &Node) -> bool {
    let NodeValue::Map(entries) = &block.value else {
        return false;
    };
    let mut enabled = entries.iter().filter(|entry| entry.key == "Enabled").peekable();
    enabled.peek().is_some() && enabled.all(|entry| entry.value.value == NodeValue::Bool(false))
}

fn unknown_type(entry: &Entry, value: &Cursor<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(entry.key_position, value.path(), "unknown resource type");
    let names = || tagged_types().iter().map(|tagged| tagged.name);
    match nearest(&entry.key, names().chain([OPTIONS])) {
        Some(near) => diagnostic.with_hint(format!("did you mean `{near}`?")),
        None => {
            diagnostic.with_hint(format!("known here: {}", names().collect::<Vec<_>>().join(", ")))
        }
    }
}

fn tag_value(cursor: &Cursor<'_>) -> Option<String> {
    let value = cursor.string()?;
    let length = value.chars().count();
    if length > MAXIMUM_VALUE {
        cursor.error(format!(
            "a tag value has at most {MAXIMUM_VALUE} characters, this one has {length}"
        ));
        return None;
    }
    check_characters(cursor, value)?;
    Some(value.to_owned())
}

fn check_characters(cursor: &Cursor<'_>, text: &str) -> Option<()> {
    let Some(wrong) = text.chars().find(|character| !is_tag_character(*character)) else {
        return Some(());
    };
    cursor.error(format!(
        "`{}` is not allowed in a tag: only letters, digits, spaces and `+ - = . _ : / @` are",
        wrong.escape_debug()
    ));
    None
}

/// `AMS:RT:x` and `aws:rt:x` are legal, and become `ams:rt:AMS:RT:x` and `ams:rt:aws:rt:x`, which nobody wants.
fn warn_of_a_prefix_that_is_not(cursor: &Cursor<'_>, written: &str, prefix: &str) {
    let lower = written.to_lowercase();
    if lower.starts_with("aws:") || lower.starts_with(&prefix.to_lowercase()) {
        cursor.warn(format!("this is not the prefix: the tag will be `{prefix}{written}`"));
    }
}
