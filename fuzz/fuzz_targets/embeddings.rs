#![no_main]

#[global_allocator]
static ALLOCATOR: cometapi_provider::fuzzing::CountingAllocator =
    cometapi_provider::fuzzing::CountingAllocator;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cometapi_provider::fuzzing::embeddings(data));
