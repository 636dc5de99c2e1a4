//! The engine as its user sees it: submit, cancel, sleep, turn, next; and the queue of what is
//! finished.
//!
//! How bytes move is in [`crate::reactor`], how connections are opened in [`crate::connect`]. Both
//! end here, in [`Engine::finish`]. Nothing calls back: whoever drives the engine asks.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

use crate::bell::Bell;
use crate::client::{Client, ClientConfig, ClientId};
use crate::clock::{Moment, WallClock};
use crate::connection::Connection;
use crate::cookies::CookieJar;
use crate::error::{ErrorKind, RequestError};
use crate::exchange::{Exchange, Streaming};
use crate::gate::Gate;
use crate::h1::Progress;
use crate::poll::{Interest, Poll};
use crate::request::Request;
use crate::resolve::Resolver;
use crate::response::Response;
use crate::slots::{Key, Slots};
use crate::ticket::Ticket;
use crate::timer::{Alarm, Timers};
use crate::tls::TlsConfigs;

/// Bytes read from a socket at once. One buffer of this size serves all connections.
const READ_SIZE: usize = 64 * 1024;

/// What [`Engine::submit`] and its like have begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Names it until it comes out of [`Engine::next`].
    pub ticket: Ticket,
    /// Finished at once: no descriptor will ring, so the caller must come back by itself.
    pub is_finished: bool,
}

/// Something that is over.
#[derive(Debug)]
pub struct Finished {
    /// What it was.
    pub ticket: Ticket,
    /// How it ended.
    pub outcome: Outcome,
}

/// How something ended.
#[derive(Debug)]
pub enum Outcome {
    /// The answer, or its head if the body is streamed. In a box, since it is passed on from queue
    /// to queue, and moving it each time costs more than one allocation.
    Response(Box<Response>),
    /// A piece of a streamed body; `None` at its end, after which the ticket names nothing.
    Body(Option<Box<[u8]>>),
    /// There is no answer. A failure while a body is streamed ends it.
    Failed(RequestError),
    /// A sleep is over.
    Elapsed,
    /// A bell has been rung; its ticket stays valid.
    Rung,
}

/// Things that were counted since the engine was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that were opened, or were tried to be.
    pub opened: u64,
    /// Requests sent on a kept connection.
    pub reused: u64,
    /// Kept connections that were found closed by the peer before they were used again.
    pub dropped_stale: u64,
    /// Requests that were sent again after their connection was lost.
    pub retries: u64,
    /// Names the operating system was asked for.
    pub resolves: u64,
    /// Requests that failed because the gate was closed.
    pub blocked: u64,
    /// Requests that the network or the peer let fail: see [`ErrorKind::is_of_network`].
    pub network_errors: u64,
}

/// What a ticket stands for.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all are exchanges, and each is moved once"
)]
pub(crate) enum Work {
    Exchange(Exchange),
    Sleep,
    Bell(Bell),
    /// Over, and its outcome is in the queue.
    Done,
}

/// All connections, timers and unfinished requests of one process.
///
/// Not `Send`: it lives on the thread that made it. Nothing here blocks, except [`Engine::wait`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) gate: Option<Rc<dyn Gate>>,
    pub(crate) poll: Poll,
    pub(crate) timers: Timers,
    pub(crate) resolver: Resolver,
    pub(crate) tls: TlsConfigs,
    pub(crate) clients: Slots<Client>,
    pub(crate) connections: Slots<Connection>,
    pub(crate) works: Slots<Work>,
    bells: Vec<Ticket>,
    finished: VecDeque<Finished>,
    /// Requests that can be started, or started again: a queue, so that one that fails at once does
    /// not start the next one from within itself.
    pub(crate) startable: VecDeque<Ticket>,
    pub(crate) wall: WallClock,
    /// When the reactor last looked at all connections.
    pub(crate) turned_at: Moment,
    pub(crate) counters: Counters,
    /// What is read from a socket.
    pub(crate) read_buffer: Box<[u8]>,
    /// What TLS makes of it.
    pub(crate) plain_buffer: Vec<u8>,
    /// A request on its way to the socket.
    pub(crate) write_buffer: Vec<u8>,
    /// What TLS makes of it.
    pub(crate) wire_buffer: Vec<u8>,
    pid: u32,
}

impl Engine {
    /// An engine without clients. It uses three descriptors.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self {
            gate: None,
            resolver: Resolver::new(poll.signal().clone()),
            poll,
            timers: Timers::default(),
            tls: TlsConfigs::default(),
            clients: Slots::default(),
            connections: Slots::default(),
            works: Slots::default(),
            bells: Vec::new(),
            finished: VecDeque::new(),
            startable: VecDeque::new(),
            wall: WallClock::new(),
            turned_at: Moment::now(),
            counters: Counters::default(),
            read_buffer: vec![0; READ_SIZE].into(),
            plain_buffer: Vec::new(),
            write_buffer: Vec::new(),
            wire_buffer: Vec::new(),
            pid: std::process::id(),
        })
    }

    /// Readable whenever [`Engine::turn`] has something to do. To be watched by the loop around us.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.poll.descriptor()
    }

    /// The process that made it. An engine is of no use to a process that was forked from it, which
    /// has to drop it and make its own.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        Counters {
            resolves: self.resolver.questions,
            ..self.counters
        }
    }

    /// Lets another thread make the descriptor readable. [`Bell`] is `Send` and cheap to clone; each
    /// time it has been rung, its ticket comes out of [`Engine::next`].
    pub fn bell(&mut self) -> (Ticket, Bell) {
        let bell = Bell::new(self.poll.signal().clone());
        let ticket = Ticket::new(self.works.insert(Work::Bell(bell.clone())));
        self.bells.push(ticket);
        (ticket, bell)
    }

    /// Adds somebody who sends requests, with a pool and cookies of its own.
    pub fn add_client(&mut self, config: ClientConfig) -> ClientId {
        ClientId(self.clients.insert(Client::new(config)))
    }

    /// Closes all connections of a client. Its unfinished requests are cancelled.
    pub fn remove_client(&mut self, client: ClientId) {
        let of_client = |work: &Work| match work {
            Work::Exchange(exchange) => exchange.client == client.0,
            _ => false,
        };
        let tickets: Vec<Ticket> = self
            .works
            .iter()
            .filter(|(_, work)| of_client(work))
            .map(|(key, _)| Ticket::new(key))
            .collect();
        let connections: Vec<Key> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.client == client.0)
            .map(|(key, _)| key)
            .collect();
        self.clients.remove(client.0);
        for ticket in tickets {
            self.works.remove(ticket.key());
        }
        for key in connections {
            self.close(key);
        }
    }

    /// Closes the idle connections of a client; the next request opens new ones.
    pub fn close_idle(&mut self, client: ClientId) {
        let idle = match self.clients.get(client.0) {
            Some(client) => client.pool.idle(),
            None => return,
        };
        for key in idle {
            self.close(key);
        }
    }

    /// Changes how a client connects. Connections that were opened otherwise are closed as soon as
    /// they are idle; cookies stay.
    pub fn configure_client(&mut self, client: ClientId, config: ClientConfig) {
        self.close_idle(client);
        if let Some(client) = self.clients.get_mut(client.0) {
            client.configure(config);
        }
    }

    /// Says from here on which hosts may be connected to; `None` is all of them, as in an engine that
    /// is new. Connections that were opened under another rule are closed as soon as they are idle.
    pub fn set_gate(&mut self, gate: Option<Rc<dyn Gate>>) {
        self.gate = gate;
        let clients: Vec<Key> = self.clients.iter().map(|(key, _)| key).collect();
        for key in clients {
            self.close_idle(ClientId(key));
            if let Some(client) = self.clients.get_mut(key) {
                client.outdate();
            }
        }
    }

    /// The cookies of a client, to be read and changed. `None` if the client has been removed.
    ///
    /// A client that does not keep cookies has a jar too, but nothing is put into it or sent.
    pub fn client_cookies(&mut self, client: ClientId) -> Option<&mut CookieJar> {
        Some(&mut self.clients.get_mut(client.0)?.cookies)
    }

    /// Drops what is known about names, so that a new test finds the addresses of today.
    pub fn forget_names(&mut self) {
        self.resolver.forget();
    }

    /// Starts a request. If a connection is idle, its bytes are on their way when this returns.
    ///
    /// # Panics
    ///
    /// If `client` has been removed.
    pub fn submit(&mut self, client: ClientId, request: Request) -> Submitted {
        assert!(
            self.clients.get(client.0).is_some(),
            "the client has been removed"
        );
        let now = Moment::now();
        let exchange = Exchange::new(request, client.0, now);
        let ticket = Ticket::new(self.works.insert(Work::Exchange(exchange)));
        let queued = self.finished.len();
        self.start(ticket, now);
        self.announce(queued, ticket)
    }

    /// Asks for the next piece of a body that was requested as a stream. One piece is asked for at a
    /// time; a ticket that is not a stream, or has ended, gets nothing and is reported as finished.
    pub fn read_body(&mut self, ticket: Ticket) -> Submitted {
        let queued = self.finished.len();
        if let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key())
            && exchange.streaming == Streaming::Paused
            && let Some(key) = exchange.connection
        {
            exchange.streaming = Streaming::Asked;
            self.resume(key, Moment::now());
        }
        self.announce(queued, ticket)
    }

    /// Whether more of a body that was requested as a stream may be asked for.
    pub fn is_streaming(&self, ticket: Ticket) -> bool {
        matches!(
            self.works.get(ticket.key()),
            Some(Work::Exchange(exchange)) if exchange.streaming == Streaming::Paused
        )
    }

    /// Finishes after `duration`, never earlier.
    pub fn sleep(&mut self, duration: Duration) -> Submitted {
        let ticket = Ticket::new(self.works.insert(Work::Sleep));
        if duration.is_zero() {
            self.finish(ticket, Outcome::Elapsed);
            return Submitted {
                ticket,
                is_finished: true,
            };
        }
        let deadline = Moment::now().after(duration);
        self.timers.push(deadline, Alarm::Sleep(ticket.key()));
        self.arm(deadline);
        Submitted {
            ticket,
            is_finished: false,
        }
    }

    /// Forgets a request, a sleep or a bell. After this, `next` does not return its ticket. The
    /// connection of an unfinished request is closed.
    pub fn cancel(&mut self, ticket: Ticket) {
        let queued = self.finished.len();
        match self.works.remove(ticket.key()) {
            Some(Work::Exchange(exchange)) => {
                if let Some(key) = exchange.connection {
                    self.close(key);
                }
                self.start_all(Moment::now());
            }
            Some(Work::Sleep) => {
                let works = &self.works;
                self.timers.forget_one(|alarm| match alarm {
                    Alarm::Sleep(key) => works.get(key).is_some(),
                    Alarm::Connection(_) => true,
                });
            }
            Some(Work::Bell(_)) => self.bells.retain(|other| *other != ticket),
            Some(Work::Done) | None => {}
        }
        self.announce(queued, ticket);
    }

    /// Makes the descriptor readable until the next turn, for what has finished at once.
    pub fn ring(&self) {
        self.poll.signal().raise();
    }

    /// How many finished requests, sleeps and bells wait to be taken.
    pub fn finished_count(&self) -> usize {
        self.finished.len()
    }

    /// Takes the oldest finished request.
    #[allow(
        clippy::should_implement_trait,
        reason = "an empty queue is not the end of anything"
    )]
    pub fn next(&mut self) -> Option<Finished> {
        loop {
            let finished = self.finished.pop_front()?;
            match self.works.get(finished.ticket.key()) {
                None => {}
                Some(Work::Done) => {
                    self.works.remove(finished.ticket.key());
                    return Some(finished);
                }
                Some(_) => return Some(finished),
            }
        }
    }

    /// Blocks until `turn` has something to do. For drivers without a loop of their own.
    pub fn wait(&mut self, limit: Duration) -> io::Result<()> {
        if self.has_finished() {
            Ok(())
        } else {
            self.poll.wait(limit)
        }
    }

    /// Whether `next` has something to give.
    pub(crate) fn has_finished(&mut self) -> bool {
        while let Some(finished) = self.finished.front() {
            if self.works.get(finished.ticket.key()).is_some() {
                return true;
            }
            self.finished.pop_front();
        }
        false
    }

    /// Tells whether `own` has finished since the queue had `queued` entries. If others have, the
    /// signal makes up for the event that they will not have.
    fn announce(&mut self, queued: usize, own: Ticket) -> Submitted {
        let mut is_finished = false;
        let mut have_others = false;
        for finished in self.finished.iter().skip(queued) {
            is_finished |= finished.ticket == own;
            have_others |= finished.ticket != own;
        }
        if have_others {
            self.poll.signal().raise();
        }
        Submitted {
            ticket: own,
            is_finished,
        }
    }

    /// Hands out what has been rung, and gives out the answers of the resolver.
    pub(crate) fn on_signal(&mut self, now: Moment) {
        self.poll.signal().lower();
        for index in 0..self.bells.len() {
            let ticket = self.bells[index];
            if let Some(Work::Bell(bell)) = self.works.get(ticket.key())
                && bell.take()
            {
                self.finished.push_back(Finished {
                    ticket,
                    outcome: Outcome::Rung,
                });
            }
        }
        while let Some(answer) = self.resolver.take_answer(now) {
            self.on_answer(answer, now);
        }
    }

    /// Queues the end of `ticket`, which names nothing once it has been handed out.
    pub(crate) fn finish(&mut self, ticket: Ticket, outcome: Outcome) {
        if let Some(work) = self.works.get_mut(ticket.key()) {
            *work = Work::Done;
            self.finished.push_back(Finished { ticket, outcome });
        }
    }

    /// Queues something of `ticket`, which goes on.
    pub(crate) fn report(&mut self, ticket: Ticket, outcome: Outcome) {
        self.finished.push_back(Finished { ticket, outcome });
    }

    /// Ends a request without an answer.
    pub(crate) fn fail(&mut self, ticket: Ticket, kind: ErrorKind, now: Moment) {
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        exchange.close_phases(now);
        let timing = exchange.timing(now, &mut self.wall);
        self.counters.network_errors += u64::from(kind.is_of_network());
        let error = RequestError {
            kind,
            timing,
            retries: exchange.retries,
        };
        self.finish(ticket, Outcome::Failed(error));
    }

    /// Sets the timer if `deadline` is earlier than what it is set to.
    pub(crate) fn arm(&mut self, deadline: Moment) {
        if deadline < self.poll.armed()
            && let Err(error) = self.poll.arm(deadline)
        {
            // The kernel refuses no valid time; a deadline that does not come must not be a secret.
            tracing::error!("cannot set the timer: {error}");
        }
    }

    /// Goes on reading a streamed body: first what has been read already.
    fn resume(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let progress = connection.state.receive(&[]);
        if matches!(progress, Ok(Progress::More)) {
            self.watch(key, Interest::Read);
            self.limit_reading(key, now);
        } else {
            self.on_progress(key, progress, now);
            self.start_all(now);
        }
    }
}
