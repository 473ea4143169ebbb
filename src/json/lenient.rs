//! Structures of which a wrong type is as good as an absence.

use alloc::vec::Vec;

use super::{Slot, Structure};

/// An object; nothing where something else stands.
#[derive(Debug, PartialEq)]
pub struct Object<T>(pub Option<T>);

/// The first element of a list, if that is an object.
#[derive(Debug, PartialEq)]
pub struct First<T>(Option<Object<T>>);

/// The objects of a list.
#[derive(Debug, PartialEq)]
pub struct Many<T>(Vec<Object<T>>);

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

    /// The objects, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|object| object.0.as_ref())
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
        Self(Vec::new())
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
        match self.0 {
            None => Some(Slot::Inner(self.0.insert(Object(None)))),
            Some(_) => None,
        }
    }
}

impl<'a, T: Structure<'a> + Default> Structure<'a> for Many<T> {
    fn list(&mut self) {
        self.0.clear();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.0.push(Object(None));
        self.0.last_mut().map(|last| Slot::Inner(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Raw, read, structure, unsigned};

    #[derive(Debug, Default)]
    struct Inner<'a> {
        a: Raw<'a>,
    }

    #[derive(Debug, Default)]
    struct Outer<'a> {
        object: Object<Inner<'a>>,
        first: First<Inner<'a>>,
        many: Many<Inner<'a>>,
    }

    structure!(Inner { "a" => a });
    structure!(Outer { "object" => object, "first" => first, "many" => many });

    /// The numbers of the object, of the first, and of the many.
    fn numbers(json: &str) -> (Option<u64>, Option<u64>, Vec<u64>) {
        let mut outer = Object::<Outer<'_>>::default();
        read(json, &mut outer).expect(json);
        let outer = outer.0.expect(json);
        let number = |inner: &Inner<'_>| unsigned(inner.a).expect(json);
        (
            outer.object.0.as_ref().map(number),
            outer.first.get().map(number),
            outer.many.iter().map(number).collect(),
        )
    }

    #[test]
    fn a_value_of_another_type_is_an_absence_and_costs_nothing_else() {
        for other in ["null", "true", "1", "-1", "1.5", "\"text\"", "[[1],{}]"] {
            let json = std::format!(
                "{{\"object\":{other},\"first\":[{{\"a\":1}},{other}],\"many\":[{other},{{\"a\":2}}]}}"
            );
            assert_eq!(numbers(&json), (None, Some(1), std::vec![2]), "{other}");
        }
        for other in ["null", "true", "1", "\"text\"", "{\"a\":1}"] {
            let json = std::format!("{{\"first\":{other},\"many\":{other},\"object\":{{\"a\":1}}}}");
            assert_eq!(numbers(&json), (Some(1), None, std::vec![]), "{other}");
        }
        assert_eq!(numbers(r#"{"first":[1,{"a":1}],"many":[[{"a":1}]]}"#), (None, None, std::vec![]));
    }

    #[test]
    fn of_several_fields_with_one_name_the_last_counts() {
        let json = r#"{"object":{"a":1},"first":[{"a":1}],"many":[{"a":1}],
                       "object":{"a":2},"first":[{"a":2}],"many":[{"a":2}]}"#;
        assert_eq!(numbers(json), (Some(2), Some(2), std::vec![2]));
    }

    #[test]
    fn a_name_may_be_written_with_escapes_and_hold_half_a_character() {
        let json = r#"{"\ud83d":1,"obj\u0065ct":{"\u0061":1,"b\ud83d":[{}]}}"#;
        assert_eq!(numbers(json), (Some(1), None, std::vec![]));
    }

    #[test]
    fn what_is_no_json_is_told() {
        for json in ["", "{", "{\"first\":[1,]}", "{} {}", "{1:2}"] {
            assert!(read(json, &mut Object::<Outer<'_>>::default()).is_none(), "{json}");
        }
    }
}
