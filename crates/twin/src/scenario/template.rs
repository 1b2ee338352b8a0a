//! Placeholders in a scenario's texts: `${account}`, `${region}`, `${item}`, `${now-PT1H}`, what earlier steps saved, and
//! `${@item}`, which is what was saved under the item's name.

use std::collections::BTreeMap;

use jiff::{Span, SpanRelativeTo, Timestamp};
use reeve_types::{AccountId, Region};
use serde_json::Value as Json;

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) account: &'s AccountId,
    pub(super) region: &'s Region,
    pub(super) item: &'s str,
    pub(super) now: Timestamp,
    /// What steps saved, by `account/region/name`.
    pub(super) saved: &'s BTreeMap<String, Json>,
}

impl Scope<'_> {
    /// A value with every placeholder in its texts filled; a text that is nothing but a placeholder may become anything.
    pub(super) fn fill(&self, value: &Json) -> Result<Json, String> {
        match value {
            Json::String(text) => self.fill_whole(text),
            Json::Array(elements) => elements.iter().map(|element| self.fill(element)).collect(),
            Json::Object(members) => {
                let filled = members
                    .iter()
                    .map(|(name, member)| Ok((self.fill_text(name)?, self.fill(member)?)));
                Ok(Json::Object(filled.collect::<Result<_, String>>()?))
            }
            other => Ok(other.clone()),
        }
    }

    /// A text with every placeholder filled.
    pub(super) fn fill_text(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, remaining) =
                after.split_once('}').ok_or_else(|| format!("`${{` without `}}` in `{text}`"))?;
            filled.push_str(before);
            match self.value(name)? {
                Json::String(value) => filled.push_str(&value),
                other => filled.push_str(&other.to_string()),
            }
            rest = remaining;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn fill_whole(&self, text: &str) -> Result<Json, String> {
        let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        match whole.filter(|name| !name.contains('}')) {
            Some(name) => self.value(name),
            None => self.fill_text(text).map(Json::String),
        }
    }

    fn value(&self, name: &str) -> Result<Json, String> {
        let text = |text: &str| Ok(Json::String(text.to_owned()));
        match name {
            "account" => return text(self.account.as_str()),
            "region" => return text(self.region.as_str()),
            "partition" => return text(self.region.partition().as_str()),
            "item" | "name" => return text(self.item),
            _ => {}
        }
        // What was saved under the item's own name.
        let name = if name == "@item" { self.item } else { name };
        if let Some(offset) = name.strip_prefix("now") {
            return self.time(offset).map(Json::String);
        }
        let own = format!("{}/{}/{name}", self.account, self.region);
        self.saved.get(&own).or_else(|| self.saved.get(name)).cloned().ok_or_else(|| {
            format!("nothing was saved as `{name}` in {}/{}", self.account, self.region)
        })
    }

    fn time(&self, offset: &str) -> Result<String, String> {
        let wrong = || format!("`${{now{offset}}}` is not a time: expected `${{now-PT1H}}`");
        let (sign, span) = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
            _ if offset.is_empty() => return Ok(self.now.to_string()),
            (Some(span), _) => (1, span),
            (_, Some(span)) => (-1, span),
            _ => return Err(wrong()),
        };
        let span: Span = span.parse().map_err(|_| wrong())?;
        let duration =
            span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
        let moved = duration.checked_mul(sign).and_then(|by| self.now.checked_add(by).ok());
        moved.map(|time| time.to_string()).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_stand_for_where_when_and_what_was_saved() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        let saved = BTreeMap::from([
            ("111122223333/eu-west-1/vpc".to_owned(), json!("vpc-1")),
            ("111122223333/eu-west-1/web-1".to_owned(), json!("i-1")),
            ("444455556666/eu-west-1/ids".to_owned(), json!(["a", "b"])),
        ]);
        let scope = Scope {
            account: &account,
            region: &region,
            item: "web-1",
            now: "2026-03-01T09:00:00Z".parse().unwrap(),
            saved: &saved,
        };
        for (written, filled) in [
            (json!("${item}.${region}"), json!("web-1.eu-west-1")),
            (json!({"VpcId": "${vpc}"}), json!({"VpcId": "vpc-1"})),
            (json!(["${444455556666/eu-west-1/ids}"]), json!([["a", "b"]])),
            (json!("${@item}"), json!("i-1")),
            (json!("${now-PT1H}"), json!("2026-03-01T08:00:00Z")),
            (json!(7), json!(7)),
        ] {
            assert_eq!(scope.fill(&written), Ok(filled));
        }
        assert!(
            scope.fill(&json!("${subnet}")).unwrap_err().contains("nothing was saved as `subnet`")
        );
        assert!(scope.fill(&json!("a ${vpc")).unwrap_err().contains("without"));
        assert!(scope.fill(&json!("${now*2}")).unwrap_err().contains("not a time"));
    }
}
