//! The names under which `CloudTrail` records what Reeve does: who, and why.

/// What AWS allows in both names, beside letters and digits.
const ALLOWED: &[char] = &['_', '+', '=', ',', '.', '@', '-'];
const LONGEST: usize = 64;

/// The role session name: `reeve-<actor>`, and the reason where there is one.
///
/// A reason is an id, of no use if it is cut: where both do not fit, the actor gives way.
pub(crate) fn session_name(actor: &str, reason: Option<&str>) -> String {
    let actor = sanitise(actor);
    let who = if actor.is_empty() || actor == "reeve" {
        "reeve".to_owned()
    } else {
        format!("reeve-{actor}")
    };
    match reason.map(sanitise).filter(|reason| !reason.is_empty()) {
        Some(reason) => {
            let reason = shorten(&reason, LONGEST - "reeve-".len());
            format!("{}-{reason}", shorten(&who, LONGEST - 1 - reason.len()))
        }
        None => shorten(&who, LONGEST).to_owned(),
    }
}

/// The source identity: the actor, who stays the same however many roles are assumed in a row.
pub(crate) fn source_identity(actor: &str) -> String {
    let actor = sanitise(actor);
    // The shortest one allowed has two characters.
    if actor.len() < 2 { "reeve".to_owned() } else { shorten(&actor, LONGEST).to_owned() }
}

/// Replaces what AWS does not allow. The result is ASCII.
fn sanitise(text: &str) -> String {
    let text = text.trim().trim_start_matches("person:");
    text.chars()
        .map(
            |letter| {
                if letter.is_ascii_alphanumeric() || ALLOWED.contains(&letter) {
                    letter
                } else {
                    '-'
                }
            },
        )
        .collect()
}

fn shorten(ascii: &str, length: usize) -> &str {
    ascii.get(..length).unwrap_or(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_name_says_who_and_why_in_the_letters_that_aws_allows() {
        let plan = "plan_0123456789abcdefghjkmnpqrs";
        for (actor, reason, expected) in [
            ("reeve", None, "reeve"),
            ("", None, "reeve"),
            ("person:ana", None, "reeve-ana"),
            ("ana@example.com", None, "reeve-ana@example.com"),
            ("Jürgen Groß", None, "reeve-J-rgen-Gro-"),
            ("reeve", Some(plan), "reeve-plan_0123456789abcdefghjkmnpqrs"),
            ("person:ana", Some(plan), "reeve-ana-plan_0123456789abcdefghjkmnpqrs"),
            ("reeve", Some(""), "reeve"),
        ] {
            assert_eq!(session_name(actor, reason), expected);
        }
    }

    #[test]
    fn names_that_are_too_long_keep_the_whole_reason() {
        let plan = "plan_0123456789abcdefghjkmnpqrs";
        let name = session_name(&"a".repeat(200), Some(plan));
        assert_eq!(name.len(), 64);
        assert!(name.starts_with("reeve-aaa") && name.ends_with(plan), "{name}");
        let name = session_name("ana", Some(&"b".repeat(200)));
        assert_eq!(name.len(), 64);
        assert!(name.starts_with("reeve-bbb") || name.starts_with("reeve"), "{name}");
        assert_eq!(session_name(&"a".repeat(200), None).len(), 64);
    }

    #[test]
    fn a_source_identity_has_two_characters_at_least() {
        assert_eq!(source_identity("person:ana"), "ana");
        assert_eq!(source_identity("x"), "reeve");
        assert_eq!(source_identity(&"a".repeat(200)).len(), 64);
    }
}
