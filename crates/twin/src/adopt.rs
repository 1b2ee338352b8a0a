//! Making the world what real accounts answered: every resource that an answer shows is made as it is shown there.
//!
//! Which answers show which kind of resource follows from the recipes, and from `shown` for operations that a service
//! performs by itself. What an answer does not show is not made up for kinds that their describe operation shows whole.

mod agents;
mod shown;

use std::{collections::BTreeSet, sync::Arc};

use reeve_model::{Object, Value};
use reeve_types::{AccountId, Region, Tags};

pub use shown::Look;

use crate::{
    kind::{self, Identity, Kind, TagForm},
    seed,
    services::SERVED,
    store::{Place, Resource, facts},
    task::{Task, later},
    twin::Twin,
    value::value,
    world::World,
};
use shown::Shows;

/// What a real account answered to a call that reads.
#[derive(Debug, Clone, Copy)]
pub struct RealAnswer<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The Region.
    pub region: &'a Region,
    /// The service, by its model's name.
    pub service: &'a str,
    /// The operation.
    pub operation: &'a str,
    /// What it was asked.
    pub input: &'a Value,
    /// What it answered.
    pub output: &'a Value,
}

impl Twin {
    /// Makes every resource that an answer of a real account shows, or changes it to what is shown. Their types and ARNs;
    /// none if the twin does not know what the answer shows.
    pub fn adopt_answer(&self, answer: &RealAnswer<'_>) -> Option<Vec<(&'static str, String)>> {
        let now = self.now();
        let mut world = self.lock();
        world.advance(now);
        if agents::tells(answer) {
            agents::adopt(&mut world, answer);
            return Some(Vec::new());
        }
        let shows = Shows::of(answer.service, answer.operation)?;
        let mut made = Vec::new();
        for (item, parent) in shows.items(answer.output) {
            let arn = make(&mut world, answer, &shows, (item, parent));
            made.extend(arn.map(|arn| (shows.kind.resource_type, arn)));
        }
        Some(made)
    }
}

/// Whether the twin performs an operation.
pub fn serves(service: &str, operation: &str) -> bool {
    SERVED.iter().any(|served| served.model == service && served.action_of(operation).is_some())
}

/// The calls that show in a real account what has this id; none if the form of the id says too little.
pub fn looks_for(id: &str) -> Vec<Look> {
    shown::looks_for(id)
}

/// Everything in a value that has the form of an id, such as `vol-0123456789abcdef0`.
pub fn ids_in(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect_ids(value, &mut found);
    found
}

fn collect_ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '-');
            found.extend(words.filter(|word| has_form_of_id(word)).map(str::to_owned));
        }
        Value::List(elements) => elements.iter().for_each(|element| collect_ids(element, found)),
        Value::Object(members) => members.iter().for_each(|(_, member)| collect_ids(member, found)),
        _ => {}
    }
}

fn has_form_of_id(word: &str) -> bool {
    let digits = word.rsplit_once('-').map_or("", |(_, digits)| digits);
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Makes or changes one resource; its ARN.
fn make(
    world: &mut World,
    answer: &RealAnswer<'_>,
    shows: &Shows,
    (item, parent): (&Object, &Object),
) -> Option<String> {
    let kind = shows.kind;
    let id = identity(kind, item).or_else(|| shows.id_asked(answer.input))?;
    let place = Place::of(answer.account, answer.region, kind);
    let known = world.store.get(&place, &id);
    let mut described = match known {
        _ if shows.is_whole => Object::new(),
        Some(known) => Object::clone(&known.facts),
        None => seed::described(&place, &id, world.now(), &serde_json::Value::Null),
    };
    let mut inside = match known {
        Some(known) => Object::clone(&known.inside),
        None => seed::inside(&place, &id, world.now()),
    };
    for member in shows.inside {
        if let Some(value) = parent.get(member) {
            inside.insert(*member, value.clone());
        }
    }
    let derived = |member: &str| kind.identity.iter().any(|(known, _)| *known == member);
    for (member, value) in item.iter() {
        if !derived(member) && kind.tags.member() != Some(member) && !shows.is_elsewhere(member) {
            described.insert(member, value.clone());
        }
    }
    let tags = match (tags(kind.tags, item), known) {
        (Some(tags), _) => Arc::new(tags),
        (None, Some(known)) if !shows.is_whole => Arc::clone(&known.tags),
        (None, _) => Arc::default(),
    };
    let arn = place.arn_of(kind, &id);
    let resource = Resource::new(facts(described), tags).with_inside(inside);
    world.put(place.clone(), id.clone(), resource);
    go_on(world, &place, &id);
    Some(arn)
}

/// States that pass by themselves: kind, where it is, state, and the task that ends it.
const PASSING: [(&str, &str, &str, &str); 4] = [
    ("AWS::EC2::Instance", "State.Name", "pending", "ec2:instance-running"),
    ("AWS::EC2::Instance", "State.Name", "stopping", "ec2:instance-stopped"),
    ("AWS::EC2::Instance", "State.Name", "shutting-down", "ec2:instance-terminated"),
    ("AWS::EC2::Volume", "State", "creating", "ec2:volume-available"),
];

/// How long after it was seen a state that passes by itself has passed.
const PASSES_AFTER_SECONDS: i64 = 30;

/// What was under way in the real account goes on here.
pub(crate) fn go_on(world: &mut World, place: &Place, id: &str) {
    let Some(resource) = world.get(place, id) else { return };
    let is_in = |(kind, path, state, _): &&(&str, &str, &str, &str)| {
        *kind == place.kind.resource_type && resource.fact(path) == Some(*state)
    };
    let Some((.., task)) = PASSING.iter().find(is_in) else { return };
    let task = Task::new(task, place, id).with(value!({"Turn": 0}));
    world.schedule(later(world.now(), PASSES_AFTER_SECONDS), task);
}

/// The id that a description carries.
fn identity(kind: Kind, item: &Object) -> Option<String> {
    let text = |member: &str| item.get(member).and_then(Value::as_str);
    let member = |wanted: fn(&Identity) -> bool| {
        let mut members = kind.identity.iter().filter(move |(_, identity)| wanted(identity));
        members.find_map(|(member, _)| text(member))
    };
    if let Some(id) = member(|identity| matches!(identity, Identity::Id)) {
        return Some(id.to_owned());
    }
    let arn = member(|identity| matches!(identity, Identity::Arn))?;
    let (_, parsed) = kind::parse_alike(arn).into_iter().find(|(found, _)| *found == kind)?;
    Some(parsed.id.to_owned())
}

/// The tags that a description carries.
fn tags(form: TagForm, item: &Object) -> Option<Tags> {
    let value = item.get(form.member()?)?;
    let pair = |entry: &Value, key: &str, value: &str| {
        Some((entry.get(key)?.as_str()?.to_owned(), entry.text(value).to_owned()))
    };
    Some(match form {
        TagForm::Absent => return None,
        TagForm::List(_) | TagForm::Propagated(_) => {
            value.as_list().iter().filter_map(|entry| pair(entry, "Key", "Value")).collect()
        }
        TagForm::LowerList(_) => {
            value.as_list().iter().filter_map(|entry| pair(entry, "key", "value")).collect()
        }
        TagForm::Map(_) => {
            let entries = value.as_object().into_iter().flat_map(Object::iter);
            let entry = |(key, value): (&reeve_model::Name, &Value)| {
                (key.to_string(), value.as_str().unwrap_or_default().to_owned())
            };
            entries.map(entry).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use reeve_time::Clock;

    use super::*;

    fn world() -> (Twin, AccountId, Region) {
        let twin = Twin::new(Clock::manual("2026-03-02T08:00:00Z".parse().unwrap()), 1);
        (twin, "111122223333".parse().unwrap(), "eu-west-1".parse().unwrap())
    }

    fn adopt(
        service: &str,
        operation: &str,
        output: &Value,
    ) -> (Twin, Option<Vec<(&'static str, String)>>) {
        let (twin, account, region) = world();
        let input = Value::object();
        let (account, region) = (&account, &region);
        let answer = RealAnswer { account, region, service, operation, input: &input, output };
        let made = twin.adopt_answer(&answer);
        (twin, made)
    }

    #[test]
    fn a_volume_is_what_the_account_says_it_is() {
        let volume = value!({
            "VolumeId": "vol-0123456789abcdef0",
            "Size": 33,
            "State": "available",
            "Tags": [{"Key": "Owner", "Value": "web"}],
        });
        let (twin, made) = adopt("ec2", "DescribeVolumes", &value!({"Volumes": [volume]}));
        let arn = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123456789abcdef0";
        assert_eq!(made, Some(vec![("AWS::EC2::Volume", arn.to_owned())]));
        let tags = twin.tags(&arn.parse().unwrap()).unwrap();
        assert_eq!(tags, Tags::from([("Owner".to_owned(), "web".to_owned())]));
        let world = twin.lock();
        let (place, id) = world.store.locate(arn).unwrap();
        let found = world.get(&place, &id).unwrap();
        assert_eq!(found.value("Size").and_then(Value::as_i64), Some(33));
        assert_eq!(found.facts.len(), 2, "nothing is made up: {:?}", found.facts);
    }

    #[test]
    fn what_was_under_way_in_the_account_goes_on() {
        for (member, shown, arn, path, then) in [
            (
                "Volumes",
                value!([{"VolumeId": "vol-0123456789abcdef0", "State": "creating"}]),
                "volume/vol-0123456789abcdef0",
                "State",
                "available",
            ),
            (
                "Reservations",
                value!([{"Instances": [{"InstanceId": "i-0123456789abcdef0", "State": {"Name": "stopping"}}]}]),
                "instance/i-0123456789abcdef0",
                "State.Name",
                "stopped",
            ),
        ] {
            let operation =
                if member == "Volumes" { "DescribeVolumes" } else { "DescribeInstances" };
            let (twin, _) = adopt("ec2", operation, &Value::from_iter([(member, shown)]));
            twin.set_time("2026-03-02T08:05:00Z".parse().unwrap());
            let world = twin.lock();
            let arn = format!("arn:aws:ec2:eu-west-1:111122223333:{arn}");
            let (place, id) = world.store.locate(&arn).unwrap();
            assert_eq!(world.get(&place, &id).unwrap().fact(path), Some(then));
        }
    }

    #[test]
    fn a_machine_has_the_agent_that_its_account_hears_of() {
        let (instance, place) = ("i-0123456789abcdef0", "eu-west-1");
        for (listed, expected) in [(true, true), (false, false)] {
            let (twin, account, region) = world();
            let (account, region) = (&account, &region);
            let output = value!({"Reservations": [{"Instances": [{"InstanceId": instance}]}]});
            let (input, service, operation) = (Value::object(), "ec2", "DescribeInstances");
            let (input, output) = (&input, &output);
            twin.adopt_answer(&RealAnswer { account, region, service, operation, input, output });
            let information = value!([{"InstanceId": instance, "PingStatus": "Online"}]);
            let output = Value::from_iter([(
                "InstanceInformationList",
                if listed { information } else { Value::List(Vec::new()) },
            )]);
            let input = value!({"Filters": [{"Key": "InstanceIds", "Values": [instance]}]});
            let (service, operation) = ("ssm", "DescribeInstanceInformation");
            let (input, output) = (&input, &output);
            twin.adopt_answer(&RealAnswer { account, region, service, operation, input, output });
            let world = twin.lock();
            let arn = format!("arn:aws:ec2:{place}:{account}:instance/{instance}");
            let (place, id) = world.store.locate(&arn).unwrap();
            let machine = crate::fleet::machine(&world, &place, &id).unwrap();
            assert_eq!(machine.agent().present, expected);
        }
    }

    #[test]
    fn an_answer_that_shows_no_resource_makes_none() {
        let shown = value!({"VolumesModifications": [{"VolumeId": "vol-0123456789abcdef0"}]});
        assert_eq!(adopt("ec2", "DescribeVolumesModifications", &shown).1, None);
        assert_eq!(adopt("ec2", "NoSuchOperation", &shown).1, None);
    }

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let value = value!({
            "Instance": "i-0123456789abcdef0",
            "Groups": [{"Arn": "arn:aws:ec2:eu-west-1:1:security-group/sg-01234567"}],
            "Names": ["web-01", "no-id", "a-zzzzzzzz"],
        });
        let found: Vec<String> = ids_in(&value).into_iter().collect();
        assert_eq!(found, ["i-0123456789abcdef0", "sg-01234567"]);
    }

    #[test]
    fn what_has_an_id_can_be_looked_for() {
        let looks = |id: &str| {
            let show = |look: &Look| format!("{} {}", look.operation, look.input.to_json());
            looks_for(id).iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(
            looks("vol-0123456789abcdef0"),
            ["DescribeVolumes {\"VolumeIds\":[\"vol-0123456789abcdef0\"]}"]
        );
        assert_eq!(
            looks("sg-01234567").len(),
            2,
            "the rules of a group are resources of their own"
        );
        assert_eq!(looks("vpc-01234567"), ["DescribeVpcs {\"VpcIds\":[\"vpc-01234567\"]}"]);
        assert!(looks("web-01234567").is_empty());
    }

    #[test]
    fn every_look_is_a_call_that_reads_and_shows_something() {
        for shows in shown::ALL {
            let model = reeve_model::catalog().service(shows.service).unwrap();
            assert!(model.operation(shows.operation).unwrap().only_reads(), "{}", shows.operation);
            let found = Shows::of(shows.service, shows.operation);
            assert!(found.is_some(), "{}: no `{}`", shows.operation, shows.resource_type);
        }
    }
}
