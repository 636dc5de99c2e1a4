//! Our own transport: TLS 1.3 to a master whose certificate is pinned, a token within, then frames
//! that begin with their length.
//!
//! The worker speaks first, with who it is and its token; the master answers with a yes or with the
//! reason for a no. Nothing is resumed and nothing is sent early, so a recording of one connection
//! opens no other.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::BytesMut;
use rmpv::ValueRef;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::certificate::Certificate;
use super::check::check;
use super::fields::{Fields, MapOf};
use super::fingerprint::Fingerprint;
use super::frame::{Frame, Framing, put_message};
use super::guest::{Guest, HandshakeError};
use super::join::{Invitation, JoinTokens, MAX_TOKEN_CHARS, TokenError};
use super::stream::{Reader, Stream};

/// Version of what is said before the first message.
const HELLO_VERSION: u64 = 1;

/// Bytes of the longest hello or answer.
const MAX_HELLO_BYTES: usize = 2048 + MAX_TOKEN_CHARS;

/// The master's side.
pub(super) struct TlsDoor {
    acceptor: TlsAcceptor,
    tokens: Arc<JoinTokens>,
}

impl TlsDoor {
    pub(super) fn new(
        certificate: Certificate,
        tokens: Arc<JoinTokens>,
    ) -> Result<Self, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(certificate.chain, certificate.key)?;
        config.send_tls13_tickets = 0;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            tokens,
        })
    }

    /// The handshake until the peer has said who it is and has shown a valid token.
    pub(super) async fn greet(&self, stream: TcpStream) -> Result<Guest, HandshakeError> {
        let stream = self.acceptor.accept(stream).await?;
        let (stream, buffer, hello) = read_hello(stream).await?;
        let (node_id, token) = parse_hello(&hello)?;
        let mut guest = Guest::new(
            Box::new(stream),
            buffer,
            Framing::Prefixed,
            node_id.as_bytes(),
        )?;
        match self.tokens.prove(&token, SystemTime::now()) {
            Ok(token) => guest.token = Some(token),
            Err(error) => {
                refuse(&mut guest, &error.to_string()).await?;
                return Err(error.into());
            }
        }
        Ok(guest)
    }

    pub(super) fn tokens(&self) -> &JoinTokens {
        &self.tokens
    }
}

/// Tells a worker that it is in.
pub(super) async fn admit(guest: &mut Guest) -> Result<(), HandshakeError> {
    say(
        guest,
        MapOf::new().with("accepted", HELLO_VERSION).into_value(),
    )
    .await
}

/// Tells a worker why it is not.
pub(super) async fn refuse(guest: &mut Guest, reason: &str) -> Result<(), HandshakeError> {
    say(guest, MapOf::new().with("refused", reason).into_value()).await?;
    Ok(guest.stream.shutdown().await?)
}

/// The worker's side.
pub(super) async fn join(
    stream: TcpStream,
    invitation: &Invitation,
    node_id: &str,
) -> Result<Guest, HandshakeError> {
    let provider = provider();
    let pin = Pin {
        fingerprint: invitation.fingerprint,
        provider: Arc::clone(&provider),
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|_| HandshakeError::Protocol("TLS 1.3 is missing from this build"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pin))
        .with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_sni = false;
    let name = ServerName::try_from("master").expect("a name of letters");
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| pinning_error(error, invitation.fingerprint))?;
    let mut guest = Guest::new(
        Box::new(stream),
        BytesMut::new(),
        Framing::Prefixed,
        node_id.as_bytes(),
    )?;
    let hello = MapOf::new()
        .with("gregaria", HELLO_VERSION)
        .with("node_id", node_id)
        .with("token", invitation.token.reveal());
    say(&mut guest, hello.into_value()).await?;
    let (stream, buffer, answer) = read_hello(guest.stream).await?;
    let answer = fields_of(&answer)?.maybe::<String>("refused");
    match answer {
        Ok(None) => {}
        Ok(Some(reason)) => return Err(HandshakeError::Refused(reason)),
        Err(_) => return Err(NO_HELLO),
    }
    guest.stream = Box::new(stream);
    guest.buffer = buffer;
    Ok(guest)
}

const NO_HELLO: HandshakeError = HandshakeError::Protocol("its first words are not ours");

async fn say(guest: &mut Guest, words: ValueRef<'_>) -> Result<(), HandshakeError> {
    let mut message = Vec::new();
    rmpv::encode::write_value_ref(&mut message, &words)
        .expect("a vector takes all that is written to it");
    let mut out = BytesMut::new();
    put_message(Framing::Prefixed, &message, &mut out);
    guest.stream.write_all(&out).await?;
    Ok(guest.stream.flush().await?)
}

async fn read_hello<S: Stream>(stream: S) -> Result<(S, BytesMut, bytes::Bytes), HandshakeError> {
    let mut reader = Reader::new(stream, BytesMut::new(), Framing::Prefixed, MAX_HELLO_BYTES);
    let Frame::Message(hello) = reader.next().await? else {
        return Err(NO_HELLO);
    };
    let (stream, buffer) = reader.into_parts();
    Ok((stream, buffer, hello))
}

fn fields_of(hello: &[u8]) -> Result<Fields<'_>, HandshakeError> {
    check(hello).map_err(|_| NO_HELLO)?;
    let value = rmpv::decode::read_value_ref(&mut &hello[..]).map_err(|_| NO_HELLO)?;
    Fields::of(value).map_err(|_| NO_HELLO)
}

/// Node id and token.
fn parse_hello(hello: &[u8]) -> Result<(String, String), HandshakeError> {
    let mut fields = fields_of(hello)?;
    match fields.need::<u64>("gregaria") {
        Ok(HELLO_VERSION) => {}
        Ok(_) => {
            return Err(HandshakeError::Protocol(
                "its version of gregaria joins otherwise",
            ));
        }
        Err(_) => return Err(NO_HELLO),
    }
    let node_id = fields.need("node_id").map_err(|_| NO_HELLO)?;
    let token: String = fields.need("token").map_err(|_| TokenError::Malformed)?;
    Ok((node_id, token))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Tells a certificate that is not the pinned one from a network that failed.
fn pinning_error(error: std::io::Error, expected: Fingerprint) -> HandshakeError {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => HandshakeError::Fingerprint(expected),
        _ => error.into(),
    }
}

/// Takes one certificate and no other. Names, dates and issuers are left aside: whoever holds the
/// fingerprint has it from the master itself.
#[derive(Debug)]
struct Pin {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if Fingerprint::of(end_entity) == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
