//! Reads a configuration from where the SDKs read theirs: the `AWS_*` variables, and the profile in the shared files.
//!
//! ```text
//! AWS_ENDPOINT_URL_S3 ─► AWS_ENDPOINT_URL ─► [services …] of the profile ─► endpoint_url of the profile
//! AWS_REGION          ─► region of the profile                 (and so on: a variable wins over the profile)
//! ```
//!
//! The files are parsed by the SDK's own parser. A file that is not there says nothing, and neither does a profile that is
//! not in them: who needs its credentials is told then.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use aws_runtime::env_config::{
    file::{EnvConfigFileKind, EnvConfigFiles},
    property::PropertiesKey,
    section::EnvConfigSections,
    source,
};
use aws_types::os_shim_internal::{Env, Fs};
use futures_util::FutureExt;
use reeve_model::{Value, catalog};

use super::{ChainOptions, ClientConfig, ConfigError, CredentialSource};
use crate::EndpointOverrides;

/// How often the SDKs try a call in the retry modes `standard` and `adaptive`.
const STANDARD_ATTEMPTS: u32 = 3;

const RETRY_MODES: &[&str] = &["legacy", "standard", "adaptive"];
const ACCOUNT_MODES: &[&str] = &["preferred", "disabled", "required"];
const ADDRESSING_STYLES: &[&str] = &["auto", "path", "virtual"];

/// Yes-or-no settings of the endpoint rules: the variable, the profile's key, the rules' name.
const ENDPOINT_FLAGS: &[(&str, &str, &str)] = &[
    ("AWS_S3_USE_ARN_REGION", "s3_use_arn_region", "AWS::S3::UseArnRegion"),
    (
        "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
        "s3_disable_multiregion_access_points",
        "AWS::S3::DisableMultiRegionAccessPoints",
    ),
    (
        "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH",
        "s3_disable_express_session_auth",
        "DisableS3ExpressSessionAuth",
    ),
];

/// Where settings are looked for.
struct Sources {
    variables: BTreeMap<String, String>,
    profile: Option<EnvConfigSections>,
}

/// A setting, and what it is called where it was found.
struct Setting {
    name: String,
    value: String,
}

impl ClientConfig {
    /// The defaults, changed by the profile of this process and by its `AWS_*` variables.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_environment_with(ChainOptions::default())
    }

    /// The same for a certain profile or certain files, which then also hold the credentials.
    pub fn from_environment_with(chain: ChainOptions) -> Result<Self, ConfigError> {
        Self::from_variables_and_files(of_process(), chain)
    }

    /// The defaults, changed by these variables, and by no file.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        read(&Sources { variables: set(variables), profile: None })
    }

    /// The defaults, changed by the profile and by these variables, which also say where the shared files are unless
    /// `chain` does.
    ///
    /// Read are `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE_ID>`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_REGION`,
    /// `AWS_DEFAULT_REGION`, `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`, `AWS_CA_BUNDLE`, `AWS_MAX_ATTEMPTS`,
    /// `AWS_RETRY_MODE`, `AWS_ACCOUNT_ID_ENDPOINT_MODE`, `AWS_SIGV4A_SIGNING_REGION_SET`, `AWS_S3_USE_ARN_REGION`,
    /// `AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS`, `AWS_S3_DISABLE_EXPRESS_SESSION_AUTH` and
    /// `AWS_BEARER_TOKEN_<SIGNING_NAME>`; of the profile the keys of the same names, `services`, and `addressing_style` and
    /// `use_arn_region` under `s3`.
    pub fn from_variables_and_files(
        variables: impl IntoIterator<Item = (String, String)>,
        chain: ChainOptions,
    ) -> Result<Self, ConfigError> {
        let variables = set(variables);
        let profile = sections(&variables, &chain)?;
        let mut config = read(&Sources { variables, profile: Some(profile) })?;
        config.credentials = CredentialSource::Chain(chain);
        Ok(config)
    }
}

/// What the shared files say, as seen by this process.
pub(crate) fn shared_files(chain: &ChainOptions) -> Result<EnvConfigSections, ConfigError> {
    sections(&set(of_process()), chain)
}

fn of_process() -> impl Iterator<Item = (String, String)> {
    // A variable that is not Unicode cannot be one of ours.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The variables that have a value: an empty one counts as unset.
fn set(variables: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    variables.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn read(sources: &Sources) -> Result<ClientConfig, ConfigError> {
    let mut config = ClientConfig::default();
    let ignored = ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];
    if !sources.flag(&ignored, "ignore_configured_endpoint_urls")?.unwrap_or(false) {
        read_endpoints(sources, &mut config);
    }
    let flag = |variable, key| sources.flag(&[variable], key).map(Option::unwrap_or_default);
    config.variant.fips = flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")?;
    config.variant.dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")?;
    config.ca_bundle =
        sources.find(&["AWS_CA_BUNDLE"], "ca_bundle").map(|found| PathBuf::from(found.value));
    if let Some(found) = sources.find(&["AWS_REGION", "AWS_DEFAULT_REGION"], "region") {
        let region = found.value.parse().map_err(|_| found.refuse("a Region"))?;
        config.home_region = Some(region);
    }
    config.sigv4a_regions = sources
        .find(&["AWS_SIGV4A_SIGNING_REGION_SET"], "sigv4a_signing_region_set")
        .map(|found| found.value);
    read_attempts(sources, &mut config)?;
    read_endpoint_settings(sources, &mut config)?;
    config.bearer_tokens = crate::bearer::from_variables(&sources.variables);
    Ok(config)
}

fn read_endpoints(sources: &Sources, config: &mut ClientConfig) {
    config.endpoints.add_variables(&sources.variables);
    if let Some(profile) = &sources.profile {
        let everywhere = profile.get("endpoint_url");
        let mut endpoints = everywhere.map(EndpointOverrides::everywhere).unwrap_or_default();
        for (service_id, url) in profile_services(profile) {
            endpoints.set(&service_id, url);
        }
        config.endpoints.add_profile(endpoints);
    }
}

/// The endpoints in the `[services …]` section that a profile names.
fn profile_services(profile: &EnvConfigSections) -> Vec<(String, String)> {
    let Some(section) = profile.get("services") else { return Vec::new() };
    let url = |service: &str| {
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name(service)
            .sub_property_name("endpoint_url")
            .build();
        profile.other_sections().get(&key.ok()?).cloned()
    };
    let services = catalog().services().filter_map(|service| {
        let id = service.service_id.to_ascii_lowercase();
        // Documented with underscores; some SDKs read hyphens.
        let found = url(&id.replace(' ', "_")).or_else(|| url(&id.replace(' ', "-")))?;
        Some((service.service_id.to_string(), found))
    });
    services.collect()
}

fn read_attempts(sources: &Sources, config: &mut ClientConfig) -> Result<(), ConfigError> {
    let mode = sources.one_of("AWS_RETRY_MODE", "retry_mode", RETRY_MODES)?;
    if mode.is_some_and(|mode| mode != "legacy") {
        config.retry.max_attempts = STANDARD_ATTEMPTS;
    }
    if let Some(found) = sources.find(&["AWS_MAX_ATTEMPTS"], "max_attempts") {
        let attempts = found.value.parse().ok().filter(|attempts| *attempts > 0);
        config.retry.max_attempts =
            attempts.ok_or_else(|| found.refuse("a whole number from 1 up"))?;
    }
    Ok(())
}

fn read_endpoint_settings(sources: &Sources, config: &mut ClientConfig) -> Result<(), ConfigError> {
    let mut settings: BTreeMap<String, Value> = BTreeMap::new();
    if let Some(found) = sources.within_s3("use_arn_region") {
        settings.insert("AWS::S3::UseArnRegion".into(), found.flag()?.into());
    }
    for (variable, key, setting) in ENDPOINT_FLAGS {
        if let Some(flag) = sources.flag(&[variable], key)? {
            settings.insert((*setting).to_owned(), flag.into());
        }
    }
    if let Some(found) = sources.within_s3("addressing_style") {
        let style = found.one_of(ADDRESSING_STYLES)?;
        if style != "auto" {
            settings.insert("AWS::S3::ForcePathStyle".into(), (style == "path").into());
        }
    }
    let (variable, key) = ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode");
    if let Some(mode) = sources.one_of(variable, key, ACCOUNT_MODES)? {
        settings.insert("AWS::Auth::AccountIdEndpointMode".into(), mode.into());
    }
    config.endpoint_settings = settings;
    Ok(())
}

impl Sources {
    /// A setting: the first of these variables that is set, else what the profile says.
    fn find(&self, variables: &[&str], key: &str) -> Option<Setting> {
        let of_variables = variables.iter().find_map(|name| {
            let value = self.variables.get(*name)?;
            Some(Setting { name: (*name).to_owned(), value: value.clone() })
        });
        of_variables.or_else(|| self.of_profile(key))
    }

    fn of_profile(&self, key: &str) -> Option<Setting> {
        let profile = self.profile.as_ref()?;
        let value = profile.get(key).map(str::trim).filter(|value| !value.is_empty())?;
        let name = format!("{key} of profile {}", profile.selected_profile());
        Some(Setting { name, value: value.to_owned() })
    }

    /// A setting from the lines under `s3 =` in the profile.
    fn within_s3(&self, key: &str) -> Option<Setting> {
        let section = self.of_profile("s3")?;
        let mut lines = section.value.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
        let name = section.name.replacen("s3", &format!("s3.{key}"), 1);
        Some(Setting { name, value: value.trim().to_owned() })
    }

    fn flag(&self, variables: &[&str], key: &str) -> Result<Option<bool>, ConfigError> {
        self.find(variables, key).map(|found| found.flag()).transpose()
    }

    fn one_of(
        &self,
        variable: &str,
        key: &str,
        values: &'static [&'static str],
    ) -> Result<Option<&'static str>, ConfigError> {
        self.find(&[variable], key).map(|found| found.one_of(values)).transpose()
    }
}

impl Setting {
    fn flag(&self) -> Result<bool, ConfigError> {
        match self.value.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.refuse("`true` or `false`")),
        }
    }

    fn one_of(&self, values: &'static [&'static str]) -> Result<&'static str, ConfigError> {
        let found = values.iter().find(|value| value.eq_ignore_ascii_case(&self.value));
        let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        found.copied().ok_or_else(|| self.refuse(format!("one of {}", quoted.join(", "))))
    }

    fn refuse(&self, expected: impl Into<String>) -> ConfigError {
        let (name, value) = (self.name.clone(), self.value.clone());
        ConfigError::Value { name, value, expected: expected.into() }
    }
}

/// Reads the shared files, as far as they are there.
fn sections(
    variables: &BTreeMap<String, String>,
    chain: &ChainOptions,
) -> Result<EnvConfigSections, ConfigError> {
    let mut files = EnvConfigFiles::builder();
    let places = [
        (EnvConfigFileKind::Config, &chain.config_file, "AWS_CONFIG_FILE", "~/.aws/config"),
        (
            EnvConfigFileKind::Credentials,
            &chain.credentials_file,
            "AWS_SHARED_CREDENTIALS_FILE",
            "~/.aws/credentials",
        ),
    ];
    for (kind, given, variable, usual) in places {
        let named = given.clone().or_else(|| variables.get(variable).map(PathBuf::from));
        let path = at_home(&named.unwrap_or_else(|| PathBuf::from(usual)), variables);
        // What cannot be read holds no settings; whether it matters, the credential chain says.
        let text = std::fs::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        files = files.with_contents(kind, text.unwrap_or_default());
    }
    let profile = chain.profile.as_ref().or_else(|| variables.get("AWS_PROFILE"));
    let selected: Vec<(&str, &str)> =
        profile.iter().map(|name| ("AWS_PROFILE", name.as_str())).collect();
    let refuse = |reason: String| ConfigError::SharedFiles { reason };
    // All is in memory, so that there is nothing to wait for.
    let source = source::load(&Env::from_slice(&selected), &Fs::real(), &files.build())
        .now_or_never()
        .ok_or_else(|| refuse("they take too long".to_owned()))?
        .map_err(|error| refuse(error.to_string()))?;
    EnvConfigSections::parse(source).map_err(|error| refuse(error.to_string()))
}

/// A path whose `~` is the home folder.
fn at_home(path: &Path, variables: &BTreeMap<String, String>) -> PathBuf {
    let home = variables.get("HOME").or_else(|| variables.get("USERPROFILE"));
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => Path::new(home).join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    fn config(variables: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        ClientConfig::from_variables(owned(variables))
    }

    fn with_profile(file: &str, variables: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        let home = TempDir::new().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/config"), file).unwrap();
        let mut variables = owned(variables);
        variables.push(("HOME".into(), home.path().to_str().unwrap().into()));
        ClientConfig::from_variables_and_files(variables, ChainOptions::default())
    }

    #[test]
    fn the_standard_variables_are_honoured() {
        let config = config(&[
            ("AWS_ENDPOINT_URL", "http://localhost:5000"),
            ("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://localhost:6000"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_MAX_ATTEMPTS", "2"),
            ("AWS_SIGV4A_SIGNING_REGION_SET", "us-east-1,eu-west-1"),
        ])
        .unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), Some("http://localhost:5000"));
        let balancing = config.endpoints.find("Elastic Load Balancing v2", "elbv2");
        assert_eq!(balancing, Some("http://localhost:6000"));
        assert_eq!(config.home_region.unwrap().as_str(), "eu-central-1");
        assert!(config.variant.fips && !config.variant.dual_stack);
        assert_eq!(config.retry.max_attempts, 2);
        assert_eq!(config.sigv4a_regions.as_deref(), Some("us-east-1,eu-west-1"));
    }

    #[test]
    fn configured_endpoints_can_be_ignored() {
        let config = config(&[
            ("AWS_ENDPOINT_URL", "http://localhost:5000"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
        ])
        .unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), None);
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let config = config(&[("AWS_ENDPOINT_URL", ""), ("AWS_REGION", "")]).unwrap();
        assert_eq!(config.endpoints.find("EC2", "ec2"), None);
        assert_eq!(config.home_region, None);
    }

    #[test]
    fn a_setting_with_an_impossible_value_is_named() {
        let message = |name, value| config(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(
            message("AWS_USE_FIPS_ENDPOINT", "yes"),
            "`AWS_USE_FIPS_ENDPOINT`: `yes` is not `true` or `false`"
        );
        assert_eq!(message("AWS_REGION", "Europe"), "`AWS_REGION`: `Europe` is not a Region");
        assert_eq!(
            message("AWS_MAX_ATTEMPTS", "0"),
            "`AWS_MAX_ATTEMPTS`: `0` is not a whole number from 1 up"
        );
        assert_eq!(
            message("AWS_ACCOUNT_ID_ENDPOINT_MODE", "never"),
            "`AWS_ACCOUNT_ID_ENDPOINT_MODE`: `never` is not one of `preferred`, `disabled`, `required`"
        );
        let error = with_profile("[default]\nuse_fips_endpoint = maybe\n", &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`use_fips_endpoint of profile default`: `maybe` is not `true` or `false`"
        );
    }

    const PROFILES: &str = "
[default]
region = eu-north-1
endpoint_url = http://everything

[profile work]
region = eu-west-1
use_dualstack_endpoint = true
retry_mode = adaptive
account_id_endpoint_mode = disabled
services = local
endpoint_url = http://of-work
s3 =
  addressing_style = virtual
  use_arn_region = false

[services local]
s3 =
  endpoint_url = http://storage
elastic_load_balancing_v2 =
  endpoint_url = http://balancers
";

    #[test]
    fn a_profile_says_what_the_variables_do_not() {
        let usual = with_profile(PROFILES, &[]).unwrap();
        assert_eq!(usual.home_region.unwrap().as_str(), "eu-north-1");
        assert_eq!(usual.endpoints.find("EC2", "ec2"), Some("http://everything"));
        assert_eq!(usual.retry.max_attempts, 5);

        let work = with_profile(PROFILES, &[("AWS_PROFILE", "work")]).unwrap();
        assert_eq!(work.home_region.unwrap().as_str(), "eu-west-1");
        assert!(work.variant.dual_stack && !work.variant.fips);
        assert_eq!(work.retry.max_attempts, 3);
        let endpoint = |id, name| work.endpoints.find(id, name);
        assert_eq!(endpoint("S3", "s3"), Some("http://storage"));
        assert_eq!(endpoint("Elastic Load Balancing v2", "elbv2"), Some("http://balancers"));
        assert_eq!(endpoint("EC2", "ec2"), Some("http://of-work"));
        let settings: Vec<_> = work.endpoint_settings.iter().collect();
        assert_eq!(
            settings,
            [
                (&"AWS::Auth::AccountIdEndpointMode".to_owned(), &Value::from("disabled")),
                (&"AWS::S3::ForcePathStyle".to_owned(), &Value::from(false)),
                (&"AWS::S3::UseArnRegion".to_owned(), &Value::from(false)),
            ]
        );
    }

    #[test]
    fn a_variable_wins_over_the_profile() {
        let of_work = ("AWS_PROFILE", "work");
        let config = with_profile(
            PROFILES,
            &[of_work, ("AWS_REGION", "us-west-2"), ("AWS_ENDPOINT_URL_S3", "http://mine")],
        )
        .unwrap();
        assert_eq!(config.home_region.unwrap().as_str(), "us-west-2");
        assert_eq!(config.endpoints.find("S3", "s3"), Some("http://mine"));
        assert_eq!(config.endpoints.find("EC2", "ec2"), Some("http://of-work"));

        // Even the variable for everything wins over a service of its own in the profile, as in the SDKs.
        let config = with_profile(PROFILES, &[of_work, ("AWS_ENDPOINT_URL", "http://all")]);
        assert_eq!(config.unwrap().endpoints.find("S3", "s3"), Some("http://all"));
    }

    #[test]
    fn files_that_are_not_there_say_nothing() {
        let variables = owned(&[("HOME", "/nowhere"), ("AWS_PROFILE", "work")]);
        let config =
            ClientConfig::from_variables_and_files(variables, ChainOptions::default()).unwrap();
        assert_eq!(config.home_region, None);
    }

    #[test]
    fn files_that_cannot_be_parsed_are_refused() {
        let error = with_profile("[default\nregion = x", &[]).unwrap_err();
        assert!(error.to_string().starts_with("the shared configuration files"), "{error}");
    }
}
