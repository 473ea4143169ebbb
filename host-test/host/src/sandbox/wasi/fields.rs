//! Headers and trailers, with what a component may do to them.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use super::{Caller, State};
use crate::sandbox::credential::Credential;

/// Headers that belong to a connection or to the way there, which are the host's. Everything in them can end a request
/// where another reader does not see its end.
pub(crate) const FORBIDDEN_HEADERS: [HeaderName; 9] = [
    header::CONNECTION,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Bytes of one set of headers, with the cost of each entry. It bounds what a component can make the host hold and send.
const SIZE_LIMIT: usize = 128 * 1024;

/// The resource `fields`.
pub(super) struct Fields;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
pub(super) enum HeaderError {
    #[component(name = "invalid-syntax")]
    InvalidSyntax,
    #[component(name = "forbidden")]
    Forbidden,
    #[component(name = "immutable")]
    Immutable,
}

/// A refusal is a value for the component, except where it is about to fill the host's memory.
enum Refusal {
    Value(HeaderError),
    TooLarge,
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Refusal {
        Refusal::Value(error)
    }
}

/// Headers, and whether the component may still change them.
#[derive(Clone, Default)]
pub(super) struct FieldMap {
    map: HeaderMap,
    size: usize,
    immutable: bool,
}

type Entries = Vec<(String, Vec<u8>)>;

impl FieldMap {
    /// Headers of a response. Those of the connection stay outside.
    pub(super) fn received(mut map: HeaderMap, credential: Option<&Credential>) -> FieldMap {
        for name in FORBIDDEN_HEADERS {
            map.remove(name);
        }
        if let Some(credential) = credential {
            let reserved: Vec<HeaderName> =
                map.keys().filter(|name| credential.is_reserved(name)).cloned().collect();
            reserved.iter().for_each(|name| drop(map.remove(name)));
        }
        FieldMap { map, size: 0, immutable: true }
    }

    /// The same, which can no longer be changed.
    pub(super) fn frozen(self) -> FieldMap {
        FieldMap { immutable: true, ..self }
    }

    pub(super) fn into_map(self) -> HeaderMap {
        self.map
    }

    /// The length that the headers announce for the body.
    ///
    /// # Errors
    /// When it is no number, or more than one.
    pub(super) fn content_length(&self) -> Result<Option<u64>, ()> {
        let mut values = self.map.get_all(header::CONTENT_LENGTH).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => length(value.as_bytes()).map(Some).ok_or(()),
            _ => Err(()),
        }
    }

    fn check(&self, name: &str, credential: Option<&Credential>) -> Result<HeaderName, Refusal> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::InvalidSyntax)?;
        let reserved = credential.is_some_and(|credential| credential.is_reserved(&name));
        if reserved || FORBIDDEN_HEADERS.contains(&name) {
            return Err(HeaderError::Forbidden.into());
        }
        if self.immutable {
            return Err(HeaderError::Immutable.into());
        }
        Ok(name)
    }

    fn append(&mut self, name: &str, value: Vec<u8>, credential: Option<&Credential>) -> Result<(), Refusal> {
        let name = self.check(name, credential)?;
        // Two lengths, or one that two readers read differently, would hide a second request in the first.
        if name == header::CONTENT_LENGTH && (length(&value).is_none() || self.map.contains_key(&name)) {
            return Err(HeaderError::InvalidSyntax.into());
        }
        let value = HeaderValue::try_from(value).map_err(|_| HeaderError::InvalidSyntax)?;
        let size = self.size + cost(&name, &value);
        if size > SIZE_LIMIT {
            return Err(Refusal::TooLarge);
        }
        self.map.try_append(name, value).map_err(|_| Refusal::TooLarge)?;
        self.size = size;
        Ok(())
    }

    fn remove(&mut self, name: &str, credential: Option<&Credential>) -> Result<(), Refusal> {
        let name = self.check(name, credential)?;
        let freed: usize = self.map.get_all(&name).iter().map(|value| cost(&name, value)).sum();
        self.map.remove(&name);
        self.size = self.size.saturating_sub(freed);
        Ok(())
    }
}

/// Digits and nothing else, as HTTP defines a length; Rust would also read a plus sign.
fn length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(value).ok()?.parse().ok()).flatten()
}

/// What an entry costs the host. Empty entries cost as well, or their number would be unbounded.
fn cost(name: &HeaderName, value: &HeaderValue) -> usize {
    name.as_str().len() + value.len() + size_of::<HeaderName>() + size_of::<HeaderValue>()
}

/// The result for the component, or the trap.
fn outcome<T>(result: Result<T, Refusal>) -> wasmtime::Result<(Result<T, HeaderError>,)> {
    match result {
        Ok(value) => Ok((Ok(value),)),
        Err(Refusal::Value(error)) => Ok((Err(error),)),
        Err(Refusal::TooLarge) => wasmtime::bail!("its headers are larger than the host accepts"),
    }
}

type Me = Resource<Fields>;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(super::HTTP_TYPES)?;
    types.resource("fields", ResourceType::host::<Fields>(), |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<FieldMap>(rep)
    })?;
    types.func_wrap("[constructor]fields", |mut caller: Caller<'_>, ()| {
        Ok((caller.data_mut().table.push::<_, Fields>(FieldMap::default())?,))
    })?;
    types.func_wrap("[static]fields.from-list", |mut caller: Caller<'_>, (list,): (Entries,)| {
        let state = caller.data_mut();
        let mut fields = FieldMap::default();
        let credential = state.gate.credential();
        let appended = list.into_iter().try_for_each(|(name, value)| fields.append(&name, value, credential));
        match appended {
            Ok(()) => outcome(Ok(state.table.push::<_, Fields>(fields)?)),
            Err(refusal) => outcome(Err(refusal)),
        }
    })?;
    types.func_wrap("[method]fields.get", |mut caller: Caller<'_>, (me, name): (Me, String)| {
        let fields = caller.data_mut().table.get::<FieldMap>(me.rep())?;
        let values = fields.map.get_all(HeaderName::from_bytes(name.as_bytes()).unwrap_or(header::HOST));
        Ok((values.iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>(),))
    })?;
    types.func_wrap("[method]fields.has", |mut caller: Caller<'_>, (me, name): (Me, String)| {
        let fields = caller.data_mut().table.get::<FieldMap>(me.rep())?;
        Ok((fields.map.contains_key(name.as_str()),))
    })?;
    types.func_wrap(
        "[method]fields.set",
        |mut caller: Caller<'_>, (me, name, values): (Me, String, Vec<Vec<u8>>)| {
            let State { table, gate, .. } = caller.data_mut();
            let fields = table.get::<FieldMap>(me.rep())?;
            // All or nothing: a value that is refused leaves the others as they were.
            let mut changed = fields.clone();
            let set = changed.remove(&name, gate.credential()).and_then(|()| {
                values.into_iter().try_for_each(|value| changed.append(&name, value, gate.credential()))
            });
            if set.is_ok() {
                *fields = changed;
            }
            outcome(set)
        },
    )?;
    types.func_wrap("[method]fields.delete", |mut caller: Caller<'_>, (me, name): (Me, String)| {
        let State { table, gate, .. } = caller.data_mut();
        outcome(table.get::<FieldMap>(me.rep())?.remove(&name, gate.credential()))
    })?;
    types.func_wrap(
        "[method]fields.append",
        |mut caller: Caller<'_>, (me, name, value): (Me, String, Vec<u8>)| {
            let State { table, gate, .. } = caller.data_mut();
            outcome(table.get::<FieldMap>(me.rep())?.append(&name, value, gate.credential()))
        },
    )?;
    types.func_wrap("[method]fields.entries", |mut caller: Caller<'_>, (me,): (Me,)| {
        let fields = caller.data_mut().table.get::<FieldMap>(me.rep())?;
        let entry = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_vec())
        };
        Ok((fields.map.iter().map(entry).collect::<Entries>(),))
    })?;
    types.func_wrap("[method]fields.clone", |mut caller: Caller<'_>, (me,): (Me,)| {
        let state = caller.data_mut();
        let mut copy = state.table.get::<FieldMap>(me.rep())?.clone();
        copy.immutable = false;
        copy.size = copy.map.iter().map(|(name, value)| cost(name, value)).sum();
        Ok((state.table.push::<_, Fields>(copy)?,))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(fields: &mut FieldMap, name: &str, value: &str) -> Option<HeaderError> {
        match fields.append(name, value.as_bytes().to_vec(), None) {
            Ok(()) => None,
            Err(Refusal::Value(error)) => Some(error),
            Err(Refusal::TooLarge) => panic!("too large"),
        }
    }

    #[test]
    fn headers_of_the_connection_and_ambiguous_lengths_are_refused() {
        let mut fields = FieldMap::default();
        for name in FORBIDDEN_HEADERS {
            assert_eq!(append(&mut fields, name.as_str(), "x"), Some(HeaderError::Forbidden), "{name}");
        }
        for name in [":path", ":authority", "", "a b", "x\n"] {
            assert_eq!(append(&mut fields, name, "x"), Some(HeaderError::InvalidSyntax), "{name}");
        }
        assert_eq!(append(&mut fields, "x", "a\r\nb: c"), Some(HeaderError::InvalidSyntax));
        for value in ["+1", "", " 1", "1, 1", "-1", "18446744073709551616"] {
            assert_eq!(append(&mut fields, "content-length", value), Some(HeaderError::InvalidSyntax));
        }
        assert_eq!(append(&mut fields, "content-length", "7"), None);
        assert_eq!(append(&mut fields, "Content-Length", "7"), Some(HeaderError::InvalidSyntax));
        assert_eq!(fields.content_length(), Ok(Some(7)));
        assert_eq!(append(&mut fields.frozen(), "x", "y"), Some(HeaderError::Immutable));
    }

    #[test]
    fn the_size_of_headers_is_bounded_also_where_their_values_are_empty() {
        let mut fields = FieldMap::default();
        let count = (0..).take_while(|_| fields.append("x", Vec::new(), None).is_ok()).count();
        assert!((1000..4000).contains(&count), "{count}");
        assert!(fields.remove("x", None).is_ok() && fields.size == 0);
    }

    #[test]
    fn headers_of_the_connection_are_taken_from_a_response() {
        let mut map = HeaderMap::new();
        map.insert("connection", HeaderValue::from_static("close"));
        map.insert("x-request-id", HeaderValue::from_static("1"));
        let fields = FieldMap::received(map, None);
        assert_eq!(fields.map.len(), 1);
    }
}
