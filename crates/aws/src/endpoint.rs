//! Where requests go: AWS's own endpoints, or those that stand in for them.

use std::{collections::BTreeMap, sync::Arc};

use reeve_model::{Endpoint, EndpointParameters, Operation, Service, Value, resolve_endpoint};
use reeve_types::Region;

use crate::{Target, client::Inner, credentials::Identity, endpoint_cache::EndpointKey};

const PREFIX: &str = "AWS_ENDPOINT_URL_";

/// Settings for an endpoint that stands in for S3's own: it seldom has a host name for each bucket (the AWS CLI does the
/// same), and seldom sessions for directory buckets.
const STAND_IN: &[&str] = &["AWS::S3::ForcePathStyle", "DisableS3ExpressSessionAuth"];

/// What is to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Purpose<'a> {
    pub(crate) service: &'a Service,
    pub(crate) operation: &'a Operation,
    pub(crate) input: &'a Value,
    pub(crate) region: &'a Region,
}

/// Endpoints to call instead of AWS's own: one for everything, one for a service, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointOverrides {
    /// Called for every service that has none of its own.
    pub everywhere: Option<String>,
    services: BTreeMap<String, String>,
    // What a profile says holds only where nothing else is said.
    profile: Option<Box<EndpointOverrides>>,
}

impl EndpointOverrides {
    /// The same endpoint for every service, as `--endpoint-url` says.
    pub fn everywhere(url: impl Into<String>) -> Self {
        Self { everywhere: Some(url.into()), ..Self::default() }
    }

    /// Adds what `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE_ID>` say.
    pub(crate) fn add_variables(&mut self, variables: &BTreeMap<String, String>) {
        self.everywhere = variables.get("AWS_ENDPOINT_URL").cloned();
        for (name, url) in variables {
            if let Some(service) = name.strip_prefix(PREFIX) {
                self.set(service, url);
            }
        }
    }

    /// Adds what a profile says, behind everything else.
    pub(crate) fn add_profile(&mut self, profile: Self) {
        self.profile = Some(Box::new(profile));
    }

    /// Sets the endpoint of one service, by its service id (`Elastic Load Balancing v2`) or its name (`elbv2`).
    pub fn set(&mut self, service: &str, url: impl Into<String>) {
        self.services.insert(normalise(service), url.into());
    }

    /// The endpoint that stands in for a service's own.
    pub fn find(&self, service_id: &str, name: &str) -> Option<&str> {
        self.of_service(service_id, name)
            .or(self.everywhere.as_deref())
            .or_else(|| self.profile.as_ref()?.find(service_id, name))
    }

    fn of_service(&self, service_id: &str, name: &str) -> Option<&str> {
        if self.services.is_empty() {
            return None;
        }
        let own = self.services.get(&normalise(service_id));
        own.or_else(|| self.services.get(&normalise(name))).map(String::as_str)
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        let layers = [Some(self), self.profile.as_deref()].into_iter().flatten();
        let urls = layers.flat_map(|layer| layer.everywhere.iter().chain(layer.services.values()));
        urls.map(String::as_str)
    }
}

impl Inner {
    /// Where a request goes, and whether that was configured to stand in for AWS's own endpoint.
    pub(crate) async fn endpoint(
        &self,
        purpose: Purpose<'_>,
        (target, identity): (&Target, &Identity),
    ) -> Result<(Arc<Endpoint>, bool), String> {
        let Purpose { service, operation, input, region } = purpose;
        let configured = self.config.endpoints.find(&service.metadata().service_id, service.name());
        let is_configured = configured.is_some();
        let account = self.account_for_endpoint(service, (target, identity), is_configured).await;
        let key = EndpointKey::of((service, operation), input, region, account.as_deref());
        if let Some(found) = key.as_ref().and_then(|key| self.endpoints.get(key)) {
            return Ok((found, is_configured));
        }
        let parameters = self.endpoint_parameters(region, configured, account);
        let endpoint = resolve_endpoint(service, operation, input, &parameters)
            .map_err(|error| error.to_string())?;
        let endpoint = Arc::new(endpoint);
        if let Some(key) = key {
            self.endpoints.put(key, Arc::clone(&endpoint));
        }
        Ok((endpoint, is_configured))
    }

    fn endpoint_parameters(
        &self,
        region: &Region,
        configured: Option<&str>,
        account_id: Option<String>,
    ) -> EndpointParameters {
        let config = &self.config;
        let mut settings = config.endpoint_settings.clone();
        if configured.is_some() {
            for setting in STAND_IN {
                settings.entry((*setting).to_owned()).or_insert_with(|| true.into());
            }
        }
        EndpointParameters {
            region: region.to_string(),
            use_fips: config.variant.fips,
            use_dual_stack: config.variant.dual_stack,
            endpoint: configured.map(ToOwned::to_owned),
            account_id,
            settings,
        }
    }
}

/// A service id as the variables spell it: `Elastic Load Balancing v2` is `ELASTIC_LOAD_BALANCING_V2`.
fn normalise(service: &str) -> String {
    service
        .chars()
        .map(
            |letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_its_own_comes_before_the_endpoint_for_everything() {
        let mut overrides = EndpointOverrides::everywhere("http://all");
        overrides.set("s3", "http://storage");
        overrides.set("Elastic Load Balancing v2", "http://balancers");
        assert_eq!(overrides.find("S3", "s3"), Some("http://storage"));
        assert_eq!(overrides.find("Elastic Load Balancing v2", "elbv2"), Some("http://balancers"));
        assert_eq!(overrides.find("EC2", "ec2"), Some("http://all"));
    }

    #[test]
    fn what_a_profile_says_comes_behind_everything_else() {
        let mut profile = EndpointOverrides::everywhere("http://profile");
        profile.set("s3", "http://storage");
        let mut overrides = EndpointOverrides::default();
        overrides.add_profile(profile);
        assert_eq!(overrides.find("S3", "s3"), Some("http://storage"));
        assert_eq!(overrides.find("EC2", "ec2"), Some("http://profile"));
        overrides.everywhere = Some("http://estate".to_owned());
        assert_eq!(overrides.find("S3", "s3"), Some("http://estate"));
        assert_eq!(overrides.urls().count(), 3);
    }
}
