//! What is measured, what follows from it, and what it costs.

mod alarms;
mod canaries;
