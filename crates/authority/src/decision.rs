//! Decides how far Reeve may go with one resource, and says why.

use std::cmp::Reverse;

use reeve_types::{AccountId, Actor, Tags};

use crate::{Authority, Level, Rule};

/// The switch that stops everything, while it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Who switched it on.
    pub by: Actor,
    /// Why, in their words; may be empty.
    pub reason: String,
}

/// How far Reeve may go, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How far.
    pub level: Level,
    /// What kind of reason decided.
    pub cause: Cause,
    /// The reason as a sentence, without a final period.
    pub reason: String,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Everything is suspended.
    Suspended,
    /// Equally specific rules disagree: somebody should be told.
    Conflict,
    /// A rule.
    Rule,
    /// No rule speaks about the case.
    NoRule,
}

/// Decides how far a controller may go with a resource of an account that has these tags.
pub fn decide(
    authority: &Authority,
    account: &AccountId,
    controller: &str,
    tags: &Tags,
    suspended: Option<&Suspension>,
) -> Decision {
    let decision = decide_by_rules(authority, account, controller, tags);
    match suspended {
        None => decision,
        Some(suspension) => suspend(suspension, &decision),
    }
}

fn decide_by_rules(
    authority: &Authority,
    account: &AccountId,
    controller: &str,
    tags: &Tags,
) -> Decision {
    let mut deciding = most_specific(authority.of_account(account), controller, tags);
    if deciding.is_empty() {
        deciding = most_specific(authority.of_estate(), controller, tags);
    }
    let Some((first, others)) = deciding.split_first() else {
        return Decision {
            level: Level::Observe,
            cause: Cause::NoRule,
            reason: format!("no rule lets {controller} do more than observe in account {account}"),
        };
    };
    if others.iter().all(|other| other.level == first.level) {
        return Decision { level: first.level, cause: Cause::Rule, reason: first.to_string() };
    }
    let clauses: Vec<String> = deciding.iter().map(ToString::to_string).collect();
    Decision {
        level: Level::Observe,
        cause: Cause::Conflict,
        reason: format!("equally specific rules disagree: {}", clauses.join("; ")),
    }
}

/// The rules that speak about the case and that no other such rule is more specific than.
fn most_specific<'a>(rules: &'a [Rule], controller: &str, tags: &Tags) -> Vec<&'a Rule> {
    let mut applying: Vec<&Rule> =
        rules.iter().filter(|rule| rule.applies(controller, tags)).collect();
    applying.sort_by_key(|rule| Reverse(rule.specificity()));
    if let Some(most) = applying.first().map(|rule| rule.specificity()) {
        applying.retain(|rule| rule.specificity() == most);
    }
    applying
}

fn suspend(suspension: &Suspension, otherwise: &Decision) -> Decision {
    let mut reason = format!("everything is suspended by {}", suspension.by);
    if !suspension.reason.is_empty() {
        reason = format!("{reason} ({})", suspension.reason);
    }
    Decision {
        level: Level::Observe,
        cause: Cause::Suspended,
        reason: format!("{reason}; otherwise {}", otherwise.reason),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TagCondition;

    const ACCOUNT: &str = "111122223333";

    /// Reads rules written as `<estate or account> <controller or all> [<tag>] <level>`, one a line.
    fn authority(rules: &str) -> Authority {
        Authority::new(rules.split(';').filter(|rule| !rule.trim().is_empty()).map(|rule| {
            let words: Vec<&str> = rule.split_whitespace().collect();
            let [who, controller, tag @ .., level] = words.as_slice() else { panic!("{rule}") };
            Rule {
                account: (*who != "estate").then(|| who.parse().unwrap()),
                controller: (*controller != "all").then(|| (*controller).to_owned()),
                tag: tag.first().map(|tag| match tag.split_once('=') {
                    Some((key, value)) => {
                        TagCondition { key: key.into(), value: Some(value.into()) }
                    }
                    None => TagCondition { key: (*tag).into(), value: None },
                }),
                level: level.parse().unwrap(),
            }
        }))
    }

    fn tags(text: &str) -> Tags {
        text.split_whitespace()
            .filter_map(|tag| tag.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    /// What the Resource Tagger may do with a resource of [`ACCOUNT`].
    fn check(rules: &str, resource_tags: &str, expected: &str) {
        let account = ACCOUNT.parse().unwrap();
        let decision =
            decide(&authority(rules), &account, "resource-tagger", &tags(resource_tags), None);
        assert_eq!(format!("{}: {}", decision.level, decision.reason), expected, "{rules}");
    }

    #[test]
    fn without_a_rule_nothing_is_more_than_observed() {
        let expected =
            "observe: no rule lets resource-tagger do more than observe in account 111122223333";
        check("", "", expected);
        check("estate patching act; 444455556666 all act", "", expected);
        check("estate all env=dev act", "env=prod", expected);
    }

    #[test]
    fn the_estate_speaks_where_the_account_is_silent() {
        check("estate all propose", "", "propose: the estate sets every controller to propose");
        check(
            "estate all propose; 111122223333 patching act; 444455556666 all act",
            "",
            "propose: the estate sets every controller to propose",
        );
    }

    #[test]
    fn an_account_has_the_last_word_over_the_estate() {
        check(
            "estate resource-tagger act; 111122223333 all observe",
            "",
            "observe: account 111122223333 sets every controller to observe",
        );
        check(
            "estate resource-tagger env=dev act; 111122223333 all observe",
            "env=dev",
            "observe: account 111122223333 sets every controller to observe",
        );
    }

    #[test]
    fn a_rule_for_the_controller_comes_before_a_rule_for_all() {
        check(
            "estate all act; estate resource-tagger propose",
            "",
            "propose: the estate sets resource-tagger to propose",
        );
        check(
            "111122223333 all observe; 111122223333 resource-tagger act",
            "",
            "act: account 111122223333 sets resource-tagger to act",
        );
    }

    #[test]
    fn a_rule_for_a_tag_comes_before_a_rule_for_all_resources() {
        let rules = "111122223333 resource-tagger act; 111122223333 all env=prod propose";
        check(
            rules,
            "env=prod",
            "propose: account 111122223333 sets every controller to propose for resources tagged `env` = `prod`",
        );
        check(rules, "env=dev", "act: account 111122223333 sets resource-tagger to act");
        check(
            "estate all act; estate all locked observe",
            "locked=",
            "observe: the estate sets every controller to observe for resources tagged `locked`",
        );
    }

    #[test]
    fn equally_specific_rules_that_disagree_mean_observe() {
        check(
            "estate all env=prod propose; estate all team=web act; estate all act",
            "env=prod team=web",
            "observe: equally specific rules disagree: \
             the estate sets every controller to propose for resources tagged `env` = `prod`; \
             the estate sets every controller to act for resources tagged `team` = `web`",
        );
    }

    #[test]
    fn equally_specific_rules_that_agree_are_no_conflict() {
        check(
            "estate all env=prod act; estate all team=web act",
            "env=prod team=web",
            "act: the estate sets every controller to act for resources tagged `env` = `prod`",
        );
    }

    #[test]
    fn a_conflict_among_general_rules_does_not_matter_beside_a_specific_one() {
        check(
            "estate all act; estate all observe; estate resource-tagger propose",
            "",
            "propose: the estate sets resource-tagger to propose",
        );
    }

    #[test]
    fn a_suspension_says_who_suspended_and_what_would_hold_otherwise() {
        let suspension = Suspension { by: Actor::Person("ana".into()), reason: "freeze".into() };
        let decision = decide(
            &authority("estate all act"),
            &ACCOUNT.parse().unwrap(),
            "resource-tagger",
            &Tags::new(),
            Some(&suspension),
        );
        assert_eq!(
            (decision.level, decision.cause, decision.reason.as_str()),
            (
                Level::Observe,
                Cause::Suspended,
                "everything is suspended by person:ana (freeze); \
                 otherwise the estate sets every controller to act"
            )
        );
    }

    fn rules() -> impl Strategy<Value = String> {
        let rule = (
            prop::sample::select(vec!["estate", ACCOUNT, "444455556666"]),
            prop::sample::select(vec!["all", "resource-tagger", "patching"]),
            prop::sample::select(vec!["", "env=prod", "env=dev", "env", "team=web"]),
            prop::sample::select(vec!["observe", "propose", "act"]),
        );
        prop::collection::vec(rule, 0..8).prop_map(|rules| {
            let rules: Vec<String> = rules
                .iter()
                .map(|(who, controller, tag, level)| format!("{who} {controller} {tag} {level}"))
                .collect();
            rules.join(";")
        })
    }

    fn decide_sample(rules: &str, suspended: Option<&Suspension>) -> Decision {
        let account = ACCOUNT.parse().unwrap();
        let tags = tags("env=prod team=web");
        decide(&authority(rules), &account, "resource-tagger", &tags, suspended)
    }

    proptest! {
        #[test]
        fn while_suspended_nothing_is_more_than_observed(rules in rules()) {
            let suspension = Suspension { by: Actor::Reeve, reason: String::new() };
            prop_assert_eq!(decide_sample(&rules, Some(&suspension)).level, Level::Observe);
        }

        #[test]
        fn the_order_in_which_rules_are_written_decides_nothing(rules in rules()) {
            let reversed: Vec<&str> = rules.split(';').rev().collect();
            let (one, other) =
                (decide_sample(&rules, None), decide_sample(&reversed.join(";"), None));
            prop_assert_eq!((one.level, one.cause), (other.level, other.cause));
        }

        #[test]
        fn no_level_is_granted_that_no_rule_grants(rules in rules()) {
            let decision = decide_sample(&rules, None);
            let granted = |rule: &str| rule.ends_with(decision.level.as_str());
            prop_assert!(decision.level == Level::Observe || rules.split(';').any(granted));
        }
    }
}
