//! Bytes that may be a stream of events.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::event_frames(input));
