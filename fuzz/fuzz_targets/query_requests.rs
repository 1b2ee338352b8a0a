//! Requests of the query protocol, as a server reads them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::requests(
    reeve_model::Protocol::Query,
    input
));
