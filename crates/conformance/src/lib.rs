#![doc = include_str!("../README.md")]

mod difference;
mod files;
mod folder;
mod report;
mod run;
mod shapes;
mod suite;
mod suites;

pub use folder::{UnknownSuite, suites_folder};
pub use report::{CaseReport, Report, SuiteReport};
pub use run::run;
pub use suite::{Found, NotPassed, Suite};
pub use suites::names;
