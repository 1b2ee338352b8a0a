//! The names that say that something is secret where no model says so.
//!
//! Found by comparing the names of all members of all models with what the models mark. A name is here if nothing that
//! bears it is worth keeping; the others stand with the structure that makes them secret. Letters are compared whatever
//! their case.

use crate::{Object, Value};

/// Members, and keys of maps, whose texts are secret wherever they are.
const NAMES: &[&str] = &[
    "accesstoken",
    "activationcode",
    "apitoken",
    "authcode",
    "authenticationcode1",
    "authenticationcode2",
    "authkey",
    "authorizationcode",
    "authorizationtoken",
    "authorizedurl",
    "authtoken",
    "bearertoken",
    "cak",
    "consoledeeplink",
    "dashstreamingsessionurl",
    "devicetoken",
    "embedurl",
    "hectoken",
    "hlsstreamingsessionurl",
    "idtoken",
    "keymaterial",
    "onetimepassword",
    "otp",
    "passworddata",
    "personalpin",
    "plaintext",
    "platformcredential",
    "presharedkey",
    "privatekeybase64",
    "privatekeyplaintext",
    "refreshtoken",
    "samlassertion",
    "secretaccesskey",
    "secretbinary",
    "secretstring",
    "secrettoken",
    "sessiontoken",
    "signedbiurl",
    "signedtoken",
    "signinurl",
    "streamingurl",
    "tokencode",
    "tokenvalue",
    "unlockcode",
    "userdata",
    "userdataoverride",
    "webidentitytoken",
];

/// What ends the names of secrets: `MasterUserPassword`, `oauthClientSecret`.
const ENDINGS: &[&str] =
    &["password", "passphrase", "privatekey", "clientsecret", "sharedsecret", "signedurl"];

/// Names that end like secrets and are none: files, and ids of keys.
const HARMLESS: &[&str] = &["removeprivatekey"];

/// Members that are secret in their structure. `*` stands for every structure of the service.
const MEMBERS: &[(&str, &str, &str)] = &[
    ("cloudformation", "Parameter", "ParameterValue"),
    ("cloudformation", "Parameter", "ResolvedValue"),
    ("codebuild", "Webhook", "secret"),
    ("cognito-identity", "GetOpenIdTokenForDeveloperIdentityResponse", "Token"),
    ("cognito-identity", "GetOpenIdTokenResponse", "Token"),
    ("cognito-sync", "RegisterDeviceRequest", "Token"),
    ("dataexchange", "*", "ApiKey"),
    ("eks", "License", "token"),
    ("elasticbeanstalk", "ConfigurationOptionSetting", "Value"),
    ("evs", "GetDepotUrlResponse", "token"),
    ("gamelift", "InstanceCredentials", "Secret"),
    ("kendra", "UserContext", "Token"),
    ("license-manager", "CreateTokenResponse", "Token"),
    ("license-manager", "GetAccessTokenRequest", "Token"),
    ("medialive", "HlsAkamaiSettings", "Token"),
    ("pinpoint", "*", "ApiKey"),
    ("pinpoint", "*", "Credential"),
    ("pinpoint", "*", "SecretKey"),
    ("pinpoint", "*", "TokenKey"),
    ("securitylake", "HttpsNotificationConfiguration", "authorizationApiKeyValue"),
    ("sns", "CreatePlatformEndpointInput", "Token"),
    ("sso", "RoleCredentials", "accessKeyId"),
    ("wafv2", "*", "APIKey"),
];

/// Variables for programs: maps of texts, or lists of names with values.
const ENVIRONMENTS: &[&str] = &[
    "additionalenvironmentvariables",
    "containerenvironmentvariables",
    "environment",
    "environmentoverride",
    "environmentvariables",
    "environmentvariablesoverride",
    "envvars",
    "exportedenvironmentvariables",
    "optimizationenvironment",
    "overrideenvironment",
    "variables",
];

/// Tokens that lead to the next page.
const PAGE_TOKENS: &[&str] = &[
    "continuationtoken",
    "marker",
    "nextmarker",
    "nextpagetoken",
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "startingtoken",
];

pub(super) fn is_secret(name: &str) -> bool {
    (is_one_of(NAMES, name) || ENDINGS.iter().any(|ending| ends_with(name, ending)))
        && !is_one_of(HARMLESS, name)
}

pub(super) fn is_secret_in(service: &str, structure: &str, name: &str) -> bool {
    MEMBERS.iter().any(|(of, within, member)| {
        *of == service && (*within == "*" || *within == structure) && *member == name
    })
}

pub(super) fn is_environment(name: &str) -> bool {
    is_one_of(ENVIRONMENTS, name)
}

pub(super) fn is_page_token(name: &str) -> bool {
    is_one_of(PAGE_TOKENS, name)
}

/// Until when credentials hold is of use to whoever replays them, and to nobody else.
pub(super) fn is_expiry(name: &str) -> bool {
    ["expiration", "expiry", "expiresat", "expiresin"].iter().any(|ending| ends_with(name, ending))
}

/// Whether these are the keys of a session. A key's id is no secret, but a session's is of no use to anybody later, and
/// tells who was where.
pub(super) fn is_session(object: &Object) -> bool {
    let has = |wanted: &str| {
        object.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(wanted) && matches!(value, Value::String(_))
        })
    };
    has("SessionToken") && object.names().any(|name| is_key_id(name))
}

pub(super) fn is_key_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("AccessKeyId")
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}

fn ends_with(name: &str, ending: &str) -> bool {
    let start = name.len().checked_sub(ending.len());
    let end = start.and_then(|start| name.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
}
