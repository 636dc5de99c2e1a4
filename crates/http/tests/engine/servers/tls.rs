//! A server behind TLS, with certificates made for the test.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, atomic};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::{Peer, Server, ok};

/// An authority, in a file that is removed with it.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pub(crate) file: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// A name that no other test uses, in the folder for such things.
fn new_file() -> PathBuf {
    static NUMBER: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, atomic::Ordering::SeqCst);
    std::env::temp_dir().join(format!("gregaria-test-{}-{number}.pem", std::process::id()))
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = new_file();
        std::fs::write(&file, certificate.pem()).unwrap();
        Self {
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            file,
        }
    }

    /// A certificate for `name` and its key, as PEM one behind the other.
    pub(crate) fn sign(&self, name: &str) -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        certificate.pem() + &key.serialize_pem()
    }

    /// The same in a file.
    pub(crate) fn sign_into_file(&self, name: &str) -> PathBuf {
        let file = new_file();
        std::fs::write(&file, self.sign(name)).unwrap();
        file
    }

    fn config(&self, name: &str, wants_client: bool) -> ServerConfig {
        let pem = self.sign(name);
        let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if wants_client {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        builder.with_single_cert(chain, key).unwrap()
    }

    /// A server for `name` that answers every request, and tells the name each client asked for
    /// and whether it showed a certificate.
    pub(crate) fn serve(&self, name: &str, wants_client: bool) -> (Server, Receiver<Seen>) {
        let config = Arc::new(self.config(name, wants_client));
        let (sender, seen) = channel();
        let sender = Mutex::new(sender);
        let server = Server::start(move |_, peer| {
            let sender = sender.lock().unwrap().clone();
            answer_all(peer, &config, move |connection| {
                let _ = sender.send(Seen {
                    name: connection.server_name().map(str::to_owned),
                    has_certificate: connection.peer_certificates().is_some(),
                });
            });
        });
        (server, seen)
    }
}

/// What a server has seen of a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) name: Option<String>,
    pub(crate) has_certificate: bool,
}

/// Speaks TLS on a connection and answers each request.
pub(crate) fn answer_all(
    peer: Peer,
    config: &Arc<ServerConfig>,
    report: impl FnOnce(&ServerConnection),
) {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = StreamOwned::new(connection, peer.stream);
    let mut report = Some(report);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        request.extend_from_slice(&buffer[..count]);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            if let Some(report) = report.take() {
                report(&stream.conn);
            }
            if stream
                .write_all(&ok("secret"))
                .and_then(|()| stream.flush())
                .is_err()
            {
                return;
            }
        }
    }
}
