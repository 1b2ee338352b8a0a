//! x
use crate::kit::{self, *};
use reeve_care::progress::*;
use reeve_store::*;
use reeve_time::Stopwatch;
use reeve_types::Actor;
use std::io::Write as _;
fn say(what: &str, watch: Stopwatch) {
    writeln!(std::io::stderr(), "{what}: {:?}", watch.elapsed()).unwrap();
}
#[tokio::test(flavor = "multi_thread")]
async fn perf() {
    let fresh = kit::sqlite().await;
    let plan = fresh.plan(100_000);
    let w = Stopwatch::start();
    fresh.store.propose(&plan, &Actor::Reeve).await.unwrap();
    say("propose 100k", w);
    let w = Stopwatch::start();
    fresh.store.plan(plan.id).await.unwrap();
    say("load 100k", w);
    fresh.record(plan.id, approval(&plan)).await;
    fresh.record(plan.id, PlanEvent::ApplyRequested).await;
    let w = Stopwatch::start();
    for chunk in (1..=100_000u32).collect::<Vec<_>>().chunks(1000) {
        for s in [Step::Started, Step::Performed, Step::Verified] {
            fresh
                .store
                .append(chunk.iter().map(|n| ana(plan.id, step(*n, s.clone()))).collect())
                .await
                .unwrap();
        }
    }
    say("300k action events in 300 requests", w);
    let w = Stopwatch::start();
    let mut set = tokio::task::JoinSet::new();
    for n in 0..2000 {
        let store = fresh.store.clone();
        set.spawn(async move {
            store.append(vec![suspended(&n.to_string())]).await.unwrap();
        });
    }
    while set.join_next().await.is_some() {}
    say("2000 single appends at once", w);
    let w = Stopwatch::start();
    for n in 0..100 {
        fresh.store.append(vec![suspended(&n.to_string())]).await.unwrap();
    }
    say("100 single appends in sequence", w);
    let w = Stopwatch::start();
    fresh.store.progress(plan.id).await.unwrap();
    say("replay 300k", w);
    let w = Stopwatch::start();
    fresh.store.verify().await.unwrap();
    say("verify 302k", w);
    let w = Stopwatch::start();
    fresh.store.plan_page(plan.id, 90_000, Limit::new(100)).await.unwrap();
    say("plan page", w);
    let w = Stopwatch::start();
    fresh.store.history(plan.id).await.unwrap();
    say("history", w);
    let w = Stopwatch::start();
    fresh.store.undone_action_digests("resource-tagger").await.unwrap();
    say("undone", w);
    let w = Stopwatch::start();
    fresh.record(plan.id, PlanEvent::ApplyFinished).await;
    fresh.record(plan.id, undo()).await;
    say("finish + undo requested", w);
    let w = Stopwatch::start();
    let run = fresh.run_id();
    for region in 0..100 {
        let scope = scope(ACCOUNT, &format!("eu-west-{region}"));
        fresh
            .store
            .replace_scope(&scope, run, (0..1000).map(|n| instance(&scope, n)).collect())
            .await
            .unwrap();
    }
    say("100k resources in 100 scopes", w);
    let w = Stopwatch::start();
    for region in 0..100 {
        let scope = scope(ACCOUNT, &format!("eu-west-{region}"));
        fresh
            .store
            .replace_scope(&scope, run, (0..1000).map(|n| instance(&scope, n)).collect())
            .await
            .unwrap();
    }
    say("again", w);
    let w = Stopwatch::start();
    fresh
        .store
        .resources(
            &ResourceFilter { text: Some("nothing".to_owned()), ..Default::default() },
            None,
            Limit::new(100),
        )
        .await
        .unwrap();
    say("search for nothing", w);
    let w = Stopwatch::start();
    fresh
        .store
        .resources(
            &ResourceFilter { account: Some(OTHER_ACCOUNT.parse().unwrap()), ..Default::default() },
            None,
            Limit::new(100),
        )
        .await
        .unwrap();
    say("other account", w);
    let w = Stopwatch::start();
    fresh.store.totals_by_type().await.unwrap();
    say("totals", w);
    let w = Stopwatch::start();
    fresh.store.unknowns(None, None, Limit::new(100)).await.unwrap();
    say("unknowns", w);
    let w = Stopwatch::start();
    fresh.store.close().await;
    say("close", w);
    writeln!(
        std::io::stderr(),
        "size {}",
        std::fs::metadata(fresh.data().join("reeve.db")).unwrap().len()
    )
    .unwrap();
    let w = Stopwatch::start();
    fresh.another().await;
    say("open with check", w);
}
