//! A small estate and a client of it: what most tests of behaviour begin with.

use jiff::SignedDuration;
use reeve_types::AccountId;
use serde_json::Value;

use crate::world::{ACCOUNT, MEMBER, REGION, Session, World};

/// Two accounts, a user in each, and nothing else. Time stands at 2026-03-01T09:00:00Z until it is moved.
pub(crate) struct Aws {
    world: World,
    session: Session,
}

impl Aws {
    /// The usual beginning.
    pub(crate) fn small() -> Self {
        Self { world: World::empty(1), session: Session::user(ACCOUNT) }
    }

    /// The same from another seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { world: World::empty(seed), session: Session::user(ACCOUNT) }
    }

    /// Calls go into the organization's other account from now on.
    pub(crate) fn in_member_account(mut self) -> Self {
        self.session = Session::user(MEMBER).in_region(&self.session.region);
        self
    }

    /// Calls go to another Region from now on.
    pub(crate) fn in_region(mut self, region: &str) -> Self {
        self.session = self.session.in_region(region);
        self
    }

    /// The account called.
    pub(crate) fn account(&self) -> AccountId {
        self.session.access_key_id.trim_start_matches("AKIA").parse().unwrap()
    }

    /// The Region called.
    pub(crate) fn region(&self) -> &str {
        &self.session.region
    }

    /// The twin.
    pub(crate) fn twin(&self) -> &reeve_twin::Twin {
        &self.world.twin
    }

    /// A call that goes well, and its answer.
    pub(crate) fn call(&self, service: &str, operation: &str, input: Value) -> Value {
        match self.try_call(service, operation, input) {
            Ok(answer) => answer,
            Err((code, message)) => panic!("{service}:{operation}: {code}: {message}"),
        }
    }

    /// A call that is refused, and the error code.
    pub(crate) fn refused(&self, service: &str, operation: &str, input: Value) -> String {
        match self.try_call(service, operation, input) {
            Ok(answer) => panic!("{service}:{operation} went well: {answer}"),
            Err((code, _)) => code,
        }
    }

    /// A call, and its answer or the error's code and message.
    pub(crate) fn try_call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, (String, String)> {
        let answer = self.world.call_as(&self.session, service, operation, input);
        answer.map_err(|error| (error.code, error.message))
    }

    /// A call by somebody else, in the same Region.
    pub(crate) fn call_as(
        &self,
        session: &Session,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, (String, String)> {
        let answer = self.world.call_as(session, service, operation, input);
        answer.map_err(|error| (error.code, error.message))
    }

    /// Lets time pass: `PT5M`, `P7D` (days of 24 hours).
    pub(crate) fn advance(&self, span: &str) {
        let span: jiff::Span = span.parse().unwrap();
        let relative = jiff::SpanRelativeTo::days_are_24_hours();
        let duration: SignedDuration = span.to_duration(relative).unwrap();
        self.world.clock.set(self.world.clock.now() + duration);
        self.world.twin.advance();
    }
}

#[test]
fn the_usual_beginning_is_in_ireland() {
    let aws = Aws::small();
    assert_eq!((aws.region(), aws.account().as_str()), (REGION, ACCOUNT));
}
