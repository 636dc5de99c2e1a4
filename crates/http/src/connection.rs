//! One connection: a socket, TLS if any, and the state of HTTP on it.
//!
//! While it is idle it owns no buffer of ours. Reading goes through one buffer of the engine, and
//! what is written is copied only if the kernel did not take it at once.

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use crate::clock::Moment;
use crate::connect::Opening;
use crate::h1::State;
use crate::poll::Interest;
use crate::request::Origin;
use crate::slots::Key;
use crate::ticket::Ticket;

/// One connection of one client.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Key,
    pub(crate) origin: Arc<Origin>,
    /// None before the addresses are known, and between two attempts.
    pub(crate) socket: Option<OwnedFd>,
    pub(crate) tls: Option<Box<rustls::ClientConnection>>,
    /// The peer has ended TLS: nothing follows, even if the socket stays open.
    pub(crate) has_tls_ended: bool,
    /// What is left to do until the first request can be sent.
    pub(crate) opening: Option<Box<Opening>>,
    pub(crate) state: State,
    pub(crate) unsent: Unsent,
    /// The request under way.
    pub(crate) ticket: Option<Ticket>,
    pub(crate) interest: Interest,
    /// When the current phase has lasted too long.
    pub(crate) deadline: Moment,
    /// The entry in the heap that counts; see [`crate::timer`].
    pub(crate) timer_at: Moment,
    pub(crate) idle_since: Moment,
    /// Whether it has served a request before the current one.
    pub(crate) is_reused: bool,
    /// Which of its client's configurations it was opened with.
    pub(crate) epoch: u16,
}

/// Bytes the kernel has not taken. Empty nearly always, and then without memory.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    bytes: Vec<u8>,
    at: usize,
}

impl Unsent {
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl Connection {
    pub(crate) fn new(
        client: Key,
        epoch: u16,
        origin: Arc<Origin>,
        ticket: Ticket,
        opening: Opening,
    ) -> Self {
        Self {
            client,
            origin,
            socket: None,
            tls: None,
            has_tls_ended: false,
            opening: Some(Box::new(opening)),
            state: State::default(),
            unsent: Unsent::default(),
            ticket: Some(ticket),
            interest: Interest::Nothing,
            deadline: Moment::NEVER,
            timer_at: Moment::NEVER,
            idle_since: Moment::NEVER,
            is_reused: false,
            epoch,
        }
    }

    /// Sends `bytes`, through TLS if there is any; `wire` is a buffer that is used then. What the
    /// kernel does not take at once is kept and sent by [`Connection::flush`].
    ///
    /// `Err` says in its second half whether the kernel took anything at all.
    pub(crate) fn send(&mut self, bytes: &[u8], wire: &mut Vec<u8>) -> Result<(), (Errno, bool)> {
        let Some(tls) = &mut self.tls else {
            return self.send_clear(bytes);
        };
        wire.clear();
        // Neither of the two can fail: the first buffers without limit, the second writes to memory.
        let written = tls.writer().write_all(bytes);
        debug_assert!(written.is_ok(), "{written:?}");
        while tls.wants_write() {
            if tls.write_tls(wire).is_err() {
                break;
            }
        }
        self.send_clear(wire)
    }

    /// Sends what TLS has to say by itself: parts of the handshake, alerts, new keys.
    pub(crate) fn send_tls(&mut self, wire: &mut Vec<u8>) -> Result<(), Errno> {
        match &self.tls {
            Some(tls) if tls.wants_write() => self.send(&[], wire).map_err(|(error, _)| error),
            _ => Ok(()),
        }
    }

    fn send_clear(&mut self, bytes: &[u8]) -> Result<(), (Errno, bool)> {
        let Some(socket) = &self.socket else {
            return Err((Errno::NOTCONN, false));
        };
        let mut at = 0;
        if self.unsent.is_empty() {
            while at < bytes.len() {
                match send(socket, &bytes[at..], SendFlags::NOSIGNAL) {
                    Ok(count) => at += count,
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => break,
                    Err(error) => return Err((error, at > 0)),
                }
            }
        }
        self.unsent.bytes.extend_from_slice(&bytes[at..]);
        Ok(())
    }

    /// Sends what is left over. `Ok(true)` when all of it has been taken.
    pub(crate) fn flush(&mut self) -> Result<bool, Errno> {
        let Some(socket) = &self.socket else {
            return Ok(true);
        };
        while self.unsent.at < self.unsent.bytes.len() {
            match send(
                socket,
                &self.unsent.bytes[self.unsent.at..],
                SendFlags::NOSIGNAL,
            ) {
                Ok(count) => self.unsent.at += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.unsent = Unsent::default();
        Ok(true)
    }
}
