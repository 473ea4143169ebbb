//! Media types, and the names that this route has for them.

use super::invalid;
use crate::{
    contract::{Media, MediaSource},
    errors::Error,
    history::{PartIndex, Warnings},
    text_search::split_once,
};
use alloc::{borrow::Cow, format, string::String};

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
    let known = ENDINGS.iter().find(|(name, _)| media_type == *name);
    known.map(|(_, ending)| *ending).unwrap_or_default()
}

/// Spellings that file managers and browsers write, and the registered ones, which are all that servers know.
const MISSPELT: [(&str, &str); 5] = [
    ("image/jpg", "image/jpeg"),
    ("image/jpe", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-png", "image/png"),
    ("application/x-pdf", PDF),
];

const PDF: &str = "application/pdf";

/// How a file of each type begins, and what follows after four more bytes.
const BEGINNINGS: [(&[u8], &[u8], &str); 6] = [
    (b"\x89PNG", b"", "image/png"),
    (b"\xFF\xD8\xFF", b"", "image/jpeg"),
    (b"GIF8", b"", "image/gif"),
    (b"RIFF", b"WEBP", "image/webp"),
    (b"RIFF", b"WAVE", "audio/wav"),
    (b"%PDF-", b"", PDF),
];

/// A media type as it is sent; empty where an address comes without one.
pub struct MediaType<'a> {
    text: Cow<'a, str>,
    /// The bytes are of another type than the one that was given.
    pub is_found: bool,
}

impl<'a> MediaType<'a> {
    /// The type of some media: in the registered spelling, in lower case and without parameters, which would mean
    /// something else in a `data:` URL. Where the first bytes show another type, that one counts: vendors compare the two
    /// and refuse the request, and a file's name or a web server's header is often wrong [88].
    ///
    /// # Errors
    /// `invalid-request` where there is no type to send.
    pub fn of(media: &'a Media, place: PartIndex, warnings: &mut Warnings) -> Result<Self, Error> {
        let mut decoded = [0; 12];
        let (given, head) = match &media.source {
            MediaSource::Inline(bytes) => (media.media_type.as_str(), bytes.get(..12).unwrap_or(bytes)),
            MediaSource::Url(url) => match data_url(url) {
                Some((given, data)) => {
                    let length = decode(data, &mut decoded);
                    let given = if given.is_empty() { &media.media_type } else { given };
                    (given, decoded.get(..length).unwrap_or_default())
                }
                None => (media.media_type.as_str(), &[][..]),
            },
        };
        let named = registered(given);
        let found = found(head, &named).filter(|found| !is_same(found, &named));
        let text = found.map_or(named, Cow::Borrowed);
        let is_address = head.is_empty() && matches!(media.source, MediaSource::Url(_));
        match split_once(&text, "/") {
            _ if text.is_empty() && is_address => {}
            Some((kind, subtype)) if is_token(kind) && is_token(subtype) => {}
            _ => {
                return Err(invalid(format!(
                    "{place}: the media type must read type/subtype, such as image/png"
                )));
            }
        }
        // The type of an address is not sent.
        if text != given && !is_address {
            warnings.add(format!(
                "{place}: the media type is misspelt or not that of the bytes, and was corrected"
            ));
        }
        Ok(MediaType { text, is_found: found.is_some() })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part after the slash.
    pub fn subtype(&self) -> &str {
        split_once(&self.text, "/").unwrap_or_default().1
    }

    /// Whether this stands before the slash.
    pub fn is(&self, kind: &str) -> bool {
        self.text.strip_prefix(kind).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Refuses another kind. None at all is accepted: the server finds the kind of an address itself.
    pub fn expect(&self, kind: &str, place: PartIndex) -> Result<(), Error> {
        if self.is(kind) || self.text.is_empty() {
            Ok(())
        } else {
            Err(invalid(format!("{place}: the media type of this part must begin with {kind}/")))
        }
    }
}

/// The type in a `data:` URL, and the beginning of its data where that is base64.
fn data_url(url: &str) -> Option<(&str, &str)> {
    let (head, data) = split_once(after_data(url)?, ",")?;
    let data = if head.ends_with(";base64") { data } else { "" };
    Some((split_once(head, ";").map_or(head, |(media_type, _)| media_type), data))
}

/// The URL after its scheme, if that is `data:`.
pub fn after_data(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_at_checked(5)?;
    scheme.eq_ignore_ascii_case("data:").then_some(rest)
}

/// Decodes the beginning of base64, and returns the number of bytes.
fn decode(base64: &str, into: &mut [u8; 12]) -> usize {
    let mut bits = 0_u32;
    let mut length = 0;
    for (at, digit) in base64.bytes().take(16).enumerate() {
        let value = match digit {
            b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        // Each digit but the first of four completes a byte.
        if let Some(shift) = [None, Some(4), Some(2), Some(0)].get(at % 4).copied().flatten()
            && let Some(byte) = into.get_mut(length)
        {
            *byte = (bits >> shift) as u8;
            length = length.saturating_add(1);
        }
    }
    length
}

/// The registered spelling of a media type.
fn registered(given: &str) -> Cow<'_, str> {
    let essence = split_once(given, ";").map_or(given, |(essence, _)| essence).trim_ascii();
    let lower = match essence.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(essence.to_ascii_lowercase()),
        false => Cow::Borrowed(essence),
    };
    let known = MISSPELT.iter().find(|(name, _)| *name == lower);
    known.map_or(lower, |(_, name)| Cow::Borrowed(*name))
}

/// The type that the first bytes show.
fn found(head: &[u8], named: &str) -> Option<&'static str> {
    let fits = |(begin, later, _): &&(&[u8], &[u8], &str)| {
        head.starts_with(begin) && head.get(8..).unwrap_or_default().starts_with(later)
    };
    if let Some((.., found)) = BEGINNINGS.iter().find(fits) {
        return Some(found);
    }
    match *head {
        // The version after the mark, because a text may begin with the same letters.
        [b'I', b'D', b'3', 2..=4, ..] => Some("audio/mpeg"),
        // A frame of layer III has no better mark, so it counts only where the type is a neighbour's.
        [0xFF, second, ..] if second & 0xE6 == 0xE2 => {
            let neighbour = |format: &str| matches!(format, "wav" | "mp3" | "m4a");
            named.strip_prefix("audio/").filter(|subtype| neighbour(&audio_format(subtype)))?;
            Some("audio/mpeg")
        }
        _ => None,
    }
}

/// Whether two types are one, as `audio/x-wav` and `audio/wav` are.
fn is_same(found: &str, named: &str) -> bool {
    let format = |text: &str| text.strip_prefix("audio/").map(audio_format);
    found == named || format(found).is_some_and(|found| format(named) == Some(found))
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
