//! Any JSON as the input of real operations.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::inputs(input));
