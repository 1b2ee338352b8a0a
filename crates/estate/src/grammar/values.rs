//! Small values that several parts of an estate file have.

use std::time::Duration;

use reeve_document::{Cursor, nearest};
use reeve_types::Region;

use crate::{Contacts, regions::known_regions};

/// A text with something in it.
pub(super) fn word<'a>(cursor: &Cursor<'a>) -> Option<&'a str> {
    let text = cursor.string()?;
    if text.trim().is_empty() {
        cursor.error("a value is missing");
        return None;
    }
    Some(text)
}

/// Names and addresses of people.
pub(super) fn contacts(cursor: &Cursor<'_>) -> Contacts {
    let entries = cursor.entries().unwrap_or_default();
    let contacts = entries.into_iter();
    contacts.filter_map(|(entry, value)| Some((entry.key.clone(), word(&value)?.into()))).collect()
}

/// The Regions of one account, or the default for all: at least one, each once, all in one partition.
pub(super) fn regions(cursor: &Cursor<'_>) -> Option<Vec<Region>> {
    let elements = cursor.list()?;
    if elements.is_empty() {
        cursor.error("at least one Region is needed");
        return None;
    }
    let mut regions: Vec<Region> = Vec::new();
    for element in elements {
        let Some(region) = region(&element) else { continue };
        if regions.contains(&region) {
            element.error(format!("`{region}` is already in the list"));
            continue;
        }
        let partition = region.partition();
        match regions.first() {
            Some(first) if first.partition() != partition => element.error(format!(
                "`{region}` is in the partition `{partition}`, but `{first}` is in `{}`: \
                 an account has Regions of one partition",
                first.partition(),
            )),
            _ => regions.push(region),
        }
    }
    Some(regions)
}

fn region(cursor: &Cursor<'_>) -> Option<Region> {
    let text = cursor.string()?;
    let is_numbered = text
        .rsplit_once('-')
        .is_some_and(|(_, number)| number.parse::<u8>().is_ok() && text.matches('-').count() > 1);
    let region: Region = match text.parse() {
        Ok(region) if is_numbered => region,
        _ => {
            let message = format!("`{text}` is not the name of an AWS Region");
            cursor.error_near(message, text, known_regions());
            return None;
        }
    };
    if !known_regions().any(|known| known == text) {
        let near = nearest(text, known_regions());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        cursor.warn(format!("`{text}` is not a Region that this version of Reeve knows{near}"));
    }
    Some(region)
}

/// A time span such as `15m` or `1h30m`.
pub(super) fn duration(cursor: &Cursor<'_>) -> Option<Duration> {
    let text = cursor.string_or_number()?;
    let duration = parse_duration(text);
    if duration.is_none() {
        let message = format!("`{text}` is not a time span");
        cursor.error_with_hint(message, "write it as in `30s`, `15m`, `1h30m` or `1d`");
    }
    duration
}

fn parse_duration(text: &str) -> Option<Duration> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let mut rest = text;
    let mut seconds: u64 = 0;
    for (unit, length) in UNITS {
        if let Some((digits, after)) = rest.split_once(unit) {
            let is_number =
                !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            let count: u64 = digits.parse().ok().filter(|_| is_number)?;
            seconds = seconds.checked_add(count.checked_mul(length)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_numbers_with_units_the_longest_first() {
        for (text, seconds) in [
            ("30s", Some(30)),
            ("15m", Some(900)),
            ("1h", Some(3600)),
            ("1h30m", Some(5400)),
            ("1d2h3m4s", Some(93_784)),
            ("90m", Some(5400)),
            ("", None),
            ("0s", None),
            ("15", None),
            ("m", None),
            ("30m1h", None),
            ("1.5h", None),
            ("-1h", None),
            ("+1h", None),
            ("1 h", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
        ] {
            assert_eq!(parse_duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
