//! The listener, its connections and its threads.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use super::app::{App, now};
use super::hurry::Hurry;
use super::router::router;
use super::settings::Settings;
use super::store::Shelf;
use super::tls;
use crate::cloud::CloudWatch;
use crate::guard::{Guard, Login, Names};
use crate::live::Feed;
use crate::oidc::Provider;
use crate::seam::Seam;
use crate::target::Targets;

/// Connections at once; further ones wait until one ends.
const MAX_CONNECTIONS: usize = 2048;

/// Time for the head of a request, and for the handshake before it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Time for the body of a request, if nobody says.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// Time for what is under way when the server ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is not to be had.
    #[error("cannot serve the page on `{address}`: {source}")]
    Bind {
        /// What was asked for.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error("cannot use `{}` for TLS: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A host of `--allowed-hosts` is none.
    #[error("{0}")]
    AllowedHosts(String),
    /// The provider cannot be asked.
    #[error("cannot use TLS for --oidc-issuer: {0}")]
    Provider(String),
    /// No thread, no runtime.
    #[error("cannot start the threads of the page: {0}")]
    Threads(#[from] io::Error),
}

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    end: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve: connections are accepted when this returns.
    pub fn start(settings: Settings, seam: &Arc<Seam>) -> Result<Self, ServerError> {
        let acceptor = settings.tls.as_ref().map(tls::acceptor).transpose()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("web")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(bind(&settings.host, settings.port))?;
        let address = listener.local_addr()?;
        let mut names = settings.names.clone();
        if !matches!(settings.host.as_str(), "" | "*") {
            names.push(settings.host.clone());
        }
        names.extend(settings.external.iter().map(|url| url.host.clone()));
        let has_login = !settings.credentials.is_empty() || settings.oidc.is_some();
        let provider = settings.oidc.clone().map(Provider::new).transpose();
        let guard = Guard {
            names: Names::new(address.ip(), names),
            login: has_login.then(|| Login::new(settings.credentials.clone())),
            is_secure: settings.tls.is_some(),
            external: settings.external.clone(),
            base_path: settings.base_path.clone(),
            seam: Arc::clone(seam),
        };
        let targets = Targets::new(&settings).map_err(ServerError::AllowedHosts)?;
        let (end, ending) = watch::channel(false);
        let cloud = settings.cloud.map(CloudWatch::new);
        let feed = Arc::new(Feed::new(
            Arc::clone(seam),
            cloud,
            settings.store.clone(),
            now(),
        ));
        let app = Arc::new(App::new(
            Arc::clone(seam),
            Arc::clone(&feed),
            Arc::new(guard),
            provider.map_err(ServerError::Provider)?,
            targets,
            settings.store.map(Shelf::new),
            ending.clone(),
        ));
        let router = router(Arc::clone(&app));
        let door = Door {
            router,
            base_path: settings.base_path,
            acceptor,
            body_patience: settings.body_patience.unwrap_or(BODY_PATIENCE),
        };
        let thread = thread::Builder::new()
            .name("web".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let mut ended = ending;
                    tokio::select! {
                        () = door.serve(listener) => {}
                        () = feed.follow() => {}
                        () = feed.follow_cloud() => {}
                        // Also when the server was dropped.
                        _ = ended.wait_for(|ended| *ended) => {}
                    }
                    // Streams say goodbye.
                    tokio::time::sleep(LAST_WORDS).await;
                });
                runtime.shutdown_background();
            })?;
        Ok(Self {
            address,
            app,
            end,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its handlers share.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Tells viewers goodbye, closes the listener and waits for the thread. Does nothing the second
    /// time.
    pub fn stop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the page panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn bind(host: &str, port: u16) -> Result<TcpListener, ServerError> {
    let failed = |source| ServerError::Bind {
        address: format!("{host}:{port}"),
        source,
    };
    let listener = match host {
        "" => TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await,
        // Both families, where there are two.
        "*" => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await,
        },
        host => match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => TcpListener::bind((address, port)).await,
            Err(_) => TcpListener::bind((host, port)).await,
        },
    };
    listener.map_err(failed)
}

/// What takes connections.
struct Door {
    router: Router,
    base_path: String,
    acceptor: Option<TlsAcceptor>,
    body_patience: Duration,
}

impl Door {
    async fn serve(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let door = Arc::new(self);
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files: it may be better in a moment.
                    tracing::warn!(%error, "a connection to the page was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let door = Arc::clone(&door);
            tokio::spawn(async move {
                door.attend(stream, peer).await;
                drop(place);
            });
        }
    }

    async fn attend(&self, stream: TcpStream, peer: SocketAddr) {
        // A socket that refuses is closed by its peer: the next read says so.
        let _ = stream.set_nodelay(true);
        let peer = Peer(SocketAddr::new(peer.ip().to_canonical(), peer.port()));
        match &self.acceptor {
            None => self.converse(stream, peer).await,
            Some(acceptor) => {
                let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
                if let Ok(Ok(stream)) = shaken {
                    self.converse(stream, peer).await;
                }
            }
        }
    }

    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer) {
        let service = service_fn(|request| {
            let mut router = self.router.clone();
            let request = self.enter(request, peer);
            async move {
                match request {
                    Ok(request) => router.call(request).await,
                    Err(response) => Ok(*response),
                }
            }
        });
        let ended = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(stream), service)
            .await;
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the page ended");
        }
    }

    /// Takes the base path off a request; what is not below it is not here.
    fn enter(
        &self,
        request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Request<Body>, Box<Response>> {
        let mut request = request.map(|body| Body::new(Hurry::new(body, self.body_patience)));
        request.extensions_mut().insert(peer);
        if self.base_path.is_empty() {
            return Ok(request);
        }
        let whole = request.uri().path_and_query();
        let whole = whole.map_or("/", PathAndQuery::as_str);
        let Some(rest) = whole.strip_prefix(&self.base_path) else {
            return Err(Box::new(crate::locust::not_found()));
        };
        if rest.is_empty() || rest.starts_with('?') {
            let to = format!("{}/{rest}", self.base_path);
            let moved = (StatusCode::PERMANENT_REDIRECT, [("location", to)]);
            return Err(Box::new(moved.into_response()));
        }
        let Some(uri) = rest
            .starts_with('/')
            .then(|| rest.parse::<Uri>().ok())
            .flatten()
        else {
            return Err(Box::new(crate::locust::not_found()));
        };
        *request.uri_mut() = uri;
        Ok(request)
    }
}
