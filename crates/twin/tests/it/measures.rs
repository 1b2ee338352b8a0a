//! Area: measures.
