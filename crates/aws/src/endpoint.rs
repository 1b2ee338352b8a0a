//! Endpoints that stand in for AWS's own.

use std::collections::BTreeMap;

const PREFIX: &str = "AWS_ENDPOINT_URL_";

/// Endpoints to call instead of AWS's own: one for everything, one for a service, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointOverrides {
    /// Called for every service that has none of its own.
    pub everywhere: Option<String>,
    services: BTreeMap<String, String>,
}

impl EndpointOverrides {
    /// The same endpoint for every service, as `--endpoint-url` says.
    pub fn everywhere(url: impl Into<String>) -> Self {
        Self { everywhere: Some(url.into()), services: BTreeMap::new() }
    }

    /// Reads `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE_ID>`.
    pub(crate) fn from_variables(variables: &BTreeMap<String, String>) -> Self {
        let mut overrides = Self {
            everywhere: variables.get("AWS_ENDPOINT_URL").cloned(),
            services: BTreeMap::new(),
        };
        for (name, url) in variables {
            if let Some(service) = name.strip_prefix(PREFIX) {
                overrides.set(service, url);
            }
        }
        overrides
    }

    /// Sets the endpoint of one service, by its service id (`Elastic Load Balancing v2`) or its name (`elbv2`).
    pub fn set(&mut self, service: &str, url: impl Into<String>) {
        self.services.insert(normalise(service), url.into());
    }

    /// The endpoint that stands in for a service's own.
    pub fn find(&self, service_id: &str, name: &str) -> Option<&str> {
        self.services
            .get(&normalise(service_id))
            .or_else(|| self.services.get(&normalise(name)))
            .or(self.everywhere.as_ref())
            .map(String::as_str)
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.everywhere.iter().chain(self.services.values()).map(String::as_str)
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
}
