//! Every path of every shipped definition leads somewhere in the service's model.

use std::sync::Arc;

use reeve_model::{Service, ShapeId, ShapeKind, catalog};

use crate::{
    Definition, Detail,
    definition::{ArnSource, AttributeSource},
    definitions,
    path::Path,
};

/// A shape of a service.
#[derive(Clone)]
struct Place {
    service: Arc<Service>,
    shape: ShapeId,
}

/// What an operation answers.
fn output(service: &str, operation: &str) -> Place {
    let service = catalog().service(service).unwrap();
    let shape = service.operation(operation).unwrap().output.as_ref().unwrap().shape;
    Place { service, shape }
}

impl Place {
    fn at(&self, shape: ShapeId) -> Self {
        Self { service: Arc::clone(&self.service), shape }
    }

    fn follow(&self, path: &Path) -> Option<Self> {
        let mut place = self.clone();
        for (member, each) in path.parts() {
            place = self.at(self.service.structure(place.shape)?.member(member)?.shape);
            if each {
                place = place.element()?;
            }
        }
        Some(place)
    }

    fn element(&self) -> Option<Self> {
        match &self.service.shape(self.shape).kind {
            ShapeKind::List(list) => Some(self.at(list.member.shape)),
            _ => None,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.service.shape(self.shape).kind, ShapeKind::String(_))
    }

    fn is_fact(&self) -> bool {
        let kind = &self.service.shape(self.shape).kind;
        matches!(kind, ShapeKind::String(_) | ShapeKind::Boolean)
    }

    fn is_tags(&self) -> bool {
        let text = |member: [&str; 2]| {
            let entry =
                self.element().and_then(|entry| entry.service.structure(entry.shape).cloned());
            entry.is_some_and(|entry| member.iter().any(|name| entry.member(name).is_some()))
        };
        matches!(self.service.shape(self.shape).kind, ShapeKind::Map(_))
            || (text(["Key", "key"]) && text(["Value", "value"]))
    }
}

/// What is put with a resource under the name of a detail.
fn detail(detail: &Detail) -> Place {
    let whole = output(&detail.service, &detail.operation);
    match &detail.results {
        None => whole,
        Some(results) => {
            let entry = whole.follow(&results.items).unwrap();
            assert!(entry.follow(&results.key).unwrap().is_text(), "{}", detail.operation);
            entry
        }
    }
}

/// Where a path leads that starts in the item or, by its name, in a detail.
fn anywhere(definition: &Definition, path: &Path) -> Option<Place> {
    let item = output(&definition.service, &definition.list.operation);
    let item = item.follow(&definition.list.items).unwrap();
    let (first, _) = path.parts().next().unwrap_or_default();
    match definition.details.iter().find(|detail| detail.put_as == first) {
        None => item.follow(path),
        Some(found) => {
            let rest: Vec<&str> = path.parts().skip(1).map(|(member, _)| member).collect();
            detail(found).follow(&Path::new(&rest.join(".")))
        }
    }
}

#[test]
fn every_path_leads_to_what_it_is_used_as() {
    for definition in definitions().iter() {
        let name = definition.resource_type();
        let at = |path: &Path| {
            anywhere(definition, path).unwrap_or_else(|| panic!("{name}: {path:?} leads nowhere"))
        };
        assert!(at(&definition.id).is_text(), "{name}: the id");
        assert!(at(&definition.tags).is_tags(), "{name}: the tags");
        for source in &definition.arn {
            if let ArnSource::Path(path) = source {
                assert!(at(path).is_text(), "{name}: the ARN {path:?}");
            }
        }
        for (path, _) in &definition.leave_out {
            assert!(at(path).is_text(), "{name}: {path:?}");
        }
        for (fact, source) in &definition.attributes {
            let (AttributeSource::Exists(path) | AttributeSource::Path { path, .. }) = source;
            assert!(at(path).is_fact(), "{name}: {fact}");
        }
        definition.details.iter().map(detail).for_each(drop);
        for call in [&definition.tag, &definition.untag] {
            if let Some(path) = &call.failures {
                let failures = output(&call.service, &call.operation).follow(path);
                assert!(failures.is_some(), "{name}: {path:?} leads nowhere");
            }
        }
    }
}
