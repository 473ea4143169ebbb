//! The deadlines that a component requests.

use std::time::Duration;

use wasmtime::component::{Linker, Resource, ResourceType};

use super::{Caller, HTTP_TYPES, State};
use crate::sandbox::transport::Waits;

pub(super) type RequestOptions = Waits;

/// The type of the resource.
pub(super) struct RequestOptionsResource;

/// The name of an option, and where it is.
type OptionField = (&'static str, fn(&mut RequestOptions) -> &mut Option<Duration>);

const OPTIONS: [OptionField; 3] = [
    ("connect-timeout", |options| &mut options.connect),
    ("first-byte-timeout", |options| &mut options.first_byte),
    ("between-bytes-timeout", |options| &mut options.between_bytes),
];

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(HTTP_TYPES)?;
    let options = ResourceType::host::<RequestOptionsResource>();
    types.resource("request-options", options, |mut caller: Caller<'_>, rep| {
        caller.data_mut().table.remove::<RequestOptions>(rep)?;
        Ok(())
    })?;
    types.func_wrap("[constructor]request-options", |mut caller: Caller<'_>, ()| {
        let options = RequestOptions::default();
        Ok((caller.data_mut().table.push::<_, RequestOptionsResource>(options)?,))
    })?;
    for (name, field) in OPTIONS {
        type Options = Resource<RequestOptionsResource>;
        types.func_wrap(
            &format!("[method]request-options.{name}"),
            move |mut caller: Caller<'_>, (me,): (Options,)| {
                let value = *field(caller.data_mut().table.get::<RequestOptions>(me.rep())?);
                Ok((value.map(|value| u64::try_from(value.as_nanos()).unwrap_or(u64::MAX)),))
            },
        )?;
        types.func_wrap(
            &format!("[method]request-options.set-{name}"),
            move |mut caller: Caller<'_>, (me, value): (Options, Option<u64>)| {
                *field(caller.data_mut().table.get::<RequestOptions>(me.rep())?) =
                    value.map(Duration::from_nanos);
                Ok((Ok::<(), ()>(()),))
            },
        )?;
    }
    Ok(())
}
