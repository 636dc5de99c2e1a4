//! A worker at work: its connection to the master, the clock and the state machine.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::handle::{Node, Shared};
use super::thread;
use crate::Level;
use crate::wire::{self, JoinError, Link, Received, ToMaster};
use crate::worker::{Worker, WorkerAction, WorkerSettings};

/// What waits to be sent when a worker closes gets this long.
const CLOSING: Duration = Duration::from_secs(2);

/// A master that cannot be reached is tried again after this time.
const RETRY: Duration = Duration::from_secs(1);

/// Messages that are kept while there is no connection; the oldest make room.
const MAX_UNSENT: usize = 256;

/// Starts a worker on a thread of its own, which connects to the master and goes on trying while
/// nobody is there.
///
/// A master that refuses is told as an error of the log, and the connection is tried again: the
/// worker gives up when its state machine does.
pub fn follow(
    settings: WorkerSettings,
    master: wire::Master,
    carry_out: impl Fn(WorkerAction) + Send + 'static,
) -> io::Result<Node<Worker>> {
    let clock = Clock::start();
    let id = settings.id.clone();
    let shared = Shared::new(Worker::new(settings, clock.now()), clock);
    let working = Working {
        shared: Arc::clone(&shared),
        master,
        id,
        carry_out,
        link: None,
        was_linked: false,
        unsent: VecDeque::new(),
        is_unanswered: false,
        has_ended: false,
        last_error: None,
    };
    Node::start(shared, thread::runtime()?, working.work())
}

struct Working<F> {
    shared: Arc<Shared<Worker>>,
    master: wire::Master,
    id: String,
    carry_out: F,
    link: Option<Link>,
    /// There was a connection before: what it may have lost is repeated on the next.
    was_linked: bool,
    unsent: VecDeque<ToMaster>,
    /// The master has said nothing since it was asked to accept this worker.
    is_unanswered: bool,
    /// The worker has ended: whoever drives it says goodbye, and nothing else is tried.
    has_ended: bool,
    /// Said once, however often it is met.
    last_error: Option<String>,
}

impl<F: Fn(WorkerAction) + Send> Working<F> {
    async fn work(mut self) {
        // Cleared by a success; while it is there, nothing else connects.
        let mut next_try = Some(Duration::ZERO);
        loop {
            let (actions, deadline) = {
                let mut worker = self.shared.lock();
                (worker.take_actions(), worker.deadline())
            };
            for action in actions {
                if self.send_or_pass_on(action) {
                    next_try = Some(self.shared.clock.now().elapsed);
                }
            }
            if self.shared.is_closing() {
                break;
            }
            let clock = self.shared.clock;
            if self.has_ended && self.link.is_none() {
                next_try = Some(Duration::MAX);
            }
            if self.link.is_none() && next_try.is_none_or(|at| at <= clock.now().elapsed) {
                next_try = self.connect().await;
                continue;
            }
            let until = if self.link.is_none() && !self.has_ended {
                [deadline, next_try].into_iter().flatten().min()
            } else {
                deadline
            };
            let shared = Arc::clone(&self.shared);
            tokio::select! {
                received = next(&mut self.link) => self.receive(received),
                () = shared.wake.notified() => {}
                () = clock.reach(until) => shared.lock().tick(clock.now()),
            }
        }
        if let Some(link) = self.link.take() {
            link.close(CLOSING).await;
        }
    }

    /// Carries out what concerns the wire, and passes on what does not. Returns whether the
    /// connection has to be opened anew at once.
    fn send_or_pass_on(&mut self, action: WorkerAction) -> bool {
        match action {
            WorkerAction::Send(message) => {
                let asks = matches!(message, ToMaster::ClientReady(_));
                if asks && std::mem::replace(&mut self.is_unanswered, true) && self.link.is_some() {
                    // libzmq leaves a peer without an answer if it has not forgotten its identity
                    // from an earlier connection; on a new one it answers.
                    self.link = None;
                    self.keep(message);
                    return true;
                }
                let is_sent = match &self.link {
                    Some(link) => link.send(&message).is_ok(),
                    None => false,
                };
                if !is_sent {
                    self.keep(message);
                }
            }
            WorkerAction::Reconnect => {
                self.link = None;
                return true;
            }
            other => {
                self.has_ended |= matches!(other, WorkerAction::End(_));
                (self.carry_out)(other);
            }
        }
        false
    }

    /// Keeps a message for the next connection. A sign of life is of no use when it is late.
    fn keep(&mut self, message: ToMaster) {
        if matches!(message, ToMaster::Heartbeat(_)) {
            return;
        }
        if self.unsent.len() == MAX_UNSENT {
            self.unsent.pop_front();
        }
        self.unsent.push_back(message);
    }

    /// Connects; when it fails, says when to try again. The state machine has its turns meanwhile.
    async fn connect(&mut self) -> Option<Duration> {
        let (master, id) = (self.master.clone(), self.id.clone());
        let connecting = Link::connect(&master, &id);
        tokio::pin!(connecting);
        let shared = Arc::clone(&self.shared);
        let connected = loop {
            let deadline = shared.lock().deadline();
            tokio::select! {
                connected = &mut connecting => break connected,
                () = shared.clock.reach(deadline) => shared.lock().tick(shared.clock.now()),
                () = shared.wake.notified() => {
                    if shared.is_closing() {
                        return None;
                    }
                }
            }
        };
        match connected {
            Ok(link) => {
                self.last_error = None;
                for message in self.unsent.drain(..) {
                    // A failure shows as the loss of the connection.
                    let _ = link.send(&message);
                }
                self.link = Some(link);
                if std::mem::replace(&mut self.was_linked, true) {
                    self.shared.lock().connected_again();
                }
                None
            }
            Err(error) => {
                self.complain(&error);
                Some(self.shared.clock.now().elapsed + RETRY)
            }
        }
    }

    fn complain(&mut self, error: &JoinError) {
        let text = error.to_string();
        if self.last_error.as_ref() == Some(&text) {
            return;
        }
        let level = match error {
            JoinError::Refused { .. } => Level::Error,
            // The usual thing for a worker that was started before its master.
            _ => Level::Info,
        };
        (self.carry_out)(WorkerAction::Log(level, format!("{text}; trying again")));
        self.last_error = Some(text);
    }

    fn receive(&mut self, received: Received) {
        let now = self.shared.clock.now();
        match received {
            Received::Message(envelope) => {
                self.is_unanswered = false;
                self.shared.lock().receive(now, envelope.message);
            }
            Received::Unreadable(error) => {
                let text = format!("a message of the master could not be read: {error}");
                (self.carry_out)(WorkerAction::Log(Level::Warning, text));
            }
            Received::Lost(loss) => {
                self.link = None;
                tracing::debug!("the connection to the master was lost: {loss}");
            }
        }
    }
}

/// What comes from the master; nothing while there is no connection.
async fn next(link: &mut Option<Link>) -> Received {
    match link {
        Some(link) => link.next().await,
        None => std::future::pending().await,
    }
}
