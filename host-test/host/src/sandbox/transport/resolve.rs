//! From a name to the addresses that may be dialled: looked up once, and checked before anything is sent.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use super::address::Reach;
use crate::plugin::Origin;

/// The result of a look-up.
pub(in crate::sandbox) type Lookup<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks names up.
pub(in crate::sandbox) trait Resolve: Send + Sync {
    /// The addresses of a name, the ones to try first in front.
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a>;
}

/// The system's own resolver.
pub(in crate::sandbox) struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            // Any port will do: it is put in when the addresses are dialled.
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why there is nothing to dial.
#[derive(Debug)]
pub(in crate::sandbox) enum Nowhere {
    /// The name has no address.
    Unknown,
    /// The resolver failed.
    Failed(io::Error),
    /// It has these, and none of them may be reached.
    Prohibited(Vec<IpAddr>),
}

/// The addresses of an origin that may be dialled. What is connected to has to come from this list: a
/// second look-up could give other addresses.
pub(in crate::sandbox) async fn addresses(
    resolver: &dyn Resolve,
    origin: &Origin,
    reach: Reach,
) -> Result<Vec<SocketAddr>, Nowhere> {
    let found = match origin.address() {
        Some(address) => vec![address],
        // RFC 6761, 6.3: such names are this machine. No resolver is asked, so none can say otherwise.
        None if origin.is_loopback() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        None => resolver.resolve(&origin.host()).await.map_err(Nowhere::Failed)?,
    };
    if found.is_empty() {
        return Err(Nowhere::Unknown);
    }
    let (admitted, prohibited): (Vec<_>, Vec<_>) = found.into_iter().partition(|ip| reach.admits(*ip));
    if admitted.is_empty() {
        return Err(Nowhere::Prohibited(prohibited));
    }
    Ok(interleaved(admitted).into_iter().map(|ip| SocketAddr::new(ip, origin.port())).collect())
}

/// The families take turns, so that a broken one of them costs little (RFC 8305, 4); within each the
/// resolver's order is kept.
fn interleaved(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let first_is_v4 = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (mut first, mut second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    first.reverse();
    second.reverse();
    let mut turns = Vec::with_capacity(first.len() + second.len());
    while !first.is_empty() || !second.is_empty() {
        turns.extend(first.pop());
        turns.extend(second.pop());
    }
    turns
}

#[cfg(test)]
#[path = "tests/resolve.rs"]
mod tests;
