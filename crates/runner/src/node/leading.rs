//! A master at work: the port for workers, the clock and the state machine.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::Clock;
use super::handle::{Node, Shared};
use super::thread;
use crate::limits::LEAVE_WAIT;
use crate::master::{Master, MasterAction, MasterSettings};
use crate::moment::Level;
use crate::wire::{
    BindError, Entrance, Event, JoinToken, JoinTokens, Listener, RefusalWatch, Refusals, ToWorker,
};

/// What waits to be sent when a master closes gets this long.
const CLOSING: Duration = Duration::from_secs(2);

/// Where workers are expected.
#[derive(Debug)]
pub struct Port {
    /// Who may join, and how.
    pub entrance: Entrance,
    /// Address to listen on; `*` and the empty text mean all.
    pub host: String,
    /// 0 takes a free one.
    pub port: u16,
}

/// What a master's port is and was.
#[derive(Debug)]
pub struct Listening {
    /// Where it listens, with the port that was taken.
    pub address: SocketAddr,
    refusals: RefusalWatch,
    tokens: Option<Arc<JoinTokens>>,
    has_new_tokens: Arc<Notify>,
}

impl Listening {
    /// Connections that were turned away so far.
    pub fn refusals(&self) -> Refusals {
        self.refusals.read()
    }

    /// Replaces the tokens that workers may join by. Those that have joined by one which is gone are
    /// told to leave, and are cut off if they do not. Without effect on an open port.
    pub fn set_tokens(&self, new: impl IntoIterator<Item = JoinToken>) {
        if let Some(tokens) = &self.tokens {
            tokens.set(new);
            self.has_new_tokens.notify_one();
        }
    }
}

/// Opens the port and starts a master on a thread of its own.
pub fn lead(
    settings: MasterSettings,
    port: Port,
    carry_out: impl Fn(MasterAction) + Send + 'static,
) -> Result<(Node<Master>, Listening), BindError> {
    let Port {
        entrance,
        host,
        port,
    } = port;
    let no_thread = |source: io::Error| BindError::Address {
        address: format!("{host}:{port}"),
        source,
    };
    let runtime = thread::runtime().map_err(no_thread)?;
    let tokens = match &entrance {
        Entrance::Invited { tokens, .. } => Some(Arc::clone(tokens)),
        Entrance::Open => None,
    };
    let has_new_tokens = Arc::new(Notify::new());
    let listener = runtime.block_on(Listener::bind(entrance, &host, port))?;
    let listening = Listening {
        address: listener.address(),
        refusals: listener.watch_refusals(),
        tokens,
        has_new_tokens: Arc::clone(&has_new_tokens),
    };
    let shared = Shared::new(Master::new(settings), Clock::start());
    let leading = drive(Arc::clone(&shared), listener, has_new_tokens, carry_out);
    let node = Node::start(shared, runtime, leading).map_err(no_thread)?;
    Ok((node, listening))
}

async fn drive(
    shared: Arc<Shared<Master>>,
    mut listener: Listener,
    has_new_tokens: Arc<Notify>,
    carry_out: impl Fn(MasterAction),
) {
    let refusals = listener.watch_refusals();
    let mut cut_off_at = None;
    loop {
        let (actions, deadline) = {
            let mut master = shared.lock();
            (master.take_actions(), master.deadline())
        };
        for action in actions {
            send_or(&listener, action, &carry_out);
        }
        if shared.is_closing() {
            break;
        }
        tokio::select! {
            event = listener.next() => receive(&shared, event),
            () = shared.wake.notified() => {}
            () = shared.clock.reach(deadline) => shared.lock().tick(shared.clock.now()),
            () = has_new_tokens.notified() => {
                let revoked = listener.revoked();
                if !revoked.is_empty() {
                    cut_off_at = Some(shared.clock.now().elapsed + LEAVE_WAIT);
                    shared.lock().send_away(&revoked);
                }
            }
            () = shared.clock.reach(cut_off_at) => {
                cut_off_at = None;
                listener.dismiss_revoked();
            }
            refusal = refusals.next_kind() => {
                carry_out(MasterAction::Log(Level::Warning, refusal));
            }
        }
    }
    listener.close(CLOSING).await;
}

/// Carries out what concerns the wire, and passes on what does not.
fn send_or(listener: &Listener, action: MasterAction, carry_out: &impl Fn(MasterAction)) {
    match action {
        MasterAction::Send { to, message } => send(listener, &to, &message),
        MasterAction::Spawn(round) => {
            for (worker, spawn) in round.messages() {
                send(listener, worker, &ToWorker::Spawn(Box::new(spawn)));
            }
        }
        other => carry_out(other),
    }
}

/// A worker that cannot be reached will be missed by its heartbeat.
fn send(listener: &Listener, to: &str, message: &ToWorker) {
    if let Err(error) = listener.send(to, message) {
        tracing::debug!("cannot send to worker {to}: {error}");
    }
}

fn receive(shared: &Shared<Master>, event: Event) {
    let now = shared.clock.now();
    match event {
        Event::Message { node_id, envelope } => {
            shared.lock().receive(now, &node_id, envelope.message);
        }
        Event::Unreadable { node_id, error } => shared.lock().receive_garbage(&node_id, &error),
        // What counts is what a worker says, and for how long it has said nothing.
        Event::Joined { node_id, address } => tracing::debug!("{node_id} connects from {address}"),
        Event::Lost { node_id, loss } => tracing::debug!("connection of {node_id}: {loss}"),
    }
}
