//! Images, audio and files: by address, inline, or from a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Fields, LoadFile, RequestError};
use crate::contract::{Media, MediaSource};

/// The first bytes of files that models accept (the formats' magic numbers), and their IANA media types.
const BEGINNINGS: [(&[u8], &str); 9] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
];

const ENDINGS: [(&str, &str); 21] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("m4a", "audio/mp4"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("json", "application/json"),
];

/// The media type by the first bytes, or else by the ending of the name or address. The bytes come first, since a
/// name can be wrong.
#[must_use]
pub fn media_type(name: &str, bytes: &[u8]) -> Option<&'static str> {
    // In RIFF and ISO containers the type follows a length.
    match (bytes.get(..4), bytes.get(8..12)) {
        (Some(b"RIFF"), Some(b"WEBP")) => return Some("image/webp"),
        (Some(b"RIFF"), Some(b"WAVE")) => return Some("audio/wav"),
        (_, Some(b"avif")) => return Some("image/avif"),
        _ => {}
    }
    let by_beginning = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    by_beginning.map(|(_, kind)| *kind).or_else(|| by_ending(name))
}

fn by_ending(name: &str) -> Option<&'static str> {
    // An address may have a query after its path.
    let path = name.split(['?', '#']).next().unwrap_or(name);
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind)
}

/// The media type of a file is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the type of {path} is not known by its content or its name; state its media type")]
pub struct UnknownMediaType {
    /// The file.
    pub path: String,
}

/// Media from a file's bytes.
///
/// # Errors
/// When neither its first bytes nor its name show the media type.
pub fn from_file(path: &str, bytes: Vec<u8>) -> Result<Media, UnknownMediaType> {
    let kind = media_type(path, &bytes).ok_or_else(|| UnknownMediaType { path: path.to_owned() })?;
    let name = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(Media { source: MediaSource::Inline(bytes), media_type: kind.to_owned(), name })
}

/// Media at an address. If its ending does not show the type, the type is `fallback`.
#[must_use]
pub fn from_url(url: &str, fallback: &str) -> Media {
    let data_type = url.strip_prefix("data:").and_then(|rest| rest.split([';', ',']).next());
    let kind = data_type.filter(|kind| !kind.is_empty()).or_else(|| media_type(url, &[])).unwrap_or(fallback);
    Media { source: MediaSource::Url(url.to_owned()), media_type: kind.to_owned(), name: None }
}

/// The media fields of an object: `source`, `media-type`, `name`.
pub(super) fn media(fields: &mut Fields, load: LoadFile<'_>) -> Result<Media, RequestError> {
    let Some((case, payload)) = fields.variant("source", &["url", "inline", "file"])? else {
        return Err(
            fields.problem("source", r#"is missing; it is {"url": …}, {"inline": base64} or {"file": path}"#)
        );
    };
    let Some(Value::String(text)) = payload else {
        return Err(fields.problem(&format!("source-{case}"), "must be a string"));
    };
    let declared_type = fields.string("media-type")?;
    let name = fields.string("name")?;
    let mut media = match case {
        "url" => from_url(&text, "application/octet-stream"),
        "inline" => {
            let bytes = STANDARD
                .decode(text.trim())
                .map_err(|why| fields.problem("source-inline", format!("is not base64: {why}")))?;
            match declared_type.as_deref().or_else(|| media_type(name.as_deref().unwrap_or_default(), &bytes))
            {
                Some(kind) => {
                    Media { media_type: kind.to_owned(), source: MediaSource::Inline(bytes), name: None }
                }
                None => return Err(fields.problem("media-type", "is missing")),
            }
        }
        _ => {
            let bytes = load(&text).map_err(|why| fields.problem("source-file", why))?;
            match &declared_type {
                Some(kind) => {
                    Media { media_type: kind.clone(), source: MediaSource::Inline(bytes), name: None }
                }
                None => {
                    from_file(&text, bytes).map_err(|why| fields.problem("media-type", why.to_string()))?
                }
            }
        }
    };
    media.media_type = declared_type.unwrap_or(media.media_type);
    media.name = name.or(media.name);
    Ok(media)
}
