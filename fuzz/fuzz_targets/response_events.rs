#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cometapi_provider::fuzzing::response_events(data));
