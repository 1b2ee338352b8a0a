//! The envelope in which EventBridge carries every event.

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

/// An event as it is matched and delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// A UUID, new for every event.
    pub id: String,
    /// The account in which the event happened.
    pub account: String,
    /// The Region in which the event happened.
    pub region: String,
    /// When it happened; written in whole seconds.
    pub time: Timestamp,
    /// Who says so: `aws.ec2`, `com.example.shop`.
    pub source: String,
    /// What happened, in words.
    pub detail_type: String,
    /// The ARNs of what it happened to.
    pub resources: Vec<String>,
    /// The particulars, an object.
    pub detail: Value,
}

impl Event {
    /// The JSON that patterns see and targets receive.
    pub fn to_json(&self) -> Value {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": whole_seconds(self.time),
            "region": self.region,
            "resources": self.resources,
            "detail": self.detail,
        })
    }

    /// Reads what [`Event::to_json`] wrote; nothing if a member is missing or of another type.
    pub fn from_json(event: &Value) -> Option<Self> {
        let text = |member: &str| event.get(member).and_then(Value::as_str).map(str::to_owned);
        let resources = event.get("resources")?.as_array()?;
        Some(Self {
            id: text("id")?,
            account: text("account")?,
            region: text("region")?,
            time: text("time")?.parse().ok()?,
            source: text("source")?,
            detail_type: text("detail-type")?,
            resources: resources.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            detail: event.get("detail")?.clone(),
        })
    }
}

fn whole_seconds(time: Timestamp) -> String {
    let options = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
    time.round(options).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_the_way_to_json_and_back_in_whole_seconds() {
        let event = Event {
            id: "7bf73129-1428-4cd3-a780-95db273d1602".to_owned(),
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            time: "2015-11-11T21:29:54.75Z".parse().unwrap(),
            source: "aws.ec2".to_owned(),
            detail_type: "EC2 Instance State-change Notification".to_owned(),
            resources: vec!["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111".to_owned()],
            detail: json!({"state": "pending"}),
        };
        let json = event.to_json();
        assert_eq!(json["time"], "2015-11-11T21:29:54Z");
        let back = Event::from_json(&json).unwrap();
        assert_eq!(Event { time: event.time, ..back }, event);
    }
}
