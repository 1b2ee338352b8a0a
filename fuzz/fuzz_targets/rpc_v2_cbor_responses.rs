//! Responses and errors of the rpc-v2-cbor protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::responses(
    reeve_model::Protocol::RpcV2Cbor,
    input
));
