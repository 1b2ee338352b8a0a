//! One file per protocol, each an implementation of [`Codec`](crate::codec::Codec).

mod ec2;
mod json;
mod query;
mod rest_json;
mod rest_xml;
mod rpc_v2_cbor;

pub(super) use ec2::Ec2;
pub(super) use json::Json;
pub(super) use query::Query;
pub(super) use rest_json::RestJson;
pub(super) use rest_xml::RestXml;
pub(super) use rpc_v2_cbor::{RpcV2Cbor, is_marked};
