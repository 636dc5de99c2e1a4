//! Which hosts may be connected to: a rule that somebody else has.
//!
//! It is asked where a connection is opened, and never for a request on one that is kept: those were
//! opened by leave of the same rule, since a change of it closes them.

use std::fmt::Debug;
use std::net::IpAddr;

/// What a [`Gate`] says of the name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Not to be connected to, wherever it leads.
    Closed,
    /// To be connected to, at the addresses that the gate admits.
    Open,
    /// The addresses decide.
    ByAddress,
}

/// Says which hosts may be connected to.
pub trait Gate: Debug {
    /// By the name or the address that stands in a URL.
    fn by_name(&self, host: &str) -> Passage;

    /// Whether a connection to `host` may be opened to this address, to which it leads.
    fn admits(&self, host: &str, address: IpAddr) -> bool;

    /// Is told of a request that it was closed to, and of what it was closed to.
    fn note(&self, blocked: &str);
}

impl dyn Gate {
    /// What must not be connected to, if anything: the host, or the proxy on the way to it.
    ///
    /// Where a proxy goes is not seen from here, so the name of the host itself has to be open.
    pub(crate) fn refused<'a>(&self, host: &'a str, proxy: Option<&'a str>) -> Option<&'a str> {
        let passage = self.by_name(host);
        match proxy {
            None if passage == Passage::Closed => Some(host),
            Some(_) if passage != Passage::Open => Some(host),
            Some(proxy) if self.by_name(proxy) == Passage::Closed => Some(proxy),
            _ => None,
        }
    }
}

/// What is said of a host when the gate admits none of its addresses.
pub(crate) fn leads_to(host: &str, address: IpAddr) -> Box<str> {
    match host.parse::<IpAddr>() {
        Ok(same) if address == same => host.into(),
        _ => format!("{host} leads to {address}").into(),
    }
}
