//! What to use instead of a model that the provider does not have.
//!
//! `model-not-found` has two common causes: the configured id was retired, or it is spelled as another service or the
//! vendor spells it (`anthropic/claude-opus-5`, `claude-haiku-4.5`). Both are known here, and a message that names the
//! id to use saves a search. Only ids of the built-in tables are ever named, so a suggestion cannot repeat any part
//! of the request.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
};

use super::{
    BuiltIn,
    built_in::BuiltInModel,
    retired::{self, Retirement},
};
use crate::errors::{Error, ErrorKind};
use crate::text_search::after_last;

/// Adds what is known about the requested model to an error that says that there is no such model.
pub fn suggest_model(error: &mut Error, requested: &str) {
    if error.kind != ErrorKind::ModelNotFound {
        return;
    }
    let Some(hint) = Hint::find(requested) else { return };
    let message = error.message.trim_end_matches('.');
    error.message = format!("{message}; {}", hint.text());
    error.suggested_model = hint.suggestion().map(ToOwned::to_owned);
}

/// What is known about an id that the provider does not have.
#[derive(Debug, PartialEq)]
enum Hint {
    /// The model of exactly this id was retired.
    Retired(Retirement),
    /// The model has an announced end, which may have come.
    Ending(Retirement),
    /// The id resembles that of a retired model.
    LikeRetired(&'static str, Retirement),
    /// The id resembles this one.
    Like(&'static str),
}

impl Hint {
    fn find(requested: &str) -> Option<Self> {
        if let Some(retirement) = retired::retirement(requested) {
            return Some(Self::Retired(retirement));
        }
        let table = BuiltIn::load();
        if let Some((_, line)) = table.lines().find(|(id, _)| *id == requested) {
            return BuiltInModel::read(line).retirement.map(Self::Ending);
        }
        let like_retired = |id| Some(Self::LikeRetired(id, retired::retirement(id)?));
        let built_in = || table.lines().map(|(id, _)| id);
        let ended = || retired::lines().map(|(id, _)| id);
        let name = Name::of(requested);
        // Two snapshots of different days are two models: that one was retired says nothing about the other. A
        // snapshot of a current model is close enough, because it is served under that id as well.
        let same_model = |known: &&str| {
            let known = Name::of(known);
            known.base == name.base && (known.date.is_empty() || name.date.is_empty())
        };
        built_in()
            .find(|id| Name::of(id).whole == name.whole)
            .map(Self::Like)
            .or_else(|| ended().find(|id| Name::of(id).whole == name.whole).and_then(like_retired))
            .or_else(|| built_in().find(|id| Name::of(id).base == name.base).map(Self::Like))
            .or_else(|| ended().find(same_model).and_then(like_retired))
    }

    /// The id to use instead.
    fn suggestion(&self) -> Option<&'static str> {
        match self {
            Self::Retired(end) | Self::Ending(end) | Self::LikeRetired(_, end) => current(end.replaced_by?),
            Self::Like(id) => Some(id),
        }
    }

    fn text(&self) -> String {
        let on = |end: &Retirement| end.date.map_or_else(String::new, |date| format!(" on {date}"));
        let what = match self {
            Self::Like(id) => return format!("did you mean {id}?"),
            Self::Retired(end) => format!("the model was retired{}", on(end)),
            Self::Ending(Retirement { date: Some(date), .. }) => {
                format!("its retirement was announced for {date}")
            }
            Self::Ending(_) => "its retirement was announced".to_string(),
            Self::LikeRetired(id, end) => format!("did you mean {id}? It was retired{}", on(end)),
        };
        match self.suggestion() {
            Some(id) => format!("{what}; use {id} instead"),
            None => format!("{what}, and no replacement is known; choose another model"),
        }
    }
}

/// The first model on the way from successor to successor that has not ended; `None` if no such is known.
pub(super) fn current(id: &'static str) -> Option<&'static str> {
    let mut id = id;
    // The tables hold no circle today, and a mistake in them must not become an endless loop.
    for _ in 0..8 {
        match retired::retirement(id) {
            Some(end) => id = end.replaced_by?,
            None => return Some(id),
        }
    }
    None
}

/// An id without what services spell differently.
#[derive(PartialEq)]
struct Name {
    /// In lower case, without a vendor's prefix, and with `-` as the only separator.
    whole: String,
    /// The same without a date at its end.
    base: String,
    date: String,
}

impl Name {
    fn of(id: &str) -> Self {
        let separator = |byte: u8| matches!(byte, b'.' | b'_' | b'@');
        let bytes = after_last(id.trim_ascii(), b'/').bytes();
        let whole: String = bytes
            .map(|byte| char::from(if separator(byte) { b'-' } else { byte.to_ascii_lowercase() }))
            .collect();
        let (base, date) =
            whole.split_at_checked(whole.len().saturating_sub(date_len(&whole))).unwrap_or((&whole, ""));
        Self { base: base.to_owned(), date: date.to_owned(), whole }
    }
}

/// The forms in which ids carry a date: of a year, month and day, of a day in a short year, of month and day.
const DATES: [&[u8]; 4] = [b"-####-##-##", b"-########", b"-######", b"-####"];

/// The length of the date at the end of a name, 0 if there is none.
fn date_len(name: &str) -> usize {
    let fits = |form: &&&[u8]| {
        let mut form = form.iter().rev();
        let mut bytes = name.bytes().rev();
        form.all(|wanted| match (wanted, bytes.next()) {
            (b'#', Some(byte)) => byte.is_ascii_digit(),
            (wanted, byte) => byte == Some(*wanted),
        })
    };
    DATES.iter().find(fits).map_or(0, |form| form.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::error;

    fn hint(requested: &str) -> (String, Option<String>) {
        let mut found = error(ErrorKind::ModelNotFound, "no such model.");
        suggest_model(&mut found, requested);
        (found.message.clone(), found.suggested_model.clone())
    }

    #[test]
    fn a_retired_id_gets_its_end_and_its_successor() {
        let (message, suggestion) = hint("gpt-4");
        assert_eq!(message, "no such model; the model was retired on 2026-10-23; use gpt-5.6-sol instead");
        assert_eq!(suggestion.as_deref(), Some("gpt-5.6-sol"));
        let (message, suggestion) = hint("gemini-2.0-flash-exp");
        assert_eq!(message, "no such model; the model was retired; use gemini-3.8-flash instead");
        assert_eq!(suggestion.as_deref(), Some("gemini-3.8-flash"));
    }

    #[test]
    fn a_retired_id_without_a_successor_gets_none() {
        let (message, suggestion) = hint("kimi-k2.5");
        let end = "the model was retired on 2026-08-31, and no replacement is known; choose another model";
        assert_eq!((message, suggestion), (format!("no such model; {end}"), None));
    }

    #[test]
    fn an_announced_end_is_no_past_one() {
        let (message, suggestion) = hint("gpt-5");
        let end = "its retirement was announced for 2026-12-11; use gpt-6.1-sol instead";
        assert_eq!((message, suggestion), (format!("no such model; {end}"), Some("gpt-6.1-sol".to_owned())));
    }

    #[test]
    fn an_id_that_is_spelled_otherwise_gets_the_known_spelling() {
        for (requested, expected) in [
            ("Claude-Opus-5", "claude-opus-5"),
            ("anthropic/claude-opus-5", "claude-opus-5"),
            ("openrouter/anthropic/claude-opus-5", "claude-opus-5"),
            ("claude-sonnet-5.5", "claude-sonnet-5-5"),
            ("gpt-5_4", "gpt-5.4"),
            ("gpt-5-4", "gpt-5.4"),
            ("claude-haiku-4-5", "claude-haiku-4-5-20251001"),
            ("claude-haiku-4.5", "claude-haiku-4-5-20251001"),
            ("claude-haiku-4-5@20251001", "claude-haiku-4-5-20251001"),
            ("claude-opus-5-20260725", "claude-opus-5"),
            ("gpt-5.4-2026-03-05", "gpt-5.4"),
            ("deepseek-v4-pro-0901", "deepseek-v4-pro"),
        ] {
            let (message, suggestion) = hint(requested);
            assert_eq!(suggestion.as_deref(), Some(expected), "{requested}");
            assert_eq!(message, format!("no such model; did you mean {expected}?"));
        }
    }

    #[test]
    fn an_id_like_a_retired_one_gets_the_successor_of_that() {
        for (requested, known, successor) in [
            ("openai/gpt-4-turbo", "gpt-4-turbo", "gpt-5.6-sol"),
            ("claude-opus-4", "claude-opus-4-20250514", "claude-opus-5-5"),
            ("GPT-4-2023-03-14", "gpt-4", "gpt-5.6-sol"),
        ] {
            let (message, suggestion) = hint(requested);
            assert_eq!(suggestion.as_deref(), Some(successor), "{requested}");
            assert!(message.contains(&format!("did you mean {known}? It was retired on ")), "{message}");
        }
    }

    #[test]
    fn an_id_that_resembles_nothing_gets_no_hint() {
        for requested in
            ["", "-", "/", "gpt", "house-model", "claude", "2026-01-01", "gpt-5.4-minimal", "模型"]
        {
            assert_eq!(hint(requested), ("no such model.".to_owned(), None), "{requested}");
        }
        // A current id is spelled correctly: its absence has another reason.
        assert_eq!(hint("claude-opus-5"), ("no such model.".to_owned(), None));
    }

    #[test]
    fn other_errors_stay_as_they_are() {
        let mut other = error(ErrorKind::Billing, "no credit");
        suggest_model(&mut other, "gpt-4");
        assert_eq!((other.message.as_str(), &other.suggested_model), ("no credit", &None));
    }

    #[test]
    fn every_suggestion_is_current() {
        for (id, _) in retired::lines() {
            let suggestion = Hint::find(id).expect(id).suggestion();
            assert!(suggestion.is_none_or(|other| retired::retirement(other).is_none()), "{id}");
        }
    }
}
