//! The table of prices.

use std::{collections::BTreeMap, sync::LazyLock};

/// Prices by what is priced and what it is called.
static PRICES: LazyLock<BTreeMap<(&'static str, &'static str), f64>> = LazyLock::new(|| {
    let lines = include_str!("prices.txt").lines().filter(|line| !line.starts_with('#'));
    let price = |line: &'static str| {
        let mut words = line.split_whitespace();
        let (what, name) = (words.next()?, words.next()?);
        Some(((what, name), words.next()?.parse().ok()?))
    };
    lines.filter_map(price).collect()
});

/// How much more things cost in a Region than in us-east-1.
const REGIONS: [(&str, f64); 12] = [
    ("us-east-1", 1.0),
    ("us-east-2", 1.0),
    ("us-west-2", 1.0),
    ("us-west-1", 1.17),
    ("eu-west-1", 1.11),
    ("eu-west-2", 1.16),
    ("eu-central-1", 1.2),
    ("eu-north-1", 1.06),
    ("ap-southeast-1", 1.25),
    ("ap-southeast-2", 1.25),
    ("ap-northeast-1", 1.29),
    ("sa-east-1", 1.6),
];

/// What a unit costs; nothing if the table does not say.
pub(super) fn price(what: &str, name: &str) -> f64 {
    PRICES.get(&(what, name)).copied().unwrap_or(0.0)
}

/// How much more things cost in a Region.
pub(super) fn region_factor(region: &str) -> f64 {
    REGIONS.iter().find(|(code, _)| *code == region).map_or(1.15, |(_, factor)| *factor)
}

/// What a machine costs an hour, by the name of its type: `m5.xlarge`, `db.r6g.large`, `cache.t3.micro`.
pub(crate) fn machine(kind: &str) -> f64 {
    let plain = kind.trim_start_matches("db.").trim_start_matches("cache.");
    let (family, size) = plain.split_once('.').unwrap_or((plain, "large"));
    let size = size.split('.').next().unwrap_or(size);
    let known = PRICES.contains_key(&("machine", family));
    let large = price("machine", if known { family } else { "other" });
    large * size_factor(size)
}

/// How many times a machine of size large another size is.
fn size_factor(size: &str) -> f64 {
    let fixed = match size {
        "nano" => Some(0.0625),
        "micro" => Some(0.125),
        "small" => Some(0.25),
        "medium" => Some(0.5),
        "large" => Some(1.0),
        "xlarge" => Some(2.0),
        "metal" => Some(48.0),
        _ => None,
    };
    let many = || size.strip_suffix("xlarge").and_then(|number| number.parse::<f64>().ok());
    fixed.or_else(|| many().map(|number| number * 2.0)).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_multiples_of_large() {
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(machine("m5.large"), 0.096));
        assert!(near(machine("m5.4xlarge"), 0.096 * 8.0));
        assert!(near(machine("db.t3.micro"), 0.0832 / 8.0));
        assert!(near(machine("z9.large"), 0.1));
    }
}
