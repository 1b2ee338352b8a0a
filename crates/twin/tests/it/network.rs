//! Area: network.
