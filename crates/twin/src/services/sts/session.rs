//! Sessions of users: with a second factor, or on behalf of others.

use std::sync::Arc;

use super::{calling_user, check_seconds, check_session_name, mint, session, session_policies};
use crate::{
    call::{Answer, Call},
    directory::{Caller, Identity},
    failure::Failure,
    services::iam::{common::inner_texts, kinds::USER},
    tagging,
    value::value,
    world::World,
};

const SHORTEST: i64 = 900;
const LONGEST: i64 = 129_600;
const USUAL: i64 = 43_200;
const LONGEST_OF_ROOT: i64 = 3600;

pub(super) fn get_session_token(call: &Call, world: &mut World) -> Answer {
    let user = calling_user(call, "GetSessionToken")?;
    let seconds = call.integer("DurationSeconds").unwrap_or(USUAL);
    check_seconds(call, ("durationSeconds", seconds), SHORTEST, LONGEST)?;
    let is_root = call.caller.identity == Identity::Root;
    let seconds = if is_root { seconds.min(LONGEST_OF_ROOT) } else { seconds };
    let mut begun = session(call);
    if let Some(serial) = call.text("SerialNumber") {
        let devices = call.find(world, &USER, &user).map(|user| inner_texts(user, "Devices"));
        let has_device = devices.unwrap_or_default().iter().any(|known| known == serial);
        let code = call.text("TokenCode").unwrap_or_default();
        let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        if !has_device || !is_code {
            let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
            return Err(Failure::new("AccessDenied", message).with_status(403));
        }
        begun.has_second_factor = true;
    }
    let caller = Caller { session: Some(Arc::new(begun)), is_session: true, ..call.caller.clone() };
    let credentials = mint(call, world, caller, seconds);
    Ok(value!({"Credentials": (credentials)}))
}

pub(super) fn get_federation_token(call: &Call, world: &mut World) -> Answer {
    let user = calling_user(call, "GetFederationToken")?;
    let name = call.required("Name")?;
    check_session_name(call, "name", name)?;
    let seconds = call.integer("DurationSeconds").unwrap_or(USUAL);
    check_seconds(call, ("durationSeconds", seconds), SHORTEST, LONGEST)?;
    let tags = tagging::listed(call, "Tags");
    tagging::check(call, &tags)?;
    let mut begun = session(call);
    begun.policies = session_policies(call, world, call.account())?;
    begun.tags = tags.into_iter().collect();
    let account = call.account();
    let (arn, id) =
        (format!("arn:aws:sts::{account}:federated-user/{name}"), format!("{account}:{name}"));
    let caller = Caller {
        account: account.clone(),
        arn: arn.clone(),
        user_id: id.clone(),
        source_identity: None,
        is_session: true,
        invoked_by: None,
        identity: Identity::Federated(user),
        access_key_id: String::new(),
        session: Some(Arc::new(begun)),
    };
    let credentials = mint(call, world, caller, seconds);
    Ok(value!({
        "Credentials": (credentials),
        "FederatedUser": {"FederatedUserId": (id), "Arn": (arn)},
        "PackedPolicySize": 6,
    }))
}
