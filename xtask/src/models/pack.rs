//! Packs the stripped models into one file. The layout is described where it is read, in reeve-model's `artefact`.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use zstd::{bulk::Compressor, zstd_safe::CParameter};

use super::{
    strip,
    wheel::{RawService, Release},
};

const MAGIC: &[u8; 8] = b"REEVEAWS";
const FORMAT: u32 = 1;
/// The highest level there is: packing is done once per release of the models.
const LEVEL: i32 = 22;
/// Half a megabyte of what the models have in common saves a fifth of the whole; the next doubling saves a fiftieth.
const DICTIONARY_SIZE: usize = 512 * 1024;

/// The names that the AWS CLI gives to services that botocore names differently.
const COMMAND_LINE_NAMES: [(&str, &str); 3] =
    [("s3api", "s3"), ("configservice", "config"), ("deploy", "codedeploy")];

/// The artefact, and how large its parts are.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    pub(super) stripped: usize,
    pub(super) index: usize,
    pub(super) dictionary: usize,
}

/// The texts of one service, in the order in which they stand in its frame.
struct Texts<'a> {
    service: &'a RawService,
    frame: Vec<u8>,
    lengths: [usize; 4],
}

/// Strips and packs a release.
pub(super) fn pack(release: &Release) -> Result<Packed> {
    let texts = release.services.iter().map(Texts::new).collect::<Result<Vec<_>>>()?;
    let frames: Vec<&[u8]> = texts.iter().map(|texts| texts.frame.as_slice()).collect();
    let dictionary = zstd::dict::from_samples(&frames, DICTIONARY_SIZE)
        .context("no dictionary can be trained")?;

    let mut body = Vec::new();
    let mut plain = compressor(&[])?;
    let dictionary_entry = append(&mut body, &mut plain, &dictionary)?;
    let packed_dictionary = body.len();
    let partitions = append(&mut body, &mut plain, &serde_json::to_vec(&release.partitions)?)?;
    let retry = append(&mut body, &mut plain, &serde_json::to_vec(&release.retry)?)?;
    let mut with_dictionary = compressor(&dictionary)?;
    let mut services = Vec::new();
    for texts in &texts {
        let frame = append(&mut body, &mut with_dictionary, &texts.frame)?;
        services.push(summary(texts, &frame));
    }

    let index = json!({
        "botocore": release.version,
        "dictionary": dictionary_entry,
        "partitions": partitions,
        "retry": retry,
        "services": services,
    });
    let index = plain.compress(&serde_json::to_vec(&index)?)?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(u32::try_from(index.len())?.to_le_bytes());
    bytes.extend(&index);
    bytes.extend(&body);
    Ok(Packed {
        bytes,
        stripped: frames.iter().map(|frame| frame.len()).sum(),
        index: index.len(),
        dictionary: packed_dictionary,
    })
}

impl<'a> Texts<'a> {
    fn new(service: &'a RawService) -> Result<Self> {
        let mut parts = [
            service.model.clone(),
            service.paginators.clone(),
            service.waiters.clone(),
            service.endpoint_rules.clone(),
        ];
        let [model, _, waiters, endpoint_rules] = &mut parts;
        strip::model(model);
        strip::waiters(waiters);
        strip::endpoint_rules(endpoint_rules);
        let mut frame = Vec::new();
        let mut lengths = [0; 4];
        for (part, length) in parts.iter().zip(&mut lengths) {
            let text = serde_json::to_vec(part)?;
            *length = text.len();
            frame.extend(text);
        }
        Ok(Self { service, frame, lengths })
    }
}

fn compressor(dictionary: &[u8]) -> Result<Compressor<'static>> {
    let mut compressor = if dictionary.is_empty() {
        Compressor::new(LEVEL)?
    } else {
        Compressor::with_dictionary(LEVEL, dictionary)?
    };
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

/// Appends a compressed frame, and says where it is.
fn append(body: &mut Vec<u8>, compressor: &mut Compressor<'_>, content: &[u8]) -> Result<Value> {
    let frame = compressor.compress(content)?;
    let offset = body.len();
    body.extend(&frame);
    Ok(json!({"offset": offset, "length": frame.len(), "size": content.len()}))
}

fn summary(texts: &Texts<'_>, frame: &Value) -> Value {
    let RawService { name, model, .. } = texts.service;
    let metadata = model.get("metadata").unwrap_or(&Value::Null);
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    let endpoint_prefix = text("endpointPrefix").unwrap_or(name);
    let aliases = COMMAND_LINE_NAMES.iter().filter(|(_, service)| service == name);
    json!({
        "name": name,
        "service_id": text("serviceId").unwrap_or(name),
        "full_name": text("serviceFullName").unwrap_or(name),
        "protocol": text("protocol").unwrap_or_default(),
        "endpoint_prefix": endpoint_prefix,
        "signing_name": text("signingName").unwrap_or(endpoint_prefix),
        "api_version": text("apiVersion").unwrap_or_default(),
        "aliases": aliases.map(|(alias, _)| *alias).collect::<Vec<_>>(),
        "frame": frame,
        "parts": texts.lengths,
    })
}
