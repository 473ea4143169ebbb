//! Media types, and the names that this route has for them.

use super::invalid;
use crate::{
    contract::{Media, MediaSource},
    errors::Error,
    history::PartIndex,
    text_search::split_once,
};
use alloc::{format, string::String};

/// Names of sound formats where they differ from the media type's own.
const AUDIO_FORMATS: [(&str, &str); 8] = [
    ("wave", "wav"),
    ("vnd.wave", "wav"),
    ("mpeg", "mp3"),
    ("mpeg3", "mp3"),
    ("mp4", "m4a"),
    ("l16", "pcm16"),
    ("pcm", "pcm16"),
    ("basic", "au"),
];

/// Endings of file names, which some servers go by.
const ENDINGS: [(&str, &str); 6] = [
    ("application/pdf", ".pdf"),
    ("application/json", ".json"),
    ("text/plain", ".txt"),
    ("text/markdown", ".md"),
    ("text/csv", ".csv"),
    ("text/html", ".html"),
];

/// The name of a sound format on this route, for the subtype of a media type.
pub fn audio_format(subtype: &str) -> String {
    let subtype = subtype.to_ascii_lowercase();
    // `audio/x-wav` and the like come from file managers and browsers.
    let subtype = subtype.strip_prefix("x-").unwrap_or(&subtype);
    let format = AUDIO_FORMATS.iter().find(|(name, _)| *name == subtype).map(|(_, format)| *format);
    format.unwrap_or(subtype).into()
}

/// The ending of a file name, or nothing.
pub fn ending(media_type: &str) -> &'static str {
    let known = ENDINGS.iter().find(|(name, _)| media_type.eq_ignore_ascii_case(name));
    known.map(|(_, ending)| *ending).unwrap_or_default()
}

/// A media type in two parts, both empty where an address comes without one.
pub struct MediaType<'a> {
    kind: &'a str,
    /// After the slash.
    pub subtype: &'a str,
}

impl<'a> MediaType<'a> {
    /// Without parameters: it becomes part of a `data:` URL, where they would mean something else.
    pub fn of(media: &'a Media, place: PartIndex) -> Result<Self, Error> {
        if media.media_type.is_empty() && matches!(media.source, MediaSource::Url(_)) {
            return Ok(MediaType { kind: "", subtype: "" });
        }
        match split_once(&media.media_type, "/") {
            Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(MediaType { kind, subtype }),
            _ => Err(invalid(format!(
                "{place}: the media type must read type/subtype, without parameters, such as image/png"
            ))),
        }
    }

    /// Whether this stands before the slash.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Refuses another kind. None at all is accepted: the server finds the kind of an address itself.
    pub fn expect(&self, kind: &str, place: PartIndex) -> Result<(), Error> {
        if self.is(kind) || self.kind.is_empty() {
            Ok(())
        } else {
            Err(invalid(format!("{place}: the media type of this part must begin with {kind}/")))
        }
    }
}

/// What RFC 6838 allows in a media type.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_formats_have_the_names_that_servers_know() {
        let cases = [
            ("wav", "wav"),
            ("X-WAV", "wav"),
            ("vnd.wave", "wav"),
            ("mpeg", "mp3"),
            ("mp3", "mp3"),
            ("x-m4a", "m4a"),
            ("mp4", "m4a"),
            ("flac", "flac"),
            ("x-flac", "flac"),
            ("ogg", "ogg"),
            ("opus", "opus"),
            ("L16", "pcm16"),
        ];
        for (subtype, expected) in cases {
            assert_eq!(audio_format(subtype), expected, "{subtype}");
        }
    }
}
