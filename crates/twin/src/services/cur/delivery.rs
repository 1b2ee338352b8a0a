//! The report itself: a line for each resource and day of the month so far, compressed, with a manifest beside it.

use std::{collections::BTreeSet, io::Write};

use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, civil::Date};
use reeve_types::AccountId;
use serde_json::json;

use crate::{
    services::ce::{Day, Item, items, on_day},
    store::{Place, Resource},
    tagging::RESERVED,
    task::Task,
    value::{object, value},
    world::{Origin, World},
};

/// The task that delivers a report.
pub(super) const DUE: &str = "cur:deliver";
const BY: &str = "billingreports.amazonaws.com";
/// The first report comes within a day.
const FIRST_MINUTES: (i64, i64) = (120, 1200);
const EVERY: SignedDuration = SignedDuration::from_hours(24);

const COLUMNS: [&str; 20] = [
    "identity/LineItemId",
    "identity/TimeInterval",
    "bill/InvoiceId",
    "bill/BillingEntity",
    "bill/BillType",
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "bill/BillingPeriodEndDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedCost",
    "product/region",
];

/// Has a new report delivered.
pub(super) fn schedule(world: &mut World, place: &Place, name: &str) {
    let minutes = world.random_between(FIRST_MINUTES.0, FIRST_MINUTES.1);
    let due = world.now() + SignedDuration::from_mins(minutes);
    world.schedule(due, Task::new(DUE, place, name));
}

/// Delivers a report.
pub(super) fn deliver(world: &mut World, task: &Task) {
    let (place, name) = (&task.place, task.id.as_str());
    let Some(report) = world.get(place, name).cloned() else { return };
    let next = world.now() + EVERY;
    world.schedule(next, Task::new(DUE, place, name));
    let today = Day::of(world.now()).0;
    let status = match write(world, place, name, (&report, today)) {
        Ok(()) => "SUCCESS",
        Err(code) if code == "NoSuchBucket" => "ERROR_NO_BUCKET",
        Err(_) => "ERROR_PERMISSIONS",
    };
    let time = world.now().strftime("%Y%m%dT%H%M%SZ").to_string();
    world.change(place, name, |facts| {
        let mut status = object! {"lastStatus": (status)};
        status.insert("lastDelivery", time);
        facts.insert("ReportStatus", status);
    });
}

fn write(
    world: &mut World,
    place: &Place,
    name: &str,
    (report, today): (&Resource, Date),
) -> Result<(), String> {
    // On the first day of a month, the month before is completed.
    let month = today.yesterday().unwrap_or(today).first_of_month();
    let end = month.last_of_month().tomorrow().unwrap_or(today);
    let assembly = world.uuid();
    let text = |member: &str| report.fact(member).unwrap_or_default().to_owned();
    let period = format!("{}-{}", month.strftime("%Y%m%d"), end.strftime("%Y%m%d"));
    let folder = format!("{}/{name}/{period}", text("S3Prefix"));
    let data = if text("ReportVersioning") == "OVERWRITE_REPORT" {
        format!("{folder}/{name}-00001.csv.gz")
    } else {
        format!("{folder}/{assembly}/{name}-00001.csv.gz")
    };
    let resources = report.list("AdditionalSchemaElements");
    let named = resources.iter().any(|element| element.as_str() == Some("RESOURCES"));
    let (columns, csv) = csv(world, place, (month, end, today), named);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let packed = gzip.write_all(csv.as_bytes()).and_then(|()| gzip.finish());
    let packed = packed.map_err(|error| error.to_string())?;
    let manifest = json!({
        "assemblyId": assembly,
        "account": place.account.as_str(),
        "columns": columns.iter().map(|column| {
            let (category, name) = column.split_once('/').unwrap_or(("", column));
            json!({"category": category, "name": name, "type": "OptionalString"})
        }).collect::<Vec<_>>(),
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": crate::digest::hex_digest(name, 64),
        "reportName": name,
        "billingPeriod": {
            "start": format!("{}T000000.000Z", month.strftime("%Y%m%d")),
            "end": format!("{}T000000.000Z", end.strftime("%Y%m%d")),
        },
        "bucket": text("S3Bucket"),
        "reportKeys": [data],
    });
    let region = text("S3Region").parse().unwrap_or_else(|_| place.region.clone());
    let origin = Origin { account: &place.account, region: &region, by: BY };
    let files = [
        (data, packed),
        (format!("{folder}/{name}-Manifest.json"), manifest.to_string().into_bytes()),
    ];
    for (key, body) in files {
        let input = value!({"Bucket": (text("S3Bucket")), "Key": (key), "Body": (body)});
        world.call(&origin, "s3", "PutObject", input).map_err(|failure| failure.code)?;
    }
    Ok(())
}

/// The columns of a report, and the report.
fn csv(
    world: &World,
    place: &Place,
    (month, end, today): (Date, Date, Date),
    named: bool,
) -> (Vec<String>, String) {
    let payer = world.directory.management.as_ref() == Some(&place.account);
    let sees = |account: &AccountId| payer || *account == place.account;
    let items = items(world, &sees);
    let keys: BTreeSet<&String> = items.iter().flat_map(|item| item.tags.keys()).collect();
    let of_tags = keys.iter().map(|key| {
        let whose = if key.starts_with(RESERVED) { "" } else { "user:" };
        format!("resourceTags/{whose}{key}")
    });
    let columns: Vec<String> = COLUMNS.iter().map(ToString::to_string).chain(of_tags).collect();
    let titles: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let mut csv = titles.join(",");
    csv.push('\n');
    let days = std::iter::successors(Some(month), |day| day.tomorrow().ok());
    for day in days.take_while(|day| *day < end.min(today)) {
        for item in &items {
            let (cost, usage) = on_day(world, item, Day(day), world.now());
            if cost <= 0.0 {
                continue;
            }
            let next = day.tomorrow().unwrap_or(day);
            let fields = fields(item, place, (month, end), (day, next), (cost, usage));
            let mut cells: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
            if !named && let Some(resource) = cells.get_mut(15) {
                resource.clear();
            }
            cells.extend(
                keys.iter().map(|key| quoted(item.tags.get(*key).map_or("", String::as_str))),
            );
            csv.push_str(&cells.join(","));
            csv.push('\n');
        }
    }
    (columns, csv)
}

fn fields(
    item: &Item,
    place: &Place,
    (month, end): (Date, Date),
    (day, next): (Date, Date),
    (cost, usage): (f64, f64),
) -> [String; 20] {
    let midnight = |day: Date| format!("{day}T00:00:00Z");
    [
        crate::digest::hex_digest(&format!("{}/{day}", item.resource), 40),
        format!("{}/{}", midnight(day), midnight(next)),
        String::new(),
        "AWS".to_owned(),
        "Anniversary".to_owned(),
        place.account.to_string(),
        midnight(month),
        midnight(end),
        item.account.to_string(),
        "Usage".to_owned(),
        midnight(day),
        midnight(next),
        item.service.to_owned(),
        item.usage_type.clone(),
        item.operation.to_owned(),
        item.resource.clone(),
        format!("{usage:.10}"),
        "USD".to_owned(),
        format!("{cost:.10}"),
        item.region.clone(),
    ]
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
