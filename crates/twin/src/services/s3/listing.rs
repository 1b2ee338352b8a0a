//! Pages of keys: prefix, delimiter, and where the next page begins.
//!
//! Keys come in order of their bytes. Keys that share what comes before the first delimiter after the prefix are one entry
//! of the page, a common prefix; a page never splits one, so the marker after a common prefix skips all that it stands for.

use std::{collections::BTreeMap, ops::Bound};

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'w> {
    pub(super) prefix: &'w str,
    pub(super) delimiter: &'w str,
    /// The page holds what comes after this.
    pub(super) after: &'w str,
    pub(super) most: usize,
}

/// What is in one page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<'k> {
    pub(super) entries: Vec<Entry<'k>>,
    /// The last entry, if there are further ones.
    pub(super) next: Option<String>,
}

/// One entry of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry<'k> {
    Key(&'k str),
    CommonPrefix(String),
}

impl Entry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Key(key) => key,
            Self::CommonPrefix(prefix) => prefix,
        }
    }
}

/// The page of keys wanted. `shown` says which keys count at all.
pub(super) fn page<'k, V>(
    keys: &'k BTreeMap<String, V>,
    wanted: &Wanted<'_>,
    shown: impl Fn(&V) -> bool,
) -> Page<'k> {
    let mut entries: Vec<Entry<'k>> = Vec::new();
    let start = if wanted.after >= wanted.prefix && !wanted.after.is_empty() {
        Bound::Excluded(wanted.after)
    } else {
        Bound::Included(wanted.prefix)
    };
    for (key, value) in keys.range::<str, _>((start, Bound::Unbounded)) {
        let Some(rest) = key.strip_prefix(wanted.prefix) else { break };
        if !shown(value) {
            continue;
        }
        let entry = match cut(rest, wanted.delimiter) {
            Some(length) => {
                let (common, _) =
                    key.split_at_checked(wanted.prefix.len() + length).unwrap_or((key, ""));
                // The marker may be a common prefix of an earlier page, or within one.
                let before = wanted.after.starts_with(common);
                let same = entries.last().is_some_and(|last| last.name() == common);
                if before || same {
                    continue;
                }
                Entry::CommonPrefix(common.to_owned())
            }
            None => Entry::Key(key),
        };
        if entries.len() >= wanted.most {
            let next = entries.last().map(|last| last.name().to_owned());
            return Page { entries, next };
        }
        entries.push(entry);
    }
    Page { entries, next: None }
}

/// How much of `rest` belongs to a common prefix, delimiter included.
fn cut(rest: &str, delimiter: &str) -> Option<usize> {
    if delimiter.is_empty() {
        return None;
    }
    rest.find(delimiter).map(|at| at + delimiter.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 8] =
        ["a", "logs/1", "logs/2", "logs/old/1", "logs/old/2", "photos/1", "photos/2", "z"];

    fn walk(prefix: &str, delimiter: &str, most: usize) -> Vec<Vec<String>> {
        let keys: BTreeMap<String, bool> =
            KEYS.iter().map(|key| ((*key).to_owned(), *key != "photos/2")).collect();
        let mut pages = Vec::new();
        let mut after = String::new();
        loop {
            let wanted = Wanted { prefix, delimiter, after: &after, most };
            let page = page(&keys, &wanted, |shown| *shown);
            pages.push(page.entries.iter().map(|entry| entry.name().to_owned()).collect());
            match page.next {
                Some(next) => after = next,
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_hold_keys_and_common_prefixes_in_order() {
        for (prefix, delimiter, most, expected) in [
            ("", "", 9, "a logs/1 logs/2 logs/old/1 logs/old/2 photos/1 z"),
            ("", "/", 9, "a logs/ photos/ z"),
            ("", "/", 1, "a | logs/ | photos/ | z"),
            ("", "/", 2, "a logs/ | photos/ z"),
            ("logs/", "/", 9, "logs/1 logs/2 logs/old/"),
            ("logs/", "/", 2, "logs/1 logs/2 | logs/old/"),
            ("logs/o", "", 1, "logs/old/1 | logs/old/2"),
            ("none", "/", 9, ""),
        ] {
            let pages = walk(prefix, delimiter, most);
            let found: Vec<String> = pages.iter().map(|page| page.join(" ")).collect();
            assert_eq!(found.join(" | "), expected, "{prefix} {delimiter} {most}");
        }
    }
}
