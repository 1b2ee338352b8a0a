//! Runs suites: every case on its own, in parallel, and a panic is a failure like any other.

use std::{
    any::Any,
    collections::HashMap,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    CaseReport, Found, NotPassed, Report, Suite, SuiteReport, UnknownSuite,
    folder::{self, Place},
    suites,
};

/// Runs the suites of these names, or all of them, with the cases that are in `folder`.
pub fn run(folder: &Path, names: &[String]) -> Result<Report, UnknownSuite> {
    let chosen = folder::choose(names)?;
    let mut report = Report::default();
    if names.is_empty() {
        report.without_suite = folder::without_suite(folder);
    }
    for name in chosen {
        match folder::place(folder, name) {
            Place::There(folder) => report.suites.extend(suites::run(name, &folder)),
            Place::Absent(_) if !names.is_empty() => {
                return Err(UnknownSuite::Absent { name: name.to_owned(), folder: folder.into() });
            }
            Place::Absent(folder) => report.absent.push((name, folder)),
        }
    }
    Ok(report)
}

/// Runs one suite.
pub(crate) fn run_suite<S: Suite>(suite: &S, folder: &Path) -> SuiteReport {
    let mut found = guarded(|| suite.find(folder)).unwrap_or_else(|panic| {
        vec![Found { name: suite.name().to_owned(), case: Err(NotPassed::Failed(panic)) }]
    });
    name_apart(&mut found);
    let mut outcomes = check_all(suite, &found);
    let cases = found.iter().map(|found| found.case.as_ref().ok());
    let failed = cases.zip(&mut outcomes).filter_map(|(case, outcome)| match (case, outcome) {
        (Some(case), Err(outcome @ NotPassed::Failed(_))) => Some((case, outcome)),
        _ => None,
    });
    suite.review(failed.collect());
    let cases = found.into_iter().zip(outcomes);
    SuiteReport {
        name: suite.name(),
        cases: cases.map(|(found, outcome)| CaseReport { name: found.name, outcome }).collect(),
    }
}

fn check_all<S: Suite>(suite: &S, found: &[Found<S::Case>]) -> Vec<Result<(), NotPassed>> {
    let outcomes: Vec<OnceLock<_>> = found.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((found, outcome)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            found.get(at).zip(outcomes.get(at))
        } {
            outcome.get_or_init(|| check(suite, found));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let lost = || Err(NotPassed::Failed("was not run".to_owned()));
    outcomes.into_iter().map(|outcome| outcome.into_inner().unwrap_or_else(lost)).collect()
}

fn check<S: Suite>(suite: &S, found: &Found<S::Case>) -> Result<(), NotPassed> {
    let case = found.case.as_ref().map_err(Clone::clone)?;
    guarded(|| suite.check(case)).unwrap_or_else(|panic| Err(NotPassed::Failed(panic)))
}

/// Calls something that may panic; the panic's message is the error.
fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| format!("panicked: {}", message(&*panic)))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}

/// Numbers the cases that have the same name, so that each can be spoken of.
fn name_apart<C>(found: &mut [Found<C>]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for case in found {
        let times = seen.entry(case.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            case.name.push_str(&format!(" ({times})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Even numbers pass, 3 is refused, 5 cannot apply, 7 panics; 9 is refused until it is reviewed.
    struct EvenNumbers;

    impl Suite for EvenNumbers {
        type Case = u32;

        fn name(&self) -> &'static str {
            "even-numbers"
        }

        fn find(&self, _: &Path) -> Vec<Found<u32>> {
            let broken =
                Found { name: "broken".to_owned(), case: Err("is no number".to_owned().into()) };
            let number = |number: u32| Found { name: (number % 8).to_string(), case: Ok(number) };
            [2, 3, 4, 5, 7, 9, 10].map(number).into_iter().chain([broken]).collect()
        }

        fn check(&self, case: &u32) -> Result<(), NotPassed> {
            match case {
                5 => Err(NotPassed::Skipped("nobody likes it".to_owned())),
                7 => panic!("seven"),
                even if even % 2 == 0 => Ok(()),
                _ => Err("is odd".to_owned().into()),
            }
        }

        fn review(&self, failed: Vec<(&u32, &mut NotPassed)>) {
            for (_, outcome) in failed.into_iter().filter(|(case, _)| **case == 9) {
                *outcome = NotPassed::Skipped("reviewed".to_owned());
            }
        }
    }

    #[test]
    fn every_case_is_judged_on_its_own_whatever_the_others_do() {
        let report = run_suite(&EvenNumbers, Path::new("/nowhere"));
        assert_eq!(report.to_string(), "even-numbers: 3 passed, 3 failed, 2 skipped");
        let failed: Vec<_> = report.failed().collect();
        assert_eq!(failed, [("3", "is odd"), ("7", "panicked: seven"), ("broken", "is no number")]);
        let skipped: Vec<_> = report.skipped().collect();
        assert_eq!(skipped, [("5", "nobody likes it"), ("1", "reviewed")]);
    }

    #[test]
    fn cases_of_one_name_are_numbered() {
        let report = run_suite(&EvenNumbers, Path::new("/nowhere"));
        let names: Vec<&str> = report.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["2", "3", "4", "5", "7", "1", "2 (2)", "broken"]);
    }
}
