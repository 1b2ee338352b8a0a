//! One resource type: its calls, and where in their outputs things are.

use std::collections::BTreeSet;

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region, ResourceRef, ResourceType, Scope, Tags};

use crate::{
    Found,
    access::Access,
    path::Path,
    template::{Fillings, TagFilling, Template},
};

/// An account and a Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
}

/// A call to make: a service and an operation by name, and the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The service, by the name the AWS CLI uses.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// Its input.
    pub input: Value,
}

/// How a single resource is found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// By the list call, narrowed to it.
    Call(Call),
    /// By its details alone: this is what the list would have said.
    Item(Value),
}

/// What a resource type is: how it is listed, described, tagged and untagged.
#[derive(Debug, Clone)]
pub struct Definition {
    pub(crate) resource_type: ResourceType,
    pub(crate) service: String,
    pub(crate) list: List,
    pub(crate) one: One,
    pub(crate) leave_out: Vec<(Path, Vec<String>)>,
    pub(crate) id: Path,
    pub(crate) arn: Vec<ArnSource>,
    pub(crate) details: Vec<Detail>,
    pub(crate) tags: Path,
    pub(crate) tag_flag: Option<String>,
    pub(crate) attributes: Vec<(String, AttributeSource)>,
    pub(crate) gone: Vec<String>,
    pub(crate) tag: WriteCall,
    pub(crate) untag: WriteCall,
    pub(crate) access: Access,
}

#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) operation: String,
    pub(crate) input: Template,
    pub(crate) items: Path,
}

#[derive(Debug, Clone)]
pub(crate) enum One {
    Input(Template),
    Item(Template),
}

#[derive(Debug, Clone)]
pub(crate) enum ArnSource {
    Path(Path),
    Text(String),
}

#[derive(Debug, Clone)]
pub(crate) enum AttributeSource {
    Path { path: Path, absent: Option<reeve_types::Attribute> },
    Exists(Path),
}

/// A further call that adds facts to what was listed.
#[derive(Debug, Clone)]
pub struct Detail {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) input: Template,
    pub(crate) batch: usize,
    pub(crate) results: Option<Results>,
    pub(crate) put_as: String,
    pub(crate) empty: Vec<String>,
}

/// Which results of a batch belong to which resource.
#[derive(Debug, Clone)]
pub(crate) struct Results {
    pub(crate) items: Path,
    pub(crate) key: Path,
    pub(crate) by_arn: bool,
    pub(crate) required: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct WriteCall {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) input: Template,
    pub(crate) failures: Option<Path>,
}

impl Place {
    /// The partition of the Region, such as `aws` or `aws-cn`.
    pub fn partition(&self) -> &'static str {
        self.region.partition().as_str()
    }

    fn fillings(&self) -> Fillings<'_> {
        let texts = vec![
            ("account", self.account.as_str()),
            ("region", self.region.as_str()),
            ("partition", self.partition()),
        ];
        Fillings { texts, ..Fillings::default() }
    }
}

impl Definition {
    /// The resource type.
    pub fn resource_type(&self) -> &ResourceType {
        &self.resource_type
    }

    /// The service whose calls list it.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The facts that filters can ask for, by name.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(name, _)| name.as_str())
    }

    /// The call that lists all resources of the type in a place, page by page.
    pub fn list_call(&self, place: &Place) -> Call {
        self.call(self.list.input.fill(&place.fillings()))
    }

    /// How one resource is found again.
    pub fn lookup(&self, reference: &ResourceRef) -> Lookup {
        let place = Place::of(reference);
        let mut fillings = place.fillings();
        fillings.texts.extend([("id", reference.id.as_str()), ("arn", reference.arn.as_str())]);
        match &self.one {
            One::Item(item) => Lookup::Item(item.fill(&fillings)),
            One::Input(input) => Lookup::Call(self.call(input.fill(&fillings))),
        }
    }

    /// The resources in one page of the list.
    pub fn found(&self, place: &Place, page: &Value) -> Vec<Found> {
        self.list.items.all(page).into_iter().filter_map(|item| self.item(place, item)).collect()
    }

    /// The resource that one item of the list is, unless it is one that is left out.
    pub fn item(&self, place: &Place, item: &Value) -> Option<Found> {
        let left_out = self.leave_out.iter().any(|(path, values)| {
            path.text(item).is_some_and(|text| values.iter().any(|value| value == text))
        });
        if left_out {
            return None;
        }
        let id = self.id.text(item)?.to_owned();
        let arn = self.arn.iter().find_map(|source| match source {
            ArnSource::Path(path) => path.text(item).map(str::to_owned),
            ArnSource::Text(text) => {
                let mut fillings = place.fillings();
                fillings.texts.push(("id", &id));
                Some(fillings.fill_text(text))
            }
        })?;
        let scope = Scope {
            account: place.account.clone(),
            region: place.region.clone(),
            resource_type: self.resource_type.clone(),
        };
        Some(Found::new(ResourceRef { scope, id, arn }, item.clone()))
    }

    /// The further calls that complete what was listed, in order.
    pub fn details(&self) -> &[Detail] {
        &self.details
    }

    /// Whether an error code means that the resource no longer exists.
    pub fn means_gone(&self, code: &str) -> bool {
        self.gone.iter().any(|known| known == code)
    }

    /// The call that sets tags, leaving all others as they are.
    ///
    /// Tags with the `propagating` keys are passed on to what the resource launches, where its type knows that; all others
    /// stay on the resource.
    pub fn tag_call(
        &self,
        reference: &ResourceRef,
        tags: &Tags,
        propagating: &BTreeSet<String>,
    ) -> Call {
        let pairs = || tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let object =
            |(key, value): (&str, &str)| Value::from_iter([("Key", key), ("Value", value)]);
        let values = vec![
            ("tags", pairs().map(object).collect::<Value>()),
            ("tag-map", Value::from(pairs().collect::<Object>())),
        ];
        let one =
            |(key, value)| TagFilling { key, value: Some(value), flag: propagating.contains(key) };
        let tags = pairs().map(one).collect();
        self.tag.call(reference, values, tags)
    }

    /// The call that removes tags, leaving all others as they are.
    pub fn untag_call(&self, reference: &ResourceRef, keys: &[String]) -> Call {
        let values = vec![
            ("keys", keys.iter().map(Value::from).collect::<Value>()),
            ("key-objects", keys.iter().map(|key| Value::from_iter([("Key", key)])).collect()),
        ];
        let tags = keys.iter().map(|key| TagFilling { key, value: None, flag: false }).collect();
        self.untag.call(reference, values, tags)
    }

    /// The failure inside a successful answer of a tagging call, as code and message.
    pub fn failure_inside(&self, output: &Value) -> Option<(String, String)> {
        let mut paths =
            [&self.tag, &self.untag].into_iter().filter_map(|call| call.failures.as_ref());
        let failures = paths.find_map(|path| path.first(output))?;
        let (_, failure) = failures.as_object()?.iter().next()?;
        let text = |name| failure.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some((text("ErrorCode"), text("ErrorMessage")))
    }

    fn call(&self, input: Value) -> Call {
        Call { service: self.service.clone(), operation: self.list.operation.clone(), input }
    }
}

impl Place {
    /// Where a resource is.
    pub fn of(reference: &ResourceRef) -> Self {
        let Scope { account, region, resource_type: _ } = &reference.scope;
        Self { account: account.clone(), region: region.clone() }
    }
}

impl WriteCall {
    fn call<'a>(
        &self,
        reference: &'a ResourceRef,
        values: Vec<(&'static str, Value)>,
        tags: Vec<TagFilling<'a>>,
    ) -> Call {
        let place = Place::of(reference);
        let mut fillings = Fillings { values, tags, ..Fillings::default() };
        fillings.texts.extend([("id", reference.id.as_str()), ("arn", reference.arn.as_str())]);
        fillings.texts.extend(place.fillings().texts);
        Call {
            service: self.service.clone(),
            operation: self.operation.clone(),
            input: self.input.fill(&fillings),
        }
    }
}

impl Detail {
    /// How many resources one call takes.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The call for these resources, no more than [`Detail::batch`] of them, all in one place.
    pub fn call(&self, found: &[Found]) -> Call {
        let references = || found.iter().map(|found| &found.reference);
        let place = found.first().map(|first| Place::of(&first.reference));
        let mut fillings = place.as_ref().map(Place::fillings).unwrap_or_default();
        fillings.values = vec![
            ("ids", references().map(|reference| Value::from(&reference.id)).collect::<Value>()),
            ("arns", references().map(|reference| Value::from(&reference.arn)).collect::<Value>()),
        ];
        if let Some(first) = found.first() {
            let ResourceRef { scope: _, id, arn } = &first.reference;
            fillings.texts.extend([("id", id.as_str()), ("arn", arn.as_str())]);
        }
        Call {
            service: self.service.clone(),
            operation: self.operation.clone(),
            input: self.input.fill(&fillings),
        }
    }

    /// Whether an error code means that there is nothing to add.
    pub fn means_empty(&self, code: &str) -> bool {
        self.empty.iter().any(|known| known == code)
    }

    /// Adds the answer to the resources it was asked for, and drops those that the answer shows to be gone.
    pub fn attach(&self, output: Value, found: &mut Vec<Found>) {
        let Some(results) = &self.results else {
            if let Some(only) = found.first_mut() {
                only.add(&self.put_as, output);
            }
            return;
        };
        let answers = results.items.all(&output);
        found.retain_mut(|found| {
            let wanted = if results.by_arn { &found.reference.arn } else { &found.reference.id };
            let answer =
                answers.iter().find(|answer| results.key.text(answer) == Some(wanted.as_str()));
            match answer {
                Some(answer) => found.add(&self.put_as, (*answer).clone()),
                None if results.required => return false,
                None => {}
            }
            true
        });
    }
}
