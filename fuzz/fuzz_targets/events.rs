//! Messages of a stream, well framed, as events of an operation.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::events(input));
