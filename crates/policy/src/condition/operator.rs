//! The operators of conditions, by their names.

/// An operator with what its name says around the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) comparison: Comparison,
    pub(crate) is_negated: bool,
    pub(crate) if_exists: bool,
    pub(crate) quantifier: Quantifier,
}

/// How keys with several values are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    None,
    ForAll,
    ForAny,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    Arn,
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

impl Order {
    fn named(name: &str) -> Option<Self> {
        match name {
            "Equals" => Some(Self::Equals),
            "LessThan" => Some(Self::LessThan),
            "LessThanEquals" => Some(Self::LessThanEquals),
            "GreaterThan" => Some(Self::GreaterThan),
            "GreaterThanEquals" => Some(Self::GreaterThanEquals),
            _ => None,
        }
    }

    /// Whether `found` stands so to `wanted`.
    pub(crate) fn holds<T: PartialOrd>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equals => found == wanted,
            Self::LessThan => found < wanted,
            Self::LessThanEquals => found <= wanted,
            Self::GreaterThan => found > wanted,
            Self::GreaterThanEquals => found >= wanted,
        }
    }
}

impl Operator {
    /// The operator of this name, such as `ForAnyValue:StringNotLikeIfExists`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (quantifier, name) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Quantifier::ForAll, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Quantifier::ForAny, rest)
        } else {
            (Quantifier::None, name)
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let (comparison, is_negated) = comparison(name)?;
        // Whether a key exists cannot depend on whether it exists.
        let is_plain = quantifier == Quantifier::None && !if_exists;
        (comparison != Comparison::Null || is_plain).then_some(Self {
            comparison,
            is_negated,
            if_exists,
            quantifier,
        })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::StringEquals, false),
        "StringNotEquals" => (Comparison::StringEquals, true),
        "StringEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, true),
        "StringLike" => (Comparison::StringLike, false),
        "StringNotLike" => (Comparison::StringLike, true),
        "Bool" => (Comparison::Bool, false),
        "BinaryEquals" => (Comparison::Binary, false),
        "IpAddress" => (Comparison::IpAddress, false),
        "NotIpAddress" => (Comparison::IpAddress, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Null" => (Comparison::Null, false),
        "NumericNotEquals" => (Comparison::Numeric(Order::Equals), true),
        "DateNotEquals" => (Comparison::Date(Order::Equals), true),
        _ => {
            if let Some(order) = name.strip_prefix("Numeric") {
                (Comparison::Numeric(Order::named(order)?), false)
            } else {
                (Comparison::Date(Order::named(name.strip_prefix("Date")?)?), false)
            }
        }
    })
}
