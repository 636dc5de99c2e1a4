//! A request under way, and what happens to it: it gets a connection, is sent, is answered or
//! loses its connection, and is handed out.

use std::time::Duration;

use crate::clock::{Moment, WallClock};
use crate::connect;
use crate::decide::{self, Loss, Next, Resend};
use crate::engine::{Engine, Outcome, Work};
use crate::error::ErrorKind;
use crate::h1::Message;
use crate::h1::head::header_lines;
use crate::poll::Interest;
use crate::pool::Grant;
use crate::request::Request;
use crate::response::Response;
use crate::slots::Key;
use crate::ticket::Ticket;
use crate::timing::Timing;

/// A kept connection that was idle for longer is looked at before it is used: it costs a system
/// call, and a server that closes idle connections is seen before a request is lost on one. Under
/// full load a turn of the reactor has just looked at all of them.
const FRESH: Duration = Duration::from_millis(5);

/// How far a body that is handed out in pieces has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streaming {
    /// The head has not been handed out.
    NotYet,
    /// The response redirects: its body is read and thrown away.
    Discarding,
    /// The head has been handed out, and nobody has asked for a piece.
    Paused,
    /// Somebody waits for the next piece.
    Asked,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) client: Key,
    /// None while it waits for a place in the pool.
    pub(crate) connection: Option<Key>,
    pub(crate) streaming: Streaming,
    /// The response whose body is being discarded.
    pub(crate) discarded: Option<Box<Message>>,
    pub(crate) submitted: Moment,
    /// When the last byte was handed to the kernel; [`Moment::NEVER`] before.
    pub(crate) sent: Moment,
    /// When the first byte of the response was read; [`Moment::NEVER`] before.
    pub(crate) answered: Moment,
    pub(crate) resolve: Duration,
    pub(crate) connect: Duration,
    pub(crate) tls: Duration,
    pub(crate) wait: Duration,
    pub(crate) receive: Duration,
    /// Times it was sent again after a connection was lost.
    pub(crate) retries: u32,
    /// Whether one of the retries was for a stale connection, which is granted once.
    pub(crate) has_met_stale: bool,
    pub(crate) history: Vec<Response>,
}

impl Exchange {
    pub(crate) fn new(request: Request, client: Key, submitted: Moment) -> Self {
        Self {
            request,
            client,
            connection: None,
            streaming: Streaming::NotYet,
            discarded: None,
            submitted,
            sent: Moment::NEVER,
            answered: Moment::NEVER,
            resolve: Duration::ZERO,
            connect: Duration::ZERO,
            tls: Duration::ZERO,
            wait: Duration::ZERO,
            receive: Duration::ZERO,
            retries: 0,
            has_met_stale: false,
            history: Vec::new(),
        }
    }

    /// Adds the phases of the response that has just ended, and makes ready for another sending.
    pub(crate) fn close_phases(&mut self, now: Moment) {
        if self.answered != Moment::NEVER {
            self.wait += self.answered.since(self.sent);
            self.receive += now.since(self.answered);
        } else if self.sent != Moment::NEVER {
            self.wait += now.since(self.sent);
        }
        self.sent = Moment::NEVER;
        self.answered = Moment::NEVER;
        self.connection = None;
    }

    /// All phases up to `now`.
    pub(crate) fn timing(&self, now: Moment, wall: &mut WallClock) -> Timing {
        Timing {
            started_at: wall.at(self.submitted),
            total: now.since(self.submitted),
            resolve: self.resolve,
            connect: self.connect,
            tls: self.tls,
            wait: self.wait,
            receive: self.receive,
        }
    }
}

impl Engine {
    /// Gives a request a connection and sends it, or lets it wait for one.
    pub(crate) fn start(&mut self, ticket: Ticket, now: Moment) {
        self.startable.push_back(ticket);
        self.start_all(now);
    }

    /// Starts what can be started.
    pub(crate) fn start_all(&mut self, now: Moment) {
        while let Some(ticket) = self.startable.pop_front() {
            while let Some(Work::Exchange(exchange)) = self.works.get(ticket.key())
                && let Some(client) = self.clients.get_mut(exchange.client)
            {
                match client.pool.take(&exchange.request.origin, ticket) {
                    Grant::Wait => break,
                    Grant::Open => {
                        self.open(ticket, now);
                        break;
                    }
                    Grant::Kept(key) => {
                        if self.is_fresh(key, now) {
                            self.counters.reused += 1;
                            self.send(key, ticket, now);
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Whether an idle connection can be used. One that cannot is closed.
    fn is_fresh(&mut self, key: Key, now: Moment) -> bool {
        match self.connections.get(key) {
            None => return false,
            Some(connection) if now.since(connection.idle_since.max(self.turned_at)) <= FRESH => {
                return true;
            }
            Some(_) => {}
        }
        self.on_readable(key);
        self.connections.get(key).is_some()
    }

    /// Sends the request of `ticket` on an open connection.
    pub(crate) fn send(&mut self, key: Key, ticket: Ticket, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        connection.ticket = Some(ticket);
        exchange.connection = Some(key);
        self.write_buffer.clear();
        let client = self.clients.get(exchange.client);
        let request = &exchange.request;
        let cookie = client
            .filter(|client| client.config.keeps_cookies && !request.headers.has_cookie())
            .and_then(|client| client.cookies.header(&request.origin, &request.target));
        let out = &mut self.write_buffer;
        match client.and_then(|client| client.config.proxy.as_deref()) {
            Some(proxy) if connection.tls.is_none() => {
                let request = connect::forwarded(request, proxy);
                connection.state.start(&request, cookie.as_deref(), out);
            }
            _ => connection.state.start(request, cookie.as_deref(), out),
        }
        match connection.send(&self.write_buffer, &mut self.wire_buffer) {
            Ok(()) if connection.unsent.is_empty() => {
                exchange.sent = now;
                if exchange.request.rules.read_timeout.is_some() {
                    self.limit_reading(key, now);
                }
            }
            Ok(()) => {
                self.watch(key, Interest::ReadAndWrite);
                self.limit_reading(key, now);
            }
            Err((errno, was_begun)) => {
                let loss = if connection.is_reused && !was_begun {
                    Loss::Unsent
                } else {
                    Loss::Other
                };
                self.lose(
                    key,
                    ErrorKind::Connection {
                        errno: errno.raw_os_error(),
                    },
                    loss,
                    now,
                );
            }
        }
        // A large body must not stay in memory for all time.
        if self.write_buffer.capacity() > 1 << 20 {
            self.write_buffer = Vec::new();
            self.wire_buffer = Vec::new();
        }
    }

    /// A whole response is there: hands it out, or goes on as it says.
    pub(crate) fn on_response(&mut self, ticket: Ticket, message: Message, now: Moment) {
        self.keep_cookies(ticket, &message);
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        match decide::next(&exchange.request, exchange.history.len(), &message) {
            Next::Finish => {
                let history = std::mem::take(&mut exchange.history);
                if let Some(mut response) = self.response(ticket, message, now) {
                    response.history = history;
                    self.finish(ticket, Outcome::Response(response));
                }
            }
            Next::Fail(kind) => self.fail(ticket, kind, now),
            Next::Follow(request) => {
                let redirect = self.response(ticket, message, now);
                let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
                    return;
                };
                exchange.history.extend(redirect.map(|redirect| *redirect));
                exchange.request = *request;
                exchange.streaming = Streaming::NotYet;
                self.startable.push_back(ticket);
            }
        }
    }

    /// Puts what a response sets into the jar of its client.
    pub(crate) fn keep_cookies(&mut self, ticket: Ticket, message: &Message) {
        if !message.sets_cookies {
            return;
        }
        let Some(Work::Exchange(exchange)) = self.works.get(ticket.key()) else {
            return;
        };
        let client = self.clients.get_mut(exchange.client);
        let Some(client) = client.filter(|client| client.config.keeps_cookies) else {
            return;
        };
        let lines = header_lines(&message.head[..message.body_at])
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"set-cookie"))
            .map(|(_, value)| value);
        let request = &exchange.request;
        client
            .cookies
            .store(&request.origin, &request.target, lines);
    }

    /// The answer as it is handed out. The history goes with it if it is the last one.
    pub(crate) fn response(
        &mut self,
        ticket: Ticket,
        message: Message,
        now: Moment,
    ) -> Option<Box<Response>> {
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return None;
        };
        let connection = exchange.connection;
        exchange.close_phases(now);
        if exchange.streaming == Streaming::Paused {
            exchange.connection = connection;
        }
        Some(Box::new(Response {
            status: message.status,
            head: message.head,
            body_at: message.body_at,
            is_encoded: message.is_encoded,
            method: exchange.request.method.clone(),
            origin: exchange.request.origin.clone(),
            target: std::mem::take(&mut exchange.request.target),
            history: Vec::new(),
            timing: exchange.timing(now, &mut self.wall),
            retries: exchange.retries,
        }))
    }

    /// The exchange on a connection is over: keeps it, or closes it.
    pub(crate) fn release(&mut self, key: Key, keeps_alive: bool, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        connection.ticket = None;
        connection.deadline = Moment::NEVER;
        connection.idle_since = now;
        connection.is_reused = true;
        let is_usable = keeps_alive && connection.unsent.is_empty();
        let client = self.clients.get_mut(connection.client);
        let Some(client) = client.filter(|_| is_usable) else {
            return self.close(key);
        };
        let is_current = connection.epoch == client.epoch;
        if !is_current || !client.pool.keep(&connection.origin, key) {
            return self.close(key);
        }
        while let Some(next) = client.pool.next_waiting(&connection.origin) {
            // Those that were cancelled while they waited are passed over.
            if self.works.get(next.key()).is_some() {
                self.startable.push_back(next);
                break;
            }
        }
        if let Some(surplus) = client.pool.surplus() {
            self.close(surplus);
        }
        self.watch(key, Interest::Read);
    }

    /// Closes a connection and lets the next request that waits for it begin.
    pub(crate) fn close(&mut self, key: Key) {
        let Some(connection) = self.connections.remove(key) else {
            return;
        };
        let Some(client) = self.clients.get_mut(connection.client) else {
            return;
        };
        client.pool.forget(&connection.origin, key);
        while let Some(next) = client.pool.next_waiting(&connection.origin) {
            if self.works.get(next.key()).is_some() {
                self.startable.push_back(next);
                break;
            }
        }
    }

    /// A connection was lost while a request was on it, or while it was opened for one.
    pub(crate) fn lose(&mut self, key: Key, kind: ErrorKind, loss: Loss, now: Moment) {
        let ticket = self
            .connections
            .get(key)
            .and_then(|connection| connection.ticket);
        self.close(key);
        let Some(ticket) = ticket else { return };
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        let is_handed_out = matches!(exchange.streaming, Streaming::Paused | Streaming::Asked);
        let resend = if is_handed_out {
            Resend::No
        } else {
            let rules = &exchange.request.rules;
            let method = &exchange.request.method;
            decide::resend(
                rules,
                method,
                exchange.retries,
                exchange.has_met_stale,
                loss,
            )
        };
        match resend {
            Resend::No => return self.fail(ticket, kind, now),
            Resend::Unseen => self.counters.dropped_stale += 1,
            Resend::Stale | Resend::Retry => {
                exchange.has_met_stale |= resend == Resend::Stale;
                exchange.retries += 1;
                self.counters.retries += 1;
            }
        }
        exchange.close_phases(now);
        exchange.streaming = Streaming::NotYet;
        exchange.discarded = None;
        self.startable.push_back(ticket);
    }
}
