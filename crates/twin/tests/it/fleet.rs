//! Area: fleet.
