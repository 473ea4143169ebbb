//! Parts of the user: texts, and media by their bytes or their address.

use super::contents;
use crate::{
    contract::MediaSource,
    errors::Error,
    history::{UserPart, Warnings},
    json::Json,
    routes::encoding::{
        invalid,
        media::{checked_url, not_empty},
        media_type::{MediaType, after_data},
    },
    text_search::split_once,
};
use alloc::format;

/// Writes one part. Google has one form for all kinds of media, so that the media type decides.
///
/// # Errors
/// `invalid-request` for a media type or an address that cannot be sent, with its place.
pub fn user_part(json: &mut Json, part: &UserPart<'_>, warnings: &mut Warnings) -> Result<(), Error> {
    let (media, place) = match part {
        UserPart::Text(text) => {
            contents::text(json, text);
            return Ok(());
        }
        UserPart::Image(media, place) | UserPart::Audio(media, place) | UserPart::File(media, place) => {
            (*media, *place)
        }
    };
    let media_type = MediaType::of(media, place, warnings)?;
    let begin = |json: &mut Json, kind: &str| {
        json.item();
        json.raw(kind);
        // Google finds the type of an address itself.
        if !media_type.text().is_empty() {
            json.key("mimeType");
            json.string(media_type.text());
        }
    };
    match &media.source {
        MediaSource::Inline(bytes) => {
            begin(json, "{\"inlineData\":{");
            json.key("data");
            json.raw("\"");
            json.base64(not_empty(bytes, place)?);
            json.raw("\"");
        }
        MediaSource::Url(url) => {
            let url = checked_url(url, place)?;
            match after_data(url).and_then(|data| split_once(data, ",")) {
                None => {
                    begin(json, "{\"fileData\":{");
                    json.key("fileUri");
                    json.string(url);
                }
                Some((head, data)) if head.ends_with(";base64") => {
                    begin(json, "{\"inlineData\":{");
                    json.key("data");
                    json.string(data);
                }
                Some(_) => {
                    return Err(invalid(format!(
                        "{place}: the data URL is not base64; give the media as bytes"
                    )));
                }
            }
        }
    }
    json.raw("}}");
    Ok(())
}
