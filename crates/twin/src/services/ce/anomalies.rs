//! Costs that are not as expected: surges that scenarios make, who watches for them, and who is told.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use reeve_model::{Object, Value};
use reeve_types::AccountId;

use super::{Day, Item, cost::visible, items, period::on_day};
use crate::{
    call::{Answer, Call},
    failure::Failure,
    kind::{Definition, HOME_REGION, Identity, Kind, Missing, Scope},
    store::{Place, Resource, facts},
    value::{object, value},
    world::World,
};

const UNKNOWN_MONITOR: &str = "UnknownMonitorException";

/// A surge of costs.
pub(super) static ANOMALY: Definition = Definition {
    resource_type: "AWS::CE::Anomaly",
    arn: "arn:{partition}:ce::{account}:anomaly/{id}",
    identity: &[("AnomalyId", Identity::Id)],
    scope: Scope::Global,
    missing: Missing::new("ResourceNotFoundException", "Anomaly {id} was not found"),
    ..Definition::OF
};

/// `AWS::CE::AnomalyMonitor`.
pub(super) static MONITOR: Definition = Definition {
    resource_type: "AWS::CE::AnomalyMonitor",
    arn: "arn:{partition}:ce::{account}:anomalymonitor/{id}",
    identity: &[("MonitorArn", Identity::Arn)],
    scope: Scope::Global,
    missing: Missing::new(UNKNOWN_MONITOR, "Monitor {id} was not found"),
    ..Definition::OF
};

/// `AWS::CE::AnomalySubscription`.
pub(super) static SUBSCRIPTION: Definition = Definition {
    resource_type: "AWS::CE::AnomalySubscription",
    arn: "arn:{partition}:ce::{account}:anomalysubscription/{id}",
    identity: &[("SubscriptionArn", Identity::Arn)],
    scope: Scope::Global,
    missing: Missing::new("UnknownSubscriptionException", "Subscription {id} was not found"),
    ..Definition::OF
};

/// A service that costs more than usual in one account and Region for some days.
#[derive(Debug, Clone)]
pub(crate) struct Surge {
    pub(crate) account: AccountId,
    pub(crate) region: String,
    /// As bills name it.
    pub(crate) service: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// How many times as much it costs.
    pub(crate) factor: f64,
}

/// Makes a service cost more than usual.
pub(crate) fn surge(world: &mut World, surge: &Surge) {
    let Ok(region) = HOME_REGION.parse() else { return };
    let place = Place { account: surge.account.clone(), region, kind: &ANOMALY };
    let id = world.uuid();
    let described = object! {
        "Service": (&surge.service), "Region": (&surge.region), "Start": (surge.start), "End": (surge.end),
        "Factor": (surge.factor),
    };
    world.put(place, id, Resource::new(facts(described), Arc::default()));
}

/// How many times as much an item costs on a day.
pub(super) fn factor(world: &World, item: &Item, day: Day) -> f64 {
    let Ok(region) = HOME_REGION.parse() else { return 1.0 };
    let place = Place { account: item.account.clone(), region, kind: &ANOMALY };
    let surges = world.shelf(&place).values().filter(|surge| {
        is_on(surge, day)
            && surge.fact("Service") == Some(item.service)
            && surge.fact("Region") == Some(item.region.as_str())
    });
    surges.map(|surge| surge.value("Factor").and_then(Value::as_f64).unwrap_or(1.0)).product()
}

fn time(surge: &Resource, member: &str) -> Timestamp {
    surge.value(member).and_then(Value::as_timestamp).unwrap_or_default()
}

fn is_on(surge: &Resource, day: Day) -> bool {
    (Day::of(time(surge, "Start"))..=Day::of(time(surge, "End"))).contains(&day)
}

/// `GetAnomalies`.
pub(super) fn list(call: &Call, world: &mut World) -> Answer {
    let interval = call.object("DateInterval");
    let date = |member: &str| {
        let text = interval.and_then(|interval| interval.get(member)).and_then(Value::as_str);
        text.map(|text| {
            text.parse::<Date>()
                .map_err(|_| call.invalid(format!("{member} is not a valid date: {text}")))
        })
        .transpose()
    };
    let (from, to) = (date("StartDate")?, date("EndDate")?);
    let monitors: Vec<(String, String)> = world
        .shelf(&call.place(&MONITOR))
        .iter()
        .map(|(id, monitor)| {
            let place = call.place(&MONITOR);
            let of = monitor.fact("MonitorType").unwrap_or_default().to_owned();
            (place.arn_of(&MONITOR, id), of)
        })
        .collect();
    let wanted = call.text("MonitorArn");
    // Nobody sees anomalies who does not watch for them.
    let monitor = monitors.iter().find(|(arn, _)| wanted.is_none_or(|wanted| wanted == arn));
    let Some((monitor, _)) = monitor else {
        return match wanted {
            Some(wanted) => Err(MONITOR.missing.failure(wanted)),
            None => Ok(value!({"Anomalies": []})),
        };
    };
    let sees = visible(call, world);
    let mut anomalies = Vec::new();
    for (place, id, surge) in world.every(&ANOMALY) {
        let start = Day::of(time(surge, "Start"));
        let begun = start < Day::of(call.now);
        let fits = from.is_none_or(|from| start.0 >= from) && to.is_none_or(|to| start.0 <= to);
        if begun && fits && sees(&place.account) {
            anomalies.push(shown(call, world, (place, id, surge), monitor));
        }
    }
    anomalies.retain(|anomaly| impact_fits(call, anomaly) && feedback_fits(call, anomaly));
    Ok(call.fit(Value::from_iter([("Anomalies", Value::List(anomalies))])))
}

fn feedback_fits(call: &Call, anomaly: &Value) -> bool {
    let given = anomaly.get("Feedback").and_then(Value::as_str);
    call.text("Feedback").is_none_or(|wanted| given == Some(wanted))
}

fn impact_fits(call: &Call, anomaly: &Value) -> bool {
    let Some(filter) = call.object("TotalImpact") else { return true };
    let impact = anomaly.path("Impact.TotalImpact").and_then(Value::as_f64).unwrap_or(0.0);
    let number = |member: &str| filter.get(member).and_then(Value::as_f64).unwrap_or(0.0);
    let start = number("StartValue");
    match filter.text("NumericOperator") {
        "EQUAL" => (impact - start).abs() < 0.005,
        "GREATER_THAN_OR_EQUAL" => impact >= start,
        "GREATER_THAN" => impact > start,
        "LESS_THAN_OR_EQUAL" => impact <= start,
        "LESS_THAN" => impact < start,
        _ => (start..=number("EndValue")).contains(&impact),
    }
}

fn shown(
    call: &Call,
    world: &World,
    (place, id, surge): (&Place, &str, &Resource),
    monitor: &str,
) -> Value {
    let (first, last) = (Day::of(time(surge, "Start")), Day::of(time(surge, "End")));
    let factor = surge.value("Factor").and_then(Value::as_f64).unwrap_or(1.0);
    let own = |account: &AccountId| *account == place.account;
    let (service, region) =
        (surge.fact("Service").unwrap_or_default(), surge.fact("Region").unwrap_or_default());
    let mut actual = 0.0;
    let mut largest: f64 = 0.0;
    let affected: Vec<Item> = items(world, &own)
        .into_iter()
        .filter(|item| item.service == service && item.region == region)
        .collect();
    let days = std::iter::successors(Some(first.0), |day| day.tomorrow().ok());
    for day in days.take_while(|day| *day <= last.0) {
        let cost: f64 = affected.iter().map(|item| on_day(world, item, Day(day), call.now).0).sum();
        actual += cost;
        largest = largest.max(cost - cost / factor);
    }
    let expected = actual / factor;
    let usage = affected.first().map_or("", |item| item.usage_type.as_str());
    let score = (1.0 - 1.0 / factor.max(1.0)).clamp(0.0, 1.0);
    let account = world.directory.accounts.get(&place.account);
    let mut shown = object! {
        "AnomalyId": (id),
        "AnomalyStartDate": (format!("{}T00:00:00Z", first.0)),
        "DimensionValue": (service),
        "RootCauses": [{
            "Service": (service), "Region": (region), "LinkedAccount": (place.account.as_str()),
            "LinkedAccountName": (account.map_or("", |account| account.name.as_str())), "UsageType": (usage),
        }],
        "AnomalyScore": {"MaxScore": (score), "CurrentScore": (score)},
        "Impact": {
            "MaxImpact": (largest), "TotalImpact": (actual - expected), "TotalActualSpend": (actual),
            "TotalExpectedSpend": (expected), "TotalImpactPercentage": ((factor - 1.0) * 100.0),
        },
        "MonitorArn": (monitor),
    };
    if last < Day::of(call.now) {
        shown.insert("AnomalyEndDate", format!("{}T00:00:00Z", last.0));
    }
    if let Some(feedback) = surge.fact("Feedback") {
        shown.insert("Feedback", feedback);
    }
    shown.into()
}

/// `ProvideAnomalyFeedback`.
pub(super) fn feedback(call: &Call, world: &mut World) -> Answer {
    let id = call.required("AnomalyId")?;
    let feedback = call.required("Feedback")?.to_owned();
    let sees = visible(call, world);
    let place = world
        .every(&ANOMALY)
        .find(|(place, found, _)| *found == id && sees(&place.account))
        .map(|(place, ..)| place.clone())
        .ok_or_else(|| ANOMALY.missing.failure(id))?;
    world.set(&place, id, "Feedback", feedback);
    Ok(value!({"AnomalyId": (id)}))
}

/// The resource in an ARN of a call.
fn named(call: &Call, world: &World, kind: Kind, member: &str) -> Result<String, Failure> {
    let arn = call.required(member)?;
    let id = arn.rsplit('/').next().unwrap_or(arn).to_owned();
    world.get(&call.place(kind), &id).map(|_| id).ok_or_else(|| kind.missing.failure(arn))
}

fn all(call: &Call, world: &World, kind: Kind, (list, member): (&str, &str)) -> Answer {
    let wanted = call.texts(list);
    let place = call.place(kind);
    let shelf = world.shelf(&place).iter();
    let shown: Value = shelf
        .filter_map(|(id, found)| {
            let arn = place.arn_of(kind, id);
            let keep = wanted.is_empty() || wanted.contains(&arn.as_str());
            keep.then(|| Value::from(place.describe(kind, id, found)))
        })
        .collect();
    Ok(call.fit(Value::from_iter([(member, shown)])))
}

/// `CreateAnomalyMonitor`.
pub(super) fn create_monitor(call: &Call, world: &mut World) -> Answer {
    let mut described = call.object("AnomalyMonitor").cloned().unwrap_or_default();
    let today = Day::of(call.now).0.to_string();
    described.insert("CreationDate", today.as_str());
    described.insert("LastUpdatedDate", today.as_str());
    described.insert("LastEvaluatedDate", today);
    described.insert("DimensionalValueCount", 0);
    let (id, arn) = made(call, world, &MONITOR, described);
    let _ = id;
    Ok(value!({"MonitorArn": (arn)}))
}

fn made(call: &Call, world: &mut World, kind: Kind, described: Object) -> (String, String) {
    let id = world.uuid();
    let place = call.place(kind);
    let arn = place.arn_of(kind, &id);
    world.put(place, id.clone(), Resource::new(facts(described), Arc::default()));
    (id, arn)
}

/// `GetAnomalyMonitors`.
pub(super) fn list_monitors(call: &Call, world: &mut World) -> Answer {
    all(call, world, &MONITOR, ("MonitorArnList", "AnomalyMonitors"))
}

/// `UpdateAnomalyMonitor`.
pub(super) fn update_monitor(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &MONITOR, "MonitorArn")?;
    let name = call.text("MonitorName").map(str::to_owned);
    let today = Day::of(call.now).0.to_string();
    world.change(&call.place(&MONITOR), &id, |facts| {
        if let Some(name) = name {
            facts.insert("MonitorName", name);
        }
        facts.insert("LastUpdatedDate", today);
    });
    Ok(value!({"MonitorArn": (call.required("MonitorArn")?)}))
}

/// `DeleteAnomalyMonitor`.
pub(super) fn delete_monitor(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &MONITOR, "MonitorArn")?;
    world.remove(&call.place(&MONITOR), &id);
    Ok(Value::object())
}

/// `CreateAnomalySubscription`.
pub(super) fn create_subscription(call: &Call, world: &mut World) -> Answer {
    let mut described = call.object("AnomalySubscription").cloned().unwrap_or_default();
    let monitors = described.list("MonitorArnList");
    for arn in monitors.iter().filter_map(Value::as_str) {
        let id = arn.rsplit('/').next().unwrap_or(arn);
        if world.get(&call.place(&MONITOR), id).is_none() {
            return Err(MONITOR.missing.failure(arn));
        }
    }
    described.insert("AccountId", call.account().as_str());
    if let Some(Value::List(subscribers)) = described.get_mut("Subscribers") {
        for subscriber in subscribers.iter_mut().filter_map(Value::as_object_mut) {
            subscriber.insert("Status", "CONFIRMED");
        }
    }
    let (_, arn) = made(call, world, &SUBSCRIPTION, described);
    Ok(value!({"SubscriptionArn": (arn)}))
}

/// `GetAnomalySubscriptions`.
pub(super) fn list_subscriptions(call: &Call, world: &mut World) -> Answer {
    all(call, world, &SUBSCRIPTION, ("SubscriptionArnList", "AnomalySubscriptions"))
}

/// `UpdateAnomalySubscription`.
pub(super) fn update_subscription(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &SUBSCRIPTION, "SubscriptionArn")?;
    let kept = [
        "Threshold",
        "Frequency",
        "MonitorArnList",
        "Subscribers",
        "SubscriptionName",
        "ThresholdExpression",
    ];
    let changes: Vec<(&str, Value)> = kept
        .into_iter()
        .filter_map(|member| Some((member, call.input.get(member)?.clone())))
        .collect();
    world.change(&call.place(&SUBSCRIPTION), &id, |facts| {
        for (member, value) in changes {
            facts.insert(member, value);
        }
    });
    Ok(value!({"SubscriptionArn": (call.required("SubscriptionArn")?)}))
}

/// `DeleteAnomalySubscription`.
pub(super) fn delete_subscription(call: &Call, world: &mut World) -> Answer {
    let id = named(call, world, &SUBSCRIPTION, "SubscriptionArn")?;
    world.remove(&call.place(&SUBSCRIPTION), &id);
    Ok(Value::object())
}
