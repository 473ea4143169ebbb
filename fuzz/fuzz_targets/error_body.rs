#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cometapi_provider::fuzzing::error_body(data));
