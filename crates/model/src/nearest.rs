//! Names that resemble one that is not known.

use crate::Name;

/// No name is longer. Where a name belongs a text of any length may arrive, and comparing takes time in its square.
const LONGEST: usize = 128;

/// The known names that resemble `wanted` at least as much as `least` says, the most similar first, three at most.
pub(crate) fn nearest<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a Name>,
    least: f64,
) -> Vec<Name> {
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let wanted = wanted.to_lowercase();
    let mut similar: Vec<(f64, &Name)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &wanted), name))
        .filter(|(likeness, _)| *likeness > least)
        .collect();
    similar.sort_by(|one, other| other.0.total_cmp(&one.0));
    similar.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}

/// Whether a text may be a name at all, for those who compare on their own.
pub(crate) fn may_be_a_name(text: &str) -> bool {
    text.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{WireRequest, catalog, decode_request};

    #[test]
    fn the_most_similar_names_come_first_whatever_their_case() {
        let known: Vec<Name> = ["Values", "Name", "Names"].map(Name::from).to_vec();
        assert_eq!(nearest("name", &known, 0.8), ["Name", "Names"].map(Name::from));
        assert_eq!(nearest("colour", &known, 0.8), Vec::<Name>::new());
    }

    #[test]
    fn a_text_that_is_far_too_long_for_a_name_is_not_compared() {
        // All of it used to be compared with each of the names, for minutes.
        let long = "Describe".repeat(100_000);
        let ec2 = catalog().service("ec2").unwrap();
        assert_eq!(ec2.operation(&long).unwrap_err().nearest, Vec::<Name>::new());
        assert!(catalog().service(&long).unwrap_err().nearest().is_empty());
        let body = format!("Action={long}&Version=2016-11-15").into_bytes();
        let request = WireRequest {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            body,
            ..WireRequest::default()
        };
        assert!(decode_request(&ec2, &request).is_err());
    }
}
