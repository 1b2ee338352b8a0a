//! Responses and errors of the rest-json protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::responses(
    reeve_model::Protocol::RestJson,
    input
));
