//! Starts and stops the demo's server: one thread with a runtime of its own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    thread::{self, JoinHandle},
};

use axum::{
    Router,
    extract::{Request, State as FromState},
    middleware::{self, Next},
    response::Response,
    serve::ListenerExt,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::{login, misc, shop, state::State};

/// A running server on loopback. It stops when dropped.
pub struct Target {
    address: SocketAddr,
    state: State,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Target {
    /// Starts a server on 127.0.0.1. Port 0 takes a free one. It accepts connections as soon as
    /// this returns.
    pub fn start(port: u16) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let state = State::default();
        let router = router(state.clone());
        let thread = thread::Builder::new()
            .name("demo-target".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // Small answers wait for nobody. A socket that refuses is closed by its peer: the
                    // next read says so.
                    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                    // Kept connections would hold a graceful end up for as long as their clients live.
                    tokio::select! {
                        ended = axum::serve(listener, router) => ended,
                        _ = stopped => Ok(()),
                    }
                })
            })?;
        Ok(Self {
            address,
            state,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests answered so far.
    pub fn served(&self) -> u64 {
        self.state.served()
    }

    /// Closes the listener and all connections, and waits for the thread. Does nothing the second
    /// time.
    pub fn stop(&mut self) -> io::Result<()> {
        // The receiver is gone if the server ended by itself: then `join` tells why.
        drop(self.stop.take());
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(io::Error::other("the demo's server panicked")),
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "the demo's server ended badly");
        }
    }
}

fn router(state: State) -> Router {
    Router::new()
        .merge(shop::routes())
        .merge(login::routes())
        .merge(misc::routes())
        .layer(middleware::from_fn_with_state(state.clone(), count))
        .with_state(state)
}

async fn count(FromState(state): FromState<State>, request: Request, next: Next) -> Response {
    state.count_served();
    next.run(request).await
}
