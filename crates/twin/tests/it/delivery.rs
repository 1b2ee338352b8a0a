//! Area: delivery.
