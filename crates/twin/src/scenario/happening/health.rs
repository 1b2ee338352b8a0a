//! AWS tells an account of trouble, or of work that it will do.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Happening, check, duration, read};
use crate::{
    metrics::Site,
    services::health::{Affected, Notice, publish},
    store::Place,
    world::World,
};

pub(super) static HEALTH: Happening =
    Happening { word: "health", check: check::<Detail>, act: happen };

/// What AWS tells.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Detail {
    /// Such as `EC2`.
    service: String,
    /// Such as `AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED`.
    code: String,
    category: Category,
    description: String,
    /// Ids or ARNs; a public event if none.
    #[serde(default)]
    affected: Vec<String>,
    /// How long; nobody knows yet if absent.
    #[serde(rename = "for")]
    duration: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Category {
    Issue,
    AccountNotification,
    ScheduledChange,
    Investigation,
}

fn happen(world: &mut World, place: &Place, detail: &Json) -> Result<(), String> {
    let detail: Detail = read(detail)?;
    let (category, status) = match detail.category {
        Category::Issue => ("issue", "IMPAIRED"),
        Category::AccountNotification => ("accountNotification", "UNKNOWN"),
        Category::ScheduledChange => ("scheduledChange", "PENDING"),
        Category::Investigation => ("investigation", "UNKNOWN"),
    };
    let start = world.now();
    let lasts = detail.duration.as_deref().map(duration).transpose()?;
    let affected = detail.affected.into_iter();
    let notice = Notice {
        site: Site::of(place),
        service: detail.service,
        code: detail.code,
        category: category.to_owned(),
        description: detail.description,
        affected: affected.map(|value| Affected { value, status: status.to_owned() }).collect(),
        start,
        end: lasts.and_then(|lasts| start.checked_add(lasts).ok()),
    };
    publish(world, &notice);
    Ok(())
}
