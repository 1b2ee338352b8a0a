//! What is known of the estate.

use std::collections::BTreeSet;

use reeve_store::{
    Coverage, Limit, ObservedResource, ResourceCursor, ResourceFilter, ScopeTotals, StoreError,
    Totals, VerdictKind,
};
use reeve_types::{ResourceType, Scope, Unknown, Verdict};

use crate::kit::{ACCOUNT, Fresh, OTHER_ACCOUNT, failing_instance, instance, scope};

const COUNT_AFRESH: &str = "UPDATE scopes SET \
     (resources, passing, failing, unknown, managed, missing, unmanaged) = \
     (SELECT count(*), sum(CASE verdict WHEN 'pass' THEN 1 ELSE 0 END), \
             sum(CASE verdict WHEN 'fail' THEN 1 ELSE 0 END), \
             sum(CASE verdict WHEN 'unknown' THEN 1 ELSE 0 END), \
             sum(CASE coverage WHEN 'managed' THEN 1 ELSE 0 END), \
             sum(CASE coverage WHEN 'missing' THEN 1 ELSE 0 END), \
             sum(CASE coverage WHEN 'unmanaged' THEN 1 ELSE 0 END) \
      FROM resources r \
      WHERE r.account = scopes.account AND r.region = scopes.region AND r.type = scopes.type)";

fn denied() -> Unknown {
    Unknown {
        call: "ec2:DescribeInstances".to_owned(),
        missing_permission: Some("ec2:DescribeInstances".to_owned()),
        message: "access denied".to_owned(),
    }
}

fn here() -> Scope {
    scope(ACCOUNT, "eu-west-1")
}

async fn see(fresh: &Fresh, scope: &Scope, resources: Vec<ObservedResource>) {
    fresh.store.replace_scope(scope, fresh.run_id(), resources).await.unwrap();
}

async fn ids(fresh: &Fresh, filter: &ResourceFilter) -> Vec<String> {
    let page = fresh.store.resources(filter, None, Limit::default()).await.unwrap();
    page.items.into_iter().map(|known| known.resource.reference.id).collect()
}

async fn totals(fresh: &Fresh) -> Totals {
    let mut totals = fresh.store.totals_by_type().await.unwrap();
    assert_eq!(totals.len(), 1);
    totals.pop().unwrap().1
}

pub(crate) async fn a_look_replaces_what_was_known_of_its_scope(fresh: Fresh) {
    let (run, other) = (fresh.run_id(), scope(ACCOUNT, "eu-west-2"));
    see(&fresh, &other, vec![instance(&other, 9)]).await;
    see(&fresh, &here(), vec![instance(&here(), 1), instance(&here(), 2)]).await;
    let failing = failing_instance(&here(), 2);
    let third = instance(&here(), 3);
    fresh.store.replace_scope(&here(), run, vec![failing.clone(), third]).await.unwrap();
    assert_eq!(
        ids(&fresh, &ResourceFilter::default()).await,
        ["i-00000002", "i-00000003", "i-00000009"]
    );
    let page =
        fresh.store.resources(&ResourceFilter::default(), None, Limit::default()).await.unwrap();
    let known = &page.items[0];
    assert_eq!(known.resource, failing.resource);
    assert_eq!((&known.name, &known.verdict), (&failing.name, &Verdict::Fail));
    assert_eq!((known.coverage, known.run), (Coverage::Missing, run));
    assert_eq!(
        (&known.configurations, &known.changes),
        (&failing.configurations, &failing.changes)
    );
    assert_eq!(known.observed_at, fresh.clock.now());
}

pub(crate) async fn a_look_that_failed_keeps_the_resources_and_makes_them_unknown(fresh: Fresh) {
    see(&fresh, &here(), vec![instance(&here(), 1)]).await;
    let seen_at = fresh.clock.now();
    let run = fresh.run_id();
    fresh.store.scope_unknown(&here(), run, denied()).await.unwrap();
    let page =
        fresh.store.resources(&ResourceFilter::default(), None, Limit::default()).await.unwrap();
    assert_eq!(page.items[0].verdict, Verdict::Unknown(denied()));
    assert_eq!(page.items[0].observed_at, seen_at);
    let known = fresh.store.scopes(Some(&here().account)).await.unwrap().pop().unwrap();
    assert_eq!((known.unknown, known.run), (Some(denied()), run));
    assert_eq!((known.observed_at, known.looked_at), (Some(seen_at), fresh.clock.now()));

    see(&fresh, &here(), vec![instance(&here(), 1)]).await;
    let page =
        fresh.store.resources(&ResourceFilter::default(), None, Limit::default()).await.unwrap();
    assert_eq!(page.items[0].verdict, Verdict::Pass);
}

pub(crate) async fn a_resource_of_another_scope_is_refused(fresh: Fresh) {
    let stray = instance(&scope(OTHER_ACCOUNT, "eu-west-1"), 1);
    let outcome = fresh.store.replace_scope(&here(), fresh.run_id(), vec![stray]).await;
    assert!(matches!(outcome, Err(StoreError::Invalid { .. })), "{outcome:?}");
}

pub(crate) async fn a_resource_named_twice_is_kept_once(fresh: Fresh) {
    see(&fresh, &here(), vec![instance(&here(), 1), failing_instance(&here(), 1)]).await;
    let totals = totals(&fresh).await;
    assert_eq!((totals.resources, totals.failing), (1, 1));
}

pub(crate) async fn resources_are_filtered_by_each_field(fresh: Fresh) {
    let there = scope(OTHER_ACCOUNT, "eu-west-2");
    see(&fresh, &here(), vec![instance(&here(), 1), failing_instance(&here(), 2)]).await;
    see(&fresh, &there, vec![instance(&there, 3)]).await;
    let all = ResourceFilter::default();
    let cases = [
        (ResourceFilter { account: Some(there.account.clone()), ..all.clone() }, vec![3]),
        (ResourceFilter { account: Some(here().account), ..all.clone() }, vec![1, 2]),
        (ResourceFilter { region: Some(there.region.clone()), ..all.clone() }, vec![3]),
        (
            ResourceFilter {
                resource_type: Some(ResourceType::new("AWS::S3::Bucket")),
                ..all.clone()
            },
            vec![],
        ),
        (
            ResourceFilter { resource_type: Some(there.resource_type.clone()), ..all.clone() },
            vec![1, 2, 3],
        ),
        (ResourceFilter { verdict: Some(VerdictKind::Fail), ..all.clone() }, vec![2]),
        (ResourceFilter { verdict: Some(VerdictKind::Pass), ..all.clone() }, vec![1, 3]),
        (ResourceFilter { verdict: Some(VerdictKind::Unknown), ..all.clone() }, vec![]),
        (ResourceFilter { coverage: Some(Coverage::Missing), ..all.clone() }, vec![2]),
        (ResourceFilter { text: Some("name=WEB 3".to_owned()), ..all.clone() }, vec![3]),
        (ResourceFilter { text: Some("i-00000001".to_owned()), ..all.clone() }, vec![1]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<String> =
            expected.iter().map(|number| format!("i-{number:08}")).collect();
        assert_eq!(ids(&fresh, &filter).await, expected, "{filter:?}");
    }
}

pub(crate) async fn a_search_takes_its_text_literally(fresh: Fresh) {
    let mut odd = instance(&here(), 1);
    odd.name = Some("100%_sure\\".to_owned());
    see(&fresh, &here(), vec![odd, instance(&here(), 2)]).await;
    for (text, found) in [("%", 1), ("_", 1), ("\\", 1), ("0%_S", 1), ("0__s", 0), ("web", 2)] {
        let filter = ResourceFilter { text: Some(text.to_owned()), ..ResourceFilter::default() };
        assert_eq!(ids(&fresh, &filter).await.len(), found, "{text}");
    }
}

pub(crate) async fn resources_are_paged_in_order_without_gaps(fresh: Fresh) {
    let scopes = [here(), scope(ACCOUNT, "eu-west-2"), scope(OTHER_ACCOUNT, "eu-west-1")];
    for scope in &scopes {
        see(&fresh, scope, (1..=5).map(|number| instance(scope, number)).collect()).await;
    }
    let mut seen = Vec::new();
    let mut after: Option<ResourceCursor> = None;
    loop {
        let page = fresh
            .store
            .resources(&ResourceFilter::default(), after.as_ref(), Limit::new(4))
            .await
            .unwrap();
        seen.extend(page.items.into_iter().map(|known| known.resource.reference));
        // The cursor survives being sent to a browser and back.
        let Some(next) = page.next else { break };
        after = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(seen.len(), 15);
    assert!(seen.is_sorted_by(|left, right| left < right));
    assert!("nonsense".parse::<ResourceCursor>().is_err());
}

pub(crate) async fn resources_are_in_the_order_of_their_bytes(fresh: Fresh) {
    let named = |id: &str| {
        let mut resource = instance(&here(), 1);
        resource.resource.reference.id = id.to_owned();
        resource
    };
    // As no language sorts them.
    let ids = ["A", "B", "Z-2", "Z1", "_", "a", "a-b", "aa", "b", "é"];
    see(&fresh, &here(), ids.iter().rev().map(|id| named(id)).collect()).await;
    let mut seen = Vec::new();
    let mut after: Option<ResourceCursor> = None;
    loop {
        let filter = ResourceFilter::default();
        let page = fresh.store.resources(&filter, after.as_ref(), Limit::new(1)).await.unwrap();
        seen.extend(page.items.into_iter().map(|known| known.resource.reference.id));
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(seen, ids);
}

pub(crate) async fn a_single_resource_is_updated_and_counted_anew(fresh: Fresh) {
    see(&fresh, &here(), vec![failing_instance(&here(), 1), failing_instance(&here(), 2)]).await;
    let unknown_to_us = instance(&here(), 7);
    fresh.store.update_resources(vec![instance(&here(), 1), unknown_to_us]).await.unwrap();
    let totals = totals(&fresh).await;
    assert_eq!((totals.resources, totals.passing, totals.failing), (2, 1, 1));
    assert_eq!((totals.managed, totals.missing), (1, 1));
}

pub(crate) async fn counts_that_are_moved_by_updates_are_those_of_a_fresh_count(fresh: Fresh) {
    let there = scope(ACCOUNT, "eu-west-2");
    for scope in [&here(), &there] {
        see(&fresh, scope, (1..=5).map(|number| instance(scope, number)).collect()).await;
    }
    let unread = |scope: &Scope, number| ObservedResource {
        verdict: Verdict::Unknown(denied()),
        coverage: Coverage::Unknown,
        ..instance(scope, number)
    };
    let unmanaged = |scope: &Scope, number| ObservedResource {
        coverage: Coverage::Unmanaged,
        ..instance(scope, number)
    };
    // One of them twice, where the last word counts; one that is not known; two scopes in one update.
    let updates = [
        vec![failing_instance(&here(), 1), unread(&here(), 1), unread(&there, 2)],
        vec![unmanaged(&here(), 3), instance(&there, 2), failing_instance(&there, 9)],
        vec![failing_instance(&there, 4), unmanaged(&here(), 1), instance(&here(), 3)],
        vec![unread(&here(), 5), unread(&there, 5), failing_instance(&there, 5)],
    ];
    for update in updates {
        fresh.store.update_resources(update).await.unwrap();
    }
    let expected = [
        ScopeTotals { passing: 4, unknown: 1, managed: 3, unmanaged: 1, ..of(5) },
        ScopeTotals { passing: 3, failing: 2, managed: 3, missing: 2, ..of(5) },
    ];
    assert_eq!(scope_totals(&fresh).await, expected);
    fresh.tamper(COUNT_AFRESH).await;
    assert_eq!(scope_totals(&fresh).await, expected);
}

fn of(resources: u64) -> ScopeTotals {
    ScopeTotals { resources, ..ScopeTotals::default() }
}

async fn scope_totals(fresh: &Fresh) -> Vec<ScopeTotals> {
    fresh.store.scopes(None).await.unwrap().into_iter().map(|known| known.totals).collect()
}

pub(crate) async fn a_scope_keeps_the_counts_of_the_last_look_that_saw_it(fresh: Fresh) {
    see(&fresh, &here(), vec![instance(&here(), 1), failing_instance(&here(), 2)]).await;
    fresh.store.scope_unknown(&here(), fresh.run_id(), denied()).await.unwrap();
    let counts = ScopeTotals { passing: 1, failing: 1, managed: 1, missing: 1, ..of(2) };
    assert_eq!(scope_totals(&fresh).await, [counts]);
}

pub(crate) async fn a_resource_of_unknown_coverage_is_found_and_counted_as_nothing_else(
    fresh: Fresh,
) {
    let unread = ObservedResource {
        verdict: Verdict::Unknown(denied()),
        coverage: Coverage::Unknown,
        ..instance(&here(), 2)
    };
    see(&fresh, &here(), vec![instance(&here(), 1), unread]).await;
    let filter = ResourceFilter { coverage: Some(Coverage::Unknown), ..Default::default() };
    let page = fresh.store.resources(&filter, None, Limit::default()).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].coverage, Coverage::Unknown);
    let totals = totals(&fresh).await;
    assert_eq!((totals.resources, totals.unknown), (2, 1));
    assert_eq!((totals.managed, totals.missing, totals.unmanaged), (1, 0, 0));
}

pub(crate) async fn totals_never_count_what_could_not_be_looked_at_as_passing(fresh: Fresh) {
    let there = scope(OTHER_ACCOUNT, "eu-west-1");
    let unread = ObservedResource {
        verdict: Verdict::Unknown(denied()),
        coverage: Coverage::Unmanaged,
        ..instance(&here(), 3)
    };
    let here_seen = vec![instance(&here(), 1), failing_instance(&here(), 2), unread];
    see(&fresh, &here(), here_seen).await;
    see(&fresh, &there, vec![instance(&there, 4), instance(&there, 5)]).await;
    let seen_at = fresh.clock.now();
    fresh.store.scope_unknown(&there, fresh.run_id(), denied()).await.unwrap();
    let expected = Totals {
        resources: 5,
        passing: 1,
        failing: 1,
        unknown: 3,
        managed: 1,
        missing: 1,
        unmanaged: 1,
        scopes: 2,
        unknown_scopes: 1,
        observed_at: Some(seen_at),
    };
    assert_eq!(totals(&fresh).await, expected);
    let by_account = fresh.store.totals_by_account().await.unwrap();
    let unknown: Vec<_> =
        by_account.iter().map(|(account, totals)| (account.as_str(), totals.unknown)).collect();
    assert_eq!(unknown, [(ACCOUNT, 1), (OTHER_ACCOUNT, 2)]);
}

pub(crate) async fn everything_unknown_is_listed(fresh: Fresh) {
    let there = scope(OTHER_ACCOUNT, "eu-west-1");
    let unread = ObservedResource { verdict: Verdict::Unknown(denied()), ..instance(&here(), 3) };
    see(&fresh, &here(), vec![instance(&here(), 1), unread]).await;
    fresh.store.scope_unknown(&there, fresh.run_id(), denied()).await.unwrap();
    let first = fresh.store.unknowns(None, None, Limit::new(1)).await.unwrap();
    assert_eq!(first.items[0].resource.as_deref(), Some("i-00000003"));
    let rest = fresh.store.unknowns(None, first.next.as_ref(), Limit::new(1)).await.unwrap();
    assert_eq!((&rest.items[0].scope, &rest.items[0].unknown), (&there, &denied()));
    assert_eq!((rest.items[0].resource.as_deref(), rest.next), (None, None));
    let elsewhere = fresh.store.unknowns(Some(&there.account), None, Limit::default()).await;
    assert_eq!(elsewhere.unwrap().items.len(), 1);
}

pub(crate) async fn scopes_that_left_the_estate_are_forgotten(fresh: Fresh) {
    let there = scope(OTHER_ACCOUNT, "eu-west-1");
    for scope in [&here(), &there] {
        see(&fresh, scope, vec![instance(scope, 1)]).await;
    }
    fresh.store.retain_scopes(&BTreeSet::from([there.clone()])).await.unwrap();
    let scopes = fresh.store.scopes(None).await.unwrap();
    assert_eq!(scopes.into_iter().map(|known| known.scope).collect::<Vec<_>>(), [there]);
    assert_eq!(ids(&fresh, &ResourceFilter::default()).await.len(), 1);
}

pub(crate) async fn many_resources_are_kept_and_found(fresh: Fresh) {
    let many = |number| instance(&here(), number);
    see(&fresh, &here(), (1..=5_000).map(many).collect()).await;
    see(&fresh, &here(), (1..=5_000).map(many).collect()).await;
    assert_eq!(totals(&fresh).await.resources, 5_000);
    let filter = ResourceFilter { text: Some("name=web 4999".to_owned()), ..Default::default() };
    assert_eq!(ids(&fresh, &filter).await, ["i-00004999"]);
}
