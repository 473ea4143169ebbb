//! Vectors for texts, over a socket: batches up to the largest that a vendor has, refused encodings, and the key.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use provider_host::contract::embeddings::EmbeddingRequest;
use provider_host::contract::{Config, ErrorKind};
use provider_host::sandbox::KeyMode;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::bench::{PATIENCE, config, open_with, provider_error, unreachable_timeouts};
use crate::raw::{RawServer, read_request};

const KEY: &str = "sk-vectors-0123456789";

type Received = Arc<Mutex<Vec<Value>>>;

/// A server that responds to the body of each request, and keeps it. A request without the key is refused.
async fn server(respond: fn(&Value) -> (u16, Vec<u8>)) -> (RawServer, Received) {
    let received = Received::default();
    let kept = Arc::clone(&received);
    let server = RawServer::start(move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let Some(request) = read_request(&mut stream).await else { return };
            assert_eq!(request.path(), "/v1/embeddings");
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            let (status, response) = match request.header("authorization") {
                Some(value) if value == format!("Bearer {KEY}") => respond(&body),
                _ => (401, b"{}".to_vec()),
            };
            kept.lock().expect("no panic").push(body);
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                response.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &response].concat()).await;
        }
    });
    (server.await, received)
}

/// As many vectors as texts, the last one first: the number of the text, and then its half.
fn vectors(request: &Value, length: usize) -> Vec<u8> {
    let count = request["input"].as_array().expect("a list").len();
    let row = |index: usize| {
        let numbers = vector(index, length);
        let embedding = match request["encoding_format"].as_str() {
            Some("base64") => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                json!(base64(&bytes))
            }
            _ => json!(numbers),
        };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    };
    let rows: Vec<Value> = (0..count).rev().map(row).collect();
    let usage = json!({ "prompt_tokens": 3 * count, "total_tokens": 3 * count });
    json!({ "object": "list", "data": rows, "model": "m-1", "usage": usage }).to_string().into_bytes()
}

/// With padding, as OpenAI writes it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits =
            group.iter().chain([0, 0].iter()).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        let digit = move |at: usize| {
            if at > group.len() { '=' } else { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) }
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

fn vector(index: usize, length: usize) -> Vec<f32> {
    (0..length).map(|at| index as f32 / if at == 0 { 1.0 } else { 2.0 }).collect()
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts_in_either_encoding() {
    for (respond, encodings) in [
        (
            (|request| (200, vectors(request, 5))) as fn(&Value) -> (u16, Vec<u8>),
            ["base64", "base64"].as_slice(),
        ),
        (
            |request| match request["encoding_format"].as_str() {
                Some("base64") => (400, br#"{"error":{"message":"encoding_format must be float"}}"#.to_vec()),
                _ => (200, vectors(request, 5)),
            },
            &["base64", "float", "float"],
        ),
    ] {
        let (server, received) = server(respond).await;
        let mut provider = open_with(KeyMode::Injected, KEY, config(&server.base_url())).await;
        assert!(provider.instance.has_embeddings());
        // Twice, since the client remembers what the server takes.
        for _ in 0..2 {
            let request = EmbeddingRequest::new("m", ["a", "b", "c"]);
            let embedding = provider.instance.embed(&provider.client, &request).await.expect("vectors");
            assert_eq!(embedding.vectors, [vector(0, 5), vector(1, 5), vector(2, 5)]);
            assert_eq!(embedding.usage.and_then(|usage| usage.input), Some(9));
            assert_eq!((embedding.model.as_deref(), embedding.warnings.len()), (Some("m-1"), 0));
        }
        let sent: Vec<Value> =
            received.lock().expect("no panic").iter().map(|body| body["encoding_format"].clone()).collect();
        assert_eq!(sent, encodings);
    }
}

#[tokio::test]
async fn the_largest_batch_of_openai_fits_and_one_beyond_the_cap_is_an_error_after_which_the_instance_goes_on()
 {
    let (server, _) = server(|request| match request["model"].as_str() {
        // Digits, since blanks are no progress and would meet a deadline first.
        Some("endless") => (200, vec![b'1'; 70 << 20]),
        _ => (200, vectors(request, 3072)),
    })
    .await;
    // A server that is not optimised needs seconds to write this many numbers.
    let config = Config { timeouts: unreachable_timeouts(), ..config(&server.base_url()) };
    let mut provider = open_with(KeyMode::Injected, KEY, config).await;
    let too_large = provider.instance.embed(&provider.client, &EmbeddingRequest::new("endless", ["a"])).await;
    let error = too_large.err().map(provider_error).expect("an error");
    assert_eq!((error.kind, error.retryable), (ErrorKind::InvalidRequest, false), "{}", error.message);
    let request = EmbeddingRequest::new("m", (0..2048).map(|text| text.to_string()));
    let begun = Instant::now();
    let embedding = provider.instance.embed(&provider.client, &request).await.expect("vectors");
    println!("2,048 vectors of 3,072 numbers took {:?}", begun.elapsed());
    assert_eq!(embedding.vectors.len(), 2048);
    assert!((0..2048).step_by(331).all(|index| embedding.vectors[index] == vector(index, 3072)));
    assert!(begun.elapsed() < PATIENCE);
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_get_it_into_any_output() {
    let (server, _) = server(|request| {
        let fields = format!(r#""model":"m {KEY}","usage":{{"prompt_tokens":1,"key":"{KEY}"}}"#);
        match request["model"].as_str() {
            Some("fails") => {
                (400, format!(r#"{{"error":{{"message":"no {KEY}","code":"{KEY}"}}}}"#).into_bytes())
            }
            _ => (200, format!(r#"{{"data":[{{"embedding":[1]}}],{fields}}}"#).into_bytes()),
        }
    })
    .await;
    for mode in [KeyMode::Injected, KeyMode::Bearer] {
        let mut provider = open_with(mode, KEY, config(&server.base_url())).await;
        let good = provider.instance.embed(&provider.client, &EmbeddingRequest::new("m", ["a"])).await;
        assert!(!format!("{:?}", good.expect("vectors")).contains(KEY));
        let bad = provider.instance.embed(&provider.client, &EmbeddingRequest::new("fails", ["a"])).await;
        assert!(!format!("{:?}", bad.err().map(provider_error).expect("an error")).contains(KEY));
        assert_eq!(provider.instance.keys_taken_out(), 0, "the component let nothing out");
    }
}

#[tokio::test]
async fn a_request_that_no_server_takes_is_refused_with_its_place_before_anything_is_sent() {
    let (server, received) = server(|request| (200, vectors(request, 1))).await;
    let mut provider = open_with(KeyMode::Injected, KEY, config(&server.base_url())).await;
    for (texts, place) in [(vec![], "no input"), (vec!["a", ""], "input[1]")] {
        let refused = provider.instance.embed(&provider.client, &EmbeddingRequest::new("m", texts)).await;
        let error = refused.err().map(provider_error).expect("an error");
        assert_eq!((error.kind, error.request_sent), (ErrorKind::InvalidRequest, false));
        assert!(error.message.contains(place), "{}", error.message);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(received.lock().expect("no panic").len(), 0);
}
