//! Area: messages.
