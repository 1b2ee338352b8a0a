//! What every suite is: a folder of cases, and how one of them is judged.

use std::path::Path;

/// A public set of cases, in a folder of its own.
///
/// ```text
/// folder ──► find ──► cases ──► check, one by one and in parallel ──► review of those that failed
/// ```
pub trait Suite: Sync {
    /// What one case is read into: everything that [`check`](Self::check) needs.
    type Case: Sync;

    /// The name of the suite and of its folder.
    fn name(&self) -> &'static str;

    /// Finds the cases, whatever files and entries there are. What cannot be read is a case that fails.
    fn find(&self, folder: &Path) -> Vec<Found<Self::Case>>;

    /// Judges one case. A panic counts as a failure.
    fn check(&self, case: &Self::Case) -> Result<(), NotPassed>;

    /// Looks at all that failed once more, for suites that have somebody to ask.
    fn review(&self, _failed: Vec<(&Self::Case, &mut NotPassed)>) {}
}

/// A case that was found.
#[derive(Debug)]
pub struct Found<C> {
    /// Its name, as it is listed.
    pub name: String,
    /// The case, or why it does not get as far as being judged.
    pub case: Result<C, NotPassed>,
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPassed {
    /// What came out differs from what the case asks for.
    Failed(String),
    /// The case cannot apply.
    Skipped(String),
}

impl From<String> for NotPassed {
    fn from(difference: String) -> Self {
        Self::Failed(difference)
    }
}
