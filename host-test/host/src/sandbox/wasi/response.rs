//! Responses, as a component finds them once they have arrived.

use std::sync::Arc;

use wasmtime::component::{Linker, Resource, ResourceType};

use super::body::{IncomingBody, IncomingBodyResource};
use super::error_code::ErrorCode;
use super::exchange::{SharedExchange, lock};
use super::fields::{FieldMap, Fields};
use super::poll::{Pollable, PollableResource};
use super::{Caller, HTTP_TYPES, State};

/// A response that may not have arrived. `None` once it was taken.
pub(super) struct FutureResponse {
    pub(super) exchange: Option<SharedExchange>,
}

pub(super) struct IncomingResponse {
    status: u16,
    headers: FieldMap,
    /// `None` once the body was taken.
    exchange: Option<SharedExchange>,
}

/// The trailers of a response, of which the rest of the body is skipped.
pub(super) struct FutureTrailers {
    pub(super) exchange: SharedExchange,
    pub(super) is_taken: bool,
}

/// The types of the resources.
pub(super) struct FutureResponseResource;
pub(super) struct IncomingResponseResource;
pub(super) struct FutureTrailersResource;

/// What a future has: nothing yet, or its value, or nothing any more.
type Get<T> = Option<Result<Result<T, ErrorCode>, ()>>;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_future(linker)?;
    link_response(linker)?;
    link_trailers(linker)?;
    link_server_side(linker)
}

fn link_future(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let future = ResourceType::host::<FutureResponseResource>();
    types.resource("future-incoming-response", future, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<FutureResponse>(rep)
    })?;
    type Me = (Resource<FutureResponseResource>,);
    types.func_wrap("[method]future-incoming-response.subscribe", |mut caller: Caller<'_>, (me,): Me| {
        let table = &mut caller.data_mut().table;
        let exchange = table.get::<FutureResponse>(me.rep())?.exchange.as_ref().map(Arc::downgrade);
        let pollable = Pollable::Exchange(exchange.unwrap_or_default());
        Ok((table.push_child::<_, PollableResource>(pollable, me.rep())?,))
    })?;
    types.func_wrap("[method]future-incoming-response.get", |mut caller: Caller<'_>, (me,): Me| {
        let State { table, gate, .. } = caller.data_mut();
        let future = table.get::<FutureResponse>(me.rep())?;
        let Some(exchange) = &future.exchange else { return Ok((Some(Err(())),)) };
        let Some(head) = lock(exchange).take_head() else {
            return Ok((None as Get<Resource<IncomingResponseResource>>,));
        };
        let exchange = future.exchange.take();
        Ok((Some(Ok(match head {
            Ok(head) => {
                let headers = FieldMap::received(head.headers, gate.credential());
                let response = IncomingResponse { status: head.status.as_u16(), headers, exchange };
                Ok(table.push(response)?)
            }
            Err(code) => Err(code),
        })),))
    })
}

fn link_response(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let response = ResourceType::host::<IncomingResponseResource>();
    types.resource("incoming-response", response, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<IncomingResponse>(rep)
    })?;
    type Me = (Resource<IncomingResponseResource>,);
    types.func_wrap("[method]incoming-response.status", |mut caller: Caller<'_>, (me,): Me| {
        Ok((caller.data_mut().table.get::<IncomingResponse>(me.rep())?.status,))
    })?;
    types.func_wrap("[method]incoming-response.headers", |mut caller: Caller<'_>, (me,): Me| {
        let table = &mut caller.data_mut().table;
        let headers = table.get::<IncomingResponse>(me.rep())?.headers.clone();
        Ok((table.push::<_, Fields>(headers)?,))
    })?;
    types.func_wrap("[method]incoming-response.consume", |mut caller: Caller<'_>, (me,): Me| {
        let table = &mut caller.data_mut().table;
        let Some(exchange) = table.get::<IncomingResponse>(me.rep())?.exchange.take() else {
            return Ok((Err(()),));
        };
        let body = IncomingBody { exchange, is_stream_taken: false };
        Ok((Ok(table.push::<_, IncomingBodyResource>(body)?),))
    })
}

fn link_trailers(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let trailers = ResourceType::host::<FutureTrailersResource>();
    types.resource("future-trailers", trailers, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<FutureTrailers>(rep)
    })?;
    type Me = (Resource<FutureTrailersResource>,);
    types.func_wrap("[method]future-trailers.subscribe", |mut caller: Caller<'_>, (me,): Me| {
        let table = &mut caller.data_mut().table;
        let exchange = Arc::downgrade(&table.get::<FutureTrailers>(me.rep())?.exchange);
        Ok((table.push_child::<_, PollableResource>(Pollable::Exchange(exchange), me.rep())?,))
    })?;
    types.func_wrap("[method]future-trailers.get", |mut caller: Caller<'_>, (me,): Me| {
        let State { table, gate, .. } = caller.data_mut();
        let future = table.get::<FutureTrailers>(me.rep())?;
        if future.is_taken {
            return Ok((Some(Err(())),));
        }
        let Some(trailers) = lock(&future.exchange).trailers() else {
            return Ok((None as Get<Option<Resource<Fields>>>,));
        };
        future.is_taken = true;
        Ok((Some(Ok(match trailers {
            Ok(Some(trailers)) => Ok(Some(table.push(FieldMap::received(trailers, gate.credential()))?)),
            Ok(None) => Ok(None),
            Err(code) => Err(code),
        })),))
    })
}

/// Resources of servers. A provider is a client and never has one; a component whose toolchain imports them starts.
const SERVER_SIDE: [(&str, &[&str]); 3] = [
    (
        "incoming-request",
        &[
            "[method]incoming-request.method",
            "[method]incoming-request.path-with-query",
            "[method]incoming-request.scheme",
            "[method]incoming-request.authority",
            "[method]incoming-request.headers",
            "[method]incoming-request.consume",
        ],
    ),
    (
        "outgoing-response",
        &[
            "[constructor]outgoing-response",
            "[method]outgoing-response.status-code",
            "[method]outgoing-response.set-status-code",
            "[method]outgoing-response.headers",
            "[method]outgoing-response.body",
        ],
    ),
    ("response-outparam", &["[static]response-outparam.set", "[method]response-outparam.send-informational"]),
];

struct ServerSide;

fn link_server_side(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    for (resource, functions) in SERVER_SIDE {
        types.resource(resource, ResourceType::host::<ServerSide>(), |_, _| Ok(()))?;
        for function in functions {
            types.func_new(function, move |_, _, _, _| {
                Err(wasmtime::format_err!("it called {function}, which is for servers"))
            })?;
        }
    }
    Ok(())
}
