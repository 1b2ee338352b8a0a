//! Area: data.
