//! The response of vectors: any bytes.

use super::cost::check_response;
use super::expansion::expand;
use crate::embeddings::{Expected, is_whole, read, refuses_encoding};
use crate::errors::Scrubber;
use crate::http_head::ResponseHead;
use crate::transport::Fetched;

/// Longest body whose cost is measured.
const MOST: usize = if cfg!(test) { 1 << 14 } else { 4 << 20 };

/// Any body is as many vectors as there are texts, of one length and of finite numbers, or a typed error; and it costs no
/// more than its length allows. The first byte of the input chooses how many texts there were.
pub fn embeddings(data: &[u8]) {
    let (choice, input) = data.split_first().unwrap_or((&0, &[]));
    let count = usize::from(choice % 8) + 1;
    check(&super::with_key(input), count);
    let long = expand(input, MOST);
    check_response(long.len(), "embeddings", || {
        let _ = read(&fetched(&long), expected(count), &Scrubber::new(Some(super::KEY)));
        is_whole(&long);
        refuses_encoding(&long);
    });
}

fn check(body: &[u8], count: usize) {
    match read(&fetched(body), expected(count), &Scrubber::new(Some(super::KEY))) {
        Ok(embedding) => {
            assert_eq!(embedding.vectors.len(), count);
            let length = embedding.vectors[0].len();
            for vector in &embedding.vectors {
                assert!(vector.len() == length && length > 0, "{} and {length}", vector.len());
                assert!(vector.iter().all(|number| number.is_finite()), "{vector:?}");
            }
            assert!(embedding.model.as_ref().is_none_or(|model| model.len() <= 256), "{embedding:?}");
            super::assert_hides_the_key(&format!(
                "{:?}",
                (embedding.model, embedding.usage, embedding.warnings)
            ));
        }
        Err(error) => super::check_error(&error),
    }
}

fn fetched(body: &[u8]) -> Fetched {
    Fetched { head: ResponseHead { status: 200, headers: Vec::new() }, body: body.to_vec() }
}

fn expected(count: usize) -> Expected {
    Expected { count, dimensions: Some(3) }
}
