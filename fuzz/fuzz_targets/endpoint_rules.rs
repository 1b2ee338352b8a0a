//! Anything as endpoint rules.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::endpoint_rules(input));
