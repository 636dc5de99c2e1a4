//! A master at work: the port for workers, the clock and the state machine.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;

use super::clock::Clock;
use super::thread;
use crate::Moment;
use crate::master::{Master, MasterAction, MasterSettings};
use crate::moment::Level;
use crate::wire::{BindError, Entrance, Event, Listener, RefusalWatch, Refusals, ToWorker};

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

/// A master on a thread of its own.
///
/// Actions that are no I/O of the wire are given to a function, in their order and on that thread: it
/// has to pass them on without waiting.
#[derive(Debug)]
pub struct MasterNode {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    master: Mutex<Master>,
    refusals: RefusalWatch,
    clock: Clock,
    wake: Notify,
    is_closing: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Master> {
        // The state machine is left whole by every method; a panic elsewhere must not end the run.
        self.master.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MasterNode {
    /// Opens the port and starts the thread.
    pub fn start(
        settings: MasterSettings,
        port: Port,
        carry_out: impl Fn(MasterAction) + Send + 'static,
    ) -> Result<Self, BindError> {
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
        let listener = runtime.block_on(Listener::bind(entrance, &host, port))?;
        let address = listener.address();
        let shared = Arc::new(Shared {
            master: Mutex::new(Master::new(settings)),
            refusals: listener.watch_refusals(),
            clock: Clock::start(),
            wake: Notify::new(),
            is_closing: AtomicBool::new(false),
        });
        let leading = lead(Arc::clone(&shared), listener, carry_out);
        let thread = thread::run(runtime, leading).map_err(no_thread)?;
        Ok(Self {
            shared,
            address,
            thread: Some(thread),
        })
    }

    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that were turned away so far.
    pub fn refusals(&self) -> Refusals {
        self.shared.refusals.read()
    }

    /// Looks at the master.
    pub fn read<T>(&self, look: impl FnOnce(&Master) -> T) -> T {
        look(&self.shared.lock())
    }

    /// Tells the master something, at this moment. What follows from it is done by its thread.
    pub fn tell<T>(&self, say: impl FnOnce(&mut Master, Moment) -> T) -> T {
        let said = say(&mut self.shared.lock(), self.shared.clock.now());
        self.shared.wake.notify_one();
        said
    }

    /// Sends what waits to be sent, closes the port and ends the thread.
    pub fn close(&mut self) {
        self.shared.is_closing.store(true, Ordering::Release);
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by it.
            let _ = thread.join();
        }
    }
}

impl Drop for MasterNode {
    fn drop(&mut self) {
        self.close();
    }
}

async fn lead(shared: Arc<Shared>, mut listener: Listener, carry_out: impl Fn(MasterAction)) {
    loop {
        let (actions, deadline) = {
            let mut master = shared.lock();
            (master.take_actions(), master.deadline())
        };
        for action in actions {
            send_or(&listener, action, &carry_out);
        }
        if shared.is_closing.load(Ordering::Acquire) {
            break;
        }
        tokio::select! {
            event = listener.next() => receive(&shared, event),
            () = shared.wake.notified() => {}
            () = shared.clock.reach(deadline) => shared.lock().tick(shared.clock.now()),
            refusal = shared.refusals.next_kind() => {
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
        // The port itself cannot break; only connections can, and workers open them anew.
        MasterAction::ResetConnection => {}
        other => carry_out(other),
    }
}

/// A worker that cannot be reached will be missed by its heartbeat.
fn send(listener: &Listener, to: &str, message: &ToWorker) {
    if let Err(error) = listener.send(to, message) {
        tracing::debug!("cannot send to worker {to}: {error}");
    }
}

fn receive(shared: &Shared, event: Event) {
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
