//! Anything as parameters of the endpoint rules of real services.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::endpoint_parameters(input));
