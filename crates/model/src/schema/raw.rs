//! The published form of a model: what is read of it, before references are settled.
//!
//! Names are borrowed from where they are read, which they can be as long as nothing in them is escaped. Patterns have escapes
//! more often than not, and values may.

use std::{borrow::Cow, fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

type Json = serde_json::Value;

/// A whole model.
#[derive(Deserialize)]
pub(super) struct RawModel<'a> {
    #[serde(borrow, default)]
    pub(super) metadata: RawMetadata<'a>,
    #[serde(borrow, default, deserialize_with = "in_order")]
    pub(super) operations: Vec<(&'a str, RawOperation<'a>)>,
    #[serde(borrow, default, deserialize_with = "in_order")]
    pub(super) shapes: Vec<(&'a str, RawShape<'a>)>,
}

/// A text that is borrowed if it can be.
pub(super) struct RawText<'a>(Cow<'a, str>);

impl Deref for RawText<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = RawText<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(RawText(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawText(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawMetadata<'a> {
    pub(super) service_id: Option<&'a str>,
    pub(super) endpoint_prefix: Option<&'a str>,
    pub(super) service_full_name: Option<&'a str>,
    pub(super) protocol: Option<&'a str>,
    #[serde(borrow)]
    pub(super) protocols: Vec<&'a str>,
    pub(super) json_version: Option<&'a str>,
    pub(super) target_prefix: Option<&'a str>,
    pub(super) api_version: Option<&'a str>,
    pub(super) signing_name: Option<&'a str>,
    pub(super) signature_version: Option<&'a str>,
    #[serde(borrow)]
    pub(super) auth: Vec<&'a str>,
    #[serde(borrow)]
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
    pub(super) uid: Option<&'a str>,
    pub(super) global_endpoint: Option<&'a str>,
    pub(super) aws_query_compatible: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub(super) struct RawOperation<'a> {
    #[serde(borrow, default)]
    pub(super) http: RawHttp<'a>,
    #[serde(borrow, default)]
    pub(super) input: Option<RawReference<'a>>,
    #[serde(borrow, default)]
    pub(super) output: Option<RawReference<'a>>,
    #[serde(borrow, default)]
    pub(super) errors: Vec<RawReference<'a>>,
    #[serde(borrow, default)]
    pub(super) endpoint: Option<RawEndpoint<'a>>,
    #[serde(borrow, default)]
    pub(super) http_checksum: Option<RawChecksum<'a>>,
    #[serde(default)]
    pub(super) http_checksum_required: bool,
    #[serde(borrow, default, rename = "requestcompression")]
    pub(super) request_compression: RawCompression<'a>,
    #[serde(rename = "authtype", default)]
    pub(super) auth_type: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) auth: Vec<&'a str>,
    #[serde(default)]
    pub(super) static_context_params: Json,
    #[serde(default)]
    pub(super) operation_context_params: Json,
    #[serde(default)]
    pub(super) idempotent: bool,
    #[serde(default)]
    pub(super) readonly: bool,
    #[serde(default)]
    pub(super) unsigned_payload: bool,
    #[serde(default)]
    pub(super) deprecated: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RawHttp<'a> {
    pub(super) method: Option<&'a str>,
    pub(super) request_uri: Option<&'a str>,
    pub(super) response_code: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawEndpoint<'a> {
    #[serde(default)]
    pub(super) host_prefix: Option<&'a str>,
}

#[derive(Deserialize, Default)]
pub(super) struct RawCompression<'a> {
    #[serde(borrow, default)]
    pub(super) encodings: Vec<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawChecksum<'a> {
    #[serde(default)]
    pub(super) request_algorithm_member: Option<&'a str>,
    #[serde(default)]
    pub(super) request_checksum_required: bool,
    #[serde(default)]
    pub(super) request_validation_mode_member: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) response_algorithms: Vec<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub(super) struct RawReference<'a> {
    pub(super) shape: &'a str,
    #[serde(default)]
    pub(super) location_name: Option<&'a str>,
    #[serde(default)]
    pub(super) query_name: Option<&'a str>,
    #[serde(default)]
    pub(super) location: Option<&'a str>,
    #[serde(default)]
    pub(super) timestamp_format: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    pub(super) result_wrapper: Option<&'a str>,
    #[serde(default)]
    pub(super) payload: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) context_param: Option<RawContextParam<'a>>,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) xml_attribute: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) requires_length: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    #[serde(default)]
    pub(super) eventheader: bool,
    #[serde(default)]
    pub(super) eventpayload: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) host_label: bool,
    #[serde(default)]
    pub(super) idempotency_token: bool,
    #[serde(default, rename = "box")]
    pub(super) boxed: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) deprecated: bool,
}

#[derive(Deserialize)]
pub(super) struct RawContextParam<'a> {
    pub(super) name: &'a str,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawNamespace<'a> {
    Uri(&'a str),
    Bound {
        #[serde(default)]
        prefix: Option<&'a str>,
        uri: &'a str,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent trait of the published models"
)]
pub(super) struct RawShape<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    #[serde(borrow, default, deserialize_with = "in_order")]
    pub(super) members: Vec<(&'a str, RawReference<'a>)>,
    #[serde(borrow, default)]
    pub(super) required: Vec<&'a str>,
    #[serde(borrow, default)]
    pub(super) member: Option<RawReference<'a>>,
    #[serde(borrow, default)]
    pub(super) key: Option<RawReference<'a>>,
    #[serde(borrow, default)]
    pub(super) value: Option<RawReference<'a>>,
    #[serde(borrow, default, rename = "enum")]
    pub(super) values: Vec<RawText<'a>>,
    #[serde(default)]
    pub(super) payload: Option<&'a str>,
    #[serde(default)]
    pub(super) result_wrapper: Option<&'a str>,
    #[serde(default)]
    pub(super) location: Option<&'a str>,
    #[serde(default)]
    pub(super) location_name: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) xml_namespace: Option<RawNamespace<'a>>,
    #[serde(default)]
    pub(super) timestamp_format: Option<&'a str>,
    #[serde(borrow, default)]
    pub(super) error: Option<RawError<'a>>,
    #[serde(default)]
    pub(super) retryable: Option<RawRetryable>,
    #[serde(default)]
    pub(super) min: Option<f64>,
    #[serde(default)]
    pub(super) max: Option<f64>,
    #[serde(borrow, default)]
    pub(super) pattern: Option<RawText<'a>>,
    #[serde(default)]
    pub(super) exception: bool,
    #[serde(default)]
    pub(super) fault: bool,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) sparse: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) requires_length: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) union: bool,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    #[serde(default)]
    pub(super) event: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default, rename = "box")]
    pub(super) boxed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawError<'a> {
    #[serde(default)]
    pub(super) code: Option<&'a str>,
    #[serde(default)]
    pub(super) http_status_code: Option<u16>,
    #[serde(default)]
    pub(super) sender_fault: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct RawRetryable {
    #[serde(default)]
    pub(super) throttling: bool,
}

/// Reads an object as its entries in order.
fn in_order<'de, D, T>(deserializer: D) -> Result<Vec<(&'de str, T)>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Entries<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
        type Value = Vec<(&'de str, T)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(map.size_hint().unwrap_or_default());
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    deserializer.deserialize_map(Entries(PhantomData))
}
