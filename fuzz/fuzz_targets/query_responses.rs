//! Responses and errors of the query protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::responses(
    reeve_model::Protocol::Query,
    input
));
