//! Images and documents as blocks.

use alloc::format;

use super::blocks::begin_text;
use crate::contract::{Media, MediaSource};
use crate::errors::Error;
use crate::history::{PartIndex, UserPart, Warnings, is_blank};
use crate::json::Json;
use crate::routes::encoding::media::{checked_url, not_empty};
use crate::routes::encoding::media_type::{MediaType, after_data};
use crate::text_search::split_once;

/// The images that the vendor reads.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const PDF: &str = "application/pdf";

/// What a block can hold.
enum Source<'a> {
    /// Base64, as it stands in a `data:` URL.
    Encoded(&'a str),
    Bytes(&'a [u8]),
    Address(&'a str),
    Text(&'a str),
}

/// Writes the beginning of a block, open for more members. Media that the vendor does not read becomes a text that says so:
/// it may come from a turn on another model, and an error would end the conversation.
///
/// # Errors
/// `invalid-request` for a media type or an address that no vendor takes, with its place.
pub fn begin(json: &mut Json, part: &UserPart<'_>, warnings: &mut Warnings) -> Result<(), Error> {
    let (media, place, kind) = match part {
        UserPart::Text(text) => {
            begin_text(json, text);
            return Ok(());
        }
        UserPart::Image(media, place) => (*media, *place, "image"),
        UserPart::Audio(media, place) => (*media, *place, "audio"),
        UserPart::File(media, place) => (*media, *place, "file"),
    };
    let media_type = MediaType::of(media, place, warnings)?;
    // Where the bytes are of another type than the one that was given, they also decide the kind of the part.
    let is_image = if media_type.is_found { media_type.is("image") } else { kind == "image" };
    if is_image {
        media_type.expect("image", place)?;
    }
    let source = source(media, place)?;
    let is_address = matches!(source, Source::Address(_));
    let text = media_type.text();
    match source {
        Source::Bytes(bytes) if is_text(text) => match core::str::from_utf8(bytes) {
            Ok(text) if !is_blank(text) => document(json, media, &Source::Text(text), "text/plain"),
            _ => left_out(json, kind, place, warnings),
        },
        source if is_image && (IMAGES.contains(&text) || is_address && text.is_empty()) => {
            json.item();
            json.raw(r#"{"type":"image","source":"#);
            write_source(json, &source, text);
        }
        source if !is_image && kind != "audio" && (text == PDF || is_address && text.is_empty()) => {
            document(json, media, &source, PDF);
        }
        _ => left_out(json, kind, place, warnings),
    }
    Ok(())
}

fn document(json: &mut Json, media: &Media, source: &Source<'_>, media_type: &str) {
    json.item();
    json.raw(r#"{"type":"document","source":"#);
    write_source(json, source, media_type);
    if let Some(name) = media.name.as_deref().filter(|name| !is_blank(name)) {
        json.key("title");
        json.string(name);
    }
}

fn source(media: &Media, place: PartIndex) -> Result<Source<'_>, Error> {
    Ok(match &media.source {
        MediaSource::Inline(bytes) => Source::Bytes(not_empty(bytes, place)?),
        MediaSource::Url(url) => {
            let url = checked_url(url, place)?;
            match after_data(url).map(|data| split_once(data, ",").unwrap_or_default()) {
                None => Source::Address(url),
                Some((head, data)) if head.ends_with(";base64") && !data.is_empty() => Source::Encoded(data),
                // Text with percent signs, which nobody is known to send.
                Some(_) => Source::Text(""),
            }
        }
    })
}

fn write_source(json: &mut Json, source: &Source<'_>, media_type: &str) {
    let (kind, field) = match source {
        Source::Encoded(_) | Source::Bytes(_) => ("base64", "data"),
        Source::Address(_) => ("url", "url"),
        Source::Text(_) => ("text", "data"),
    };
    json.raw(r#"{"type":"#);
    json.string(kind);
    if kind != "url" {
        json.key("media_type");
        json.string(media_type);
    }
    json.key(field);
    match source {
        Source::Encoded(text) | Source::Address(text) | Source::Text(text) => json.string(text),
        Source::Bytes(bytes) => {
            json.raw("\"");
            json.base64(bytes);
            json.raw("\"");
        }
    }
    json.raw("}");
}

/// Types whose bytes the model can read as they are.
fn is_text(media_type: &str) -> bool {
    let (kind, subtype) = split_once(media_type, "/").unwrap_or_default();
    let ends = |ending: &&str| subtype.ends_with(*ending);
    kind == "text"
        || kind == "application"
            && ["json", "xml", "yaml", "toml", "javascript", "x-sh", "sql"].iter().any(ends)
}

fn left_out(json: &mut Json, kind: &str, place: PartIndex, warnings: &mut Warnings) {
    warnings.add(format!(
        "{place}: the {kind} was left out: this route takes png, jpeg, gif and webp images, PDF documents and text"
    ));
    begin_text(json, &format!("[An attachment ({kind}) that this model cannot read was left out]"));
}
