//! Area: identity.
