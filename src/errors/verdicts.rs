//! What an answer can mean for the caller: the kind, whether to try again, and what to tell a person.
//!
//! The sentences are our own and say the next step. The provider's words may hold parts of the prompt and
//! names of its inner workings: they stay in the details.

use super::ErrorKind;

/// A kind of failure and its advice.
#[derive(Debug)]
pub(super) struct Verdict {
    pub kind: ErrorKind,
    pub retryable: bool,
    pub advice: &'static str,
}

const fn final_(kind: ErrorKind, advice: &'static str) -> Verdict {
    Verdict { kind, retryable: false, advice }
}

const fn passing(kind: ErrorKind, advice: &'static str) -> Verdict {
    Verdict { kind, retryable: true, advice }
}

pub(super) static REDIRECT: Verdict = final_(
    ErrorKind::Protocol,
    "the provider answered with a redirect, which is never followed since the key would go along; \
     check the base URL, it should end in /v1",
);
pub(super) static NOT_THE_API: Verdict = final_(
    ErrorKind::Protocol,
    "what answered is not the API of the provider; check the base URL, it should end in /v1",
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
    "the key may not do this; check its allowed models and addresses \
     at https://www.cometapi.com/console/token",
);
pub(super) static FIREWALL: Verdict = final_(
    ErrorKind::Permission,
    "a firewall before the provider refused the request with a web page; \
     check the base URL, and whether your network or region is allowed",
);
pub(super) static RATE_LIMITED: Verdict = passing(
    ErrorKind::RateLimited,
    "too many requests or tokens in a short time; wait a little, then try again",
);
pub(super) static OVERLOADED: Verdict = passing(
    ErrorKind::Overloaded,
    "the provider has no capacity for this model now; try again later, or take another model",
);
pub(super) static CONTENT_FILTERED: Verdict = final_(
    ErrorKind::ContentFiltered,
    "a content filter of the provider refused the request; change what it says, or take another model",
);
pub(super) static CONTEXT_LENGTH_EXCEEDED: Verdict = final_(
    ErrorKind::ContextLengthExceeded,
    "the request is longer than the context of the model; shorten the conversation, \
     or take a model with a larger context",
);
pub(super) static MODEL_NOT_FOUND: Verdict = final_(
    ErrorKind::ModelNotFound,
    "the provider does not have this model, or not for this key; list the models to see what it has",
);
pub(super) static TOO_LARGE: Verdict = final_(
    ErrorKind::InvalidRequest,
    "the request has too many bytes for the provider; send fewer or smaller images and files",
);
pub(super) static UNSUPPORTED: Verdict = final_(
    ErrorKind::Unsupported,
    "this model, or the provider, cannot do what was asked; leave out the feature, or take another model",
);
pub(super) static INVALID_REQUEST: Verdict = final_(
    ErrorKind::InvalidRequest,
    "the provider cannot use the request as it is; its reason is in the details",
);
pub(super) static TIMEOUT: Verdict = passing(
    ErrorKind::Timeout,
    "the provider, or a gateway before it, ran out of time; try again, or ask for a shorter answer",
);
pub(super) static CONFLICT: Verdict =
    passing(ErrorKind::Server, "the provider could not take the request at this moment; try again");
pub(super) static SERVER: Verdict =
    passing(ErrorKind::Server, "the provider failed; try again, or take another model if it goes on");
pub(super) static DECLINED: Verdict =
    final_(ErrorKind::Server, "the provider declined the request; its reason is in the details");
