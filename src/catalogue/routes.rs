//! The wire routes that serve a model, best first.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{
    BuiltIn, KeyList, PublicList, Source,
    endpoints::EndpointTypes,
    names::{self, ResponsesUse},
};
use crate::contract::ModelKind;

/// A set of wire routes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Routes(u8);

impl Routes {
    pub(super) const CHAT_COMPLETIONS: Self = Self(1);
    pub(super) const RESPONSES: Self = Self(1 << 1);
    pub(super) const MESSAGES: Self = Self(1 << 2);
    pub(super) const GEMINI: Self = Self(1 << 3);

    /// Those that the built-in table lists.
    fn listed(indices: &str) -> Self {
        rows(indices).fold(Self::default(), |set, (_, _, route)| set.with(*route))
    }

    fn of(types: EndpointTypes) -> Self {
        let listed = ROUTES.iter().filter(|(_, endpoint, _)| types.has(*endpoint));
        listed.fold(Self::default(), |set, (_, _, route)| set.with(*route))
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether no route is in here.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, best route first: see [`preferred`]. The lists name routes in no order.
    fn best_first(self, preferred: &str, built_in: &str) -> Vec<String> {
        let mut names = Vec::with_capacity(2);
        let mut left = self;
        for (name, _, route) in rows(preferred).chain(rows(built_in)).chain(rows("0231")) {
            if left.has(*route) {
                names.push((*name).to_owned());
                left = left.without(*route);
            }
        }
        names
    }
}

/// The indices of the routes that are better than others for a family, best first.
///
/// A vendor's own route has what chat completions has no place for: reasoning that goes back between tool calls, prompt
/// caching for Claude, and thought signatures for Gemini. The families' models that make pictures or sound gain nothing.
fn preferred(id: &str, wanted: Option<ResponsesUse>, listed: Routes) -> &'static str {
    const OTHER_OUTPUT: [&[u8]; 4] = [b"image", b"tts", b"live", b"embedding"];
    match wanted {
        Some(ResponsesUse::Only | ResponsesUse::First) => "10",
        Some(ResponsesUse::Listed) if listed.is_empty() || listed.has(Routes::RESPONSES) => "10",
        Some(ResponsesUse::Listed) => "01",
        None if names::begins(id, "claude") => "20",
        None if names::begins(id, "gemini") && !names::has_word(id, &OTHER_OUTPUT) => "30",
        None => "",
    }
}

/// The contract's name of each route, and the endpoint type that stands for it in the lists.
pub(super) const ROUTES: [(&str, EndpointTypes, Routes); 4] = [
    ("chat-completions", EndpointTypes::OPENAI, Routes::CHAT_COMPLETIONS),
    ("responses", EndpointTypes::OPENAI_RESPONSE, Routes::RESPONSES),
    ("messages", EndpointTypes::ANTHROPIC, Routes::MESSAGES),
    ("gemini", EndpointTypes::GEMINI, Routes::GEMINI),
];

/// The rows of [`ROUTES`] at these indices.
fn rows(indices: &str) -> impl Iterator<Item = &'static (&'static str, EndpointTypes, Routes)> {
    indices.bytes().filter_map(|index| ROUTES.get(usize::from(index.wrapping_sub(b'0'))))
}

/// The names at these indices.
#[cfg(test)]
pub(super) fn ordered(indices: &str) -> Vec<String> {
    rows(indices).map(|row| row.0.to_owned()).collect()
}

/// The routes that are inferred for a chat model where no source has any. The first row whose pattern begins the
/// id counts; the families are those that CometAPI documents.
const INFERRED: [(&str, Routes); 2] = [
    ("claude", Routes::CHAT_COMPLETIONS.with(Routes::MESSAGES)),
    ("gemini", Routes::CHAT_COMPLETIONS.with(Routes::GEMINI)),
];

/// The sources that had a part in the routes: at most both lists and an inference. On the stack, since a list of
/// hundreds of models needs one for each.
#[derive(Debug, Default)]
pub(super) struct Sources {
    sources: [Option<Source>; 3],
}

impl Sources {
    fn push(&mut self, source: Source) {
        if let Some(free) = self.sources.iter_mut().find(|place| place.is_none()) {
            *free = Some(source);
        }
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Source> {
        self.sources.into_iter().flatten()
    }
}

/// The routes of a model, the best first, and every source that had a part in them.
///
/// The routes of both lists are joined, except for chat completions: the first list that says anything decides about it,
/// the key's before the public one, since a list that names endpoints without `openai` excludes it. `openai` on a
/// model that is no chat model proves nothing. Where neither list says anything, the built-in table counts, then the
/// family.
pub(super) fn routes(
    id: &str,
    kind: ModelKind,
    key_types: EndpointTypes,
    public_types: EndpointTypes,
    built_in: &str,
) -> (Vec<String>, Sources) {
    let lists = [(key_types, Source::KeyList), (public_types, Source::Catalogue)];
    let mut named = Routes::default();
    let wanted = names::wants_responses(id);
    let mut routes = Routes::default();
    let mut sources = Sources::default();
    for (types, source) in lists {
        if !types.says_something() {
            continue;
        }
        let mut listed = Routes::of(types);
        if !sources.is_empty() || !may_chat(kind) {
            listed = listed.without(Routes::CHAT_COMPLETIONS);
        }
        if sources.is_empty() || !listed.without(routes).is_empty() {
            sources.push(source);
        }
        routes = routes.with(listed);
        named = routes;
    }
    if sources.is_empty() {
        let source;
        (routes, source) = unlisted(id, kind, wanted, Routes::listed(built_in));
        source.into_iter().for_each(|source| sources.push(source));
    } else if may_chat(kind) && wanted.is_some() && !routes.has(Routes::RESPONSES) {
        // The key's list follows the channel and often lacks this route, which is documented for the family.
        routes = routes.with(Routes::RESPONSES);
        sources.push(Source::Inferred);
    }
    if routes.is_empty() {
        sources = Sources::default();
    }
    (routes.best_first(preferred(id, wanted, named), built_in), sources)
}

/// The names of the routes of a chat model, best first, from the lists where they are known. This is what a request
/// takes, and what the list of models reports.
pub fn routes_of(id: &str, key_list: Option<&KeyList>, public: Option<&PublicList>) -> Vec<String> {
    let key_types = key_list.and_then(|list| list.models.get(id)).map(|model| model.types);
    let public_types = public.and_then(|list| list.models.get(id)).map(|row| row.endpoints);
    let (key_types, public_types) = (key_types.unwrap_or_default(), public_types.unwrap_or_default());
    // The table is text, and a search of it costs more than the rest of this.
    let is_listed = key_types.says_something() || public_types.says_something();
    let built_in = if is_listed { "" } else { BuiltIn::routes(id) };
    routes(id, ModelKind::Chat, key_types, public_types, built_in).0
}

fn may_chat(kind: ModelKind) -> bool {
    matches!(kind, ModelKind::Chat | ModelKind::Unknown)
}

/// The routes of a model that no list says anything about.
fn unlisted(
    id: &str,
    kind: ModelKind,
    wanted: Option<ResponsesUse>,
    built_in: Routes,
) -> (Routes, Option<Source>) {
    if !built_in.is_empty() {
        return (built_in, Some(Source::BuiltIn));
    }
    if kind != ModelKind::Chat {
        return Default::default();
    }
    let family = match wanted {
        Some(ResponsesUse::Only) => Some(Routes::RESPONSES),
        Some(ResponsesUse::First | ResponsesUse::Listed) => {
            Some(Routes::RESPONSES.with(Routes::CHAT_COMPLETIONS))
        }
        None => INFERRED.iter().find(|(family, _)| names::begins(id, family)).map(|(_, routes)| *routes),
    };
    (family.unwrap_or(Routes::CHAT_COMPLETIONS), Some(Source::Inferred))
}

#[cfg(test)]
mod tests {
    use super::*;
    use EndpointTypes as Types;
    use Source::{BuiltIn, Catalogue, Inferred, KeyList};

    /// Id, the key's types, the catalogue's, the table's routes; the routes and sources expected.
    type Case = (&'static str, Types, Types, &'static str, &'static str, &'static [Source]);

    #[test]
    fn lists_decide_then_the_table_then_the_family() {
        let none = Types::default();
        let openai = Types::OPENAI;
        let both = openai.with(Types::OPENAI_RESPONSE);
        let claude = openai.with(Types::ANTHROPIC);
        let table = "20";
        let no_table = "";
        let cases: [Case; 23] = [
            ("gpt-5.5", openai, none, no_table, "chat-completions responses", &[KeyList, Inferred]),
            ("gpt-5.5", openai, both, no_table, "responses chat-completions", &[KeyList, Catalogue]),
            ("gpt-5.5", both, both, no_table, "responses chat-completions", &[KeyList]),
            ("gpt-5.5", none, both, no_table, "responses chat-completions", &[Catalogue]),
            ("gpt-5.5", none, none, no_table, "responses chat-completions", &[Inferred]),
            ("gpt-4o", both, none, no_table, "chat-completions responses", &[KeyList]),
            ("o4-mini", both, none, no_table, "responses chat-completions", &[KeyList]),
            ("o4-mini", openai, none, no_table, "responses chat-completions", &[KeyList, Inferred]),
            ("o3-pro", Types::OPENAI_RESPONSE, openai, no_table, "responses", &[KeyList]),
            ("claude-opus-5", claude, none, no_table, "messages chat-completions", &[KeyList]),
            ("claude-opus-5", openai, none, no_table, "chat-completions", &[KeyList]),
            ("claude-opus-5", Types::ANTHROPIC, claude, no_table, "messages", &[KeyList]),
            (
                "claude-opus-5",
                openai,
                Types::ANTHROPIC,
                no_table,
                "messages chat-completions",
                &[KeyList, Catalogue],
            ),
            (
                "gemini-3.8-flash",
                openai.with(Types::GEMINI),
                none,
                no_table,
                "gemini chat-completions",
                &[KeyList],
            ),
            (
                "gemini-3.8-flash-image",
                openai.with(Types::GEMINI),
                none,
                no_table,
                "chat-completions gemini",
                &[KeyList],
            ),
            ("claude-opus-5", none, none, table, "messages chat-completions", &[BuiltIn]),
            ("claude-opus-5", claude, none, table, "messages chat-completions", &[KeyList]),
            ("claude-opus-5", both, none, table, "chat-completions responses", &[KeyList]),
            ("claude-opus-5", none, none, no_table, "messages chat-completions", &[Inferred]),
            ("gpt-5.5-pro", none, none, no_table, "responses", &[Inferred]),
            ("o1", none, none, no_table, "responses chat-completions", &[Inferred]),
            ("kimi-k3", none, none, no_table, "chat-completions", &[Inferred]),
            ("x", Types::VIDEO, none, table, "", &[]),
        ];
        for (id, key, public, built_in, expected, sources) in cases {
            let found = routes(id, ModelKind::Chat, key, public, built_in);
            let found = (found.0.join(" "), found.1.iter().collect::<Vec<_>>());
            assert_eq!((found.0.as_str(), found.1.as_slice()), (expected, sources), "{id}");
        }
    }

    #[test]
    fn openai_proves_nothing_for_a_model_that_does_not_chat() {
        let none = Types::default();
        let names = |kind, types| routes("x", kind, types, none, "").0.join(" ");
        assert_eq!(names(ModelKind::Audio, Types::OPENAI), "");
        assert_eq!(names(ModelKind::Image, Types::OPENAI.with(Types::GEMINI)), "gemini");
        assert_eq!(names(ModelKind::Unknown, Types::OPENAI), "chat-completions");
        assert_eq!(names(ModelKind::Image, none), "");
        assert_eq!(names(ModelKind::Unknown, none), "");
    }
}
