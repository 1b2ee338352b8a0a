//! What precedes the host name, such as an account's id.

use crate::{
    Operation, Service, Value,
    codec::{
        error::EncodeError,
        path::{AtPath, ValuePath},
    },
    schema::Structure,
};

/// Fills the labels of an operation's host prefix.
pub(super) fn expand_prefix(
    service: &Service,
    operation: &Operation,
    input: &Value,
) -> Result<Option<String>, EncodeError> {
    let template = operation.host_prefix.as_ref();
    // S3 Control's endpoint rules put the account into the host name themselves.
    let template = template.filter(|_| &*service.metadata().service_id != "S3 Control");
    let Some(template) = template else { return Ok(None) };
    let structure = operation.input.as_ref().and_then(|input| service.structure(input.shape));
    let members = structure.into_iter().flat_map(Structure::members);
    let mut prefix = template.to_string();
    for member in members.filter(|member| member.flags.host_label) {
        let label = format!("{{{}}}", member.name);
        if !prefix.contains(&label) {
            continue;
        }
        let value = input.get(&member.name).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| EncodeError::Missing {
            path: ValuePath::member(&member.name),
            part: "host name",
        })?;
        let text = value.as_str().ok_or_else(|| {
            EncodeError::mismatch("a string", value.kind()).in_member(&member.name)
        })?;
        let is_valid =
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        if text.is_empty() || !is_valid {
            let path = ValuePath::member(&member.name);
            return Err(EncodeError::InvalidHostLabel { path, text: text.to_owned() });
        }
        prefix = prefix.replace(&label, text);
    }
    Ok(Some(prefix))
}
