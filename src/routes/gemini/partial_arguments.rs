//! Arguments that are streamed in pieces, each with its path in the object [50].
//!
//! The pieces are no JSON together, and a string may continue in the next one, so the object is built here and handed
//! out when the call is whole.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use crate::errors::{Error, protocol};
use crate::events::MAX_CALL_BYTES;
use crate::json::{
    Json, Object, PairJoiner, Raw, RawValue, WireText, elements, members, present, read, structure, wire_text,
};

/// Most steps of a path. The object is written by recursion, and no schema of a tool is half as deep.
const DEEPEST: usize = 32;

/// Most members of one object. They are searched one by one, and a server could send very many.
const MAX_MEMBERS: usize = 1024;

/// Bytes that a value takes beside its text.
const OVERHEAD: usize = 64;

#[derive(Debug, Default)]
struct Piece<'a> {
    path: Raw<'a>,
    string: Raw<'a>,
    number: Raw<'a>,
    boolean: Raw<'a>,
    null: Raw<'a>,
    will_continue: Raw<'a>,
}

structure!(Piece {
    "jsonPath" => path,
    "stringValue" => string,
    "numberValue" => number,
    "boolValue" => boolean,
    "nullValue" => null,
    "willContinue" => will_continue,
});

#[derive(Debug)]
enum Node {
    /// Nothing so far.
    Unset,
    /// A value that does not continue, as JSON.
    Value(String),
    Text {
        text: String,
        joiner: PairJoiner,
        /// The next piece continues it.
        open: bool,
    },
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
}

/// The object so far.
#[derive(Debug)]
pub(super) struct PartialArguments {
    root: Node,
    /// Bytes of all values, against the cap on calls.
    bytes: usize,
    /// A piece has no place in the object.
    pub is_broken: bool,
}

impl Default for PartialArguments {
    fn default() -> Self {
        Self { root: Node::Object(Vec::new()), bytes: 0, is_broken: false }
    }
}

impl PartialArguments {
    /// The beginning of the object, sent whole.
    pub(super) fn begin(&mut self, args: RawValue<'_>) -> Result<(), Error> {
        self.count(args.get().len())?;
        for (name, value) in members(args) {
            let Some(value) = value else { continue };
            self.count(OVERHEAD)?;
            let place = member(&mut self.root, &name);
            self.is_broken |= place.is_none();
            if let Some(place) = place {
                *place = Node::Value(value.get().to_owned());
            }
        }
        Ok(())
    }

    /// Adds a list of pieces.
    pub(super) fn add(&mut self, pieces: RawValue<'_>) -> Result<(), Error> {
        let Some(mut pieces) = elements(pieces.get()) else { return Ok(()) };
        pieces.try_for_each(|raw| {
            let mut piece = Object::default();
            match read(raw.get(), &mut piece).and(piece.0.as_ref()) {
                Some(piece) => self.put(piece),
                None => Ok(()),
            }
        })
    }

    fn put(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let path = wire_text(piece.path).map(WireText::into_string_lossy).unwrap_or_default();
        self.count(path.len().saturating_add(OVERHEAD))?;
        let text = wire_text(piece.string);
        // `null` is a value here, so that it is looked for by its presence.
        let value = piece.number.or(piece.boolean).map(|raw| raw.get()).or(piece.null.map(|_| "null"));
        self.count(text.as_ref().map_or(value.map_or(0, str::len), |text| text.as_bytes().len()))?;
        let mut padding = 0;
        let place = follow(&mut self.root, &path, &mut padding);
        self.is_broken |= place.is_none();
        if let Some(place) = place {
            match (text, value) {
                (Some(text), _) => place.push_text(&text, present(piece.will_continue) == Some("true")),
                (None, Some(value)) => *place = Node::Value(value.to_owned()),
                // The end of a text, or nothing.
                (None, None) => {}
            }
        }
        self.count(padding.saturating_mul(OVERHEAD))
    }

    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes > MAX_CALL_BYTES {
            true => Err(protocol("the arguments of a tool call in the response are too large")),
            false => Ok(()),
        }
    }

    /// The object as JSON.
    pub(super) fn into_json(self) -> String {
        let mut json = Json::default();
        self.root.write(&mut json);
        json.into_string()
    }
}

impl Node {
    fn push_text(&mut self, more: &WireText<'_>, continues: bool) {
        // A piece replaces a text that was complete.
        if !matches!(self, Node::Text { open: true, .. }) {
            *self = Node::Text { text: String::new(), joiner: PairJoiner::default(), open: true };
        }
        if let Node::Text { text, joiner, open } = self {
            joiner.push(more.as_bytes(), text);
            *open = continues;
        }
    }

    fn write(self, json: &mut Json) {
        match self {
            Node::Unset => json.raw("null"),
            Node::Value(value) => json.raw(&value),
            Node::Text { mut text, mut joiner, .. } => {
                joiner.finish(&mut text);
                json.string(&text);
            }
            Node::Object(members) => {
                json.raw("{");
                for (name, value) in members {
                    json.key(&name);
                    value.write(json);
                }
                json.raw("}");
            }
            Node::List(items) => {
                json.raw("[");
                for item in items {
                    json.item();
                    item.write(json);
                }
                json.raw("]");
            }
        }
    }
}

/// The place of a path such as `$.recipe.steps[0]['a.b']`. `None` where it is no path, or leads through a value that is
/// no object or list. `padding` counts the items that had to be made before an index.
fn follow<'n>(root: &'n mut Node, path: &str, padding: &mut usize) -> Option<&'n mut Node> {
    let mut rest = path.strip_prefix('$')?;
    let mut node = root;
    for _ in 0..DEEPEST {
        if rest.is_empty() {
            return Some(node);
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.bytes().position(|byte| matches!(byte, b'.' | b'[')).unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end)?;
            (node, rest) = (member(node, name)?, after);
        } else if let Some(quote) = rest.get(..2).filter(|quote| matches!(*quote, "['" | "[\"")) {
            let close = if quote == "['" { "']" } else { "\"]" };
            let (name, after) = crate::text_search::split_once(rest.get(2..)?, close)?;
            (node, rest) = (member(node, name)?, after);
        } else {
            let (index, after) = crate::text_search::split_once(rest.strip_prefix('[')?, "]")?;
            (node, rest) = (item(node, index.parse().ok()?, padding)?, after);
        }
    }
    None
}

fn member<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    if let Node::Unset = node {
        *node = Node::Object(Vec::new());
    }
    let Node::Object(members) = node else { return None };
    // From the last one: the pieces of a text come one after the other.
    let known = members.iter().rposition(|(known, _)| known == name);
    let at = match known {
        Some(at) => at,
        None if members.len() >= MAX_MEMBERS => return None,
        None => {
            members.push((name.to_owned(), Node::Unset));
            members.len().saturating_sub(1)
        }
    };
    members.get_mut(at).map(|(_, value)| value)
}

fn item<'n>(node: &'n mut Node, index: usize, padding: &mut usize) -> Option<&'n mut Node> {
    if let Node::Unset = node {
        *node = Node::List(Vec::new());
    }
    let Node::List(items) = node else { return None };
    // An index far beyond the end would make a list of nothing but nulls, as large as the server likes.
    let missing = index.checked_add(1)?.saturating_sub(items.len());
    if missing > MAX_MEMBERS {
        return None;
    }
    *padding = padding.saturating_add(missing);
    items.extend((0..missing).map(|_| Node::Unset));
    items.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn built(pieces: &str) -> (String, bool) {
        let mut arguments = PartialArguments::default();
        arguments.add(parse(pieces).expect("JSON")).expect("small");
        let is_broken = arguments.is_broken;
        (arguments.into_json(), is_broken)
    }

    #[test]
    fn pieces_make_the_object_that_their_paths_describe() {
        for (pieces, expected) in [
            ("[]", "{}"),
            (
                r#"[{"jsonPath":"$.a","stringValue":"Bos","willContinue":true},{"jsonPath":"$.a","stringValue":"ton \"x\""}]"#,
                r#"{"a":"Boston \"x\""}"#,
            ),
            (
                r#"[{"jsonPath":"$.a","stringValue":"\ud83d","willContinue":true},{"jsonPath":"$.a","stringValue":"\ude00"}]"#,
                r#"{"a":"😀"}"#,
            ),
            (
                r#"[{"jsonPath":"$.a","stringValue":"old"},{"jsonPath":"$.a","stringValue":"new"}]"#,
                r#"{"a":"new"}"#,
            ),
            (
                r#"[{"jsonPath":"$.r.list[0].n","numberValue":1.50},{"jsonPath":"$.r.list[1].b","boolValue":false},{"jsonPath":"$.z","nullValue":null},{"jsonPath":"$.r.list[0].m","stringValue":""}]"#,
                r#"{"r":{"list":[{"n":1.50,"m":""},{"b":false}]},"z":null}"#,
            ),
            (
                r#"[{"jsonPath":"$['a.b'][2]","nullValue":"NULL_VALUE"},{"jsonPath":"$[\"c\"]","numberValue":-1}]"#,
                r#"{"a.b":[null,null,null],"c":-1}"#,
            ),
            (
                r#"[{"jsonPath":"$.a"},3,{"jsonPath":"$.a","stringValue":"x","willContinue":true}]"#,
                r#"{"a":"x"}"#,
            ),
        ] {
            assert_eq!(built(pieces), (expected.into(), false), "{pieces}");
        }
    }

    #[test]
    fn a_piece_without_a_place_breaks_the_object_and_nothing_else() {
        for path in
            ["", "a", "$x", "$[a]", "$.s.x", "$.l.x", "$[0]", "$.l[99999999999]", "$.l[4000000000]", "$['a"]
        {
            let path = path.replace('"', "\\\"");
            let pieces = std::format!(
                r#"[{{"jsonPath":"$.s","numberValue":1}},{{"jsonPath":"$.l[0]","numberValue":2}},{{"jsonPath":"{path}","numberValue":3}}]"#
            );
            assert_eq!(built(&pieces), (r#"{"s":1,"l":[2]}"#.into(), true), "{path}");
        }
    }

    #[test]
    fn neither_depth_nor_size_is_the_servers_to_choose() {
        let deep = std::format!(r#"[{{"jsonPath":"${}","numberValue":1}}]"#, ".a".repeat(100_000));
        assert!(built(&deep).1);
        let mut arguments = PartialArguments::default();
        let piece = r#"[{"jsonPath":"$.a","stringValue":"0123456789012345678901234567890123456789","willContinue":true}]"#;
        let piece = parse(piece).expect("JSON");
        assert!((0..MAX_CALL_BYTES / 40).any(|_| arguments.add(piece).is_err()));
        let wide: Vec<_> =
            (0..2_000).map(|n| std::format!(r#"{{"jsonPath":"$.a{n}","boolValue":true}}"#)).collect();
        assert!(built(&std::format!("[{}]", wide.join(","))).1);
    }
}
