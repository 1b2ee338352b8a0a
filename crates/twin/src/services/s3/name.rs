//! What a bucket may be called.

/// Why `name` cannot be a bucket's name, if it cannot.
pub(super) fn problem(name: &str) -> Option<&'static str> {
    let allowed = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character)
    };
    let ends_well = |character: Option<char>| {
        character.is_some_and(|end| end.is_ascii_lowercase() || end.is_ascii_digit())
    };
    let reserved_start = ["xn--", "sthree-", "amzn-s3-demo-"];
    let reserved_end = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    if !(3..=63).contains(&name.len()) {
        Some("The name must have between 3 and 63 characters.")
    } else if !name.chars().all(allowed) {
        Some("The name can have lowercase letters, numbers, dots and hyphens only.")
    } else if !ends_well(name.chars().next()) || !ends_well(name.chars().last()) {
        Some("The name must begin and end with a letter or number.")
    } else if name.contains("..") {
        Some("The name must not have two dots beside each other.")
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("The name must not be formatted as an IP address.")
    } else if reserved_start.iter().any(|start| name.starts_with(start)) {
        Some("The name begins with a reserved prefix.")
    } else if reserved_end.iter().any(|end| name.ends_with(end)) {
        Some("The name ends with a reserved suffix.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_host_names() {
        for good in ["abc", "harbour-logs", "a.b.c", "1-2-3", &"x".repeat(63)] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in [
            "ab",
            "Upper",
            "under_score",
            "-abc",
            "abc-",
            ".abc",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "abc-s3alias",
            "abc--ol-s3",
            &"x".repeat(64),
            "",
        ] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
