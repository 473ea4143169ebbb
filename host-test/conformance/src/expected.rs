//! Expected and actual outcomes, short enough for a table.
//!
//! The expected outcome is derived from what is compared, so the table cannot promise more than the check does.

use provider_host::contract::Error;
use provider_host::json;
use stand_in::{Expect, Route};

/// Characters of a text that are shown. Some scenarios have megabytes of text; the report names the difference anyway.
const SHOWN: usize = 60;

/// The expected outcome of a request.
pub(super) fn of(expect: &Expect, route: Route) -> String {
    let mut words = Vec::new();
    match (expect.error.as_slice(), &expect.finish) {
        ([], Some(reason)) => words.push(format!("finish {reason}")),
        ([], None) => words.push(match route {
            Route::KeyList | Route::Catalogue => "live list".to_owned(),
            Route::Billing => "account".to_owned(),
            Route::Embeddings => "vectors".to_owned(),
            _ => "finish".to_owned(),
        }),
        (kinds, _) => words.push(kinds.join(" or ")),
    }
    words.extend(expect.says.as_ref().map(|text| format!("saying {text:?}")));
    words.extend(expect.retryable.map(|is| if is { "retryable" } else { "final" }.to_owned()));
    words.extend(expect.request_sent.map(|is| if is { "sent" } else { "nothing sent" }.to_owned()));
    words.extend(expect.blocks.as_ref().map(|blocks| blocks.join(" + ")));
    words.extend(expect.text.as_ref().map(|text| quoted(text)));
    words.extend(expect.reasoning.as_ref().map(|text| format!("reasoning {}", quoted(text))));
    words.extend(expect.refusal.as_ref().map(|text| format!("refusal {}", quoted(text))));
    words.extend(expect.tools.iter().map(|(name, arguments)| clipped(&format!("{name}({arguments})"))));
    words.extend(expect.malformed.iter().map(|(name, _)| format!("{name}(malformed)")));
    words.extend(expect.usage.iter().map(|(name, count)| format!("{name} {count}")));
    words.extend(expect.callable.map(|count| format!("{count} callable")));
    words.extend(expect.account.clone());
    words.extend(expect.requests.map(requests));
    words.extend(expect.waits_ms.map(|(least, most)| format!("{least} to {most} ms between two requests")));
    words.extend(expect.within_ms.map(|most| format!("within {most} ms")));
    words.join(", ")
}

pub(super) fn requests(count: usize) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}

/// An error: its kind and the beginning of its message.
pub(super) fn error(error: &Error) -> String {
    clipped(&format!("{}: {}", json::error::kind(&error.kind), error.message))
}

pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", clipped(text))
}

/// Cut at a character and not at a byte, since texts of the scenarios contain CJK and emoji.
pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
