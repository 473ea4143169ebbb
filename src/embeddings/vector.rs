//! One vector: a list of numbers, or base64 of little-endian `f32`. Which of them was asked for does not matter, since
//! many servers ignore that [53].

use alloc::vec::Vec;

use super::too_large;
use crate::errors::Error;
use crate::json::{RawValue, elements, float, wire_text};
use crate::scanned::scanned;

/// Reads a vector of at most `most` numbers; nothing where it is no vector or has a number that is not finite.
///
/// A NaN in base64, and the `null` that stands for it in JSON, come from models that overflow. In an index it would make
/// every comparison false, so it must not pass for a number.
pub(super) fn vector(raw: RawValue<'_>, most: usize) -> Result<Option<Vec<f32>>, Error> {
    let json = raw.get();
    let text = json.starts_with('"').then(|| wire_text(Some(raw))).flatten();
    // The exact length, since the vector is handed to the host as it is and would be copied to lose spare room.
    let length = match &text {
        Some(text) => text.as_bytes().len().saturating_mul(3) / 16,
        None => json.bytes().filter(|byte| *byte == b',').count().saturating_add(1),
    };
    scanned(json.len());
    let mut numbers = Vec::new();
    if length > most || numbers.try_reserve_exact(length).is_err() {
        return Err(too_large());
    }
    let read = match text {
        Some(text) => from_base64(text.as_bytes(), &mut numbers),
        None => from_list(json, &mut numbers),
    };
    Ok(read
        .filter(|()| !numbers.is_empty() && numbers.iter().all(|number| number.is_finite()))
        .map(|()| numbers))
}

fn from_list(json: &str, numbers: &mut Vec<f32>) -> Option<()> {
    for item in elements(json)? {
        // Vendors compute with 32 bits or fewer, so that nothing is lost.
        numbers.push(float(Some(item))? as f32);
    }
    Some(())
}

/// Both alphabets, with padding or without. White space is skipped: some encoders break lines.
fn from_base64(text: &[u8], numbers: &mut Vec<f32>) -> Option<()> {
    let text = text.trim_ascii_end();
    scanned(text.len());
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    // Digits of six bits fill bytes, and four bytes fill a number, the lowest byte first.
    let (mut bits, mut count, mut word, mut bytes) = (0_u32, 0_u32, 0_u32, 0_u32);
    for byte in text.get(..text.len().saturating_sub(padding))? {
        let digit = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count = count.wrapping_add(6);
        if count >= 8 {
            count = count.wrapping_sub(8);
            word = word >> 8 | bits.wrapping_shr(count) << 24;
            bytes = bytes.wrapping_add(1);
            if bytes == 4 {
                numbers.push(f32::from_bits(word));
                bytes = 0;
            }
        }
    }
    // What is left over of a last digit is less than a digit, and no number is cut in two.
    (bytes == 0 && count < 6).then_some(())
}
