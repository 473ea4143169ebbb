//! Parts of a message of the user, and of the result of a tool.

use crate::{
    contract::{Media, MediaSource},
    errors::Error,
    history::{PartIndex, UserPart, Warnings},
    json::Json,
    routes::encoding::{
        invalid,
        media::source,
        media_type::{MediaType, after_data, ending},
    },
};
use alloc::format;

/// Writes one item of a list of content parts.
///
/// The route takes no sound. In the last message that is an error, since the request is about it. Before that a text
/// stands in its place, or a conversation from another route could not go on.
///
/// # Errors
/// `invalid-request` for media that cannot be sent, with its place.
pub fn write(
    json: &mut Json,
    part: &UserPart<'_>,
    is_last: bool,
    warnings: &mut Warnings,
) -> Result<(), Error> {
    let (media, place, kind) = match part {
        UserPart::Text(text) => {
            write_text(json, [text.as_ref()]);
            return Ok(());
        }
        UserPart::Image(media, place) => (*media, *place, "image"),
        UserPart::Audio(media, place) => (*media, *place, "audio"),
        UserPart::File(media, place) => (*media, *place, ""),
    };
    let media_type = MediaType::of(media, place, warnings)?;
    // Where the bytes are of another type than the one that was given, they also decide the kind of the part.
    let is = |name: &str| if media_type.is_found { media_type.is(name) } else { kind == name };
    if is("image") {
        image(json, media, &media_type, place)
    } else if !is("audio") {
        file(json, media, &media_type, place)
    } else if is_last {
        Err(invalid(format!(
            "{place}: the route responses takes no audio; use chat-completions, or send its text"
        )))
    } else {
        warnings.add(format!("{place}: the route responses takes no audio; a note stands in its place"));
        write_text(json, ["[Audio that this model cannot hear]"]);
        Ok(())
    }
}

/// Writes a text, given in pieces, as an item of a list of content parts.
pub fn write_text<'a>(json: &mut Json, pieces: impl IntoIterator<Item = &'a str>) {
    json.item();
    json.raw(r#"{"type":"input_text","text":"#);
    json.joined(pieces);
    json.raw("}");
}

fn image(json: &mut Json, media: &Media, media_type: &MediaType<'_>, place: PartIndex) -> Result<(), Error> {
    // Checked here, because a server refuses a mismatch only after the whole upload.
    media_type.expect("image", place)?;
    json.item();
    json.raw(r#"{"type":"input_image","detail":"auto","image_url":"#);
    source(json, media, media_type, place)?;
    json.raw("}");
    Ok(())
}

/// An address has a field of its own. Bytes have a name, by whose ending the service recognises the format.
fn file(json: &mut Json, media: &Media, media_type: &MediaType<'_>, place: PartIndex) -> Result<(), Error> {
    json.item();
    json.raw(r#"{"type":"input_file""#);
    if matches!(&media.source, MediaSource::Url(url) if after_data(url).is_none()) {
        json.key("file_url");
    } else {
        json.key("filename");
        match media.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => json.string(name),
            None => json.joined(["file", ending(media_type.text())]),
        }
        json.key("file_data");
    }
    source(json, media, media_type, place)?;
    json.raw("}");
    Ok(())
}
