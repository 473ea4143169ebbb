//! Requests that a component composes, and the one function that sends them.

use std::str::FromStr;
use std::sync::{Arc, Mutex, Weak};

use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Empty};
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use super::body::{ExchangeSlot, OutgoingBody, OutgoingBodyResource};
use super::error_code::ErrorCode;
use super::exchange::Exchange;
use super::fields::{FieldMap, Fields};
use super::request_options::{RequestOptions, RequestOptionsResource};
use super::response::{FutureResponse, FutureResponseResource};
use super::upload::Upload;
use super::{Caller, HTTP_TYPES, OUTGOING_HANDLER, State};
use crate::sandbox::transport::RequestBody;

/// A request until it is sent.
#[derive(Default)]
pub(super) struct OutgoingRequest {
    method: Method,
    scheme: Option<Scheme>,
    authority: Option<String>,
    path: Option<String>,
    headers: FieldMap,
    upload: Option<(Upload, ExchangeSlot)>,
}

/// The type of the resource.
pub(super) struct OutgoingRequestResource;

#[derive(Clone, Debug, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Method {
    #[default]
    #[component(name = "get")]
    Get,
    #[component(name = "head")]
    Head,
    #[component(name = "post")]
    Post,
    #[component(name = "put")]
    Put,
    #[component(name = "delete")]
    Delete,
    #[component(name = "connect")]
    Connect,
    #[component(name = "options")]
    Options,
    #[component(name = "trace")]
    Trace,
    #[component(name = "patch")]
    Patch,
    #[component(name = "other")]
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Scheme {
    #[component(name = "HTTP")]
    Http,
    #[component(name = "HTTPS")]
    Https,
    #[component(name = "other")]
    Other(String),
}

impl Method {
    fn standard(&self) -> Option<http::Method> {
        Some(match self {
            Method::Get => http::Method::GET,
            Method::Head => http::Method::HEAD,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Delete => http::Method::DELETE,
            Method::Connect => http::Method::CONNECT,
            Method::Options => http::Method::OPTIONS,
            Method::Trace => http::Method::TRACE,
            Method::Patch => http::Method::PATCH,
            Method::Other(name) => http::Method::from_bytes(name.as_bytes()).ok()?,
        })
    }
}

/// A path with its query. It is empty, or begins with `/` or `?`.
fn path_and_query(text: &str) -> Option<PathAndQuery> {
    let begins = text.is_empty() || text.starts_with(['/', '?']);
    begins.then(|| PathAndQuery::from_str(if text.is_empty() { "/" } else { text }).ok()).flatten()
}

/// A value, or the refusal of it, in the way of `wasi:http`.
fn accepted(is_valid: bool) -> Result<(), ()> {
    if is_valid { Ok(()) } else { Err(()) }
}

/// A request as the transport sends it, and the body's end of the component.
type Parts = (http::Request<RequestBody>, Option<(Upload, ExchangeSlot)>);

impl OutgoingRequest {
    fn into_parts(self) -> Result<Parts, ErrorCode> {
        let length = self.headers.content_length();
        let length =
            length.map_err(|()| ErrorCode::InternalError(Some("invalid content-length".to_owned())))?;
        // A server would take the next request for this body.
        if self.upload.is_none() && length.is_some_and(|length| length != 0) {
            return Err(ErrorCode::HttpRequestBodySize(Some(0)));
        }
        let scheme = match self.scheme {
            Some(Scheme::Http) => "http",
            Some(Scheme::Https) | None => "https",
            Some(Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
        };
        let authority = self.authority.unwrap_or_default();
        let host = HeaderValue::from_str(&authority).map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let path = path_and_query(self.path.as_deref().unwrap_or_default());
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(authority)
            .path_and_query(path.ok_or(ErrorCode::HttpRequestUriInvalid)?)
            .build()
            .map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let body: RequestBody = match &self.upload {
            Some((upload, _)) => upload.body().boxed_unsync(),
            None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method.standard().ok_or(ErrorCode::HttpRequestMethodInvalid)?;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.into_map();
        request.headers_mut().insert(header::HOST, host);
        Ok((request, self.upload))
    }
}

type Me = Resource<OutgoingRequestResource>;
type Boxed = Box<OutgoingRequest>;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_requests(linker)?;
    let mut handler = linker.instance(OUTGOING_HANDLER)?;
    type Arguments = (Me, Option<Resource<RequestOptionsResource>>);
    handler.func_wrap("handle", |mut caller: Caller<'_>, (me, options): Arguments| {
        let state = caller.data_mut();
        let options =
            options.map(|options| state.table.remove::<RequestOptions>(options.rep())).transpose()?;
        let request = state.table.remove::<Boxed>(me.rep())?;
        let (request, upload) = match request.into_parts() {
            Ok(parts) => parts,
            Err(code) => return Ok((Err(code),)),
        };
        let sending = state.gate.send(request, options.unwrap_or_default());
        let (upload, slot) = upload.unzip();
        let exchange = Arc::new(Mutex::new(Exchange::new(sending, upload)));
        if let Some(slot) = slot {
            *slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::downgrade(&exchange);
        }
        state.started.push(Arc::downgrade(&exchange));
        let future = FutureResponse { exchange: Some(exchange) };
        Ok((Ok(state.table.push::<_, FutureResponseResource>(future)?),))
    })
}

fn link_requests(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let request = ResourceType::host::<OutgoingRequestResource>();
    types.resource("outgoing-request", request, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<Boxed>(rep)
    })?;
    types.func_wrap(
        "[constructor]outgoing-request",
        |mut caller: Caller<'_>, (headers,): (Resource<Fields>,)| {
            let table = &mut caller.data_mut().table;
            let headers = table.remove::<FieldMap>(headers.rep())?.frozen();
            let request = Box::new(OutgoingRequest { headers, ..OutgoingRequest::default() });
            Ok((table.push::<_, OutgoingRequestResource>(request)?,))
        },
    )?;
    types.func_wrap("[method]outgoing-request.body", |mut caller: Caller<'_>, (me,): (Me,)| {
        let table = &mut caller.data_mut().table;
        let request = table.get::<Boxed>(me.rep())?;
        let (None, Ok(length)) = (&request.upload, request.headers.content_length()) else {
            return Ok((Err(()),));
        };
        let (upload, exchange) = (Upload::new(length), Arc::new(Mutex::new(Weak::new())));
        request.upload = Some((upload.clone(), Arc::clone(&exchange)));
        let body = OutgoingBody { upload, exchange, is_stream_taken: false };
        Ok((Ok(table.push::<_, OutgoingBodyResource>(body)?),))
    })?;
    types.func_wrap("[method]outgoing-request.headers", |mut caller: Caller<'_>, (me,): (Me,)| {
        let table = &mut caller.data_mut().table;
        let headers = table.get::<Boxed>(me.rep())?.headers.clone();
        Ok((table.push::<_, Fields>(headers)?,))
    })?;
    types.func_wrap("[method]outgoing-request.method", |mut caller: Caller<'_>, (me,): (Me,)| {
        Ok((caller.data_mut().table.get::<Boxed>(me.rep())?.method.clone(),))
    })?;
    types.func_wrap(
        "[method]outgoing-request.set-method",
        |mut caller: Caller<'_>, (me, method): (Me, Method)| {
            let request = caller.data_mut().table.get::<Boxed>(me.rep())?;
            let valid = accepted(method.standard().is_some());
            if valid.is_ok() {
                request.method = method;
            }
            Ok((valid,))
        },
    )?;
    types.func_wrap("[method]outgoing-request.scheme", |mut caller: Caller<'_>, (me,): (Me,)| {
        Ok((caller.data_mut().table.get::<Boxed>(me.rep())?.scheme.clone(),))
    })?;
    types.func_wrap(
        "[method]outgoing-request.set-scheme",
        |mut caller: Caller<'_>, (me, scheme): (Me, Option<Scheme>)| {
            let request = caller.data_mut().table.get::<Boxed>(me.rep())?;
            let valid = match &scheme {
                Some(Scheme::Other(name)) => http::uri::Scheme::from_str(name).is_ok(),
                _ => true,
            };
            if valid {
                request.scheme = scheme;
            }
            Ok((accepted(valid),))
        },
    )?;
    types.func_wrap("[method]outgoing-request.authority", |mut caller: Caller<'_>, (me,): (Me,)| {
        Ok((caller.data_mut().table.get::<Boxed>(me.rep())?.authority.clone(),))
    })?;
    types.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut caller: Caller<'_>, (me, authority): (Me, Option<String>)| {
            let request = caller.data_mut().table.get::<Boxed>(me.rep())?;
            let valid = authority.as_ref().is_none_or(|text| Authority::from_str(text).is_ok());
            if valid {
                request.authority = authority;
            }
            Ok((accepted(valid),))
        },
    )?;
    types.func_wrap("[method]outgoing-request.path-with-query", |mut caller: Caller<'_>, (me,): (Me,)| {
        Ok((caller.data_mut().table.get::<Boxed>(me.rep())?.path.clone(),))
    })?;
    types.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |mut caller: Caller<'_>, (me, path): (Me, Option<String>)| {
            let request = caller.data_mut().table.get::<Boxed>(me.rep())?;
            let valid = path.as_ref().is_none_or(|text| path_and_query(text).is_some());
            if valid {
                request.path = path;
            }
            Ok((accepted(valid),))
        },
    )
}
