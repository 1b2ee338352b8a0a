//! Accounts and resources as they were last observed.

use reeve_care::tagger::rule_name;
use reeve_document::nearest;
use reeve_estate::{Account, CONTROLLERS};
use reeve_store::{Coverage, KnownResource, ResourceCursor, ResourceFilter, VerdictKind};
use reeve_types::{AccountId, Region, ResourceType, Tags, Verdict};

use crate::{
    App, Error, ResourceQuery,
    queries::{filled, limit, parse_cursor},
    views::{
        AccountView, AuthorityView, ChangeView, Page, ResourceView, ScopeCoverageView,
        UnknownScopeView, UnknownView,
    },
};

impl App {
    /// The accounts of the estate, with what may be done there and what is known of them.
    pub async fn accounts(&self) -> Result<Page<AccountView>, Error> {
        let totals = self.store.totals_by_account().await.map_err(Error::store)?;
        let view = |account: &Account| {
            let known = totals.iter().find(|(id, _)| *id == account.id).map(|(_, totals)| totals);
            let authority = CONTROLLERS.map(|controller| {
                let decision = self.authority_anywhere(&account.id);
                AuthorityView {
                    controller: controller.to_owned(),
                    level: decision.level.as_str(),
                    reason: decision.reason,
                }
            });
            AccountView {
                id: account.id.to_string(),
                name: account.name.clone(),
                regions: account.regions.iter().map(ToString::to_string).collect(),
                role_arn: account.role_arn.as_ref().map(ToString::to_string),
                authority: authority.into(),
                resources: known.map_or(0, |totals| totals.resources),
                failing: known.map_or(0, |totals| totals.failing),
                unknown_scopes: known.map_or(0, |totals| totals.unknown_scopes),
                observed_at: known.and_then(|totals| totals.observed_at),
            }
        };
        Ok(Page { items: self.estate.accounts.iter().map(view).collect(), next: None })
    }

    /// Coverage by account, Region and type, in that order.
    pub async fn coverage(&self) -> Result<Page<ScopeCoverageView>, Error> {
        let scopes = self.store.scopes(None).await.map_err(Error::store)?;
        let view = |known: &reeve_store::KnownScope| {
            let totals = &known.totals;
            let set_apart = totals.missing + totals.unmanaged + totals.unknown;
            ScopeCoverageView {
                account: known.scope.account.to_string(),
                region: known.scope.region.to_string(),
                resource_type: known.scope.resource_type.to_string(),
                resources: totals.resources,
                compliant: totals.resources.saturating_sub(set_apart),
                missing: totals.missing,
                unmanaged: totals.unmanaged,
                unknown: totals.unknown,
                is_unknown: known.unknown.is_some(),
                observed_at: known.observed_at,
            }
        };
        Ok(Page { items: scopes.iter().map(view).collect(), next: None })
    }

    /// A page of the resources.
    pub async fn resources(&self, query: &ResourceQuery) -> Result<Page<ResourceView>, Error> {
        let filter = self.resource_filter(query)?;
        let after = query.cursor.as_deref().map(parse_cursor::<ResourceCursor>).transpose()?;
        let page = self
            .store
            .resources(&filter, after.as_ref(), limit(query.limit))
            .await
            .map_err(Error::store)?;
        let next = page.next.map(|cursor| cursor.to_string());
        Ok(Page { items: page.items.into_iter().map(resource).collect(), next })
    }

    /// What could not be looked at, at most the first thousand.
    pub async fn unknowns(&self) -> Result<Page<UnknownScopeView>, Error> {
        let most = limit(Some(usize::MAX));
        let page = self.store.unknowns(None, None, most).await.map_err(Error::store)?;
        let view = |known: &reeve_store::KnownUnknown| UnknownScopeView {
            account: known.scope.account.to_string(),
            region: known.scope.region.to_string(),
            resource_type: known.scope.resource_type.to_string(),
            id: known.resource.clone(),
            unknown: UnknownView::from(&known.unknown),
            observed_at: known.looked_at,
        };
        Ok(Page { items: page.items.iter().map(view).collect(), next: None })
    }

    /// The account that a person means: by id or name.
    pub(crate) fn find_account(&self, name: &str) -> Result<&Account, Error> {
        self.estate.find_account(name).ok_or_else(|| {
            let known = self.estate.accounts.iter().map(|account| account.name.as_str());
            Error::unknown_name("an account of the estate", name, nearest(name, known))
        })
    }

    /// What the Tagger may do in an account, tags left aside.
    pub(crate) fn authority_anywhere(&self, account: &AccountId) -> reeve_authority::Decision {
        self.authority(account, &Tags::new())
    }

    fn resource_filter(&self, query: &ResourceQuery) -> Result<ResourceFilter, Error> {
        let ResourceQuery { account, region, resource_type, verdict, coverage, text, .. } = query;
        let account = account.as_deref().filter(|name| !name.is_empty());
        let account = account.map(|name| self.find_account(name)).transpose()?;
        let region = filled(region.as_ref()).map(str::parse::<Region>).transpose();
        let resource_type = filled(resource_type.as_ref()).map(known_type).transpose()?;
        let verdict = filled(verdict.as_ref()).map(parse_verdict).transpose()?;
        let coverage = filled(coverage.as_ref()).map(parse_coverage).transpose()?;
        Ok(ResourceFilter {
            account: account.map(|account| account.id.clone()),
            region: region.map_err(Error::invalid)?,
            resource_type,
            verdict,
            coverage,
            text: filled(text.as_ref()).map(str::to_owned),
        })
    }
}

fn known_type(name: &str) -> Result<ResourceType, Error> {
    let resource_type = ResourceType::new(name);
    let definitions = reeve_inventory::definitions();
    if definitions.get(&resource_type).is_some() {
        Ok(resource_type)
    } else {
        let nearest = definitions.nearest(name);
        Err(Error::unknown_name("a resource type that Reeve knows", name, nearest))
    }
}

fn parse_verdict(word: &str) -> Result<VerdictKind, Error> {
    [VerdictKind::Pass, VerdictKind::Fail, VerdictKind::Unknown]
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .ok_or_else(|| Error::unknown_name("a verdict", word, None))
}

fn parse_coverage(word: &str) -> Result<Coverage, Error> {
    [Coverage::Managed, Coverage::Missing, Coverage::Unmanaged, Coverage::Unknown]
        .into_iter()
        .find(|coverage| coverage.as_str() == word)
        .ok_or_else(|| Error::unknown_name("a coverage", word, None))
}

fn resource(known: KnownResource) -> ResourceView {
    let KnownResource {
        resource,
        name,
        verdict,
        coverage,
        configurations,
        changes,
        notes,
        observed_at,
        run: _,
    } = known;
    let reeve_types::ResourceRef { scope, id, arn } = resource.reference;
    let rule = rule_name(&scope.resource_type);
    let (verdict, unknown) = match &verdict {
        Verdict::Pass => ("pass", None),
        Verdict::Fail => ("fail", None),
        Verdict::Unknown(unknown) => ("unknown", Some(UnknownView::from(unknown))),
    };
    ResourceView {
        account: scope.account.to_string(),
        region: scope.region.to_string(),
        resource_type: scope.resource_type.to_string(),
        id,
        arn,
        name,
        tags: resource.tags,
        verdict,
        unknown,
        coverage: coverage.as_str().to_owned(),
        configurations,
        changes: changes.iter().map(ChangeView::from).collect(),
        notes,
        rule,
        observed_at,
    }
}
