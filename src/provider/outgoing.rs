//! Requests as they leave: address and headers.

use alloc::{
    borrow::ToOwned,
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use crate::config::Settings;
use crate::transport::Outgoing;

const USER_AGENT: &str = concat!("cometapi-provider/", env!("CARGO_PKG_VERSION"));

/// Whether the key goes with a request.
#[derive(Clone, Copy, PartialEq)]
enum Key {
    Sent,
    /// The public catalogue asks for none, so it gets none.
    Kept,
}

/// A POST of JSON to a route, whose answer is streamed.
pub(super) fn post(settings: &Settings, path: &str, body: Rc<Vec<u8>>) -> Outgoing {
    let own = [
        ("accept", "text/event-stream, application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("content-length", body.len().to_string()),
    ];
    let path = settings.base_url.endpoint(path);
    Outgoing {
        base_url: settings.base_url.clone(),
        path,
        headers: headers(settings, own, Key::Sent),
        body: Some(body),
    }
}

/// A GET of JSON from an endpoint of the API, with the key.
pub(super) fn get(settings: &Settings, path: &str) -> Outgoing {
    get_path(settings, settings.base_url.endpoint(path), Key::Sent)
}

/// A GET of the public catalogue, without the key.
pub(super) fn get_catalogue(settings: &Settings) -> Outgoing {
    get_path(settings, settings.base_url.catalogue_path(), Key::Kept)
}

fn get_path(settings: &Settings, path: String, key: Key) -> Outgoing {
    let headers = headers(settings, [("accept", "application/json".to_owned())], key);
    Outgoing { base_url: settings.base_url.clone(), path, headers, body: None }
}

fn headers<const N: usize>(settings: &Settings, own: [(&str, String); N], key: Key) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = own.map(|(name, value)| (name.to_owned(), value)).into();
    // A compressed stream would be delayed by its blocks, and could not be read.
    headers.push(("accept-encoding".to_owned(), "identity".to_owned()));
    if key == Key::Sent {
        // Headers of the user's may hold secrets of their own: they go where the key goes.
        headers.extend(settings.headers.iter().cloned());
        if let Some(key) = &settings.key {
            headers.push(("authorization".to_owned(), format!("Bearer {}", key.expose())));
        }
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
        headers.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
    }
    headers
}
