//! The replay of a block: what has to go back to Google beside its text or call.

use alloc::{borrow::ToOwned, string::String};

use crate::json::{Json, present, string, surrogates::replace_lone, unsigned};
use crate::routes::encoding::own_replay;

/// `{"route":"gemini","signature":"…","signed":5,"id":"…","part":{…}}`, each key but `route` only where it is needed.
/// A host may store a replay for years, so the keys never change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Replay {
    /// The signature of the part, which must go back on the part that it was received with.
    pub signature: Option<String>,
    /// The last bytes of the text that the signature is of; `None` where it is of all of it. A text is streamed in many
    /// parts, and Google forbids to merge a part that has a signature with one that has none.
    pub signed: Option<usize>,
    /// The id that Google gave the call. Most models give none, and then none may go back.
    pub id: Option<String>,
    /// A part that follows the text of the block, as received: a signature on an empty text, or a part of one of
    /// Google's own tools.
    pub part: Option<String>,
}

impl Replay {
    /// A part of its own.
    pub(super) fn of_part(json: &str) -> Self {
        Self { part: Some(json.to_owned()), ..Self::default() }
    }

    /// The replay as JSON; `None` where there is nothing to send back.
    pub(super) fn to_json(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        let mut json = Json::default();
        json.raw("{");
        for (name, value) in [
            ("route", Some(super::NAME)),
            ("signature", self.signature.as_deref()),
            ("id", self.id.as_deref()),
        ] {
            if let Some(value) = value {
                json.key(name);
                json.string(value);
            }
        }
        if let Some(signed) = self.signed {
            json.key("signed");
            json.integer(signed.try_into().unwrap_or(i64::MAX));
        }
        if let Some(part) = &self.part {
            json.key("part");
            json.raw(part);
        }
        json.raw("}");
        Some(json.into_string())
    }

    /// Reads what a host handed back; `None` for a replay of another route.
    pub(super) fn parse(replay: &str) -> Option<Self> {
        let names = ["signature", "signed", "id", "part"];
        let [signature, signed, id, part] = own_replay(replay, super::NAME, names)?;
        let text = |raw| string(raw).map(|text| text.into_owned());
        Some(Self {
            // Google refuses the whole request for one that is no Base64.
            signature: text(signature).filter(|signature| signature.bytes().all(is_base64)),
            signed: unsigned(signed).and_then(|signed| usize::try_from(signed).ok()),
            id: text(id),
            part: present(part)
                .filter(|part| part.starts_with('{'))
                .map(|part| replace_lone(part).into_owned()),
        })
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_comes_back_as_it_was_written() {
        for json in [
            r#"{"route":"gemini","signature":"A+/=","signed":5}"#,
            r#"{"route":"gemini","signature":"s","id":"call_1"}"#,
            r#"{"route":"gemini","part":{"text": "","thoughtSignature":"A\u003d"}}"#,
        ] {
            let replay = Replay::parse(json).expect(json);
            assert_eq!(replay.to_json().as_deref(), Some(json));
        }
        assert_eq!(Replay::default().to_json(), None);
    }

    #[test]
    fn a_replay_of_another_route_is_none_of_ours() {
        for json in
            ["", "null", "{}", "[]", r#"{"route":"messages","signature":"x"}"#, r#"{"route":"gemini""#]
        {
            assert_eq!(Replay::parse(json), None, "{json}");
        }
        for json in [r#"{"route":"gemini","part":1,"new":[]}"#, r#"{"route":"gemini","signature":"a b"}"#] {
            assert_eq!(Replay::parse(json), Some(Replay::default()), "{json}");
        }
    }
}
