//! Responses and errors of the EC2 protocol.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| reeve_fuzz::responses(
    reeve_model::Protocol::Ec2,
    input
));
