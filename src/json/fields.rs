//! Opening a value one level at a time, where only a few of its fields are of interest.
//!
//! Nothing here recurses: a server that nests 200,000 lists costs no stack.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use crate::scanned::scanned;

use super::{Flaw, Raw, RawValue, Slot, Structure, position, read, reader::Reader};

/// One JSON value, checked for syntax only.
pub fn parse(text: &str) -> Result<RawValue<'_>, Flaw> {
    let mut reader = Reader::new(text);
    let raw = reader.raw().and_then(|raw| reader.end().map(|()| raw));
    scanned(reader.at());
    raw.map_err(|_| reader.flaw())
}

/// The named fields of an object, the last one where a name occurs twice; `None` if it is no object.
/// A null field is present: the readers of leaves treat it as unknown.
pub fn fields<'a, const N: usize>(raw: RawValue<'a>, names: [&str; N]) -> Option<[Raw<'a>; N]> {
    fields_of(raw.get(), names)
}

/// The same for a text that was not parsed, in one pass; `None` also where it is not JSON.
pub fn fields_of<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Option<[Raw<'a>; N]> {
    let mut found = [None; N];
    fill(text, &names, &mut found)?;
    Some(found)
}

/// Separate from [`fields`], so that the component contains it once and not once for each number of names.
fn fill<'a>(text: &'a str, names: &[&str], found: &mut [Raw<'a>]) -> Option<()> {
    let mut fields = Fields { names, found, object: false };
    read(text, &mut fields)?;
    fields.object.then_some(())
}

/// Passes each item of a list to `each`; `None` if it is no list.
pub fn items<'a>(raw: RawValue<'a>, each: &mut dyn FnMut(RawValue<'a>)) -> Option<()> {
    elements(raw.get())?.for_each(each);
    Some(())
}

/// The items of a list that [`parse`] has found complete, or that is a part of such a text; `None` if it is no list.
///
/// One is read when it is requested, and none is kept: a server decides how many there are, and a list of a million
/// numbers in place of a few objects must not cost more memory than its text [91].
pub fn elements(list: &str) -> Option<Elements<'_>> {
    let mut reader = Reader::new(list);
    reader.enters_list().then_some(Elements(reader))
}

/// See [`elements`].
pub struct Elements<'a>(Reader<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = RawValue<'a>;

    fn next(&mut self) -> Option<RawValue<'a>> {
        let before = self.0.at();
        let item = self.0.next_item();
        scanned(self.0.at().saturating_sub(before));
        item
    }
}

/// Passes each name of an object to `each`; `None` if it is no object.
pub fn names(raw: RawValue<'_>, each: &mut dyn FnMut(&str)) -> Option<()> {
    let mut names = Names { each, object: false };
    read(raw.get(), &mut names)?;
    names.object.then_some(())
}

/// All members of an object in their order, those with a repeated name too; none for another value.
pub fn members(raw: RawValue<'_>) -> Vec<(String, Raw<'_>)> {
    let mut members = Members::default();
    let _ = read(raw.get(), &mut members);
    members.0
}

/// The target of [`fields`].
struct Fields<'n, 'f, 'a> {
    names: &'n [&'n str],
    found: &'f mut [Raw<'a>],
    /// The value is an object. Without it, a list would look like an object without fields.
    object: bool,
}

impl<'a> Structure<'a> for Fields<'_, '_, 'a> {
    fn object(&mut self) {
        self.object = true;
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        let index = position(self.names, name)?;
        self.found.get_mut(index).map(Slot::Raw)
    }
}

/// The target of [`names`].
struct Names<'f> {
    each: &'f mut dyn FnMut(&str),
    object: bool,
}

impl<'a> Structure<'a> for Names<'_> {
    fn object(&mut self) {
        self.object = true;
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        (self.each)(name);
        None
    }
}

/// The target of [`members`].
#[derive(Default)]
struct Members<'a>(Vec<(String, Raw<'a>)>);

impl<'a> Structure<'a> for Members<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        self.0.push((name.to_owned(), None));
        self.0.last_mut().map(|(_, value)| Slot::Raw(value))
    }
}
