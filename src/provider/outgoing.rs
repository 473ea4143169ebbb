//! Outgoing requests: address and headers.

use alloc::{
    borrow::ToOwned,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use crate::config::Settings;
use crate::transport::Outgoing;

/// Identifies the client to the provider's support. A host may replace it by its own.
const USER_AGENT: &str = concat!("cometapi-provider/", env!("CARGO_PKG_VERSION"));

const ACCEPT_JSON: [(&str, &str); 1] = [("accept", "application/json")];

/// Whether a request carries the key.
#[derive(Clone, Copy, PartialEq)]
enum Key {
    Sent,
    /// The public catalogue needs no key, so it must not receive one.
    Kept,
}

/// A POST of JSON to a wire route, whose response is streamed. `route` are the headers of that route.
pub(super) fn post(settings: &Settings, path: String, route: &[(&str, &str)], body: Rc<Vec<u8>>) -> Outgoing {
    // Every route streams JSON in server-sent events, so this is the same for all of them.
    let accept = [("accept", "text/event-stream, application/json")];
    post_with(settings, path, &[&accept, route].concat(), body)
}

/// A POST of JSON whose response is JSON.
pub(super) fn post_json(settings: &Settings, path: String, body: Rc<Vec<u8>>) -> Outgoing {
    post_with(settings, path, &ACCEPT_JSON, body)
}

fn post_with(settings: &Settings, path: String, own: &[(&str, &str)], body: Rc<Vec<u8>>) -> Outgoing {
    // Without a length the host would send the body in chunks, and not every server reads chunked requests.
    let length = body.len().to_string();
    let common = [("content-type", "application/json"), ("content-length", &*length)];
    outgoing(settings, path, &[own, &common].concat(), Key::Sent, Some(body))
}

/// A GET of JSON from an endpoint of the API, with the key.
pub(super) fn get(settings: &Settings, path: &str) -> Outgoing {
    outgoing(settings, settings.base_url.endpoint(path), &ACCEPT_JSON, Key::Sent, None)
}

/// A GET of the public catalogue, without the key.
pub(super) fn get_catalogue(settings: &Settings) -> Outgoing {
    outgoing(settings, settings.base_url.catalogue_path(), &ACCEPT_JSON, Key::Kept, None)
}

fn outgoing(
    settings: &Settings,
    path: String,
    own: &[(&str, &str)],
    key: Key,
    body: Option<Rc<Vec<u8>>>,
) -> Outgoing {
    let mut headers = Vec::new();
    // Names are in lower case, as HTTP/2 requires them.
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    own.iter().for_each(|(name, value)| add(name, value));
    // Compression would delay a stream by whole blocks, and the component has no decoder.
    add("accept-encoding", "identity");
    if key == Key::Sent {
        // Headers of the user's may hold secrets of their own: they go where the key goes. They never replace one
        // of ours, since a second one of a name is read differently by each proxy on the way.
        let is_ours = |name: &str| own.iter().any(|(ours, _)| *ours == name);
        settings.headers.iter().filter(|(name, _)| !is_ours(name)).for_each(|(name, value)| add(name, value));
        if let Some(key) = &settings.key {
            add("authorization", &format!("Bearer {}", key.expose()));
        }
    }
    if key == Key::Kept || !settings.headers.iter().any(|(name, _)| name == "user-agent") {
        add("user-agent", USER_AGENT);
    }
    Outgoing { base_url: settings.base_url.clone(), path, headers, body }
}
