//! Structures of which a wrong type is as good as an absence.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
};

/// An object; nothing where something else stands.
#[derive(Debug, PartialEq)]
pub struct Object<T>(pub Option<T>);

/// The first element of a list, if that is an object.
#[derive(Debug, PartialEq)]
pub struct First<T>(pub Option<T>);

/// The objects of a list.
#[derive(Debug, PartialEq)]
pub struct Many<T>(pub Vec<T>);

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

/// What a lenient structure takes; all that a visitor is not told about is ignored.
trait Take<'de>: Sized + Default {
    fn map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        ignore_map(map)
    }

    fn seq<A: SeqAccess<'de>>(seq: A) -> Result<Self, A::Error> {
        ignore_seq(seq).map(|()| Self::default())
    }
}

fn ignore_map<'de, A: MapAccess<'de>, T: Default>(mut map: A) -> Result<T, A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(T::default())
}

fn ignore_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de, T: Deserialize<'de>> Take<'de> for Object<T> {
    fn map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Self(Some(value)))
    }
}

impl<'de, T: Deserialize<'de>> Take<'de> for First<T> {
    fn seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let first = seq.next_element::<Object<T>>()?.and_then(|object| object.0);
        ignore_seq(seq)?;
        Ok(Self(first))
    }
}

impl<'de, T: Deserialize<'de>> Take<'de> for Many<T> {
    fn seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut all = Vec::new();
        while let Some(element) = seq.next_element::<Object<T>>()? {
            all.extend(element.0);
        }
        Ok(Self(all))
    }
}

struct Lenient<T>(PhantomData<T>);

impl<'de, T: Take<'de>> Visitor<'de> for Lenient<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::seq(seq)
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }
}

macro_rules! lenient {
    ($($name:ident),*) => {$(
        impl<'de, T: Deserialize<'de>> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Lenient(PhantomData))
            }
        }
    )*};
}

lenient!(Object, First, Many);

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    struct Inner {
        a: Option<u8>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Outer {
        object: Object<Inner>,
        first: First<Inner>,
        many: Many<Inner>,
    }

    #[test]
    fn a_value_of_another_type_is_an_absence_and_costs_nothing_else() {
        for other in ["null", "true", "1", "-1", "1.5", "\"text\"", "[[1],{}]"] {
            let json = std::format!(
                "{{\"object\":{other},\"first\":[{{\"a\":1}},{other}],\"many\":[{other},{{\"a\":2}}]}}"
            );
            let outer: Outer = serde_json::from_str(&json).expect(&json);
            assert_eq!(outer.object, Object(None), "{other}");
            assert_eq!(outer.first, First(Some(Inner { a: Some(1) })), "{other}");
            assert_eq!(outer.many, Many(std::vec![Inner { a: Some(2) }]), "{other}");
        }
        for other in ["null", "true", "1", "\"text\"", "{\"a\":1}"] {
            let json = std::format!("{{\"first\":{other},\"many\":{other},\"object\":{{\"a\":1}}}}");
            let outer: Outer = serde_json::from_str(&json).expect(&json);
            assert_eq!((outer.first, outer.many), (First(None), Many(std::vec![])), "{other}");
            assert_eq!(outer.object, Object(Some(Inner { a: Some(1) })), "{other}");
        }
    }
}
