//! How the page is served.

use std::path::PathBuf;
use std::time::Duration;

use super::Store;
use crate::cloud::CloudFiles;
use crate::guard::Credential;
use crate::oidc::{ExternalUrl, OidcSettings};

/// Where and for whom the page is served.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// An address or a name of this machine; empty for loopback, `*` for all addresses.
    pub host: String,
    /// The port; 0 for a free one.
    pub port: u16,
    /// Path before all others, such as `/load`; empty for none.
    pub base_path: String,
    /// Certificate and key; `None` for plain HTTP.
    pub tls: Option<Tls>,
    /// Further names under which the page is asked for.
    pub names: Vec<String>,
    /// Where people open the page, if that is another address than this server's.
    pub external: Option<ExternalUrl>,
    /// Who may sign in by a password; without any, and without a provider, nobody has to sign in.
    pub credentials: Vec<Credential>,
    /// By whom people can sign in besides.
    pub oidc: Option<OidcSettings>,
    /// Where runs are kept; `None` for nowhere.
    pub store: Option<Store>,
    /// Hosts that may be loaded: names, `*.names`, addresses or networks; empty for no such list.
    pub allowed_hosts: Vec<String>,
    /// File in which confirmed hosts are remembered; `None` for not at all.
    pub confirmed_hosts: Option<PathBuf>,
    /// Addresses that count as public although they are not, for tests of the question.
    pub public_addresses: Vec<std::net::IpAddr>,
    /// What is known of the cloud that this master runs in; `None` where there is none.
    pub cloud: Option<CloudFiles>,
    /// Time for the body of a request; `None` for half a minute.
    pub body_patience: Option<Duration>,
}

/// Files for TLS, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and those that lead to it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}
