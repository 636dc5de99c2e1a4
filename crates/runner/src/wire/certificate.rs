//! The certificate by which workers know their master. It outlives the process, so that workers
//! find the same master after it was started again.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::fingerprint::Fingerprint;

/// A certificate and its private key.
pub struct Certificate {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read or written.
    #[error("cannot use the certificate in `{path}`: {source}")]
    File {
        /// Its path.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The text holds no certificate with its key.
    #[error("expected a certificate and its private key in PEM: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// No key could be made.
    #[error("cannot make a certificate: {0}")]
    Made(#[from] rcgen::Error),
    /// rustls takes neither the certificate nor its key.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Certificate {
    /// Makes a certificate and forgets it with the process.
    pub fn generate() -> Result<Self, CertificateError> {
        Self::from_pem(make_pem()?.as_bytes())
    }

    /// Reads certificate and private key out of one text, in whichever order.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
        if chain.is_empty() {
            return Err(rustls::pki_types::pem::Error::NoItemsFound.into());
        }
        let key = PrivateKeyDer::from_pem_slice(pem)?;
        Ok(Self { chain, key })
    }

    /// Reads the certificate of a file, or makes one and keeps it there, readable by the owner only.
    pub fn load_or_create(path: &Path) -> Result<Self, CertificateError> {
        let file_error = |source| CertificateError::File {
            path: path.display().to_string(),
            source,
        };
        match fs::read(path) {
            Ok(pem) => return Self::from_pem(&pem),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(file_error(error)),
        }
        let pem = make_pem()?;
        // Of two masters that start at once, the second to finish reads what the first has written.
        match write_whole(path, &pem) {
            Ok(()) => Self::from_pem(pem.as_bytes()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::from_pem(&fs::read(path).map_err(file_error)?)
            }
            Err(error) => Err(file_error(error)),
        }
    }

    /// What workers pin.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.chain[0])
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Certificate({})", self.fingerprint())
    }
}

/// Workers look at the fingerprint alone: the name in the certificate is for people.
fn make_pem() -> Result<String, rcgen::Error> {
    let made = rcgen::generate_simple_self_signed(["gregaria master".to_owned()])?;
    Ok(format!(
        "{}{}",
        made.cert.pem(),
        made.signing_key.serialize_pem()
    ))
}

/// The file appears with all of its text or not at all, and replaces none.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = Path::new(&name);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(draft, path));
    fs::remove_file(draft)?;
    written
}
