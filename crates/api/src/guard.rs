//! Who may use the API: whoever has the server's token.

use std::fmt;

use axum::{
    extract::{Request, State},
    http::header::AUTHORIZATION,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use reeve_app::Error;

use crate::{error::Failure, server::Server};

/// The secret that a request must carry. Shown as `****`.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, to be shown once to whoever started the server.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `given` is the secret, in a time that does not tell how much of it is right.
    fn matches(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let differing = own
            .iter()
            .zip(given)
            .fold(own.len() ^ given.len(), |sum, (own, given)| sum | usize::from(own ^ given));
        differing == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("****")
    }
}

/// Lets a request through that carries the token.
pub(crate) async fn require_token(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(|header| header.strip_prefix("Bearer "));
    if given.is_some_and(|given| server.token.matches(given)) {
        next.run(request).await
    } else {
        Failure(Error::unauthenticated()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token::new("abc");
        assert!(token.matches("abc"));
        for wrong in ["", "ab", "abcd", "abd", "ABC"] {
            assert!(!token.matches(wrong), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "****");
    }
}
