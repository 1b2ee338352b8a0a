//! One service, indexed.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use crate::{
    Name, Paginator, Waiter,
    endpoint::RuleSet,
    nearest::nearest,
    schema::{Metadata, Operation, Shape, ShapeId, ShapeKind, Structure},
};

/// A service: its operations and shapes. Read with [`Service::from_json`].
#[derive(Debug)]
pub struct Service {
    name: Name,
    metadata: Metadata,
    operations: Vec<Operation>,
    shapes: Vec<Shape>,
    operations_by_name: HashMap<Name, usize, FixedState>,
    shapes_by_name: HashMap<Name, ShapeId, FixedState>,
    // The exception shapes by the code they have on the wire.
    exceptions: HashMap<Name, ShapeId, FixedState>,
    pub(crate) companions: Companions,
}

/// What is published beside a model. The catalog fills it in.
#[derive(Debug, Default)]
pub struct Companions {
    /// The paginators, by operation.
    pub paginators: BTreeMap<Name, Paginator>,
    /// The waiters, by their names.
    pub waiters: BTreeMap<Name, Waiter>,
    /// The rules by which the address of a request is found.
    pub endpoint_rules: Option<RuleSet>,
}

/// An operation that the service does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{service}` has no operation `{operation}`{}", nearest_hint(nearest))]
pub struct UnknownOperation {
    /// The service.
    pub service: Name,
    /// The operation asked for.
    pub operation: String,
    /// The operations with similar names, the most similar first.
    pub nearest: Vec<Name>,
}

fn nearest_hint(nearest: &[Name]) -> String {
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(" or ")) }
}

impl Service {
    pub(super) fn new(
        name: Name,
        metadata: Metadata,
        operations: Vec<Operation>,
        shapes: Vec<Shape>,
    ) -> Self {
        let operations_by_name = operations
            .iter()
            .enumerate()
            .map(|(at, operation)| (operation.name.clone(), at))
            .collect();
        let ids = || (0..).map(ShapeId).zip(&shapes).collect::<Vec<_>>().into_iter();
        // Of two shapes of one name the first is the model's.
        let shapes_by_name = ids().rev().map(|(id, shape)| (shape.name.clone(), id)).collect();
        let mut exceptions: HashMap<_, _, FixedState> = HashMap::default();
        for (id, shape) in ids() {
            if let ShapeKind::Structure(structure) = &shape.kind
                && let Some(exception) = &structure.exception
            {
                exceptions.entry(exception.code.clone()).or_insert(id);
                exceptions.entry(shape.name.clone()).or_insert(id);
            }
        }
        Self {
            name,
            metadata,
            operations_by_name,
            shapes_by_name,
            exceptions,
            operations,
            shapes,
            companions: Companions::default(),
        }
    }

    /// Adds what is published beside the model.
    #[must_use]
    pub fn with_companions(mut self, companions: Companions) -> Self {
        self.companions = companions;
        self
    }

    /// The name that the service is called by here, such as `ec2` or `elbv2`.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The service as a whole.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Result<&Operation, UnknownOperation> {
        let found = self.operations_by_name.get(name).and_then(|at| self.operations.get(*at));
        found.ok_or_else(|| UnknownOperation {
            service: self.name.clone(),
            operation: name.to_owned(),
            nearest: self.nearest_operations(name),
        })
    }

    /// All operations, in the model's order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The shape of this number.
    ///
    /// # Panics
    ///
    /// If the number is another service's.
    #[expect(
        clippy::indexing_slicing,
        reason = "only this service's reader makes numbers for its shapes"
    )]
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0 as usize]
    }

    /// The shape of this name.
    pub fn shape_named(&self, name: &str) -> Option<(ShapeId, &Shape)> {
        let id = *self.shapes_by_name.get(name)?;
        Some((id, self.shape(id)))
    }

    /// The structure of this number, if it is one.
    pub fn structure(&self, id: ShapeId) -> Option<&Structure> {
        match &self.shape(id).kind {
            ShapeKind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The exception with this code on the wire, or with this name.
    pub fn exception(&self, code: &str) -> Option<(ShapeId, &Structure)> {
        let id = *self.exceptions.get(code)?;
        Some((id, self.structure(id)?))
    }

    fn nearest_operations(&self, name: &str) -> Vec<Name> {
        nearest(name, self.operations.iter().map(|operation| &operation.name), 0.85)
    }
}
