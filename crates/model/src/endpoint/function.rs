//! The functions that endpoint rules call.

use std::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Object, Value, endpoint::Partitions};

/// What `uriEncode` leaves as it is, besides letters and digits.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A function that endpoint rules call. (`getAttr` is none of them: its path is read with the rules.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    IsSet,
    Not,
    BooleanEquals,
    StringEquals,
    Substring,
    UriEncode,
    ParseUrl,
    IsValidHostLabel,
    Coalesce,
    Split,
    IfThenElse,
    Partition,
    ParseArn,
    IsVirtualHostableBucket,
}

impl Function {
    /// Reads the name in the rules.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "isSet" => Self::IsSet,
            "not" => Self::Not,
            "booleanEquals" => Self::BooleanEquals,
            "stringEquals" => Self::StringEquals,
            "substring" => Self::Substring,
            "uriEncode" => Self::UriEncode,
            "parseURL" => Self::ParseUrl,
            "isValidHostLabel" => Self::IsValidHostLabel,
            "coalesce" => Self::Coalesce,
            "split" => Self::Split,
            "ite" => Self::IfThenElse,
            "aws.partition" => Self::Partition,
            "aws.parseArn" => Self::ParseArn,
            "aws.isVirtualHostableS3Bucket" => Self::IsVirtualHostableBucket,
            _ => return None,
        })
    }

    /// Calls the function. No value means what null means to rules: a condition that does not hold.
    pub(super) fn call(
        self,
        arguments: &[Option<Value>],
        partitions: &Partitions,
    ) -> Option<Value> {
        let argument = |at: usize| arguments.get(at)?.as_ref();
        let text = |at: usize| argument(at)?.as_str();
        let truth = |at: usize| argument(at)?.as_bool();
        let number = |at: usize| usize::try_from(argument(at)?.as_i64()?).ok();
        match self {
            Self::IsSet => Some(argument(0).is_some().into()),
            Self::Not => Some((!truth(0).unwrap_or(false)).into()),
            Self::BooleanEquals => Some((truth(0)? == truth(1)?).into()),
            Self::StringEquals => Some((text(0)? == text(1)?).into()),
            Self::Substring => {
                substring(text(0)?, number(1)?, number(2)?, truth(3)?).map(Value::from)
            }
            Self::UriEncode => Some(utf8_percent_encode(text(0)?, UNRESERVED).to_string().into()),
            Self::ParseUrl => parse_url(text(0)?),
            Self::IsValidHostLabel => Some(is_host_name(text(0)?, truth(1)?).into()),
            Self::Coalesce => arguments.iter().flatten().next().cloned(),
            Self::Split => split(text(0)?, text(1)?, number(2)?),
            Self::IfThenElse => argument(if truth(0)? { 1 } else { 2 }).cloned(),
            Self::Partition => Some(partitions.of_region(text(0)?)?.outputs().clone()),
            Self::ParseArn => parse_arn(text(0)?),
            Self::IsVirtualHostableBucket => Some(is_virtual_hostable(text(0)?, truth(1)?).into()),
        }
    }
}

fn substring(text: &str, start: usize, stop: usize, reverse: bool) -> Option<&str> {
    if start >= stop || text.len() < stop || !text.is_ascii() {
        return None;
    }
    let range = if reverse { text.len() - stop..text.len() - start } else { start..stop };
    text.get(range)
}

fn split(text: &str, delimiter: &str, limit: usize) -> Option<Value> {
    if delimiter.is_empty() {
        return None;
    }
    let limit = if limit == 0 { usize::MAX } else { limit };
    Some(text.splitn(limit, delimiter).map(Value::from).collect())
}

fn parse_url(text: &str) -> Option<Value> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.contains(['?', '#']) {
        return None;
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, ""),
    };
    let host = host(authority)?;
    let is_ip = host.parse::<Ipv4Addr>().is_ok()
        || host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']')?.parse::<Ipv6Addr>().ok())
            .is_some();
    let normalized = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    Some(Value::from_iter([
        ("scheme", Value::from(scheme)),
        ("authority", authority.into()),
        ("path", path.into()),
        ("normalizedPath", normalized.into()),
        ("isIp", is_ip.into()),
    ]))
}

/// The host of an authority; nothing if there is none, or if what follows it is no port.
fn host(authority: &str) -> Option<&str> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    (!host.is_empty()).then_some(host)
}

fn is_host_name(text: &str, several_labels: bool) -> bool {
    if several_labels { text.split('.').all(is_host_label) } else { is_host_label(text) }
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_virtual_hostable(bucket: &str, several_labels: bool) -> bool {
    bucket.len() >= 3
        && !bucket.bytes().any(|byte| byte.is_ascii_uppercase())
        && bucket.parse::<Ipv4Addr>().is_err()
        && is_host_name(bucket, several_labels)
}

fn parse_arn(text: &str) -> Option<Value> {
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next();
    let (prefix, partition, service, region, account, resource) =
        (part()?, part()?, part()?, part()?, part()?, part()?);
    if prefix != "arn" || partition.is_empty() || service.is_empty() || resource.is_empty() {
        return None;
    }
    let resource_id: Value = resource.split([':', '/']).map(Value::from).collect();
    Some(Value::Object(Object::from_iter([
        ("partition", Value::from(partition)),
        ("service", service.into()),
        ("region", region.into()),
        ("accountId", account.into()),
        ("resourceId", resource_id),
    ])))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::catalog;

    fn check(function: &str, arguments: &Json, expected: &Json) {
        let arguments: Vec<Option<Value>> = arguments
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| Some(Value::from_json(argument)).filter(|value| !value.is_null()))
            .collect();
        let partitions = catalog().partitions().unwrap();
        let found = Function::from_name(function).unwrap().call(&arguments, &partitions);
        assert_eq!(
            found.map_or(Json::Null, |found| found.to_json()),
            *expected,
            "{function} {arguments:?}"
        );
    }

    #[test]
    fn a_substring_counts_from_either_end_and_is_nothing_where_the_text_is_too_short() {
        check("substring", &json!(["abcdefg", 0, 4, false]), &json!("abcd"));
        check("substring", &json!(["abcdefg", 0, 4, true]), &json!("defg"));
        check("substring", &json!(["abc", 0, 4, false]), &json!(null));
        check("substring", &json!(["abc", 2, 2, false]), &json!(null));
        check("substring", &json!(["äbcdefg", 0, 4, false]), &json!(null));
    }

    #[test]
    fn a_url_is_taken_apart_and_refused_with_a_query_or_another_scheme() {
        check(
            "parseURL",
            &json!(["https://127.0.0.1:8443/base"]),
            &json!({
                "scheme": "https", "authority": "127.0.0.1:8443", "path": "/base", "normalizedPath": "/base/",
                "isIp": true,
            }),
        );
        check(
            "parseURL",
            &json!(["http://[::1]"]),
            &json!({"scheme": "http", "authority": "[::1]", "path": "", "normalizedPath": "/", "isIp": true}),
        );
        for wrong in [
            "https://example.com?a=b",
            "ftp://example.com",
            "example.com",
            "https://",
            "https://a:b",
        ] {
            check("parseURL", &json!([wrong]), &json!(null));
        }
    }

    #[test]
    fn an_arn_needs_its_six_parts() {
        check(
            "aws.parseArn",
            &json!(["arn:aws:s3:us-west-2:123456789012:accesspoint/x:y"]),
            &json!({
                "partition": "aws", "service": "s3", "region": "us-west-2", "accountId": "123456789012",
                "resourceId": ["accesspoint", "x", "y"],
            }),
        );
        for wrong in ["arn:aws:s3:::", "arn:aws:s3::x", "urn:aws:s3:::x", "x"] {
            check("aws.parseArn", &json!([wrong]), &json!(null));
        }
    }

    #[test]
    fn a_bucket_can_be_a_host_if_it_is_a_lower_case_label_and_no_address() {
        for (bucket, dots, expected) in [
            ("my-bucket", false, true),
            ("my.bucket", false, false),
            ("my.bucket", true, true),
            ("My-bucket", false, false),
            ("ab", false, false),
            ("192.168.1.1", true, false),
            ("-bucket", false, false),
            ("my..bucket", true, false),
        ] {
            check("aws.isVirtualHostableS3Bucket", &json!([bucket, dots]), &json!(expected));
        }
    }

    #[test]
    fn what_is_absent_can_be_asked_for_and_stands_in_no_comparison() {
        check("isSet", &json!([null]), &json!(false));
        check("isSet", &json!([""]), &json!(true));
        check("not", &json!([null]), &json!(true));
        check("stringEquals", &json!([null, "a"]), &json!(null));
        check("coalesce", &json!([null, "a", "b"]), &json!("a"));
        check("ite", &json!([false, "a", "b"]), &json!("b"));
        check("split", &json!(["a--b--c", "--", 2]), &json!(["a", "b--c"]));
        check("uriEncode", &json!(["a b/~ü"]), &json!("a%20b%2F~%C3%BC"));
    }
}
