//! The recorded answers: one folder per case, one file per call, `<endpoint prefix>.<Operation>_<n>.json`.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use reeve_model::{Value, catalog};
use serde_json::Value as Json;

/// One recorded situation.
pub(crate) struct Case {
    /// The name of its folder.
    pub(crate) name: String,
    answers: Vec<Answer>,
}

struct Answer {
    call: String,
    number: u32,
    status: u64,
    data: Json,
}

impl Case {
    /// What an operation answered, in the order of the calls, if it did well.
    pub(crate) fn answers(&self, call: &str) -> Vec<&Json> {
        let answers = self.answers.iter().filter(|answer| answer.call == call);
        answers.filter(|answer| answer.status < 300).map(|answer| &answer.data).collect()
    }

    /// The error codes with which an operation answered.
    pub(crate) fn errors(&self, call: &str) -> Vec<&str> {
        let answers = self.answers.iter().filter(|answer| answer.call == call);
        answers
            .filter(|answer| answer.status >= 300)
            .filter_map(|answer| answer.data.pointer("/Error/Code")?.as_str())
            .collect()
    }

    /// Everything that was answered.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Json> {
        self.answers.iter().map(|answer| &answer.data)
    }
}

/// A call by the name that its recordings have: they go by the first part of the service's host name.
pub(crate) fn recorded(service: &str, operation: &str) -> String {
    let prefix = &catalog().summary(service).unwrap().endpoint_prefix;
    // The recordings are older than the OpenSearch API, which answers the same under names without `Elasticsearch`.
    let operation = match operation {
        "DescribeDomains" => "DescribeElasticsearchDomains",
        other => other,
    };
    format!("{prefix}.{operation}")
}

/// A recorded answer as a decoded output.
pub(crate) fn value(data: &Json) -> Value {
    Value::from_json(data)
}

/// The cases that have answers to any of these calls, or nothing if the suite is not there.
pub(crate) fn cases(calls: &BTreeSet<String>) -> Option<Vec<Case>> {
    let folder = folder("aws-recordings")?;
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let cases = folders.iter().filter(|folder| folder.is_dir()).map(|folder| {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut answers: Vec<Answer> = files.filter_map(|file| answer(&file, calls)).collect();
        answers.sort_by(|one, two| (&one.call, one.number).cmp(&(&two.call, two.number)));
        Case { name: folder.file_name().unwrap().to_string_lossy().into_owned(), answers }
    });
    Some(cases.filter(|case| !case.answers.is_empty()).collect())
}

fn answer(file: &Path, calls: &BTreeSet<String>) -> Option<Answer> {
    let name = file.file_name()?.to_str()?.strip_suffix(".json")?;
    let (call, number) = name.rsplit_once('_')?;
    if !calls.contains(call) {
        return None;
    }
    let mut recording: Json = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let status = recording.get("status_code").and_then(Json::as_u64).unwrap_or(200);
    let mut data = recording.get_mut("data").map(Json::take).unwrap_or_default();
    rename(&mut data);
    Some(Answer { call: call.to_owned(), number: number.parse().unwrap(), status, data })
}

/// Gives what the Elasticsearch API calls by its own names the names of the OpenSearch API.
fn rename(data: &mut Json) {
    let domains = data.get_mut("DomainStatusList").and_then(Json::as_array_mut);
    for domain in domains.into_iter().flatten().filter_map(Json::as_object_mut) {
        if let Some(cluster) = domain.remove("ElasticsearchClusterConfig") {
            domain.insert("ClusterConfig".to_owned(), cluster);
        }
    }
}

fn folder(suite: &str) -> Option<PathBuf> {
    let suites = match std::env::var_os("REEVE_SUITES") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites"),
    };
    Some(suites.join(suite)).filter(|folder| folder.is_dir())
}

/// Says something that is to be seen also when all tests pass.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    writeln!(out, "{text}").unwrap();
}
