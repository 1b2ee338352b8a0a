//! The environment of a script: whom it acts as and where, and nothing else of ours.

use std::{ffi::OsString, fmt, path::Path};

/// What a script acts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptEnvironment {
    /// The Region that its clients call unless they name another.
    pub region: String,
    /// Whom it acts as. Without, its calls of AWS fail: nothing else is found in its place.
    pub credentials: Option<Credentials>,
    /// Where its calls go instead of AWS.
    pub endpoint_url: Option<String>,
}

/// Credentials of the role that the step runs as.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// The token of the session, if it is one.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(****)")
    }
}

impl ScriptEnvironment {
    /// All variables of the script's process. What is not among them is not passed on.
    pub(crate) fn variables(&self, folder: &Path) -> Vec<(&'static str, OsString)> {
        let inherited = |name: &str, otherwise: &str| {
            std::env::var_os(name).unwrap_or_else(|| OsString::from(otherwise))
        };
        let mut variables: Vec<(&str, OsString)> = vec![
            ("PATH", inherited("PATH", "/usr/local/bin:/usr/bin:/bin")),
            ("LANG", inherited("LANG", "C.UTF-8")),
            ("HOME", folder.into()),
            ("TMPDIR", folder.into()),
            ("AWS_REGION", self.region.clone().into()),
            ("AWS_DEFAULT_REGION", self.region.clone().into()),
            // No other identity is to be found: not the machine's, not that of a profile.
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", "/dev/null".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ];
        if let Some(credentials) = &self.credentials {
            variables.push(("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone().into()));
            variables.push(("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone().into()));
            if let Some(token) = &credentials.session_token {
                variables.push(("AWS_SESSION_TOKEN", token.clone().into()));
            }
        }
        if let Some(url) = &self.endpoint_url {
            variables.push(("AWS_ENDPOINT_URL", url.clone().into()));
        }
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_printed() {
        let environment = ScriptEnvironment {
            region: "eu-central-1".into(),
            credentials: Some(Credentials {
                access_key_id: "AKIDEXAMPLE".into(),
                secret_access_key: "wJalrXUtnFEMI".into(),
                session_token: None,
            }),
            endpoint_url: None,
        };
        let printed = format!("{environment:?}");
        assert!(!printed.contains("AKID") && !printed.contains("wJal"), "{printed}");
    }
}
