//! Anything as a JMESPath expression, on anything.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::expressions(input));
