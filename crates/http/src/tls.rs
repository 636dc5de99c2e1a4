//! TLS settings of clients, and the `rustls` configurations made from them.
//!
//! A configuration is made when the first connection needs it, and shared by all clients with the
//! same settings: it holds the trusted certificates (some hundred kilobytes) and the sessions that
//! can be resumed.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

/// Whom a client trusts, and what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Which certificates of servers are accepted.
    pub trust: Trust,
    /// The client's own certificate.
    pub identity: Option<Identity>,
}

/// Which certificates of servers are accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Those that the machine's store vouches for, or Mozilla's list if it has none.
    #[default]
    System,
    /// Those that the certificates in this PEM file, or in the files of this folder, vouch for.
    File(PathBuf),
    /// Any certificate, even an invalid one. As `FastHttpUser` does it by default.
    Anything,
}

/// A client certificate and its key, as PEM files. One file may hold both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The certificate, and those between it and the authority.
    pub certificate: PathBuf,
    /// Its private key, without a password.
    pub key: PathBuf,
}

/// Why TLS cannot be set up, for people.
pub(crate) type SetUpError = Box<str>;

/// All configurations in use, by settings.
#[derive(Debug, Default)]
pub(crate) struct TlsConfigs {
    made: HashMap<Arc<TlsSettings>, Arc<ClientConfig>>,
}

impl TlsConfigs {
    /// The configuration for `settings`.
    pub(crate) fn get(
        &mut self,
        settings: &Arc<TlsSettings>,
    ) -> Result<Arc<ClientConfig>, SetUpError> {
        if let Some(config) = self.made.get(settings) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(make(settings)?);
        self.made.insert(Arc::clone(settings), Arc::clone(&config));
        Ok(config)
    }
}

fn make(settings: &TlsSettings) -> Result<ClientConfig, SetUpError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match &settings.trust {
        Trust::System => builder.with_root_certificates(system_roots()),
        Trust::File(path) => builder.with_root_certificates(roots_of(path)?),
        Trust::Anything => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AcceptAnything { provider })),
    };
    match &settings.identity {
        None => Ok(builder.with_no_client_auth()),
        Some(identity) => {
            let chain = certificates_of(&identity.certificate)?;
            let key = PrivateKeyDer::from_pem_file(&identity.key).map_err(|error| {
                format!(
                    "cannot read the private key in `{}`: {error}",
                    identity.key.display()
                )
            })?;
            let shown = identity.certificate.display();
            let made = builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("cannot use the client certificate `{shown}`: {error}"))?;
            Ok(made)
        }
    }
}

/// The machine's certificates; Mozilla's if the machine has none, as a bare container.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!("certificate store of the machine: {error}");
    }
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn roots_of(path: &PathBuf) -> Result<RootCertStore, SetUpError> {
    let mut roots = RootCertStore::empty();
    if path.is_dir() {
        let shown = path.display();
        let entries = path
            .read_dir()
            .map_err(|error| format!("cannot read folder `{shown}`: {error}"))?;
        for file in entries.flatten().filter(|entry| entry.path().is_file()) {
            // A folder of certificates usually holds other files too.
            roots.add_parsable_certificates(certificates_of(&file.path()).unwrap_or_default());
        }
    } else {
        roots.add_parsable_certificates(certificates_of(path)?);
    }
    if roots.is_empty() {
        return Err(format!("no certificate that can be used in `{}`", path.display()).into());
    }
    Ok(roots)
}

fn certificates_of(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, SetUpError> {
    let shown = path.display();
    let explain = |error| format!("cannot read certificates in `{shown}`: {error}");
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(explain)?
        .collect();
    Ok(found.map_err(explain)?)
}

/// Accepts any certificate of a server: for tests against machines that have none that is valid.
#[derive(Debug)]
struct AcceptAnything {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAnything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    // To check a signature the certificate has to be parsed, and that alone refuses some that
    // OpenSSL takes. Nothing is lost: who accepts anybody's certificate has no proof to begin with.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Takes what was read from the socket, and adds what it says to `plain`. `true` when the peer has
/// said that nothing follows.
pub(crate) fn decrypt(
    tls: &mut ClientConnection,
    mut bytes: &[u8],
    plain: &mut Vec<u8>,
) -> Result<bool, rustls::Error> {
    let mut has_ended = false;
    while !bytes.is_empty() {
        let taken = tls.read_tls(&mut bytes);
        let state = tls.process_new_packets()?;
        has_ended = state.peer_has_closed();
        let at = plain.len();
        plain.resize(at + state.plaintext_bytes_to_read(), 0);
        let read = tls.reader().read_exact(&mut plain[at..]);
        debug_assert!(read.is_ok(), "{read:?}");
        if !matches!(taken, Ok(count) if count > 0) {
            break;
        }
    }
    Ok(has_ended)
}

/// What rustls says, with a hint where it is stricter than OpenSSL.
pub(crate) fn explain(error: &rustls::Error) -> Box<str> {
    let text = error.to_string();
    let hint = if text.contains("CaUsedAsEndEntity") {
        "\nhint: the server shows the certificate of an authority (`CA:TRUE`) as its own; \
         OpenSSL accepts that, rustls does not"
    } else if text.contains("UnsupportedCertVersion") {
        "\nhint: the certificate is older than X.509 version 3; OpenSSL accepts that, rustls does \
         not"
    } else if matches!(
        error,
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)
    ) {
        "\nhint: nobody who is trusted has signed the certificate; give its authority's file as \
         `verify`, or set `verify` to False"
    } else {
        ""
    };
    format!("{text}{hint}").into()
}
