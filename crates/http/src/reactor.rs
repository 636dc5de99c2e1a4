//! Connections and what happens on them: one turn, reading, writing, keeping, losing.
//!
//! A request costs one `send`, in [`Engine::submit`], and one `recv`, in [`Engine::turn`]. A
//! connection is announced to the kernel when it is opened and, if it is never slow to take what is
//! written, not again.

use std::io;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use crate::clock::Moment;
use crate::connection::Connection;
use crate::decide::{self, Loss};
use crate::engine::{Engine, Outcome, Work};
use crate::error::ErrorKind;
use crate::exchange::Streaming;
use crate::h1::{Progress, ProtocolError};
use crate::poll::{Event, Interest};
use crate::slots::Key;
use crate::ticket::Ticket;
use crate::timer::Alarm;
use crate::tls;

/// Reads of one connection before others get their chance: 1 MiB.
const MAX_READS: usize = 16;

/// What one `recv` brought.
enum Arrival {
    /// Bytes were taken, and what they amount to.
    Bytes(Result<Progress, ProtocolError>),
    /// TLS is broken.
    BrokenTls(Box<str>),
    /// The peer has closed its side.
    End,
    /// There is nothing to read.
    Nothing,
    /// The connection is lost.
    Lost(Errno),
}

impl Engine {
    /// Reads what has arrived and fires due timers, once, for at most 256 events. Does nothing
    /// while finished requests are still waiting to be taken.
    pub fn turn(&mut self) -> io::Result<()> {
        if self.has_finished() {
            return Ok(());
        }
        for index in 0..self.poll.take_events()? {
            match self.poll.event(index) {
                Event::Timer => self.on_timer(Moment::now()),
                Event::Signal => self.on_signal(Moment::now()),
                Event::Connection {
                    key,
                    is_writable,
                    is_readable,
                } => {
                    self.on_connection(key, is_writable, is_readable);
                }
            }
        }
        self.turned_at = Moment::now();
        if !self.startable.is_empty() {
            self.start_all(self.turned_at);
        }
        Ok(())
    }

    fn on_connection(&mut self, key: Key, is_writable: bool, is_readable: bool) {
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        if connection.opening.is_some() {
            self.go_on_opening(key, is_readable);
            return;
        }
        if is_writable && !connection.unsent.is_empty() {
            self.on_writable(key);
        }
        if is_readable {
            self.on_readable(key);
        }
    }

    fn on_writable(&mut self, key: Key) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let flushed = connection.flush();
        let ticket = connection.ticket;
        let now = Moment::now();
        match flushed {
            Ok(is_all) => {
                if is_all {
                    self.watch(key, Interest::Read);
                    if let Some(ticket) = ticket
                        && let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key())
                    {
                        exchange.sent = now;
                    }
                }
                self.limit_reading(key, now);
            }
            // A server may answer and close before it has read everything: its answer counts, and
            // reading finds it, or the reason why there is none.
            Err(Errno::PIPE | Errno::CONNRESET) => self.on_readable(key),
            Err(errno) => {
                let kind = ErrorKind::Connection {
                    errno: errno.raw_os_error(),
                };
                self.lose(key, kind, Loss::Other, now);
            }
        }
    }

    /// Reads what has arrived on an open connection.
    pub(crate) fn on_readable(&mut self, key: Key) {
        for _ in 0..MAX_READS {
            let Some(connection) = self.connections.get_mut(key) else {
                return;
            };
            if let Some(Work::Exchange(exchange)) = connection
                .ticket
                .and_then(|ticket| self.works.get(ticket.key()))
                && exchange.streaming == Streaming::Paused
            {
                // Nobody has asked for more: what lies in the socket is a matter for later.
                self.watch(key, Interest::Nothing);
                return;
            }
            let (arrival, is_drained) =
                receive(connection, &mut self.read_buffer, &mut self.plain_buffer);
            if connection.ticket.is_none() {
                match arrival {
                    Arrival::Nothing | Arrival::Bytes(Ok(Progress::More)) => {}
                    _ => {
                        self.counters.dropped_stale += 1;
                        self.close(key);
                        return;
                    }
                }
            } else {
                let now = Moment::now();
                match arrival {
                    Arrival::Bytes(progress) => self.on_progress(key, progress, now),
                    Arrival::End => self.on_end(key, now),
                    Arrival::Nothing => {}
                    Arrival::BrokenTls(text) => {
                        let (host, port) = address_of(connection);
                        self.lose(key, ErrorKind::Tls { host, port, text }, Loss::Other, now);
                    }
                    Arrival::Lost(errno) => {
                        let loss = loss_of(connection);
                        let kind = ErrorKind::Connection {
                            errno: errno.raw_os_error(),
                        };
                        self.lose(key, kind, loss, now);
                    }
                }
            }
            if is_drained {
                break;
            }
        }
        self.answer_tls(key);
    }

    /// Sends what TLS wants to say after it has read something.
    fn answer_tls(&mut self, key: Key) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if connection.tls.is_none() {
            return;
        }
        match connection.send_tls(&mut self.wire_buffer) {
            Ok(()) if connection.unsent.is_empty() => {}
            Ok(()) => self.watch(key, Interest::ReadAndWrite),
            // Reading will tell why.
            Err(_) => {}
        }
    }

    /// Carries out what some bytes of a response amount to.
    pub(crate) fn on_progress(
        &mut self,
        key: Key,
        mut progress: Result<Progress, ProtocolError>,
        now: Moment,
    ) {
        loop {
            let Some(connection) = self.connections.get_mut(key) else {
                return;
            };
            let Some(ticket) = connection.ticket else {
                return;
            };
            let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
                return;
            };
            if exchange.answered == Moment::NEVER {
                exchange.answered = now;
            }
            match progress {
                Ok(Progress::Done(message)) => {
                    let keeps_alive = message.keeps_alive;
                    self.release(key, keeps_alive, now);
                    self.on_response(ticket, message, now);
                    return;
                }
                Ok(Progress::More) => {
                    self.limit_reading(key, now);
                    return;
                }
                Ok(Progress::Head(message)) if decide::is_followed(&exchange.request, &message) => {
                    exchange.streaming = Streaming::Discarding;
                    exchange.discarded = Some(Box::new(message));
                    progress = connection.state.receive(&[]);
                }
                Ok(Progress::Head(message)) => {
                    connection.deadline = Moment::NEVER;
                    exchange.streaming = Streaming::Paused;
                    let history = std::mem::take(&mut exchange.history);
                    self.keep_cookies(ticket, &message);
                    if let Some(mut response) = self.response(ticket, message, now) {
                        response.history = history;
                        self.report(ticket, Outcome::Response(response));
                    }
                    return;
                }
                Ok(Progress::Piece(piece)) => {
                    if exchange.streaming == Streaming::Discarding {
                        progress = connection.state.receive(&[]);
                        continue;
                    }
                    connection.deadline = Moment::NEVER;
                    exchange.streaming = Streaming::Paused;
                    self.report(ticket, Outcome::Body(Some(piece)));
                    return;
                }
                Ok(Progress::End { keeps_alive }) => {
                    let discarded = exchange.discarded.take();
                    self.release(key, keeps_alive, now);
                    match discarded {
                        Some(message) => self.on_response(ticket, *message, now),
                        None => self.finish(ticket, Outcome::Body(None)),
                    }
                    return;
                }
                Err(error) => {
                    self.close(key);
                    self.fail(ticket, error.into(), now);
                    return;
                }
            }
        }
    }

    /// The peer has closed while a request is under way.
    fn on_end(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let loss = loss_of(connection);
        let (received, expected, has_begun) = connection.state.received();
        match connection.state.end() {
            Ok(Progress::More) => {
                let kind = if has_begun {
                    ErrorKind::ClosedInResponse { received, expected }
                } else {
                    ErrorKind::ClosedBeforeResponse
                };
                self.lose(key, kind, loss, now);
            }
            progress => self.on_progress(key, progress, now),
        }
    }

    /// Changes what a connection wants to hear about.
    pub(crate) fn watch(&mut self, key: Key, interest: Interest) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(socket) = &connection.socket else {
            return;
        };
        if connection.interest == interest {
            return;
        }
        let old = std::mem::replace(&mut connection.interest, interest);
        if let Err(error) = self
            .poll
            .watch(std::os::fd::AsFd::as_fd(socket), key, old, interest)
        {
            let errno = error.raw_os_error().unwrap_or_default();
            self.lose(
                key,
                ErrorKind::Connection { errno },
                Loss::Other,
                Moment::now(),
            );
        }
    }

    /// From `now` on, the peer has as long as the request allows for its next bytes.
    pub(crate) fn limit_reading(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        let work = connection
            .ticket
            .and_then(|ticket| self.works.get(ticket.key()));
        let Some(Work::Exchange(exchange)) = work else {
            return;
        };
        if let Some(limit) = exchange.request.rules.read_timeout {
            self.limit(key, now.after(limit));
        }
    }

    /// Gives a connection a deadline, and the heap an entry only if it has none that is earlier.
    pub(crate) fn limit(&mut self, key: Key, deadline: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        connection.deadline = deadline;
        if deadline < connection.timer_at {
            connection.timer_at = deadline;
            self.timers.push(deadline, Alarm::Connection(key));
            self.arm(deadline);
        }
    }

    fn on_timer(&mut self, now: Moment) {
        while let Some((at, alarm)) = self.timers.pop_due(now) {
            match alarm {
                Alarm::Sleep(key) => {
                    if self.works.get(key).is_some() {
                        self.finish(Ticket::new(key), Outcome::Elapsed);
                    }
                }
                Alarm::Connection(key) => self.on_deadline(key, at, now),
            }
        }
        let earliest = self.timers.earliest();
        if let Err(error) = self.poll.arm(earliest) {
            tracing::error!("cannot set the timer: {error}");
        }
    }

    fn on_deadline(&mut self, key: Key, at: Moment, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if connection.timer_at != at {
            return;
        }
        connection.timer_at = Moment::NEVER;
        let deadline = connection.deadline;
        if deadline > now {
            if deadline != Moment::NEVER {
                self.limit(key, deadline);
            }
            return;
        }
        let (host, port) = address_of(connection);
        let is_opening = connection.opening.is_some();
        let Some(ticket) = connection.ticket else {
            return;
        };
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        let rules = &exchange.request.rules;
        let kind = if is_opening {
            let limit = rules.connect_timeout.unwrap_or_default();
            ErrorKind::ConnectTimeout { host, port, limit }
        } else {
            let limit = rules.read_timeout.unwrap_or_default();
            ErrorKind::ReadTimeout { host, port, limit }
        };
        self.close(key);
        self.fail(ticket, kind, now);
    }
}

/// Reads once and takes the bytes through TLS and HTTP. The second value says that nothing is left
/// to read.
fn receive(connection: &mut Connection, buffer: &mut [u8], plain: &mut Vec<u8>) -> (Arrival, bool) {
    if connection.has_tls_ended {
        return (Arrival::End, true);
    }
    let Some(socket) = &connection.socket else {
        return (Arrival::Nothing, true);
    };
    let count = loop {
        match recv(socket, &mut *buffer, RecvFlags::empty()) {
            Ok((_, count)) => break count,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return (Arrival::Nothing, true),
            Err(errno) => return (Arrival::Lost(errno), true),
        }
    };
    let is_drained = count < buffer.len();
    if count == 0 {
        return (Arrival::End, true);
    }
    let bytes = &buffer[..count];
    let Some(tls) = &mut connection.tls else {
        return (Arrival::Bytes(connection.state.receive(bytes)), is_drained);
    };
    plain.clear();
    match tls::decrypt(tls, bytes, plain) {
        Err(error) => (Arrival::BrokenTls(tls::explain(&error)), true),
        Ok(has_ended) => {
            connection.has_tls_ended = has_ended;
            let arrival = if plain.is_empty() {
                Arrival::Nothing
            } else {
                Arrival::Bytes(connection.state.receive(plain))
            };
            // The end that TLS has announced is read next.
            (arrival, is_drained && !has_ended)
        }
    }
}

/// How bad it is to lose this connection now.
fn loss_of(connection: &Connection) -> Loss {
    let (_, _, has_begun) = connection.state.received();
    if connection.is_reused && !has_begun {
        Loss::Stale
    } else {
        Loss::Other
    }
}

/// Host and port as errors name them.
pub(crate) fn address_of(connection: &Connection) -> (Box<str>, u16) {
    (connection.origin.host.clone(), connection.origin.port)
}
