//! Refusals in each service's words.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reeve_policy::{Decision, Request};
use serde_json::json;

use crate::{call::Call, dialect::Dialect, failure::Failure};

/// The refusal of a call for a decision that is not to allow it.
pub(crate) fn of(call: &Call, request: &Request<'_>, decision: &Decision<'_>) -> Failure {
    let message = decision.message(request).unwrap_or_default();
    match (call.service.dialect, call.service.model) {
        (Dialect::Ec2, _) => {
            let encoded = encode(request, decision);
            Failure::new(
                "UnauthorizedOperation",
                format!(
                    "You are not authorized to perform this operation. {message}. Encoded authorization failure \
                     message: {encoded}"
                ),
            )
            .with_status(403)
        }
        (_, "sns") => Failure::new("AuthorizationError", message).with_status(403),
        (Dialect::Query | Dialect::S3, _) | (_, "sqs") => {
            Failure::new("AccessDenied", message).with_status(403)
        }
        (Dialect::Json, _) => Failure::new("AccessDeniedException", message),
        (Dialect::RestJson, _) => Failure::new("AccessDeniedException", message).with_status(403),
    }
}

/// What `sts:DecodeAuthorizationMessage` gives back, written so that it needs no memory.
fn encode(request: &Request<'_>, decision: &Decision<'_>) -> String {
    let is_explicit = matches!(decision, Decision::ExplicitDeny { .. });
    let statements = match decision {
        Decision::ExplicitDeny { statement, .. } => {
            json!([{"statementId": statement.sid().unwrap_or_default(), "effect": "DENY"}])
        }
        _ => json!([]),
    };
    let told = json!({
        "allowed": false,
        "explicitDeny": is_explicit,
        "matchedStatements": {"items": statements},
        "failures": {"items": []},
        "context": {
            "principal": {"arn": request.caller.name()},
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": []},
        },
    });
    URL_SAFE_NO_PAD.encode(told.to_string())
}

/// What an encoded message says; nothing if it is none.
pub(crate) fn decode(encoded: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    serde_json::from_str::<serde_json::Value>(&text).ok()?;
    Some(text)
}
