//! Asks the provider: one request on one connection, with limits of time and size, and no redirects.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::error::SignInError as Error;

/// Time for one answer, from the look-up of the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time for the way to one of several addresses, so that one into which everything vanishes leaves time
/// for the next.
const EACH: Duration = Duration::from_secs(2);

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Who asks.
const AGENT: &str = concat!("gregaria/", env!("CARGO_PKG_VERSION"));

/// What may ask.
pub(super) struct Fetcher {
    tls: TlsConnector,
    patience: Duration,
}

/// An answer: its status, and its JSON if it is an object.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) status: StatusCode,
    pub(super) object: Option<Map<String, Value>>,
}

impl Fetcher {
    /// Trusts whom the machine trusts, or Mozilla's list where the machine has none.
    pub(super) fn new() -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!("certificate store of the machine: {error}");
        }
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            patience: PATIENCE,
        })
    }

    /// The same with another patience, for tests.
    #[cfg(test)]
    pub(super) fn with_patience(patience: Duration) -> Self {
        Self {
            patience,
            ..Self::new().unwrap()
        }
    }

    /// Asks for a document.
    pub(super) async fn get(
        &self,
        address: &Address,
        bearer: Option<&str>,
    ) -> Result<Fetched, Error> {
        let authorization = bearer.map(|token| format!("Bearer {token}"));
        let request = plain(Method::GET, address, authorization, Body::empty())?;
        self.ask(address, request).await
    }

    /// Sends a form. `authorization` is the whole value of that header.
    pub(super) async fn post(
        &self,
        address: &Address,
        form: String,
        authorization: Option<String>,
    ) -> Result<Fetched, Error> {
        let mut request = plain(Method::POST, address, authorization, Body::from(form))?;
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        self.ask(address, request).await
    }

    async fn ask(&self, address: &Address, request: Request<Body>) -> Result<Fetched, Error> {
        let answer = tokio::time::timeout(self.patience, self.exchange(address, request)).await;
        let seconds = self.patience.as_secs_f64();
        answer
            .unwrap_or_else(|_| Err(format!("no answer within {seconds} s")))
            .map_err(|why| Error::Unavailable(format!("`{}`: {why}", address.as_str())))
    }

    async fn exchange(&self, address: &Address, request: Request<Body>) -> Result<Fetched, String> {
        let said = |error: std::io::Error| error.to_string();
        let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
        let found: Vec<SocketAddr> = found.map_err(said)?.collect();
        let stream = first_of(&found, EACH, TcpStream::connect).await?;
        if !address.is_tls {
            return converse(stream, request).await;
        }
        let name = ServerName::try_from(address.host.clone()).map_err(|error| error.to_string())?;
        let stream = self.tls.connect(name, stream).await;
        converse(stream.map_err(said)?, request).await
    }
}

/// The way to the first of these addresses to which there is one. Each but the last has this time.
async fn first_of<T, F: Future<Output = std::io::Result<T>>>(
    addresses: &[SocketAddr],
    each: Duration,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, String> {
    let (last, others) = addresses.split_last().ok_or("its name has no address")?;
    for address in others {
        if let Ok(Ok(stream)) = tokio::time::timeout(each, connect(*address)).await {
            return Ok(stream);
        }
    }
    connect(*last).await.map_err(|error| error.to_string())
}

/// One request, and its answer to the end.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<Fetched, String> {
    let said = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(said)?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MAX_ANSWER).await;
        let body =
            body.map_err(|_| format!("its answer is longer than {MAX_ANSWER} bytes, or cut off"))?;
        let object = serde_json::from_slice(&body).ok();
        Ok(Fetched { status, object })
    };
    // The connection moves on only while it is polled, and is closed with the answer.
    let mut connection = std::pin::pin!(connection);
    let mut asked = std::pin::pin!(asked);
    tokio::select! {
        fetched = &mut asked => fetched,
        // Its end may come before the answer has been read.
        _ = &mut connection => asked.await,
    }
}

fn plain(
    method: Method,
    address: &Address,
    authorization: Option<String>,
    body: Body,
) -> Result<Request<Body>, Error> {
    let unfit = |_| Error::Unavailable(format!("`{}` cannot be asked", address.as_str()));
    let mut request = Request::builder()
        .method(method)
        .uri(address.target.as_str())
        .header(HOST, address.authority.as_str())
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, AGENT)
        .header("connection", "close");
    if let Some(authorization) = authorization {
        let mut value = HeaderValue::try_from(authorization)
            .map_err(|_| Error::Unavailable("what it has given is no token".to_owned()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(body).map_err(unfit)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Asks a server that answers with this, and then says no more without closing.
    async fn asked(answer: &[u8]) -> Result<Fetched, Error> {
        let answer = answer.to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(&answer).await;
            std::future::pending::<()>().await;
        });
        let address = Address::parse(&format!("http://{address}/x")).unwrap();
        let fetcher = Fetcher::with_patience(Duration::from_millis(300));
        fetcher.get(&address, None).await
    }

    #[tokio::test]
    async fn what_is_silent_cut_off_or_too_long_is_no_answer() {
        let long = " ".repeat(MAX_ANSWER + 1);
        for (answer, why) in [
            ("", "no answer within 0.3 s"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
                "no answer within 0.3 s",
            ),
            (
                &format!("HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n{long}"),
                "longer than",
            ),
            ("nonsense\r\n\r\n", "invalid HTTP"),
        ] {
            let Err(Error::Unavailable(text)) = asked(answer.as_bytes()).await else {
                panic!("{answer}");
            };
            assert!(text.contains(why), "{text}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_leads_nowhere() {
        let head =
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\n{}";
        let fetched = asked(head).await.unwrap();
        assert_eq!(fetched.status, StatusCode::FOUND);
    }

    #[tokio::test]
    async fn an_address_into_which_everything_vanishes_leaves_time_for_the_next() {
        let [void, deaf, good] = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let connect = |address: SocketAddr| async move {
            if address == void {
                std::future::pending::<()>().await;
            }
            if address == deaf {
                return Err(std::io::ErrorKind::ConnectionRefused.into());
            }
            Ok(address)
        };
        let each = Duration::from_millis(1);
        let reached = first_of(&[void, deaf, good], each, connect).await;
        assert_eq!(reached, Ok(good));
        assert!(first_of(&[void, deaf], each, connect).await.is_err());
        assert!(first_of(&[], each, connect).await.is_err());
    }

    #[tokio::test]
    async fn where_nobody_listens_nothing_can_be_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let address = Address::parse(&format!("http://{address}/x")).unwrap();
        let fetched = Fetcher::new().unwrap().get(&address, None).await;
        assert!(matches!(fetched, Err(Error::Unavailable(_))), "{fetched:?}");
    }
}
