#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cometapi_provider::fuzzing::sse_split(data));
