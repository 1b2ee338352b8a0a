//! Walks through the pages of an operation, as the model's paginator leads.

use futures_util::{Stream, stream};
use reeve_model::Value;

use crate::{CallError, CallSite, Client, Malformed, Target, call};

/// The call that brings the next page.
pub(crate) struct Next {
    pub(crate) client: Client,
    pub(crate) target: Target,
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) input: Value,
}

/// One item a page. The stream ends after the last page, or after an error.
pub(crate) fn pages(
    client: Client,
    target: Target,
    (service, operation): (String, String),
    input: Value,
) -> impl Stream<Item = Result<Value, CallError>> + Send {
    let first = Next { client, target, service, operation, input };
    stream::unfold(Some(Ok(first)), |next| async { Some(Next::advance(next?).await) })
}

impl Next {
    /// Brings a page, and says how the one after it is to be had, if there is one.
    pub(crate) async fn advance(
        next: Result<Self, CallError>,
    ) -> (Result<Value, CallError>, Option<Result<Self, CallError>>) {
        let next = match next {
            Ok(next) => next,
            // The page before was fine; that there is no way on is told after it.
            Err(error) => return (Err(error), None),
        };
        match next.fetch().await {
            Ok(page) => {
                let following = next.following(&page);
                (Ok(page), following)
            }
            Err(error) => (Err(error), None),
        }
    }

    pub(crate) async fn fetch(&self) -> Result<Value, CallError> {
        self.client.call(&self.target, &self.service, &self.operation, self.input.clone()).await
    }

    /// The call for the page after `page`, or why it cannot be told; nothing after the last one.
    fn following(self, page: &Value) -> Option<Result<Self, CallError>> {
        let service = match call::find_service(&self.service) {
            Ok(service) => service,
            Err(error) => return Some(Err(error)),
        };
        let paginator = service.paginator(&self.operation)?;
        match paginator.next_input(&self.input, page) {
            Ok(input) => Some(Ok(Self { input: input?, ..self })),
            Err(error) => Some(Err(self.lost(&error.to_string()))),
        }
    }

    fn lost(&self, reason: &str) -> CallError {
        CallError::Malformed(Box::new(Malformed {
            site: CallSite::of(&self.target, &self.service, &self.operation),
            status: 200,
            request_id: None,
            reason: reason.to_owned(),
            excerpt: String::new(),
        }))
    }
}
