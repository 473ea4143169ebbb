//! Images, audio, video and documents as content parts.
//!
//! Inline media is encoded as base64 straight into the body: an image is the largest part of a request, and each copy of
//! it would count against the memory of the component.

use crate::{
    contract::{Media, MediaSource},
    errors::Error,
    history::{PartIndex, UserPart, Warnings},
    json::Json,
    routes::encoding::{
        invalid,
        media::{checked_url, not_empty, source},
        media_type::{MediaType, audio_format, ending},
    },
};
use alloc::format;

/// Writes one item of a list of content parts.
///
/// # Errors
/// `invalid-request` for a media type or an address that cannot be sent, with its place.
pub fn write(json: &mut Json, part: &UserPart<'_>, warnings: &mut Warnings) -> Result<(), Error> {
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
    } else if is("audio") {
        audio(json, media, &media_type, place)
    } else {
        file(json, media, &media_type, place)
    }
}

/// Writes a text, given in pieces, as an item of a list of content parts.
pub fn write_text<'a>(json: &mut Json, pieces: impl IntoIterator<Item = &'a str>) {
    json.item();
    // In pieces, so that a text with a heading is not put together in memory first.
    json.raw(r#"{"type":"text","text":"#);
    json.joined(pieces);
    json.raw("}");
}

fn image(json: &mut Json, media: &Media, media_type: &MediaType<'_>, place: PartIndex) -> Result<(), Error> {
    // Checked here, because a server refuses a mismatch only after the whole upload.
    media_type.expect("image", place)?;
    json.item();
    json.raw(r#"{"type":"image_url","image_url":{"url":"#);
    source(json, media, media_type, place)?;
    json.raw("}}");
    Ok(())
}

/// The data is plain base64; an address stands in its place, as Qwen documents it.
fn audio(json: &mut Json, media: &Media, media_type: &MediaType<'_>, place: PartIndex) -> Result<(), Error> {
    media_type.expect("audio", place)?;
    // The format is a field of its own here, so an address without a media type is not enough.
    if media_type.subtype().is_empty() {
        return Err(invalid(format!("{place}: audio needs a media type, such as audio/wav")));
    }
    json.item();
    json.raw(r#"{"type":"input_audio","input_audio":{"data":"#);
    match &media.source {
        MediaSource::Url(url) => json.string(checked_url(url, place)?),
        MediaSource::Inline(bytes) => {
            json.raw("\"");
            json.base64(not_empty(bytes, place)?);
            json.raw("\"");
        }
    }
    json.key("format");
    json.string(&audio_format(media_type.subtype()));
    json.raw("}}");
    Ok(())
}

/// Videos have a content part of their own at the vendors that accept them, and everything else is a file.
fn file(json: &mut Json, media: &Media, media_type: &MediaType<'_>, place: PartIndex) -> Result<(), Error> {
    json.item();
    if media_type.is("video") {
        json.raw(r#"{"type":"video_url","video_url":{"url":"#);
    } else {
        json.raw(r#"{"type":"file","file":{"filename":"#);
        // Servers show the name to the model and recognise the format by its ending, so there is always one.
        match media.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => json.string(name),
            None => json.joined(["file", ending(media_type.text())]),
        }
        json.key("file_data");
    }
    source(json, media, media_type, place)?;
    json.raw("}}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::samples::{inline, url};
    use alloc::{string::String, vec::Vec};

    const PLACE: PartIndex = PartIndex { message: 2, part: 1 };

    fn written(part: &UserPart<'_>) -> Result<String, String> {
        let mut json = Json::default();
        write(&mut json, part, &mut Warnings::default()).map_err(|error| error.message)?;
        Ok(String::from_utf8(json.into_bytes()).unwrap())
    }

    #[test]
    fn media_is_written_the_way_its_kind_wants() {
        let image = |media: &Media| written(&UserPart::Image(media, PLACE)).unwrap();
        let audio = |media: &Media| written(&UserPart::Audio(media, PLACE)).unwrap();
        let file = |media: &Media| written(&UserPart::File(media, PLACE)).unwrap();
        let named = Media { name: Some("a \"b\".pdf".into()), ..inline("application/pdf", b"%PDF") };
        let cases = [
            (
                image(&inline("image/png", b"\x01\x02")),
                r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AQI="}}"#,
            ),
            (
                image(&url("", "HTTPS://x.test/a?b=\"")),
                r#"{"type":"image_url","image_url":{"url":"HTTPS://x.test/a?b=\""}}"#,
            ),
            (
                image(&url("image/gif", "data:image/gif;base64,AAAA")),
                r#"{"type":"image_url","image_url":{"url":"data:image/gif;base64,AAAA"}}"#,
            ),
            (
                audio(&inline("audio/x-wav", b"RIF")),
                r#"{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}"#,
            ),
            (
                audio(&url("audio/mpeg", "https://x.test/a")),
                r#"{"type":"input_audio","input_audio":{"data":"https://x.test/a","format":"mp3"}}"#,
            ),
            (
                file(&named),
                r#"{"type":"file","file":{"filename":"a \"b\".pdf","file_data":"data:application/pdf;base64,JVBERg=="}}"#,
            ),
            (
                file(&url("application/pdf", "https://x.test/a")),
                r#"{"type":"file","file":{"filename":"file.pdf","file_data":"https://x.test/a"}}"#,
            ),
            (
                file(&inline("application/x-thing", b"abc")),
                r#"{"type":"file","file":{"filename":"file","file_data":"data:application/x-thing;base64,YWJj"}}"#,
            ),
            (
                file(&inline("Video/mp4", b"abc")),
                r#"{"type":"video_url","video_url":{"url":"data:video/mp4;base64,YWJj"}}"#,
            ),
            (written(&UserPart::Text("a\nb".into())).unwrap(), r#"{"type":"text","text":"a\nb"}"#),
        ];
        for (json, expected) in cases {
            assert_eq!(json, expected);
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_its_place() {
        let typed = "the media type must read type/subtype, such as image/png";
        let web = "the URL must be http, https or data; give other media as bytes";
        let cases: Vec<(Media, &str)> = [
            (inline("", b"x"), typed),
            (inline("png", b"x"), typed),
            (inline("image/", b"x"), typed),
            (inline("image/pn g", b"x"), typed),
            (inline(";base64", b"x"), typed),
            (url("", "data:x;base64,AAAA"), typed),
            (inline("image/a/b", b"x"), typed),
            (inline("audio/wav", b"x"), "the media type of this part must begin with image/"),
            (inline("image/png", b""), "the media has no bytes"),
            (url("image/png", "file:///etc/passwd"), web),
            (url("image/png", "//x.test/a.png"), web),
            (url("image/png", "https://"), web),
            (url("image/png", "https:///a"), web),
            (url("image/png", "data:none"), web),
            (url("image/png", "a.png"), web),
            (url("image/png", ""), web),
            (url("image/png", "https://x.test/a b"), "the URL contains white space or control characters"),
        ]
        .into();
        for (media, expected) in cases {
            let error = written(&UserPart::Image(&media, PLACE)).unwrap_err();
            assert_eq!(error, format!("messages[2].content[1]: {expected}"), "{media:?}");
        }
        let bare = url("", "https://x.test/a");
        assert!(written(&UserPart::Audio(&bare, PLACE)).unwrap_err().contains("audio needs a media type"));
    }
}
