//! Joins the fragments of `reasoning_details` [81].
//!
//! A stream cuts the entries of this list like everything else: a text in twenty fragments with one `index`, and its
//! signature in one more. Sent back as twenty entries they are refused, because the signature is of the whole text. So
//! one entry goes back for each unit, and an entry that arrived whole goes back byte for byte.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use crate::json::{Json, Raw, RawValue, fields, members, present, string, unsigned, wire_text};
use crate::string_interner::StringInterner;

/// The members that a later fragment can add. The texts from [`TEXTS`] on arrive in pieces; of the others the first counts.
const SLOTS: [&str; 7] = ["type", "id", "format", "text", "summary", "data", "signature"];

/// The fields of a fragment: [`SLOTS`] and the index.
const FIELDS: [&str; 8] = ["type", "id", "format", "text", "summary", "data", "signature", "index"];

/// The first of [`SLOTS`] that is a text in pieces.
const TEXTS: usize = 3;

/// How far an entry is moved forward to stand in the order of the indexes. Vendors begin a unit early by one or two; a
/// bound keeps the work linear whatever the indexes are.
const MOST_STEPS: usize = 16;

/// What a unit costs beside its text, for the caller's budget: otherwise millions of `{}` would fill the memory.
pub(super) const UNIT_COST: usize = 256;

/// A piece of base64 shorter than this may well occur twice in a row.
const SCRAP: usize = 16;

/// One entry, as far as it is received.
#[derive(Debug)]
struct Unit {
    /// The first fragment.
    first: String,
    /// The values of [`SLOTS`] as JSON, once a second fragment has arrived.
    slots: Option<[Option<String>; SLOTS.len()]>,
    kind: String,
    index: Option<u64>,
    id: Option<String>,
    /// The block of the response in which it began.
    epoch: u32,
}

/// The units so far.
#[derive(Debug, Default)]
pub(super) struct Details {
    units: Vec<Unit>,
    /// Positions of `units` in the order in which they go back.
    order: Vec<usize>,
    /// The unit of each key, by the key's number, so that a list of many units costs no search.
    keys: StringInterner,
    by_key: Vec<usize>,
    /// The unit of the last fragment.
    last: usize,
}

/// A fragment, opened.
struct Fragment<'a> {
    slots: [Raw<'a>; SLOTS.len()],
    kind: String,
    index: Option<u64>,
    id: Option<String>,
}

impl<'a> Fragment<'a> {
    fn open(raw: RawValue<'a>) -> Option<Self> {
        let [class, id, format, text, summary, data, signature, index] = fields(raw, FIELDS)?;
        let kind = match string(class) {
            Some(kind) => kind.into_owned(),
            // Some gateways write the type in the first fragment only.
            None => match [text, summary, data].map(|raw| present(raw).is_some()) {
                [_, true, _] => "reasoning.summary",
                [_, _, true] => "reasoning.encrypted",
                _ => "reasoning.text",
            }
            .to_owned(),
        };
        let slots = [class, id, format, text, summary, data, signature];
        Some(Self { slots, kind, index: unsigned(index), id: string(id).map(|id| id.into_owned()) })
    }

    /// Whether it has a text other than a signature.
    fn has_text(&self) -> bool {
        let [_, _, _, texts @ .., _] = &self.slots;
        texts.iter().any(|raw| filled(*raw).is_some())
    }

    fn is_encrypted(&self) -> bool {
        let [.., data, _] = self.slots;
        present(data).is_some()
    }

    fn signature(&self) -> Option<&'a str> {
        let [.., signature] = self.slots;
        filled(signature)
    }
}

/// A string that is not empty, as JSON.
fn filled<'a>(raw: Raw<'a>) -> Option<&'a str> {
    present(raw).filter(|json| json.starts_with('"') && *json != "\"\"")
}

impl Details {
    /// Takes an entry of the list, or a fragment of one. Returns whether it is new, and not a repetition of what is known.
    /// `epoch` counts the blocks of the response.
    pub(super) fn push(&mut self, raw: RawValue<'_>, epoch: u32) -> bool {
        let Some(fragment) = Fragment::open(raw) else {
            // No object: nothing in it can be joined.
            self.add(Unit::opaque(raw, epoch));
            return true;
        };
        let found = self.find(&fragment);
        if let Some(at) = found
            && let Some(unit) = self.units.get_mut(at)
        {
            if unit.is_repeated_by(&fragment) {
                return false;
            }
            if !unit.is_complete_before(&fragment, epoch) {
                unit.join(&fragment);
                self.last = at;
                self.register(at, &fragment);
                return true;
            }
        }
        let mut unit = Unit::opaque(raw, epoch);
        unit.kind.clone_from(&fragment.kind);
        unit.index = fragment.index;
        unit.id.clone_from(&fragment.id);
        let at = self.add(unit);
        self.register(at, &fragment);
        true
    }

    /// All units as JSON, in their order.
    pub(super) fn take(&mut self) -> Vec<String> {
        let Self { mut units, order, .. } = core::mem::take(self);
        order.iter().filter_map(|at| units.get_mut(*at).map(Unit::take_json)).collect()
    }

    /// The unit that a fragment may belong to.
    fn find(&self, fragment: &Fragment<'_>) -> Option<usize> {
        let Fragment { kind, index, id, .. } = fragment;
        let last = self.units.get(self.last).filter(|unit| unit.kind == *kind);
        let without_id = |unit: &&Unit| unit.id.is_none() || id.is_none();
        let found = match (index, id) {
            (_, Some(_)) => self.by_key(&key(kind, *index, id.as_deref())),
            (Some(_), None) => None,
            // A signature is of the last entry of its kind, whatever came between.
            (None, None) if !fragment.has_text() && fragment.signature().is_some() => {
                return self.by_key(&key(kind, None, None));
            }
            // Without both it continues the last one. An encrypted entry is whole, so a second one is another.
            (None, None) => return last.filter(|_| !fragment.is_encrypted()).map(|_| self.last),
        };
        found.or_else(|| match index {
            Some(_) => {
                let at = self.by_key(&key(kind, *index, None))?;
                // Two ids under one index are two units: OpenAI gives all its encrypted ones the index 0.
                self.units.get(at).filter(without_id).map(|_| at)
            }
            None => last.filter(|unit| unit.id.is_none() && unit.index.is_none()).map(|_| self.last),
        })
    }

    fn by_key(&self, key: &str) -> Option<usize> {
        self.by_key.get(self.keys.get(key)?).copied()
    }

    /// The keys of a fragment lead to this unit from now on.
    fn register(&mut self, at: usize, fragment: &Fragment<'_>) {
        let Some(unit) = self.units.get_mut(at) else { return };
        if unit.id.is_none() {
            unit.id.clone_from(&fragment.id);
        }
        let Unit { kind, index, id, .. } = unit;
        let id = id.as_deref();
        let none = key(kind, None, None);
        for key in [key(kind, *index, id), key(kind, *index, None), key(kind, None, id), none] {
            let (number, new) = self.keys.number_owned(key);
            if new {
                self.by_key.push(at);
            } else if let Some(known) = self.by_key.get_mut(number) {
                *known = at;
            }
        }
    }

    fn add(&mut self, unit: Unit) -> usize {
        let at = self.units.len();
        // Indexes give the order of the vendor's own list, in which it checks the entries.
        let later = |at: &&usize| {
            self.units.get(**at).is_some_and(|before| before.epoch == unit.epoch && before.index > unit.index)
        };
        let steps = match unit.index {
            Some(_) => self.order.iter().rev().take(MOST_STEPS).take_while(later).count(),
            None => 0,
        };
        self.order.insert(self.order.len().saturating_sub(steps), at);
        self.units.push(unit);
        self.last = at;
        at
    }
}

/// A unit's key among those of one kind.
fn key(kind: &str, index: Option<u64>, id: Option<&str>) -> String {
    let index = index.map_or(-1, |index| i64::try_from(index).unwrap_or(i64::MAX));
    format!("{kind} {index} {}", id.unwrap_or_default())
}

impl Unit {
    fn opaque(raw: RawValue<'_>, epoch: u32) -> Self {
        let first = raw.get().to_owned();
        Self { first, slots: None, kind: String::new(), index: None, id: None, epoch }
    }

    /// The values so far.
    fn slots(&mut self) -> &mut [Option<String>; SLOTS.len()] {
        let first = &self.first;
        self.slots.get_or_insert_with(|| {
            let slots = crate::json::parse(first).ok().and_then(|raw| fields(raw, SLOTS)).unwrap_or_default();
            slots.map(|value| present(value).map(ToOwned::to_owned))
        })
    }

    /// Whether all texts of a fragment are known, as some servers send every entry once more at the end. A text alone is
    /// no repetition, since "ha" may follow "ha", and neither is a scrap of an encrypted one.
    fn is_repeated_by(&mut self, fragment: &Fragment<'_>) -> bool {
        let [.., data, _] = fragment.slots;
        if fragment.signature().is_none() && filled(data).is_none_or(|data| data.len() < SCRAP) {
            return false;
        }
        let mut pairs = self.slots().iter().zip(fragment.slots).skip(TEXTS);
        pairs.all(|(known, raw)| filled(raw).is_none_or(|text| known.as_deref() == Some(text)))
    }

    /// Whether the unit was complete before this fragment, which then begins another one with the same index: servers that
    /// count the entries of each block anew do so.
    fn is_complete_before(&mut self, fragment: &Fragment<'_>, epoch: u32) -> bool {
        let other_block = self.epoch != epoch;
        let anonymous = fragment.index.is_none() && fragment.id.is_none();
        let has_text = self.slots().iter().skip(TEXTS).take(3).any(Option::is_some);
        let [.., data, signature] = self.slots();
        let complete = data.is_some() || signature.is_some() && has_text || anonymous;
        fragment.has_text()
            && (other_block && complete || signature.is_some() && has_text && fragment.signature().is_some())
    }

    /// Adds a fragment. Two pieces of a string are joined as JSON, without undoing their escapes, so that the vendor's own
    /// spelling goes back.
    fn join(&mut self, fragment: &Fragment<'_>) {
        for (at, (known, raw)) in self.slots().iter_mut().zip(fragment.slots).enumerate() {
            let Some(more) = present(raw) else { continue };
            match known {
                None => *known = Some(more.to_owned()),
                Some(known) if at >= TEXTS && known.starts_with('"') && more.starts_with('"') => {
                    known.pop();
                    known.push_str(more.get(1..).unwrap_or_default());
                }
                Some(_) => {}
            }
        }
    }

    fn take_json(&mut self) -> String {
        let Some(mut slots) = self.slots.take() else { return core::mem::take(&mut self.first) };
        let mut json = Json::default();
        json.raw("{");
        let first = crate::json::parse(&self.first).map(members).unwrap_or_default();
        for (name, value) in &first {
            let slot = SLOTS.iter().position(|slot| slot == name).and_then(|at| slots.get_mut(at)?.take());
            if let Some(value) = slot.as_deref().or(value.map(RawValue::get)) {
                json.key(name);
                json.raw(value);
            }
        }
        for (name, slot) in SLOTS.iter().zip(&slots) {
            if let Some(value) = slot {
                json.key(name);
                json.raw(value);
            }
        }
        json.raw("}");
        json.into_string()
    }
}

/// The readable texts of an entry.
pub(super) fn texts_of(entry: RawValue<'_>) -> impl Iterator<Item = crate::json::WireText<'_>> {
    let [plain, summary] = fields(entry, ["text", "summary"]).unwrap_or_default();
    [wire_text(plain), wire_text(summary)].into_iter().flatten()
}
