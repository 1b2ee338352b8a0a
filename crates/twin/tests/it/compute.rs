//! Area: compute.
