//! The accounts of the estate.

use crate::kit::{ACCOUNT, Fresh, OTHER_ACCOUNT};

pub(crate) async fn an_account_keeps_the_day_it_was_first_seen_and_takes_its_newest_name(
    fresh: Fresh,
) {
    let first = fresh.clock.now();
    let named = |name: &str| (ACCOUNT.parse().unwrap(), name.to_owned());
    fresh.store.name_accounts(&[named("shop")]).await.unwrap();
    let second = fresh.tick();
    let other = (OTHER_ACCOUNT.parse().unwrap(), "lab".to_owned());
    fresh.store.name_accounts(&[other, named("web shop")]).await.unwrap();
    let accounts = fresh.store.accounts().await.unwrap();
    let seen: Vec<_> = accounts
        .iter()
        .map(|account| (account.id.as_str(), account.name.as_str(), account.first_seen_at))
        .collect();
    assert_eq!(seen, [(ACCOUNT, "web shop", first), (OTHER_ACCOUNT, "lab", second)]);
}
