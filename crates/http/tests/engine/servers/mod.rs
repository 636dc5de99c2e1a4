//! Small real servers: each connection has a thread of its own that does what the test says.

pub(crate) mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// A server that ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    /// Calls `serve` for each connection, with its number, on a thread of its own.
    pub(crate) fn start(serve: impl Fn(usize, Peer) + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0", serve).expect("there is a loopback interface")
    }

    /// The same on another address. None if the machine does not have it.
    pub(crate) fn on(
        address: &str,
        serve: impl Fn(usize, Peer) + Send + Sync + 'static,
    ) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&accepted);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                let stream = stream.unwrap();
                thread::spawn(move || {
                    serve(
                        number,
                        Peer {
                            stream,
                            seen: Vec::new(),
                        },
                    );
                });
            }
        });
        Some(Self { address, accepted })
    }

    /// Answers every request with the same bytes and keeps the connection.
    pub(crate) fn answering(bytes: &'static [u8]) -> Self {
        Self::start(move |_, mut peer| {
            while peer.read_request().is_some() {
                peer.write(bytes);
            }
        })
    }

    /// Connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// One connection, seen from the server.
pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    seen: Vec<u8>,
}

impl Peer {
    /// The head of the next request, and its body if it announces one. None at the end.
    pub(crate) fn read_request(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.seen, b"\r\n\r\n") {
                let head = String::from_utf8(self.seen[..end + 4].to_vec()).unwrap();
                let length = head
                    .to_ascii_lowercase()
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                    .unwrap_or(0);
                while self.seen.len() < end + 4 + length {
                    self.read_more()?;
                }
                let rest = self.seen.split_off(end + 4 + length);
                let whole = std::mem::replace(&mut self.seen, rest);
                return Some(String::from_utf8_lossy(&whole).into_owned());
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Option<()> {
        let mut buffer = vec![0; 65536];
        let count = self
            .stream
            .read(&mut buffer)
            .ok()
            .filter(|count| *count > 0)?;
        self.seen.extend_from_slice(&buffer[..count]);
        Some(())
    }

    /// Writes; a client that has gone away is not the server's business.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Closes so that the client sees a reset.
    pub(crate) fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
    }

    /// Waits until the client closes.
    pub(crate) fn wait_for_close(&mut self) {
        while self.read_more().is_some() {}
    }
}

/// Does nothing for a while, which is what some servers do.
pub(crate) fn rest(duration: Duration) {
    let (_sender, silence) = channel::<()>();
    let _ = silence.recv_timeout(duration);
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A response with a length, on a connection that is kept.
pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
