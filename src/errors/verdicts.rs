//! What an error response can mean for the caller: the kind, whether to try again, and the sentence for a person.
//!
//! The sentences are our own and name the next step. The provider's text may contain parts of the prompt and
//! names of internal systems, so it stays in the details.
//!
//! OpenClaw decides by some of these sentences, since its interface has only a text for an error: see
//! `openclaw/src/provider/errors.ts` before changing one.

use super::ErrorKind;

/// A kind of failure and its advice.
#[derive(Debug)]
pub(super) struct Verdict {
    /// What the host decides by.
    pub kind: ErrorKind,
    /// Whether the same request may succeed later. A retry of anything else costs time, and for some errors money.
    pub retryable: bool,
    /// The beginning of the message. The facts of the response follow it in brackets.
    pub advice: &'static str,
}

/// A failure that the same request meets again.
const fn final_(kind: ErrorKind, advice: &'static str) -> Verdict {
    Verdict { kind, retryable: false, advice }
}

/// A failure that may be gone at the next try.
const fn passing(kind: ErrorKind, advice: &'static str) -> Verdict {
    Verdict { kind, retryable: true, advice }
}

pub(super) static REDIRECT: Verdict = final_(
    ErrorKind::Protocol,
    "the server sent a redirect, which is never followed because the key would be sent along; \
     check the base URL, it should end in /v1",
);
pub(super) static NOT_THE_API: Verdict = final_(
    ErrorKind::Protocol,
    "the server is not the provider's API; check the base URL, it should end in /v1",
);
pub(super) static BILLING: Verdict = final_(
    ErrorKind::Billing,
    "the account or the key has no balance or quota left for this request; \
     top up, or raise the limit of the key, at https://www.cometapi.com/console",
);
pub(super) static AUTHENTICATION: Verdict = final_(
    ErrorKind::Authentication,
    "the provider refused the API key; check that it is complete and active, \
     or get one at https://www.cometapi.com/console/token",
);
pub(super) static PERMISSION: Verdict = final_(
    ErrorKind::Permission,
    "the key has no permission for this request; check its allowed models and addresses \
     at https://www.cometapi.com/console/token",
);
// Apart from a permission, because no setting of the key helps.
pub(super) static FIREWALL: Verdict = final_(
    ErrorKind::Permission,
    "a firewall in front of the provider refused the request with a web page; \
     check the base URL, and whether your network or region is allowed",
);
pub(super) static RATE_LIMITED: Verdict = passing(
    ErrorKind::RateLimited,
    "too many requests or tokens in a short time; wait a little, then try again",
);
// Apart from a rate limit, because another model helps at once.
pub(super) static OVERLOADED: Verdict = passing(
    ErrorKind::Overloaded,
    "the provider has no capacity for this model now; try again later, or use another model",
);
// Not retryable: some vendors count refusals against the account.
pub(super) static CONTENT_FILTERED: Verdict = final_(
    ErrorKind::ContentFiltered,
    "a content filter of the provider refused the request; change its content, or use another model",
);
pub(super) static CONTEXT_LENGTH_EXCEEDED: Verdict = final_(
    ErrorKind::ContextLengthExceeded,
    "the request is longer than the context of the model; shorten the conversation, \
     or use a model with a larger context",
);
// The same kind, since shortening the conversation helps and waiting does not. Its own sentence, because the model would
// accept the request.
pub(super) static OVER_LIMIT: Verdict = final_(
    ErrorKind::ContextLengthExceeded,
    "the request has more tokens than the account may send at once; shorten the conversation, \
     or raise the limit of the account",
);
pub(super) static MODEL_NOT_FOUND: Verdict = final_(
    ErrorKind::ModelNotFound,
    "the provider does not have this model, or not for this key; list the models to see those it has",
);
pub(super) static TOO_LARGE: Verdict = final_(
    ErrorKind::InvalidRequest,
    "the request has too many bytes for the provider; send fewer or smaller images and files",
);
pub(super) static UNSUPPORTED: Verdict = final_(
    ErrorKind::Unsupported,
    "the model or the provider does not support a feature of the request; leave it out, or use another model",
);
pub(super) static INVALID_REQUEST: Verdict = final_(
    ErrorKind::InvalidRequest,
    "the provider refused the request as invalid; its reason is in the details",
);
pub(super) static TIMEOUT: Verdict = passing(
    ErrorKind::Timeout,
    "the provider, or a gateway in front of it, ran out of time; try again, or ask for a shorter response",
);
pub(super) static CONFLICT: Verdict =
    passing(ErrorKind::Server, "the provider could not accept the request at this moment; try again");
pub(super) static SERVER: Verdict =
    passing(ErrorKind::Server, "the provider failed; try again, or use another model if it keeps failing");
// Not retryable, although nothing is known of the cause: new-api declines with it what it has judged, not what
// failed.
pub(super) static DECLINED: Verdict =
    final_(ErrorKind::Server, "the provider declined the request; its reason is in the details");
