//! The bytes or the address of media.

use super::{
    invalid,
    media_type::{MediaType, after_data},
};
use crate::{
    contract::{Media, MediaSource},
    errors::Error,
    history::PartIndex,
    json::Json,
    text_search::{contains, split_once},
};
use alloc::format;

/// An address as it stands, or a `data:` URL written straight from the bytes.
pub fn source(
    json: &mut Json,
    media: &Media,
    media_type: &MediaType<'_>,
    place: PartIndex,
) -> Result<(), Error> {
    match &media.source {
        MediaSource::Url(url) => {
            let url = checked_url(url, place)?;
            match after_data(url) {
                // Its type may have been corrected.
                Some(data) => {
                    let end = data.bytes().position(|byte| matches!(byte, b';' | b',')).unwrap_or_default();
                    json.joined(["data:", media_type.text(), data.get(end..).unwrap_or_default()]);
                }
                None => json.string(url),
            }
        }
        MediaSource::Inline(bytes) => {
            json.raw("\"data:");
            json.escaped(media_type.text());
            json.raw(";base64,");
            json.base64(not_empty(bytes, place)?);
            json.raw("\"");
        }
    }
    Ok(())
}

/// Media without bytes is a mistake of the host, which the error names by its position.
pub fn not_empty(bytes: &[u8], place: PartIndex) -> Result<&[u8], Error> {
    if bytes.is_empty() { Err(invalid(format!("{place}: the media has no bytes"))) } else { Ok(bytes) }
}

/// The provider fetches these addresses. Other schemes, such as `file:`, have no meaning there, and a character that splits
/// a line could smuggle text into a log or a header.
pub fn checked_url(url: &str, place: PartIndex) -> Result<&str, Error> {
    if url.contains(|c: char| c == ' ' || c.is_control()) {
        return Err(invalid(format!("{place}: the URL contains white space or control characters")));
    }
    let (scheme, rest) = split_once(url, ":").unwrap_or_default();
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.strip_prefix("//").unwrap_or_default();
    let data = scheme.eq_ignore_ascii_case("data") && contains(rest, ",");
    if (web && !host.is_empty() && !host.starts_with('/')) || data {
        Ok(url)
    } else {
        Err(invalid(format!("{place}: the URL must be http, https or data; give other media as bytes")))
    }
}
