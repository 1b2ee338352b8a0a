//! URI templates such as `/{Bucket}/{Key+}?tagging`.

use std::fmt;

use percent_encoding::percent_decode_str;

/// A URI with labels, and the query literals that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate {
    /// The path, from its first slash.
    pub path: Vec<UriPart>,
    /// The literals of the query string; a bare key such as `tagging` has no value.
    pub query: Vec<(String, Option<String>)>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UriPart {
    /// Text as it stands.
    Literal(String),
    /// A member's value; a greedy one may contain slashes.
    Label {
        /// The wire name of the member.
        name: String,
        /// Whether it may contain slashes.
        greedy: bool,
    },
}

/// A URI template with an open brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnclosedLabel;

impl UriTemplate {
    pub(crate) fn parse(text: &str) -> Result<Self, UnclosedLabel> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        Ok(Self { path: parse_path(path)?, query: parse_query(query) })
    }

    /// Matches an encoded path and returns the labels' decoded values, in order.
    pub fn match_path(&self, path: &str) -> Option<Vec<(&str, String)>> {
        let mut values = Vec::new();
        if !match_parts(&self.path, path, &mut values) {
            return None;
        }
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some(values.into_iter().map(|(name, text)| (name, decoded(text))).collect())
    }

    /// How specific the template is: of two that match, the one with the more literal text means the request.
    pub fn specificity(&self) -> (usize, usize, usize) {
        let mut literal = 0;
        let mut plain = 0;
        for part in &self.path {
            match part {
                UriPart::Literal(text) => literal += text.len(),
                UriPart::Label { greedy: false, .. } => plain += 1,
                UriPart::Label { greedy: true, .. } => {}
            }
        }
        (literal, plain, self.query.len())
    }
}

fn parse_path(path: &str) -> Result<Vec<UriPart>, UnclosedLabel> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(UriPart::Literal(before.to_owned()));
        }
        let (label, following) = after.split_once('}').ok_or(UnclosedLabel)?;
        let greedy = label.ends_with('+');
        parts.push(UriPart::Label { name: label.trim_end_matches('+').to_owned(), greedy });
        rest = following;
    }
    if !rest.is_empty() {
        parts.push(UriPart::Literal(rest.to_owned()));
    }
    Ok(parts)
}

fn parse_query(query: &str) -> Vec<(String, Option<String>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (pair.to_owned(), None),
        })
        .collect()
}

/// Matches from the beginning; a label's value is what it took, still encoded.
fn match_parts<'a, 'p>(
    parts: &'a [UriPart],
    path: &'p str,
    values: &mut Vec<(&'a str, &'p str)>,
) -> bool {
    let Some((part, following)) = parts.split_first() else {
        return path.is_empty();
    };
    match part {
        UriPart::Literal(text) => match path.strip_prefix(text.as_str()) {
            Some(rest) => match_parts(following, rest, values),
            // `/{Bucket}/` and `/{Bucket}` mean the same.
            None => following.is_empty() && text.strip_suffix('/') == Some(path),
        },
        UriPart::Label { name, greedy } => {
            let reach = if *greedy { path.len() } else { path.find('/').unwrap_or(path.len()) };
            // Greedy labels take as much as they can, plain ones end where the segment does. Only a literal can follow, so
            // that a try which fails costs next to nothing, and there are no more of them than the path is long.
            (1..=reach).rev().any(|end| {
                let Some((taken, rest)) = path.split_at_checked(end) else { return false };
                let rest = match rest {
                    "/" if following.is_empty() && !*greedy => "",
                    rest if following.is_empty() && !rest.is_empty() => return false,
                    rest => rest,
                };
                let before = values.len();
                values.push((name, taken));
                let matched = match_parts(following, rest, values);
                if !matched {
                    values.truncate(before);
                }
                matched
            })
        }
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.path {
            match part {
                UriPart::Literal(text) => formatter.write_str(text)?,
                UriPart::Label { name, greedy } => {
                    write!(formatter, "{{{name}{}}}", if *greedy { "+" } else { "" })?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let template = UriTemplate::parse(template).unwrap();
        let found = template.match_path(path);
        let found: Option<Vec<(&str, &str)>> = found
            .as_ref()
            .map(|labels| labels.iter().map(|(name, value)| (*name, value.as_str())).collect());
        assert_eq!(found.as_deref(), expected, "{template} {path}");
    }

    #[test]
    fn a_plain_label_is_one_segment() {
        check("/{Bucket}", "/logs", Some(&[("Bucket", "logs")]));
        check("/{Bucket}", "/logs/", Some(&[("Bucket", "logs")]));
        check("/{Bucket}", "/logs/2026", None);
        check("/{Bucket}", "/", None);
        check("/v1/{Id}/tags", "/v1/a%2Fb/tags", Some(&[("Id", "a/b")]));
    }

    #[test]
    fn a_greedy_label_takes_slashes_and_leaves_what_follows() {
        check(
            "/{Bucket}/{Key+}",
            "/logs/2026/03/a.gz",
            Some(&[("Bucket", "logs"), ("Key", "2026/03/a.gz")]),
        );
        check("/{Bucket}/{Key+}", "/logs/2026/", Some(&[("Bucket", "logs"), ("Key", "2026/")]));
        check("/{Bucket}/{Key+}", "/logs/", None);
        check("/{Arn+}/tags", "/arn:x/y/tags", Some(&[("Arn", "arn:x/y")]));
    }

    #[test]
    fn a_path_of_any_length_is_matched_in_its_length() {
        // Every try used to decode what it took: this many letters took minutes.
        let long = "e".repeat(1_000_000);
        for (template, path) in [
            ("/{AccountId}/vaults/{Name}", format!("/{long}")),
            ("/{AccountId}/vaults/{Name}", format!("/a/vaults/{long}/b")),
            ("/{Arn+}/tags", format!("/{long}/x")),
        ] {
            let template = UriTemplate::parse(template).unwrap();
            assert_eq!(template.match_path(&path), None);
        }
        let template = UriTemplate::parse("/{Arn+}/tags").unwrap();
        let path = format!("/{long}/tags");
        assert_eq!(template.match_path(&path), Some(vec![("Arn", long)]));
    }

    #[test]
    fn query_literals_may_lack_a_value() {
        let template = UriTemplate::parse("/{Bucket}?list-type=2&tagging").unwrap();
        assert_eq!(
            template.query,
            [("list-type".to_owned(), Some("2".to_owned())), ("tagging".to_owned(), None)]
        );
    }

    #[test]
    fn an_open_brace_is_refused() {
        assert_eq!(UriTemplate::parse("/{Bucket"), Err(UnclosedLabel));
    }
}
