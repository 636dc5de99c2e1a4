//! Settings of the page, out of the dict that Python gives.

use std::net::IpAddr;
use std::path::PathBuf;

use gregaria_web::cloud::CloudFiles;
use gregaria_web::guard::Credential;
use gregaria_web::model::Role;
use gregaria_web::oidc::{ExternalUrl, OidcSettings};
use gregaria_web::server::{Settings, Store, Tls};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::store::RunStore;

/// File of a run store, the store if it is open, why it is not the file that was meant, and whether
/// it is a temporary one.
type StoreWish = (PathBuf, Option<Py<RunStore>>, Option<String>, bool);

/// The provider by whom people sign in, by the names of Python's dict. Texts that nobody has given are
/// empty.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct OidcWish {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    name: Option<String>,
    operators: String,
    viewers: String,
    scopes: Option<String>,
}

/// How the page is served, by the names of Python's dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Wish {
    host: String,
    port: u16,
    base_path: String,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    names: Vec<String>,
    /// Name, whether it may change anything, password.
    users: Vec<(String, bool, String)>,
    oidc: Option<OidcWish>,
    external_url: Option<String>,
    allowed_hosts: Vec<String>,
    confirmed_hosts: Option<PathBuf>,
    public_addresses: Vec<String>,
    /// Facts of the cloud, and the file that asks for its end.
    cloud: Option<PathBuf>,
    cloud_end: Option<PathBuf>,
    /// Where runs are kept; `None` for nowhere.
    store: Option<StoreWish>,
}

impl TryFrom<Wish> for Settings {
    type Error = PyErr;

    fn try_from(wish: Wish) -> PyResult<Self> {
        let credential = |(name, may_change, password): (String, bool, String)| {
            let role = if may_change {
                Role::Operator
            } else {
                Role::ReadOnly
            };
            Credential::new(&name, role, &password)
                .ok_or_else(|| PyValueError::new_err(format!("the password of `{name}` is empty")))
        };
        let credentials = wish.users.into_iter().map(credential);
        let addresses = wish.public_addresses.iter().map(|text| {
            let address: Result<IpAddr, _> = text.parse();
            address.map_err(|error| PyValueError::new_err(format!("`{text}`: {error}")))
        });
        let external = wish
            .external_url
            .map(|url| ExternalUrl::parse(&url, &wish.base_path))
            .transpose()
            .map_err(PyValueError::new_err)?;
        let oidc = wish.oidc.map(|oidc| {
            OidcSettings::new(
                &oidc.issuer,
                &oidc.client_id,
                oidc.client_secret.as_deref(),
                oidc.name.as_deref(),
                (&oidc.operators, &oidc.viewers),
                oidc.scopes.as_deref(),
            )
        });
        Ok(Self {
            host: wish.host,
            port: wish.port,
            base_path: wish.base_path,
            external,
            oidc: oidc.transpose().map_err(PyValueError::new_err)?,
            tls: wish
                .tls_cert
                .zip(wish.tls_key)
                .map(|(certificate, key)| Tls { certificate, key }),
            names: wish.names,
            credentials: credentials.collect::<PyResult<_>>()?,
            allowed_hosts: wish.allowed_hosts,
            confirmed_hosts: wish.confirmed_hosts,
            public_addresses: addresses.collect::<PyResult<_>>()?,
            cloud: wish.cloud.map(|facts| CloudFiles {
                facts,
                end: wish.cloud_end,
            }),
            body_patience: None,
            store: wish
                .store
                .map(|(path, store, problem, is_temporary)| Store {
                    path,
                    archive: store.map(|store| store.get().archive()),
                    problem,
                    is_temporary,
                }),
        })
    }
}
