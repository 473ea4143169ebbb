//! Readers that take a value of a wrong type for one that is missing.
//!
//! Vendors change types between versions: a number becomes a string, an object becomes null, `"200K"` replaces
//! 200000. A derived reader refuses the whole message over one such field, and the text or the 599 other models in
//! it are lost. Here each field stands for itself: structures ([`Object`], [`First`], [`Many`]) skip what they
//! cannot hold, and leaves take each spelling that was seen and give `None` for the others, never a guess.

use alloc::{borrow::Cow, vec::Vec};

use super::{Number, Raw, RawValue, Slot, Structure, WireText, wire_text};

/// An object; nothing where the value has another type.
#[derive(Debug, PartialEq)]
pub struct Object<T>(pub Option<T>);

/// The first element of a list, if that is an object.
#[derive(Debug, PartialEq)]
pub struct First<T>(Option<Object<T>>);

/// The most objects that a [`Many`] keeps. Each takes some dozen bytes, while a server can write one in three; no chunk
/// that was seen had more than a hundred [91]. Lists that may be longer are read with [`elements`](super::elements), which
/// keeps nothing.
pub const MAX_MANY: usize = 8192;

/// The first [`MAX_MANY`] objects of a list.
#[derive(Debug, PartialEq)]
pub struct Many<T> {
    /// Only the last may be empty: its place is used again for the next item.
    objects: Vec<Object<T>>,
    too_many: bool,
}

impl<T> First<T> {
    /// The object.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()?.0.as_ref()
    }
}

impl<T> Many<T> {
    /// Whether there is no object in it.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether there are more objects than are kept. Then the message cannot be read: the rest of it would be lost.
    pub fn has_too_many(&self) -> bool {
        self.too_many
    }

    /// The first object, for a list that is one of its objects instead. It is created if there is none.
    pub fn first_or_default(&mut self) -> Option<&mut T>
    where
        T: Default,
    {
        if self.is_empty() {
            self.objects = [Object(Some(T::default()))].into();
        }
        self.objects.first_mut()?.0.as_mut()
    }

    /// The objects, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.objects.iter().filter_map(|object| object.0.as_ref())
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { objects: Vec::new(), too_many: false }
    }
}

impl<'a, T: Structure<'a> + Default> Structure<'a> for Object<T> {
    fn object(&mut self) {
        self.0 = Some(T::default());
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        self.0.as_mut()?.field(name)
    }
}

impl<'a, T: Structure<'a> + Default> Structure<'a> for First<T> {
    fn list(&mut self) {
        self.0 = None;
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        // Only the first item is read, and the others are skipped without a target.
        match self.0 {
            None => Some(Slot::Inner(self.0.insert(Object(None)))),
            Some(_) => None,
        }
    }
}

impl<'a, T: Structure<'a> + Default> Structure<'a> for Many<T> {
    fn list(&mut self) {
        self.objects.clear();
        self.too_many = false;
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        // Numbers, nulls and lists between the objects take no place, however many they are.
        if self.objects.last().is_none_or(|last| last.0.is_some()) {
            // Checked before the allocation, as the depth is: afterwards the memory would be gone.
            if self.objects.len() >= MAX_MANY {
                self.too_many = true;
                return None;
            }
            self.objects.push(Object(None));
        }
        self.objects.last_mut().map(|last| Slot::Inner(last))
    }
}

/// A string, or a number as a string: ids and codes are sent as either. An empty string counts as missing.
pub fn string<'a>(raw: Raw<'a>) -> Option<Cow<'a, str>> {
    let value = raw?.get();
    let found = match value.as_bytes().first()? {
        b'"' => wire_text(raw)?.into_string_lossy(),
        b'-' | b'0'..=b'9' => Cow::Borrowed(value),
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

/// A finite number, also one written as a string.
pub fn float(raw: Raw<'_>) -> Option<f64> {
    Number::parse(&string(raw)?)?.as_f64()
}

/// A whole number from 0 on, also one written as a string or as a float [12].
pub fn unsigned(raw: Raw<'_>) -> Option<u64> {
    let number = Number::parse(&string(raw)?)?;
    if let Some(whole) = number.as_u64() {
        return Some(whole);
    }
    // 2^53: beyond it neighbouring whole numbers are the same float.
    let value = number.as_f64().filter(|value| (0.0..=9_007_199_254_740_992.0).contains(value))?;
    let whole = value as u64;
    (whole as f64 == value).then_some(whole)
}

/// A text; lone surrogates become U+FFFD.
pub(crate) fn text<'a>(raw: RawValue<'a>) -> Option<Cow<'a, str>> {
    wire_text(Some(raw)).map(WireText::into_string_lossy)
}

/// A number that is not negative, or a text that is one.
pub(crate) fn amount(raw: RawValue<'_>) -> Option<f64> {
    float(Some(raw)).filter(|value| *value >= 0.0)
}

/// A boolean: `true`, `1`, `"true"`, `"1"` and their opposites.
pub(crate) fn flag(raw: RawValue<'_>) -> Option<bool> {
    match raw.get() {
        "true" | "1" | r#""true""# | r#""1""# => Some(true),
        "false" | "0" | r#""false""# | r#""0""# => Some(false),
        _ => None,
    }
}

/// A number of tokens, at least 1: a number, a text that is one, or one with K or M after it (`"200K"`).
///
/// K is 1,000 and M is 1,000,000. CometAPI's catalogue gives `"200K"` for 200,000, `"400K"` for 400,000
/// and `"1050K"` for 1,050,000, which no binary K makes; where it rounds (`"1M"` for 1,048,576) the decimal
/// value is the smaller one, and a window that is assumed 5 % too small is never refused by the model.
pub(crate) fn tokens(raw: RawValue<'_>) -> Option<u64> {
    let value = match float(Some(raw)) {
        Some(value) => value,
        None => scaled(text(raw)?.trim_ascii())?,
    };
    // Above this it is no count of tokens; below, the conversion is exact.
    (1.0..=1e12).contains(&value).then_some(value as u64)
}

/// A number with K or M after it.
fn scaled(text: &str) -> Option<f64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' | b'K' => (text.strip_suffix(['k', 'K'])?, 1e3),
        b'm' | b'M' => (text.strip_suffix(['m', 'M'])?, 1e6),
        _ => return None,
    };
    Some(decimal(digits)? * factor)
}

fn decimal(text: &str) -> Option<f64> {
    Number::parse(text)?.as_f64()
}

#[cfg(test)]
#[path = "lenient_tests.rs"]
mod tests;
