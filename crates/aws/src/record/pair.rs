//! What one file of a recording says.
//!
//! These types are the file's form and nothing else. People read, compare and keep the files in git, so bodies are
//! JSON or text where they are, and absent where they are empty.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// One attempt of a call: what was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) version: u32,
    /// When the request was sent.
    pub(super) time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) account: Option<String>,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) request: Request,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// A request as far as it is the same wherever it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query, without host.
    pub(super) uri: String,
    pub(super) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Body::is_empty", default)]
    pub(super) body: Body,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// With an answer.
    Response(Response),
    /// Without one.
    Failure(Failure),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Body::is_empty", default)]
    pub(super) body: Body,
    /// Whoever read the body stopped before its end.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(super) cut_off: bool,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub(super) reason: String,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FailureKind {
    /// No connection was made.
    Connect,
    /// The connection was lost.
    Lost,
    /// No answer came in time.
    TimedOut,
    /// What was to be sent could not be read.
    Source,
}

/// A body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Body {
    /// There is none.
    #[default]
    Empty,
    /// JSON that was written without spaces, and is so again.
    Json(serde_json::Value),
    /// Any other text.
    Text(String),
    /// Bytes that are no text.
    Base64(String),
    /// It was not recorded; this is why.
    Omitted(String),
}

impl Body {
    /// The body that says the same in the most readable way.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::Base64(STANDARD.encode(bytes));
        };
        if text.is_empty() {
            return Self::Empty;
        }
        // Only what comes out again letter by letter is taken as JSON: signatures and checksums are of letters.
        if text.starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str::<serde_json::Value>(text)
            && is_written(&json, text)
        {
            return Self::Json(json);
        }
        Self::Text(text.to_owned())
    }

    /// The bytes, or why there are none.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Empty => Ok(Vec::new()),
            Self::Json(json) => Ok(json.to_string().into_bytes()),
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Base64(text) => {
                STANDARD.decode(text).map_err(|error| format!("its body is not base64: {error}"))
            }
            Self::Omitted(reason) => Err(reason.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

fn is_written(json: &serde_json::Value, text: &str) -> bool {
    let written = json.to_string();
    written == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_written_in_the_most_readable_way_that_brings_back_its_bytes() {
        for (bytes, expected) in [
            (&b""[..], Body::Empty),
            (b"{\"b\":1,\"a\":[2.5]}", Body::Json(serde_json::json!({"b": 1, "a": [2.5]}))),
            (b"{\"a\": 1}", Body::Text("{\"a\": 1}".into())),
            (b"{\"a\":1.0e2}", Body::Text("{\"a\":1.0e2}".into())),
            (b"Action=List&Version=1", Body::Text("Action=List&Version=1".into())),
            (b"\xff\x00", Body::Base64("/wA=".into())),
        ] {
            let body = Body::of(bytes);
            assert_eq!(body, expected);
            assert_eq!(body.bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn a_pair_is_readable_and_comes_back_as_it_was() {
        let pair = Pair {
            version: VERSION,
            time: "2026-03-01T09:00:00Z".parse().unwrap(),
            account: Some("111122223333".into()),
            region: "eu-west-1".into(),
            service: "dynamodb".into(),
            operation: "ListTables".into(),
            request: Request {
                method: "POST".into(),
                uri: "/".into(),
                headers: BTreeMap::from([(
                    "content-type".into(),
                    "application/x-amz-json-1.0".into(),
                )]),
                body: Body::of(b"{\"Limit\":2}"),
            },
            outcome: Outcome::Failure(Failure { kind: FailureKind::Lost, reason: "reset".into() }),
        };
        let text = serde_json::to_string_pretty(&pair).unwrap();
        assert_eq!(serde_json::from_str::<Pair>(&text).unwrap(), pair);
        insta::assert_snapshot!(text, @r#"
        {
          "version": 1,
          "time": "2026-03-01T09:00:00Z",
          "account": "111122223333",
          "region": "eu-west-1",
          "service": "dynamodb",
          "operation": "ListTables",
          "request": {
            "method": "POST",
            "uri": "/",
            "headers": {
              "content-type": "application/x-amz-json-1.0"
            },
            "body": {
              "json": {
                "Limit": 2
              }
            }
          },
          "failure": {
            "kind": "lost",
            "reason": "reset"
          }
        }
        "#);
    }
}
