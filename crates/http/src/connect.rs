//! Opening a connection: resolve, TCP, proxy, TLS. Each is a state with a timing of its own.
//!
//! A connection is opened for one request, which it carries from the beginning: what goes wrong is
//! that request's failure, and its phases are that request's phases.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use rustix::io::Errno;
use rustix::net::sockopt::{set_tcp_nodelay, socket_error};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socket_with};
use rustls::pki_types::ServerName;

use crate::client::Proxy;
use crate::clock::Moment;
use crate::connection::Connection;
use crate::decide::Loss;
use crate::engine::{Engine, Work};
use crate::error::ErrorKind;
use crate::gate;
use crate::h1::{Progress, State};
use crate::poll::Interest;
use crate::reactor::address_of;
use crate::request::{HeaderBlock, Method, Origin, Request, Rules, Scheme};
use crate::resolve::{Answer, Lookup, Unresolved};
use crate::slots::Key;
use crate::ticket::Ticket;
use crate::tls;

/// What a connection that is being opened waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The addresses of the host, or of the proxy.
    Resolve,
    /// The other side's part of the TCP handshake.
    Connect,
    /// The proxy's answer to CONNECT.
    Tunnel,
    /// The TLS handshake.
    Tls,
}

/// What is left to do until the first request can be sent.
#[derive(Debug)]
pub(crate) struct Opening {
    stage: Stage,
    /// When the stage began.
    since: Moment,
    addresses: Rc<[IpAddr]>,
    /// The next address to try.
    next: usize,
    /// An address that the gate has not let through.
    blocked: Option<IpAddr>,
    /// Whether there was one that it has.
    has_tried: bool,
    /// Why the last address failed.
    errno: Errno,
    /// The exchange with the proxy.
    tunnel: State,
}

impl Opening {
    fn new(since: Moment) -> Self {
        Self {
            stage: Stage::Resolve,
            since,
            addresses: Rc::from([]),
            next: 0,
            blocked: None,
            has_tried: false,
            errno: Errno::HOSTUNREACH,
            tunnel: State::default(),
        }
    }
}

impl Engine {
    /// Begins to open a connection for the request of `ticket`. The pool has counted it.
    pub(crate) fn open(&mut self, ticket: Ticket, now: Moment) {
        let Some(Work::Exchange(exchange)) = self.works.get_mut(ticket.key()) else {
            return;
        };
        let Some(client) = self.clients.get(exchange.client) else {
            return;
        };
        let origin = Arc::clone(&exchange.request.origin);
        let timeout = exchange.request.rules.connect_timeout;
        let connection = Connection::new(
            exchange.client,
            client.epoch,
            Arc::clone(&origin),
            ticket,
            Opening::new(now),
        );
        let key = self.connections.insert(connection);
        exchange.connection = Some(key);
        let proxy = client.config.proxy.as_ref().map(|proxy| &*proxy.host);
        if let Some(gate) = &self.gate
            && let Some(refused) = gate.refused(&origin.host, proxy)
        {
            let refused = refused.into();
            return self.block(key, refused, now);
        }
        self.counters.opened += 1;
        let host = proxy.unwrap_or(&origin.host);
        let lookup = self.resolver.ask(host, key, now);
        if let Some(timeout) = timeout {
            self.limit(key, now.after(timeout));
        }
        match lookup {
            Lookup::Asked => {}
            Lookup::Known(addresses) => self.connect(key, addresses, now),
            Lookup::Failed(reason) => self.fail_to_resolve(key, &reason, now),
        }
    }

    /// The resolver has answered: everybody who asked goes on.
    pub(crate) fn on_answer(&mut self, answer: Answer, now: Moment) {
        for key in answer.askers {
            if self.connections.get(key).is_none() {
                continue;
            }
            match &answer.addresses {
                Ok(addresses) => self.connect(key, Rc::clone(addresses), now),
                Err(reason) => self.fail_to_resolve(key, reason, now),
            }
        }
    }

    fn fail_to_resolve(&mut self, key: Key, reason: &Unresolved, now: Moment) {
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        let host = match self.proxy_of(connection) {
            Some(proxy) => proxy.host.clone(),
            None => connection.origin.host.clone(),
        };
        let (code, text) = (reason.code, reason.text.clone());
        self.end_stage(key, now);
        self.lose(
            key,
            ErrorKind::Resolve { host, code, text },
            Loss::Other,
            now,
        );
    }

    fn connect(&mut self, key: Key, addresses: Rc<[IpAddr]>, now: Moment) {
        self.end_stage(key, now);
        if let Some(opening) = self.opening(key) {
            opening.stage = Stage::Connect;
            opening.addresses = addresses;
            self.connect_next(key, now);
        }
    }

    /// Ends the request of a connection that must not be opened. There is no other to try it on.
    fn block(&mut self, key: Key, what: Box<str>, now: Moment) {
        let connection = self.connections.get(key);
        let ticket = connection.and_then(|connection| connection.ticket);
        self.close(key);
        self.counters.blocked += 1;
        if let Some(gate) = &self.gate {
            gate.note(&what);
        }
        if let Some(ticket) = ticket {
            self.fail(ticket, ErrorKind::NotAllowed { what }, now);
        }
    }

    /// Tries the addresses that are left, until one does not fail at once.
    fn connect_next(&mut self, key: Key, now: Moment) {
        let (host, port) = match self.connections.get(key) {
            None => return,
            Some(connection) => match self.proxy_of(connection) {
                Some(proxy) => (proxy.host.clone(), proxy.port),
                None => (connection.origin.host.clone(), connection.origin.port),
            },
        };
        loop {
            let Some(connection) = self.connections.get_mut(key) else {
                return;
            };
            let Some(opening) = &mut connection.opening else {
                return;
            };
            // Closing the socket takes it out of the set.
            connection.socket = None;
            connection.interest = Interest::Nothing;
            let Some(&address) = opening.addresses.get(opening.next) else {
                if let (Some(address), false) = (opening.blocked, opening.has_tried) {
                    self.end_stage(key, now);
                    return self.block(key, gate::leads_to(&host, address), now);
                }
                let errno = opening.errno.raw_os_error();
                let host = connection.origin.host.clone();
                self.end_stage(key, now);
                let kind = ErrorKind::Connect { host, port, errno };
                return self.lose(key, kind, Loss::Other, now);
            };
            opening.next += 1;
            if let Some(gate) = &self.gate
                && !gate.admits(&host, address)
            {
                opening.blocked = Some(address);
                continue;
            }
            opening.has_tried = true;
            match begin_connecting(SocketAddr::new(address, port)) {
                Ok((socket, is_connected)) => {
                    connection.socket = Some(socket);
                    if is_connected {
                        return self.on_connected(key, now);
                    }
                    return self.watch(key, Interest::ReadAndWrite);
                }
                Err(errno) => opening.errno = errno,
            }
        }
    }

    /// Something has happened on a connection that is being opened.
    pub(crate) fn go_on_opening(&mut self, key: Key, is_readable: bool) {
        let now = Moment::now();
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(opening) = &mut connection.opening else {
            return;
        };
        let Some(socket) = &connection.socket else {
            return;
        };
        match opening.stage {
            Stage::Resolve => {}
            Stage::Connect => match socket_error(socket) {
                Ok(Ok(())) => self.on_connected(key, now),
                Ok(Err(errno)) | Err(errno) => {
                    opening.errno = errno;
                    self.connect_next(key, now);
                }
            },
            Stage::Tunnel | Stage::Tls => match connection.flush() {
                Err(errno) => {
                    let kind = ErrorKind::Connection {
                        errno: errno.raw_os_error(),
                    };
                    self.lose(key, kind, Loss::Other, now);
                }
                Ok(is_all) => {
                    self.watch(
                        key,
                        if is_all {
                            Interest::Read
                        } else {
                            Interest::ReadAndWrite
                        },
                    );
                    if is_readable {
                        self.read_opening(key, now);
                    }
                }
            },
        }
    }

    fn on_connected(&mut self, key: Key, now: Moment) {
        self.end_stage(key, now);
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        match (connection.origin.scheme, self.proxy_of(connection)) {
            (Scheme::Http, _) => self.on_open(key, now),
            (Scheme::Https, None) => self.begin_tls(key, now),
            (Scheme::Https, Some(proxy)) => {
                let request = connect_request(&connection.origin, proxy);
                if let Some(opening) = self.opening(key) {
                    opening.stage = Stage::Tunnel;
                    let mut bytes = Vec::new();
                    opening.tunnel.start(&request, None, &mut bytes);
                    self.send_opening(key, &bytes, now);
                }
            }
        }
    }

    fn begin_tls(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(client) = self.clients.get(connection.client) else {
            return;
        };
        let begun = self.tls.get(&client.config.tls).and_then(|config| {
            let host = connection.origin.host.to_string();
            let name = ServerName::try_from(host)
                .map_err(|_| format!("`{}` is no valid name", connection.origin.host))?;
            let tls = rustls::ClientConnection::new(config, name);
            Ok(tls.map_err(|error| error.to_string())?)
        });
        match begun {
            Ok(mut tls) => {
                tls.set_buffer_limit(None);
                connection.tls = Some(Box::new(tls));
                if let Some(opening) = &mut connection.opening {
                    opening.stage = Stage::Tls;
                }
                self.send_opening(key, &[], now);
            }
            Err(text) => self.break_tls(key, text, now),
        }
    }

    fn break_tls(&mut self, key: Key, text: Box<str>, now: Moment) {
        let Some(connection) = self.connections.get(key) else {
            return;
        };
        let (host, port) = address_of(connection);
        self.end_stage(key, now);
        self.lose(key, ErrorKind::Tls { host, port, text }, Loss::Other, now);
    }

    fn send_opening(&mut self, key: Key, bytes: &[u8], now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        match connection.send(bytes, &mut self.wire_buffer) {
            Ok(()) => {
                let is_all = connection.unsent.is_empty();
                self.watch(
                    key,
                    if is_all {
                        Interest::Read
                    } else {
                        Interest::ReadAndWrite
                    },
                );
            }
            Err((errno, _)) => {
                let kind = ErrorKind::Connection {
                    errno: errno.raw_os_error(),
                };
                self.lose(key, kind, Loss::Other, now);
            }
        }
    }

    /// Reads what the proxy or TLS has to say.
    fn read_opening(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(socket) = &connection.socket else {
            return;
        };
        let count = match recv(socket, &mut *self.read_buffer, RecvFlags::empty()) {
            Ok((_, count)) => count,
            Err(Errno::AGAIN | Errno::INTR) => return,
            Err(errno) => {
                let kind = ErrorKind::Connection {
                    errno: errno.raw_os_error(),
                };
                return self.lose(key, kind, Loss::Other, now);
            }
        };
        let bytes = &self.read_buffer[..count];
        let Some(opening) = &mut connection.opening else {
            return;
        };
        match &mut connection.tls {
            None => {
                let progress = if count == 0 {
                    opening.tunnel.end()
                } else {
                    opening.tunnel.receive(bytes)
                };
                self.on_tunnel(key, progress, count == 0, now);
            }
            Some(_) if count == 0 => {
                let text = "the server closed the connection during the handshake".into();
                self.break_tls(key, text, now);
            }
            Some(tls) => {
                self.plain_buffer.clear();
                let decrypted = tls::decrypt(tls, bytes, &mut self.plain_buffer);
                let is_handshaking = tls.is_handshaking();
                // Also when it has failed: the alert tells the server why.
                self.send_opening(key, &[], now);
                match decrypted {
                    Err(error) => self.break_tls(key, tls::explain(&error), now),
                    Ok(_) if is_handshaking => {}
                    Ok(_) => {
                        self.end_stage(key, now);
                        self.on_open(key, now);
                    }
                }
            }
        }
    }

    fn on_tunnel(
        &mut self,
        key: Key,
        progress: Result<Progress, crate::h1::ProtocolError>,
        has_ended: bool,
        now: Moment,
    ) {
        let kind = match progress {
            Ok(Progress::Done(message)) if (200..300).contains(&message.status) => {
                self.end_stage(key, now);
                return self.begin_tls(key, now);
            }
            Ok(Progress::Done(message)) => ErrorKind::Proxy {
                status: message.status,
            },
            Ok(_) if has_ended => ErrorKind::ClosedBeforeResponse,
            Ok(_) => return,
            Err(error) => error.into(),
        };
        self.end_stage(key, now);
        self.lose(key, kind, Loss::Other, now);
    }

    /// The connection is open: the request it was opened for is sent.
    fn on_open(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        connection.opening = None;
        connection.deadline = Moment::NEVER;
        let Some(ticket) = connection.ticket else {
            return;
        };
        self.watch(key, Interest::Read);
        self.send(key, ticket, now);
    }

    /// Adds the time since the stage began to its phase.
    fn end_stage(&mut self, key: Key, now: Moment) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let Some(opening) = &mut connection.opening else {
            return;
        };
        let spent = now.since(opening.since);
        opening.since = now;
        let work = connection
            .ticket
            .and_then(|ticket| self.works.get_mut(ticket.key()));
        let Some(Work::Exchange(exchange)) = work else {
            return;
        };
        match opening.stage {
            Stage::Resolve => exchange.resolve += spent,
            Stage::Connect | Stage::Tunnel => exchange.connect += spent,
            Stage::Tls => exchange.tls += spent,
        }
    }

    fn opening(&mut self, key: Key) -> Option<&mut Opening> {
        self.connections.get_mut(key)?.opening.as_deref_mut()
    }

    fn proxy_of(&self, connection: &Connection) -> Option<&Arc<Proxy>> {
        self.clients.get(connection.client)?.config.proxy.as_ref()
    }
}

/// Asks the kernel for a connection. The second value says that it is open already.
fn begin_connecting(address: SocketAddr) -> Result<(std::os::fd::OwnedFd, bool), Errno> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    // A request is written in one piece, so waiting for more to send can only delay it.
    set_tcp_nodelay(&socket, true)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => Ok((socket, true)),
        Err(Errno::INPROGRESS) => Ok((socket, false)),
        Err(errno) => Err(errno),
    }
}

/// What asks a proxy for a tunnel to `origin`.
fn connect_request(origin: &Arc<Origin>, proxy: &Proxy) -> Request {
    let host = if origin.host.contains(':') {
        format!("[{}]:{}", origin.host, origin.port)
    } else {
        format!("{}:{}", origin.host, origin.port)
    };
    let mut headers = HeaderBlock::default();
    let lines = [Some(("Host", &*host)), proxy_authorization(proxy)];
    for (name, value) in lines.into_iter().flatten() {
        if let Err(error) = headers.push(name.as_bytes(), value.as_bytes()) {
            tracing::warn!("a header for the proxy is left out: {error}");
        }
    }
    Request {
        method: Method::Other("CONNECT".into()),
        origin: Arc::clone(origin),
        target: host.into(),
        headers: Arc::new(headers),
        body: None,
        rules: Rc::new(Rules::default()),
    }
}

/// The request as a proxy forwards it: with the whole URL in place of the path.
pub(crate) fn forwarded(request: &Request, proxy: &Proxy) -> Request {
    let mut request = request.clone();
    request.target = format!("{}{}", request.origin, request.target).into();
    if let Some((name, value)) = proxy_authorization(proxy) {
        let headers = Arc::make_mut(&mut request.headers);
        if let Err(error) = headers.push(name.as_bytes(), value.as_bytes()) {
            tracing::warn!("a header for the proxy is left out: {error}");
        }
    }
    request
}

fn proxy_authorization(proxy: &Proxy) -> Option<(&'static str, &str)> {
    proxy
        .authorization
        .as_deref()
        .map(|value| ("Proxy-Authorization", value))
}
