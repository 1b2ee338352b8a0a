//! All AWS services, embedded, each opened when it is first asked for.
//!
//! The models are 33 MB of JSON; opening them all takes seconds and most are never used. Opening the catalog reads an index
//! that says what a list of services shows, and a service's model is decompressed and indexed once, on first use.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, OnceLock},
};

use crate::{
    Name, Paginator, Partitions, Service, Waiter,
    artefact::{Artefact, ArtefactError, Entry, Parts},
    endpoint::RuleSet,
    nearest::may_be_a_name,
    schema::Companions,
};

static EMBEDDED: &[u8] = include_bytes!("../data/models.bin");

/// The catalog of all AWS services.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::open(EMBEDDED))
}

/// The AWS services that are known.
#[derive(Debug)]
pub struct Catalog {
    // Damage is reported by what is asked of the catalog.
    opened: Result<Opened, Arc<ArtefactError>>,
}

#[derive(Debug)]
struct Opened {
    artefact: Artefact,
    summaries: Vec<ServiceSummary>,
    // The services that a name may mean, for every name that is a service's own, or else stands for it.
    positions: BTreeMap<String, BTreeSet<usize>>,
    services: Vec<OnceLock<Loaded>>,
    partitions: OnceLock<Result<Arc<Partitions>, Arc<ArtefactError>>>,
}

type Loaded = Result<Arc<Service>, Arc<ArtefactError>>;

/// What is known of a service without opening its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSummary {
    /// The name that the service is called by here, as by the AWS CLI and botocore: `ec2`, `elbv2`.
    pub name: Name,
    /// The service's id, such as `Elastic Load Balancing v2`.
    pub service_id: Name,
    /// The full name, for people.
    pub full_name: Name,
    /// The protocol as published, such as `rest-json`.
    pub protocol: Name,
    /// The first part of the host name, such as `elasticloadbalancing`.
    pub endpoint_prefix: Name,
    /// The name in a signature's scope.
    pub signing_name: Name,
    /// The version of the API, such as `2015-12-01`.
    pub api_version: Name,
}

/// A service that cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UnknownService {
    /// No service has this name, or several share it.
    #[error("no AWS service is called `{name}`{}", Nearest(nearest))]
    NoSuchName {
        /// The name asked for.
        name: String,
        /// The services with similar names, the most similar first.
        nearest: Vec<Name>,
    },
    /// The embedded models are damaged.
    #[error("the model of `{name}` cannot be read")]
    Unreadable {
        /// The name asked for.
        name: String,
        /// What is wrong.
        source: Arc<ArtefactError>,
    },
}

impl UnknownService {
    /// The services with similar names, the most similar first.
    pub fn nearest(&self) -> &[Name] {
        match self {
            Self::NoSuchName { nearest, .. } => nearest,
            Self::Unreadable { .. } => &[],
        }
    }
}

/// The end of a message that proposes names.
struct Nearest<'a>(&'a [Name]);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            Ok(())
        } else {
            write!(formatter, "; did you mean {}?", names.join(" or "))
        }
    }
}

impl Catalog {
    fn open(bytes: &'static [u8]) -> Self {
        Self { opened: Artefact::open(bytes).map(Opened::new).map_err(Arc::new) }
    }

    /// Whether the embedded models can be read; what is wrong with them if not.
    pub fn check(&self) -> Result<(), Arc<ArtefactError>> {
        self.opened.as_ref().map(|_| ()).map_err(Arc::clone)
    }

    /// All services, by name; none if the embedded models are damaged (see [`check`](Self::check)).
    pub fn services(&self) -> impl ExactSizeIterator<Item = &ServiceSummary> {
        self.opened.as_ref().map_or(&[][..], |opened| &opened.summaries).iter()
    }

    /// The version of botocore that the models are from.
    pub fn botocore_version(&self) -> &str {
        self.opened.as_ref().map_or("", |opened| &opened.artefact.index.botocore)
    }

    /// The service that goes by this name, opened if it was not: its own name, or any other name of it that no other
    /// service has (id, abbreviation in host names, AWS CLI name), in any case and with or without spaces and hyphens.
    pub fn service(&self, name: &str) -> Result<Arc<Service>, UnknownService> {
        let unreadable = |source| UnknownService::Unreadable { name: name.to_owned(), source };
        let opened = self.opened.as_ref().map_err(|source| unreadable(Arc::clone(source)))?;
        let position = opened.position(name)?;
        opened.load(position).map_err(unreadable)
    }

    /// The summary of the service that goes by this name, without opening it.
    pub fn summary(&self, name: &str) -> Result<&ServiceSummary, UnknownService> {
        let unreadable = |source| UnknownService::Unreadable { name: name.to_owned(), source };
        let opened = self.opened.as_ref().map_err(|source| unreadable(Arc::clone(source)))?;
        let position = opened.position(name)?;
        opened.summaries.get(position).ok_or_else(|| opened.no_such_name(name, &BTreeSet::new()))
    }

    /// The AWS partitions.
    pub fn partitions(&self) -> Result<Arc<Partitions>, Arc<ArtefactError>> {
        self.opened.as_ref().map_err(Arc::clone)?.partitions()
    }

    /// What botocore says about which errors are worth another attempt, as published in `_retry.json`.
    pub fn retry_rules(&self) -> Result<serde_json::Value, Arc<ArtefactError>> {
        let opened = self.opened.as_ref().map_err(Arc::clone)?;
        opened.artefact.retry_rules().map_err(Arc::new)
    }
}

impl Opened {
    fn new(artefact: Artefact) -> Self {
        let entries = &artefact.index.services;
        Self {
            summaries: entries.iter().map(ServiceSummary::new).collect(),
            positions: positions(entries),
            services: entries.iter().map(|_| OnceLock::new()).collect(),
            partitions: OnceLock::new(),
            artefact,
        }
    }

    fn position(&self, name: &str) -> Result<usize, UnknownService> {
        let exact = self.summaries.binary_search_by(|summary| summary.name.as_str().cmp(name));
        if let Ok(position) = exact {
            return Ok(position);
        }
        let meant = self.positions.get(&key(name)).cloned().unwrap_or_default();
        match meant.first() {
            Some(only) if meant.len() == 1 => Ok(*only),
            _ => Err(self.no_such_name(name, &meant)),
        }
    }

    fn no_such_name(&self, name: &str, meant: &BTreeSet<usize>) -> UnknownService {
        let mut similar = BTreeMap::new();
        let asked = key(name);
        let known = self.positions.iter().filter(|_| may_be_a_name(&asked));
        for (known, positions) in known {
            let likeness = strsim::jaro_winkler(known, &asked);
            for position in positions.iter().filter(|_| likeness > 0.8) {
                let best = similar.entry(*position).or_insert(likeness);
                *best = best.max(likeness);
            }
        }
        let mut similar: Vec<(usize, f64)> = similar.into_iter().collect();
        similar.sort_by(|one, other| other.1.total_cmp(&one.1));
        let positions = meant.iter().copied().chain(similar.iter().map(|(position, _)| *position));
        let mut nearest: Vec<Name> = Vec::new();
        for summary in positions.filter_map(|position| self.summaries.get(position)) {
            if nearest.len() < 3 && !nearest.contains(&summary.name) {
                nearest.push(summary.name.clone());
            }
        }
        UnknownService::NoSuchName { name: name.to_owned(), nearest }
    }

    fn load(&self, position: usize) -> Loaded {
        let (Some(slot), Some(entry)) =
            (self.services.get(position), self.artefact.index.services.get(position))
        else {
            return Err(Arc::new(ArtefactError::Truncated {
                part: "a service's model".to_owned(),
            }));
        };
        slot.get_or_init(|| self.read(entry)).clone()
    }

    fn read(&self, entry: &Entry) -> Loaded {
        let partitions = self.partitions()?;
        let parts = self.artefact.service(entry)?;
        let service = service(&entry.name, &parts, partitions).map_err(|source| {
            ArtefactError::Malformed { part: format!("the model of `{}`", entry.name), source }
        })?;
        Ok(Arc::new(service))
    }

    fn partitions(&self) -> Result<Arc<Partitions>, Arc<ArtefactError>> {
        let read = || -> Result<Arc<Partitions>, Arc<ArtefactError>> {
            let json = self.artefact.partitions()?;
            let partitions =
                Partitions::from_json(&json).map_err(|source| ArtefactError::Malformed {
                    part: "the list of partitions".to_owned(),
                    source: source.into(),
                })?;
            Ok(Arc::new(partitions))
        };
        self.partitions.get_or_init(read).clone()
    }
}

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

fn service(name: &str, parts: &Parts, partitions: Arc<Partitions>) -> Result<Service, BoxedError> {
    let service = Service::from_text(name, parts.model())?;
    let mut paginators: BTreeMap<Name, Paginator> =
        Paginator::read_all(&parts.paginators)?.into_iter().collect();
    for operation in service.operations() {
        if !paginators.contains_key(operation.name.as_str())
            && let Some(inferred) = Paginator::inferred(&service, operation)
        {
            paginators.insert(operation.name.clone(), inferred);
        }
    }
    let companions = Companions {
        paginators,
        waiters: Waiter::read_all(&parts.waiters)?.into_iter().collect(),
        endpoint_rules: RuleSet::from_json(&parts.endpoint_rules, partitions)?,
    };
    Ok(service.with_companions(companions))
}

/// The services that each name may mean. A service's own name hides what else the name may mean: `es` is the service called
/// so, although OpenSearch has that abbreviation in its host names.
fn positions(entries: &[Entry]) -> BTreeMap<String, BTreeSet<usize>> {
    let kinds: [fn(&Entry) -> Vec<&String>; 3] = [
        |entry| vec![&entry.name],
        |entry| entry.aliases.iter().collect(),
        |entry| vec![&entry.service_id, &entry.endpoint_prefix, &entry.signing_name],
    ];
    let mut positions: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for names_of in kinds {
        let mut of_this_kind: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (position, entry) in entries.iter().enumerate() {
            for name in names_of(entry) {
                of_this_kind.entry(key(name)).or_default().insert(position);
            }
        }
        for (name, meant) in of_this_kind {
            positions.entry(name).or_insert(meant);
        }
    }
    positions
}

/// Names are told apart by their letters and digits only.
fn key(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl ServiceSummary {
    fn new(entry: &Entry) -> Self {
        let name = |text: &String| Name::from(text.as_str());
        Self {
            name: name(&entry.name),
            service_id: name(&entry.service_id),
            full_name: name(&entry.full_name),
            protocol: name(&entry.protocol),
            endpoint_prefix: name(&entry.endpoint_prefix),
            signing_name: name(&entry.signing_name),
            api_version: name(&entry.api_version),
        }
    }
}

/// What is published beside the model. Services that do not come from the catalog have none of it.
impl Service {
    /// How the operation's output is asked for page by page, if it is: as published, or as its members say.
    pub fn paginator(&self, operation: &str) -> Option<&Paginator> {
        self.companions.paginators.get(operation)
    }

    /// The waiter of this name, such as `InstanceRunning`.
    pub fn waiter(&self, name: &str) -> Option<&Waiter> {
        self.companions.waiters.get(name)
    }

    /// All waiters, by name.
    pub fn waiters(&self) -> impl Iterator<Item = (&Name, &Waiter)> {
        self.companions.waiters.iter()
    }

    /// The rules by which the address of a request is found.
    pub fn endpoint_rules(&self) -> Option<&RuleSet> {
        self.companions.endpoint_rules.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        let found = catalog().summary(name).map(|summary| summary.name.to_string());
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), expected, "{name}");
    }

    #[test]
    fn an_operation_with_tokens_is_paged_although_no_paginator_is_published() {
        let pages = |service: &str, operation: &str| {
            let service = catalog().service(service).unwrap();
            let paginator = service.paginator(operation)?;
            paginator.input_tokens.first().map(ToString::to_string)
        };
        assert_eq!(pages("synthetics", "DescribeCanaries").as_deref(), Some("NextToken"));
        assert_eq!(pages("dynamodb", "ListTagsOfResource").as_deref(), Some("NextToken"));
        assert_eq!(pages("opensearch", "ListDomainNames"), None);
        assert_eq!(pages("s3", "GetBucketTagging"), None);
    }

    #[test]
    fn all_services_are_listed_by_name_without_opening_any() {
        let names: Vec<&str> = catalog().services().map(|summary| summary.name.as_str()).collect();
        assert!(names.len() >= 439, "{}", names.len());
        assert!(names.is_sorted());
        let ec2 = catalog().summary("ec2").unwrap();
        assert_eq!((ec2.service_id.as_str(), ec2.protocol.as_str()), ("EC2", "ec2"));
    }

    #[test]
    fn a_service_is_found_by_every_name_that_is_only_its_own() {
        check("ec2", "ec2");
        check("Elastic Load Balancing v2", "elbv2");
        check("AutoScaling", "autoscaling");
        check("monitoring", "cloudwatch");
        check("configservice", "config");
        check("s3api", "s3");
        check("es", "es");
    }

    #[test]
    fn a_name_that_several_services_share_is_refused_with_their_names() {
        let error = catalog().summary("elasticloadbalancing").unwrap_err();
        assert!(error.nearest().contains(&"elb".into()), "{error}");
        assert!(error.nearest().contains(&"elbv2".into()), "{error}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_ones() {
        let error = catalog().service("dynamobd").unwrap_err();
        assert_eq!(error.nearest().first().map(Name::as_str), Some("dynamodb"), "{error}");
        check("zzzzzz", "no AWS service is called `zzzzzz`");
    }

    #[test]
    fn a_service_is_opened_once_with_what_is_published_beside_its_model() {
        let ec2 = catalog().service("ec2").unwrap();
        assert!(ec2.operation("DescribeInstances").is_ok());
        assert!(ec2.paginator("DescribeInstances").is_some());
        assert!(ec2.waiter("InstanceRunning").is_some());
        assert!(ec2.endpoint_rules().is_some());
        assert!(Arc::ptr_eq(&ec2, &catalog().service("ec2").unwrap()));
    }

    #[test]
    fn a_member_that_is_named_like_prose_survived_the_stripping() {
        let gateway = catalog().service("apigateway").unwrap();
        let (_, shape) = gateway.shape_named("DocumentationPart").unwrap();
        assert_eq!(shape.name, "DocumentationPart");
        let config = catalog().service("sesv2").unwrap();
        assert!(config.shape_named("Template").is_some());
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let damaged = |at: usize| {
            let mut bytes = EMBEDDED.to_vec();
            bytes[at] ^= 0x55;
            Catalog::open(bytes.leak())
        };
        for at in [0, 9, 13, 40, 5000] {
            let catalog = damaged(at);
            assert!(catalog.check().is_err(), "byte {at}");
            assert!(
                matches!(catalog.service("ec2"), Err(UnknownService::Unreadable { .. })),
                "byte {at}"
            );
            assert_eq!(catalog.services().len(), 0);
        }
        let last = damaged(EMBEDDED.len() - 20);
        assert!(last.service("sqs").is_ok());
        let name = last.services().last().unwrap().name.to_string();
        assert!(matches!(last.service(&name), Err(UnknownService::Unreadable { .. })), "{name}");
        for length in [0, 7, 10, 100, EMBEDDED.len() / 2] {
            let short = Catalog::open(EMBEDDED[..length].to_vec().leak());
            assert!(short.service("xray").is_err(), "length {length}");
        }
    }

    #[test]
    fn every_service_can_be_opened() {
        for summary in catalog().services() {
            let service =
                catalog().service(&summary.name).unwrap_or_else(|error| panic!("{error:?}"));
            assert!(!service.operations().is_empty(), "{}", summary.name);
            assert!(service.endpoint_rules().is_some(), "{}", summary.name);
        }
    }
}
