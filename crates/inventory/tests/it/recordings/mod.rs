//! The definitions against what AWS once answered: every recorded page of every list, with the recorded details.
//!
//! A second, plain reading of the same JSON says what is to be found (`reading`); whatever differs is listed by case.

mod reading;
mod suite;

use std::collections::{BTreeMap, BTreeSet};

use reeve_inventory::{Call, Definition, Found, Place, definitions};
use reeve_model::{Value, catalog, decode_response, encode_response};
use reeve_types::{Arn, Attribute, Resource, ResourceType};
use serde_json::Value as Json;

use self::{
    reading::{READINGS, Reading, Texts, arns_of, tags},
    suite::{Case, cases, recorded, say, value},
};

/// What is odd about a recording itself: names and accounts that were edited in one place and not in another, a text that
/// stands for any text, a member that clusters did not have, tags that changed between two of its calls.
const ODD: &[(&str, &str)] = &[
    ("test_asg_invalid_filter_good", ":123:autoScalingGroup:"),
    ("test_elb_mark_and_match", "tags of `CloudCustodian`"),
    ("test_elasticsearch_kms_filter", ":0123456789012:domain/test` by its description"),
    ("test_rdscluster_consecutive_aws_backups_count_filter", ":cluster:cluster-ABCDEF`"),
    ("test_rdscluster_snapshot_count_filter", "`string` is not an ARN"),
    ("test_rdscluster_snapshot_count_filter", "`DBClusters[0].DBInstanceClass` is not a member"),
    ("test_rds_tag_and_remove", "tags of `test-03`"),
    ("test_s3_set_statements_add_remove", "`arn:aws:s3:::custodian-policy`"),
];

fn odd(difference: &str) -> bool {
    let mut odd = ODD.iter();
    odd.any(|(case, what)| {
        difference.starts_with(&format!("{case}: ")) && difference.contains(what)
    })
}

/// What was seen of one type.
#[derive(Default)]
struct Seen {
    pages: usize,
    resources: usize,
    with_tags: usize,
    arns_compared: usize,
}

/// The check of one type against one case.
struct Check<'a> {
    reading: &'a Reading,
    definition: &'a Definition,
    case: &'a Case,
    place: Place,
    differences: &'a mut Vec<String>,
    seen: &'a mut Seen,
}

#[test]
fn every_recorded_resource_is_found_with_its_id_arn_tags_and_facts() {
    let Some(cases) = cases(&calls()) else {
        return say("recordings: skipped, the suite is not there");
    };
    let mut differences = Vec::new();
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for reading in READINGS {
        let definition = definition(reading);
        let seen = seen.entry(reading.resource_type).or_default();
        for case in &cases {
            let call = definition.list_call(&somewhere());
            let pages = case.answers(&recorded(&call.service, &call.operation));
            for (number, page) in pages.into_iter().enumerate() {
                let place = place(reading, page, case);
                let differences = &mut differences;
                Check { reading, definition, case, place, differences, seen }.page(page, number);
            }
        }
    }
    for (resource_type, Seen { pages, resources, with_tags, arns_compared }) in &seen {
        say(&format!(
            "recordings: {resource_type}: {pages} pages, {resources} resources, {with_tags} with tags, \
             {arns_compared} ARNs compared with AWS's own"
        ));
        assert!(*resources > 0, "nothing was recorded of {resource_type}");
    }
    differences.retain(|difference| !odd(difference));
    assert!(differences.is_empty(), "{} differences:\n{differences:#?}", differences.len());
}

/// What AWS says in the wire's form is decoded with the service's model before a definition reads it.
#[test]
fn what_was_recorded_is_found_again_after_it_went_over_the_wire() {
    let Some(cases) = cases(&calls()) else {
        return say("recordings: skipped, the suite is not there");
    };
    let mut differences = Vec::new();
    for definition in READINGS.iter().map(definition) {
        let call = definition.list_call(&somewhere());
        let read = |page: &Value| -> Vec<Resource> {
            let found = definition.found(&somewhere(), page);
            found.into_iter().map(|found| found.resource(definition)).collect()
        };
        for case in &cases {
            for page in case.answers(&recorded(&call.service, &call.operation)) {
                let expected = read(&value(page));
                // One type's list call has the same name as another's, and so have its recordings.
                if expected.is_empty() {
                    continue;
                }
                match over_the_wire(&call, &value(&without_times(page))) {
                    Ok(again) if read(&again) == expected => {}
                    wrong => differences.push(format!("{}: {wrong:?}", case.name)),
                }
            }
        }
    }
    differences.retain(|difference| !odd(difference));
    assert!(differences.is_empty(), "{} differences:\n{differences:#?}", differences.len());
}

fn over_the_wire(call: &Call, output: &Value) -> Result<Value, String> {
    let service = catalog().service(&call.service).unwrap();
    let operation = service.operation(&call.operation).unwrap();
    let response =
        encode_response(&service, service.metadata().protocol, operation, output, "request")
            .map_err(|wrong| wrong.to_string())?;
    decode_response(&service, operation, &response).map_err(|wrong| wrong.to_string())
}

/// An answer without what only its recording has, and without instants, which were recorded in a form of their own.
fn without_times(json: &Json) -> Json {
    match json {
        Json::Object(map) => map
            .iter()
            .filter(|(name, inner)| *name != "ResponseMetadata" && inner.get("__class__").is_none())
            .map(|(name, inner)| (name.clone(), without_times(inner)))
            .collect(),
        Json::Array(list) => list.iter().map(without_times).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_bucket_without_tags_answered_with_the_code_that_means_so() {
    let call = recorded("s3", "GetBucketTagging");
    let Some(cases) = cases(&[call.clone()].into()) else {
        return say("recordings: skipped, the suite is not there");
    };
    let bucket = definitions().get(&ResourceType::new("AWS::S3::Bucket")).unwrap();
    let detail = bucket.details().first().unwrap();
    let codes: Vec<&str> = cases.iter().flat_map(|case| case.errors(&call)).collect();
    assert!(!codes.is_empty());
    assert!(codes.iter().all(|code| detail.means_empty(code)), "{codes:?}");
}

impl Check<'_> {
    fn page(&mut self, page: &Json, number: usize) {
        let items = self.reading.items(page);
        let found = self.definition.found(&self.place, &value(page));
        self.seen.pages += usize::from(!items.is_empty());
        let ids: Vec<&str> = found.iter().map(|found| found.reference.id.as_str()).collect();
        let expected: Vec<&str> = items.iter().map(|item| self.reading.id(item)).collect();
        if ids != expected {
            return self.differ(&format!("found {ids:?} instead of {expected:?}"));
        }
        for (at, (item, found)) in items.into_iter().zip(found).enumerate() {
            self.one(item, found, (number, at));
        }
    }

    /// One item of a page, `at` a place in a page of a number.
    fn one(&mut self, item: &Json, found: Found, (page, at): (usize, usize)) {
        self.seen.resources += 1;
        self.arn(item, &found);
        let mut batch = vec![found];
        let mut answers = Vec::new();
        for detail in self.definition.details() {
            let call = detail.call(&batch);
            let recorded = self.case.answers(&recorded(&call.service, &call.operation));
            let number = if detail.batch() > 1 { page } else { at };
            let named = recorded.iter().position(|answer| {
                answer.pointer("/cluster/name").is_some_and(|name| name == self.reading.id(item))
            });
            if let Some(answer) = recorded.get(named.unwrap_or(number)) {
                detail.attach(value(answer), &mut batch);
                answers.push(*answer);
            }
        }
        let own: Vec<&Json> =
            answers.iter().flat_map(|answer| own(self.reading.id(item), answer)).collect();
        self.arns_in(&own, &batch);
        let Some(found) = batch.pop() else {
            let described = own.iter().any(|own| own.get("DomainName").is_some());
            if described {
                self.differ(&format!("`{}` is said to be gone", self.reading.id(item)));
            }
            return;
        };
        let resource = found.resource(self.definition);
        self.tags(item, &own, &resource);
        self.facts(item, &own, &resource);
        self.tagging(&resource);
    }

    fn arn(&mut self, item: &Json, found: &Found) {
        let text = &found.reference.arn;
        if found.reference.id.is_empty() {
            self.differ("an id is empty");
        }
        let Ok(arn) = text.parse::<Arn>() else {
            return self.differ(&format!("`{text}` is not an ARN"));
        };
        let (service, start) = self.reading.arn_form;
        let place = match service {
            "s3" => ("", ""),
            _ => (self.place.account.as_str(), self.place.region.as_str()),
        };
        if arn.partition() != "aws"
            || arn.service() != service
            || !arn.resource().starts_with(start)
            || (arn.account(), arn.region()) != place
        {
            self.differ(&format!("`{text}` is not as it should be in {place:?}"));
        }
        let Some(given) = self.reading.arn.and_then(|member| item.get(member)?.as_str()) else {
            return;
        };
        self.seen.arns_compared += 1;
        if given != text {
            self.differ(&format!("`{text}` is `{given}` by AWS's own account"));
        }
        // What would be built if AWS did not say.
        let mut without = item.clone();
        self.reading.arn.and_then(|member| without.as_object_mut()?.remove(member));
        if let Some(built) = self.definition.item(&self.place, &value(&without))
            && built.reference.arn != given
        {
            self.differ(&format!("`{}` would be built, not `{given}`", built.reference.arn));
        }
    }

    /// Compares with the ARNs that descriptions give.
    fn arns_in(&mut self, own: &[&Json], batch: &[Found]) {
        let given = own.iter().filter_map(|own| own.get("arn").or(own.get("ARN"))?.as_str());
        for (given, found) in given.zip(batch.first()) {
            self.seen.arns_compared += 1;
            if given != found.reference.arn {
                self.differ(&format!("`{}` is `{given}` by its description", found.reference.arn));
            }
        }
    }

    fn tags(&mut self, item: &Json, own: &[&Json], resource: &Resource) {
        let there = std::iter::once(&item).chain(own).find_map(|json| json.get(self.reading.tags));
        let expected = tags(there);
        self.seen.with_tags += usize::from(!expected.is_empty());
        if resource.tags != expected {
            self.differ(&format!(
                "tags of `{}` {:?} instead of {expected:?}",
                resource.reference.id, resource.tags
            ));
        }
    }

    fn facts(&mut self, item: &Json, own: &[&Json], resource: &Resource) {
        let facts: Texts = resource
            .attributes
            .iter()
            .map(|(name, fact)| match fact {
                Attribute::Text(text) => (name.clone(), text.clone()),
                Attribute::Flag(flag) => (name.clone(), flag.to_string()),
            })
            .collect();
        let expected = self.reading.facts(item, own);
        if facts != expected {
            self.differ(&format!(
                "facts of `{}` {facts:?} instead of {expected:?}",
                resource.reference.id
            ));
        }
    }

    /// Compares with what other calls of the case say: the Resource Groups Tagging API, and descriptions of tables.
    fn tagging(&mut self, resource: &Resource) {
        let Resource { reference, tags: read, attributes: _ } = resource;
        let (service, start) = self.reading.arn_form;
        for answer in self.case.answers("tagging.GetResources") {
            let list = answer.get("ResourceTagMappingList").and_then(Json::as_array);
            for mapping in list.into_iter().flatten() {
                let given = mapping.get("ResourceARN").and_then(Json::as_str).unwrap_or_default();
                let Ok(arn) = given.parse::<Arn>() else { continue };
                let name = arn.resource().strip_prefix(start.trim_end_matches("fs-"));
                let same = arn.service() == service
                    && (name == Some(&reference.id) || given == reference.id);
                if !same {
                    continue;
                }
                self.seen.arns_compared += 1;
                if given != reference.arn {
                    self.differ(&format!("`{}` is `{given}` when tagged", reference.arn));
                }
                let given = tags(mapping.get("Tags"));
                if !read.is_empty() && *read != given {
                    self.differ(&format!("tags of `{}` {read:?} or {given:?}", reference.id));
                }
            }
        }
        for answer in self.case.answers("dynamodb.DescribeTable") {
            let text = |pointer: &str| answer.pointer(pointer).and_then(Json::as_str);
            if service == "dynamodb" && text("/Table/TableName") == Some(&reference.id) {
                self.seen.arns_compared += 1;
                if text("/Table/TableArn") != Some(&reference.arn) {
                    self.differ(&format!("`{}` is {:?}", reference.arn, text("/Table/TableArn")));
                }
            }
        }
    }

    fn differ(&mut self, what: &str) {
        let name = self.reading.resource_type;
        self.differences.push(format!("{}: {name}: {what}", self.case.name));
    }
}

/// What a detail's answer says about one resource: the one entry of a batch, or all of it.
fn own<'a>(id: &str, answer: &'a Json) -> Vec<&'a Json> {
    let batch = ["TagDescriptions", "DomainStatusList"].iter().find_map(|list| answer.get(list));
    match batch.and_then(Json::as_array) {
        Some(entries) => {
            let about = |entry: &&Json| {
                let names = ["LoadBalancerName", "ResourceArn", "DomainName"];
                names.iter().any(|name| entry.get(name).is_some_and(|name| name == id))
            };
            entries.iter().filter(about).take(1).collect()
        }
        None => vec![answer.get("cluster").unwrap_or(answer)],
    }
}

fn definition(reading: &Reading) -> &'static Definition {
    definitions().get(&ResourceType::new(reading.resource_type)).unwrap()
}

/// Where a page was recorded, by the first ARN of the type that says so: an item's own, one in the page, one in the case.
fn place(reading: &Reading, page: &Json, case: &Case) -> Place {
    let (service, start) = reading.arn_form;
    let own = |item: &&Json| item.get(reading.arn?)?.as_str().map(str::to_owned);
    let mut arns: Vec<String> = reading.items(page).iter().filter_map(own).collect();
    std::iter::once(page).chain(case.all()).for_each(|json| arns_of(service, json, &mut arns));
    let said = arns.iter().find_map(|arn| {
        let arn: Arn = arn.parse().ok().filter(|arn: &Arn| arn.resource().starts_with(start))?;
        Some(Place { account: arn.account().parse().ok()?, region: arn.region().parse().ok()? })
    });
    said.unwrap_or_else(somewhere)
}

/// Where recordings that do not say where they were made are taken to be from.
fn somewhere() -> Place {
    Place { account: "644160558196".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

/// The calls whose answers are read.
fn calls() -> BTreeSet<String> {
    let mut calls: BTreeSet<String> =
        ["tagging.GetResources", "dynamodb.DescribeTable"].map(str::to_owned).into();
    for definition in definitions().iter() {
        let list = definition.list_call(&somewhere());
        calls.insert(recorded(&list.service, &list.operation));
        for detail in definition.details() {
            let call = detail.call(&[]);
            calls.insert(recorded(&call.service, &call.operation));
        }
    }
    calls
}
