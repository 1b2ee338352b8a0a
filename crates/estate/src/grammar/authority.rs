//! How far Reeve may go: the `authority` and `authority-by-tag` of the estate and of each account.

use reeve_authority::{Level, Rule, TagCondition};
use reeve_document::{Cursor, Fields};
use reeve_types::AccountId;

use super::values::word;
use crate::CONTROLLERS;

/// Stands for every controller.
const ALL: &str = "all";

/// Reads the rules of one account, or of the estate.
pub(super) fn rules(fields: &Fields<'_>, account: Option<&AccountId>) -> Vec<Rule> {
    let mut rules = Vec::new();
    if let Some(cursor) = fields.optional("authority") {
        let allowed = [&[ALL], &CONTROLLERS[..]].concat();
        if let Some(levels) = cursor.fields(&allowed) {
            for name in allowed {
                let Some(level) = levels.optional(name).and_then(level) else { continue };
                let controller = (name != ALL).then(|| name.to_owned());
                rules.push(Rule { account: account.cloned(), controller, tag: None, level });
            }
        }
    }
    if let Some(cursor) = fields.optional("authority-by-tag") {
        let elements = cursor.list().unwrap_or_default();
        rules.extend(elements.iter().filter_map(|element| by_tag(element, account)));
    }
    rules
}

fn by_tag(cursor: &Cursor<'_>, account: Option<&AccountId>) -> Option<Rule> {
    let fields = cursor.fields(&["key", "value", "controller", "level"])?;
    let key = fields.required("key").and_then(word);
    let value = fields.optional("value").and_then(Cursor::string);
    let controller = fields.optional("controller").and_then(controller);
    let level = fields.required("level").and_then(level);
    Some(Rule {
        account: account.cloned(),
        controller: controller.filter(|name| *name != ALL).map(ToOwned::to_owned),
        tag: Some(TagCondition { key: key?.to_owned(), value: value.map(ToOwned::to_owned) }),
        level: level?,
    })
}

fn controller<'a>(cursor: &Cursor<'a>) -> Option<&'a str> {
    let name = cursor.string()?;
    if name == ALL || CONTROLLERS.contains(&name) {
        return Some(name);
    }
    let known = || std::iter::once(ALL).chain(CONTROLLERS);
    cursor.error_near(format!("there is no controller `{name}`"), name, known());
    None
}

fn level(cursor: &Cursor<'_>) -> Option<Level> {
    cursor.one_of(&Level::ALL.map(|level| (level.as_str(), level)))
}
