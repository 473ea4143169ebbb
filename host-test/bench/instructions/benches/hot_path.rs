//! The benchmarks that run under callgrind: one operation on one input each. Creating and dropping the input is not
//! counted, since `setup` creates it and the function returns it.
#![allow(missing_docs)]

use std::hint::black_box;

use cometapi_provider::contract::Request;
use cometapi_provider::measuring;
use gungraun::Callgrind;
use gungraun::prelude::*;
use instructions::inputs::{Input, Lists, Reads};

/// The component's allocator. With the system's, the counts would differ from system to system.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

// The functions `reads`, `routed`, `request` and `lists` create the inputs before counting begins.

fn reads(name: &str) -> Reads {
    match Input::named(name) {
        Some(Input::Sse(reads)) => reads,
        other => panic!("{name} is not a body: {other:?}"),
    }
}

fn routed(name: &str) -> (&'static str, Reads) {
    match Input::named(name) {
        Some(Input::Decode(route, reads)) => (route, reads),
        other => panic!("{name} is not a response: {other:?}"),
    }
}

fn request(name: &str) -> Box<Request> {
    match Input::named(name) {
        Some(Input::Encode(request)) => request,
        other => panic!("{name} is not a request: {other:?}"),
    }
}

fn lists(name: &str) -> Lists {
    match Input::named(name) {
        Some(Input::List(lists)) => lists,
        other => panic!("{name} is not a pair of lists: {other:?}"),
    }
}

// Each benchmark returns its input, because dropping it within the function would be counted. `black_box` keeps the
// compiler from removing the operation.

#[library_benchmark(setup = reads)]
#[bench::small_chunks("sse-small-chunks")]
#[bench::crlf_comments("sse-crlf-comments")]
#[bench::one_byte_reads("sse-one-byte-reads")]
fn sse(reads: Reads) -> (Reads, usize) {
    let events = measuring::sse(black_box(&reads)).unwrap_or_default();
    (reads, black_box(events))
}

#[library_benchmark(setup = routed)]
#[bench::text("decode-text")]
#[bench::text_16_a_read("decode-text-16-a-read")]
#[bench::text_responses("decode-text-responses")]
#[bench::text_messages("decode-text-messages")]
#[bench::text_gemini("decode-text-gemini")]
#[bench::escapes_unicode("decode-escapes-unicode")]
#[bench::reasoning("decode-reasoning")]
#[bench::tool_call_1mb_fragments("decode-tool-call-1mb-fragments")]
#[bench::usage_every_chunk("decode-usage-every-chunk")]
fn decode((route, reads): (&'static str, Reads)) -> (Reads, usize) {
    let events = measuring::decode_on(route, black_box(&reads)).unwrap_or_default();
    (reads, black_box(events))
}

#[library_benchmark(setup = request)]
#[bench::short("encode-short")]
#[bench::long_history_with_tools_and_images("encode-long-history-with-tools-and-images")]
fn encode(request: Box<Request>) -> (Box<Request>, usize) {
    let bytes = measuring::encode(black_box(&request)).unwrap_or_default();
    (request, black_box(bytes))
}

#[library_benchmark(setup = lists)]
#[bench::both_of_600("list-both-of-600")]
fn list(lists: Lists) -> (Lists, usize) {
    let models = measuring::list(black_box(&lists.key_list), black_box(&lists.catalogue)).unwrap_or_default();
    (lists, black_box(models))
}

library_benchmark_group!(name = hot_path, benchmarks = [sse, decode, encode, list]);

main!(
    config = LibraryBenchmarkConfig::default()
        // glibc selects a version of memcpy by the processor. The simplest one runs on all of them, and is closest to
        // the component's.
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX_Fast_Unaligned_Load,-SSSE3,-ERMS")
        // A simulation of caches would assume the caches of one machine.
        .tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = hot_path
);
