//! The figures beside botocore's, with the goals.

/// One row of the table.
pub(super) struct Figure {
    name: String,
    ours: f64,
    theirs: Option<f64>,
    unit: &'static str,
    less_is_better: bool,
    goal: Option<Goal>,
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// Than botocore.
    TimesFaster(f64),
    /// So many.
    AtLeast(f64),
    /// Less than so many.
    Below(f64),
}

impl Figure {
    /// A figure that is the better the smaller it is; ours, and botocore's if it was measured.
    pub(super) fn less(
        name: String,
        (ours, theirs): (f64, Option<f64>),
        unit: &'static str,
    ) -> Self {
        Self { name, ours, theirs, unit, less_is_better: true, goal: None }
    }

    /// A count that is the better the larger it is.
    pub(super) fn more(name: String, (ours, theirs): (f64, Option<f64>)) -> Self {
        Self { name, ours, theirs, unit: "", less_is_better: false, goal: None }
    }

    /// A figure that botocore has no counterpart of.
    pub(super) fn alone(name: String, ours: f64, unit: &'static str) -> Self {
        Self { name, ours, theirs: None, unit, less_is_better: true, goal: None }
    }

    /// The same with a goal.
    #[must_use]
    pub(super) fn with(mut self, goal: Option<Goal>) -> Self {
        self.goal = goal;
        self
    }

    /// How many times better than botocore.
    fn ratio(&self) -> Option<f64> {
        let theirs = self.theirs?;
        Some(if self.less_is_better { theirs / self.ours } else { self.ours / theirs })
    }

    fn goal(&self) -> Option<String> {
        let (text, is_met) = match self.goal? {
            Goal::TimesFaster(times) => {
                (format!("x{times:.0}"), self.ratio().map(|has| has >= times))
            }
            Goal::AtLeast(least) => (format!(">= {least:.0}"), Some(self.ours >= least)),
            Goal::Below(limit) => (format!("< {limit:.0} {}", self.unit), Some(self.ours < limit)),
        };
        let verdict = match is_met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "not known",
        };
        Some(format!("{text}: {verdict}"))
    }
}

/// A table: a row a figure; ours, botocore's, how many times better ours is, and the goal.
pub(super) fn table(figures: &[Figure], versions: &str) -> String {
    let mut text = format!(
        "{:<48}{:>14}{versions:>20}{:>9}  goal\n",
        "the way to AWS and back", "reeve", "ratio"
    );
    for figure in figures {
        let shown = |value: f64| format!("{} {}", digits(value), figure.unit).trim_end().to_owned();
        let theirs = figure.theirs.map(shown).unwrap_or_default();
        let ratio = figure.ratio().map(|ratio| format!("x{ratio:.1}")).unwrap_or_default();
        let goal = figure.goal().unwrap_or_default();
        let row =
            format!("{:<48}{:>14}{theirs:>20}{ratio:>9}  {goal}", figure.name, shown(figure.ours));
        text += row.trim_end();
        text.push('\n');
    }
    text
}

/// Three or more digits.
fn digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
