//! Bodies and their streams. Nothing here waits: a read returns what has arrived, and a write what is permitted.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use std::sync::Mutex;
use wasmtime::component::{ComponentType, Linker, Lower, Resource, ResourceType};

use super::error_code::ErrorCode;
use super::exchange::{Exchange, SharedExchange, lock};
use super::fields::{FieldMap, Fields};
use super::poll::{Pollable, PollableResource};
use super::response::{FutureTrailers, FutureTrailersResource};
use super::upload::{PIECE, Upload, WriteError};
use super::{Caller, HTTP_TYPES, IO_ERROR, IO_STREAMS, State};

/// The body of a response.
pub(super) struct IncomingBody {
    pub(super) exchange: SharedExchange,
    pub(super) is_stream_taken: bool,
}

pub(super) struct InputStream {
    exchange: SharedExchange,
}

/// The body of a request.
pub(super) struct OutgoingBody {
    pub(super) upload: Upload,
    pub(super) exchange: ExchangeSlot,
    pub(super) is_stream_taken: bool,
}

pub(super) struct OutputStream {
    upload: Upload,
    exchange: ExchangeSlot,
}

/// The exchange of a request, once it was sent. A body does not keep it alive.
pub(super) type ExchangeSlot = Arc<Mutex<Weak<Mutex<Exchange>>>>;

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        self.upload.abort();
    }
}

/// The types of the resources.
pub(super) struct IncomingBodyResource;
pub(super) struct InputStreamResource;
pub(super) struct OutgoingBodyResource;
pub(super) struct OutputStreamResource;
pub(super) struct ErrorResource;

#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<ErrorResource>),
    #[component(name = "closed")]
    Closed,
}

type Streamed<T> = wasmtime::Result<(Result<T, StreamError>,)>;
type Input = Resource<InputStreamResource>;
type Output = Resource<OutputStreamResource>;

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_errors(linker)?;
    link_bodies(linker)?;
    link_input(linker)?;
    link_output(linker)
}

fn link_errors(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut io = linker.instance(IO_ERROR)?;
    io.resource("error", ResourceType::host::<ErrorResource>(), |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<ErrorCode>(rep)
    })?;
    type Me = (Resource<ErrorResource>,);
    io.func_wrap("[method]error.to-debug-string", |mut caller: Caller<'_>, (me,): Me| {
        Ok((format!("{:?}", caller.data_mut().table.get::<ErrorCode>(me.rep())?),))
    })?;
    let mut types = linker.instance(HTTP_TYPES)?;
    types.func_wrap("http-error-code", |mut caller: Caller<'_>, (error,): Me| {
        Ok((Some(caller.data_mut().table.get::<ErrorCode>(error.rep())?.clone()),))
    })
}

fn link_bodies(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let incoming = ResourceType::host::<IncomingBodyResource>();
    types.resource("incoming-body", incoming, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<IncomingBody>(rep)
    })?;
    type Incoming = (Resource<IncomingBodyResource>,);
    types.func_wrap("[method]incoming-body.stream", |mut caller: Caller<'_>, (me,): Incoming| {
        let table = &mut caller.data_mut().table;
        let body = table.get::<IncomingBody>(me.rep())?;
        if std::mem::replace(&mut body.is_stream_taken, true) {
            return Ok((Err(()),));
        }
        let stream = InputStream { exchange: Arc::clone(&body.exchange) };
        Ok((Ok(table.push_child::<_, InputStreamResource>(stream, me.rep())?),))
    })?;
    types.func_wrap("[static]incoming-body.finish", |mut caller: Caller<'_>, (me,): Incoming| {
        let table = &mut caller.data_mut().table;
        let exchange = table.remove::<IncomingBody>(me.rep())?.exchange;
        lock(&exchange).discard();
        let trailers = FutureTrailers { exchange, is_taken: false };
        Ok((table.push::<_, FutureTrailersResource>(trailers)?,))
    })?;

    let outgoing = ResourceType::host::<OutgoingBodyResource>();
    types.resource("outgoing-body", outgoing, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<OutgoingBody>(rep)
    })?;
    type Outgoing = Resource<OutgoingBodyResource>;
    types.func_wrap("[method]outgoing-body.write", |mut caller: Caller<'_>, (me,): (Outgoing,)| {
        let table = &mut caller.data_mut().table;
        let body = table.get::<OutgoingBody>(me.rep())?;
        if std::mem::replace(&mut body.is_stream_taken, true) {
            return Ok((Err(()),));
        }
        let stream = OutputStream { upload: body.upload.clone(), exchange: Arc::clone(&body.exchange) };
        Ok((Ok(table.push_child::<_, OutputStreamResource>(stream, me.rep())?),))
    })?;
    types.func_wrap(
        "[static]outgoing-body.finish",
        |mut caller: Caller<'_>, (me, trailers): (Outgoing, Option<Resource<Fields>>)| {
            let table = &mut caller.data_mut().table;
            let body = table.remove::<OutgoingBody>(me.rep())?;
            let trailers = trailers.map(|trailers| table.remove::<FieldMap>(trailers.rep())).transpose()?;
            Ok((body.upload.finish(trailers.map(FieldMap::into_map)),))
        },
    )
}

fn link_input(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut streams = linker.instance(IO_STREAMS)?;
    let input = ResourceType::host::<InputStreamResource>();
    streams.resource("input-stream", input, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<InputStream>(rep)
    })?;
    streams.func_wrap(
        "[method]input-stream.read",
        |mut caller: Caller<'_>, (me, most): (Input, u64)| -> Streamed<Vec<u8>> {
            let read = read(caller.data_mut(), &me, most)?;
            // A copy is needed here only where the bytes share their buffer with others.
            Ok((read.map(Vec::from),))
        },
    )?;
    streams.func_wrap(
        "[method]input-stream.skip",
        |mut caller: Caller<'_>, (me, most): (Input, u64)| -> Streamed<u64> {
            Ok((read(caller.data_mut(), &me, most)?.map(|bytes| bytes.len() as u64),))
        },
    )?;
    streams.func_wrap("[method]input-stream.subscribe", |mut caller: Caller<'_>, (me,): (Input,)| {
        let table = &mut caller.data_mut().table;
        let exchange = Arc::downgrade(&table.get::<InputStream>(me.rep())?.exchange);
        Ok((table.push_child::<_, PollableResource>(Pollable::Exchange(exchange), me.rep())?,))
    })
}

fn read(state: &mut State, me: &Input, most: u64) -> wasmtime::Result<Result<Bytes, StreamError>> {
    let stream = state.table.get::<InputStream>(me.rep())?;
    let read = lock(&stream.exchange).read(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(match read {
        Ok(bytes) => Ok(bytes),
        Err(Ok(())) => Err(StreamError::Closed),
        Err(Err(code)) => Err(failed(state, code)?),
    })
}

fn failed(state: &mut State, code: ErrorCode) -> wasmtime::Result<StreamError> {
    Ok(StreamError::LastOperationFailed(state.table.push(code)?))
}

fn link_output(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut streams = linker.instance(IO_STREAMS)?;
    let output = ResourceType::host::<OutputStreamResource>();
    streams.resource("output-stream", output, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.delete::<OutputStream>(rep)
    })?;
    streams.func_wrap(
        "[method]output-stream.check-write",
        |mut caller: Caller<'_>, (me,): (Output,)| -> Streamed<u64> {
            let stream = caller.data_mut().table.get::<OutputStream>(me.rep())?;
            stream.with_exchange(Exchange::note_write);
            let permitted = stream.upload.permitted();
            Ok((permitted.map(|count| count as u64).map_err(|_| StreamError::Closed),))
        },
    )?;
    streams.func_wrap(
        "[method]output-stream.write",
        |mut caller: Caller<'_>, (me, bytes): (Output, Vec<u8>)| write(caller.data_mut(), &me, bytes),
    )?;
    streams.func_wrap(
        "[method]output-stream.write-zeroes",
        |mut caller: Caller<'_>, (me, count): (Output, u64)| {
            let count =
                usize::try_from(count).ok().filter(|count| *count <= PIECE).ok_or_else(not_permitted)?;
            write(caller.data_mut(), &me, vec![0; count])
        },
    )?;
    streams.func_wrap(
        "[method]output-stream.flush",
        |mut caller: Caller<'_>, (me,): (Output,)| -> Streamed<()> {
            let stream = caller.data_mut().table.get::<OutputStream>(me.rep())?;
            stream.with_exchange(Exchange::step);
            Ok((if stream.upload.is_closed() { Err(StreamError::Closed) } else { Ok(()) },))
        },
    )?;
    streams.func_wrap(
        "[method]output-stream.splice",
        |mut caller: Caller<'_>, (me, from, most): (Output, Input, u64)| -> Streamed<u64> {
            let state = caller.data_mut();
            let permitted = state.table.get::<OutputStream>(me.rep())?.upload.permitted();
            let Ok(permitted) = permitted else { return Ok((Err(StreamError::Closed),)) };
            if permitted == 0 {
                return Ok((Ok(0),));
            }
            match read(state, &from, most.min(permitted as u64))? {
                Ok(bytes) => {
                    let count = bytes.len() as u64;
                    let (written,) = write(state, &me, bytes.into())?;
                    Ok((written.map(|()| count),))
                }
                Err(error) => Ok((Err(error),)),
            }
        },
    )?;
    streams.func_wrap("[method]output-stream.subscribe", |mut caller: Caller<'_>, (me,): (Output,)| {
        let table = &mut caller.data_mut().table;
        let upload = table.get::<OutputStream>(me.rep())?.upload.clone();
        Ok((table.push_child::<_, PollableResource>(Pollable::Upload(upload), me.rep())?,))
    })
}

impl OutputStream {
    fn with_exchange(&self, act: impl FnOnce(&mut Exchange)) {
        let exchange = self.exchange.lock().unwrap_or_else(std::sync::PoisonError::into_inner).upgrade();
        if let Some(exchange) = exchange {
            act(&mut lock(&exchange));
        }
    }
}

fn write(state: &mut State, me: &Output, bytes: Vec<u8>) -> Streamed<()> {
    let written = state.table.get::<OutputStream>(me.rep())?.upload.write(bytes);
    Ok((match written {
        Ok(()) => Ok(()),
        Err(WriteError::Closed) => Err(StreamError::Closed),
        Err(WriteError::TooLong(total)) => Err(failed(state, ErrorCode::HttpRequestBodySize(Some(total)))?),
        Err(WriteError::NotPermitted) => return Err(not_permitted()),
    },))
}

fn not_permitted() -> wasmtime::Error {
    wasmtime::format_err!("it wrote more to a stream than check-write had permitted")
}
