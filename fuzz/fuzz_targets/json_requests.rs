//! Requests of the json protocol, as a server reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::requests(
    reeve_model::Protocol::Json,
    input
));
