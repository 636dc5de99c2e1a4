//! How the provider is used, as the options say.

use std::fmt;

use super::address::{Address, port_of};
use super::grant::Grants;

/// What is asked for besides `openid`, unless an option says otherwise.
const SCOPES: &str = "email profile";

/// Longest name of a provider, in characters: it stands on a button.
const MAX_NAME: usize = 40;

/// How the provider is used.
#[derive(Clone)]
pub struct OidcSettings {
    /// The issuer exactly as it was given: its own documents have to say the same, letter by letter.
    pub(super) issuer: Address,
    /// The name of this server at the provider.
    pub(super) client_id: String,
    /// The secret of a confidential client; `None` for a public one.
    pub(super) client_secret: Option<String>,
    /// What the button says.
    pub(super) name: String,
    /// Who may do what.
    pub(super) grants: Grants,
    /// What is asked for, `openid` first.
    pub(super) scopes: String,
}

impl OidcSettings {
    /// From the options; empty texts are as good as none. The error is for the person who has typed
    /// them.
    pub fn new(
        issuer: &str,
        client_id: &str,
        client_secret: Option<&str>,
        name: Option<&str>,
        (operators, viewers): (&str, &str),
        scopes: Option<&str>,
    ) -> Result<Self, String> {
        let issuer = Address::parse(issuer).map_err(|why| format!("--oidc-issuer: {why}"))?;
        if issuer.as_str().contains('?') {
            return Err("--oidc-issuer: an issuer has no query".to_owned());
        }
        if client_id.is_empty() {
            return Err("--oidc-issuer needs --oidc-client-id".to_owned());
        }
        let name = name.map(str::trim).filter(|name| !name.is_empty());
        let name = name.unwrap_or(&issuer.host).chars();
        let scopes = scopes.unwrap_or(SCOPES).split_whitespace();
        let scopes = scopes.filter(|scope| *scope != "openid");
        Ok(Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret
                .filter(|secret| !secret.is_empty())
                .map(str::to_owned),
            name: name
                .filter(|char| !char.is_control())
                .take(MAX_NAME)
                .collect(),
            grants: Grants::parse(operators, viewers)?,
            scopes: ["openid"]
                .into_iter()
                .chain(scopes)
                .collect::<Vec<_>>()
                .join(" "),
            issuer,
        })
    }
}

impl fmt::Debug for OidcSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OidcSettings")
            .field("issuer", &self.issuer.as_str())
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The address at which people open the page, where that is not what the server sees: behind a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalUrl {
    /// Scheme, host and port, as a browser writes an origin.
    pub(crate) origin: String,
    /// The host alone.
    pub(crate) host: String,
    /// Whether people come by TLS.
    pub(crate) is_secure: bool,
}

impl ExternalUrl {
    /// Reads `--web-external-url`. Its path has to be the base path, for that is what the page's own
    /// addresses begin with.
    pub fn parse(text: &str, base_path: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("--web-external-url: {why}");
        let uri: axum::http::Uri = text.parse().map_err(|_| wrong("this is no URL"))?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"));
        let (Some(scheme), Some(authority)) = (scheme, uri.authority()) else {
            return Err(wrong("it begins with https:// or http://"));
        };
        if authority.as_str().contains('@') || text.contains(['?', '#']) {
            return Err(wrong("it has neither a password nor a query"));
        }
        let path = uri.path().trim_end_matches('/');
        if path != base_path {
            let text = format!(
                "its path is `{path}`, and that of --web-base-path is `{base_path}`: a proxy hands \
                 paths on as they are"
            );
            return Err(wrong(&text));
        }
        let default = if scheme == "https" { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        let port = port_of(authority).map_err(|why| wrong(&format!("it {why}")))?;
        let port = port.filter(|port| *port != default);
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        Ok(Self {
            origin: format!("{scheme}://{host}{port}"),
            is_secure: scheme == "https",
            host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str, name: Option<&str>, scopes: Option<&str>) -> OidcSettings {
        let lists = ("@a.example", "");
        OidcSettings::new(issuer, "id", Some("hush"), name, lists, scopes).unwrap()
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let plain = settings("https://id.example/realm", None, None);
        assert_eq!(
            (plain.name.as_str(), plain.scopes.as_str()),
            ("id.example", "openid email profile")
        );
        let own = settings("https://id.example", Some("Corp"), Some("groups openid"));
        assert_eq!(
            (own.name.as_str(), own.scopes.as_str()),
            ("Corp", "openid groups")
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", settings("https://id.example", None, None));
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn an_external_address_is_an_origin_and_the_base_path() {
        let url = ExternalUrl::parse("https://Load.Example:443/load/", "/load").unwrap();
        assert_eq!(
            (url.origin.as_str(), url.host.as_str(), url.is_secure),
            ("https://load.example", "load.example", true)
        );
        let url = ExternalUrl::parse("http://load.example:8080", "").unwrap();
        assert_eq!(
            (url.origin.as_str(), url.is_secure),
            ("http://load.example:8080", false)
        );
        for (wrong, base) in [
            ("load.example", ""),
            ("ftp://load.example", ""),
            ("https://load.example/load", ""),
            ("https://load.example", "/load"),
            ("https://load.example/?a=b", ""),
            ("https://anna@load.example", ""),
            ("https://load.example:84430", ""),
        ] {
            let error = ExternalUrl::parse(wrong, base).unwrap_err();
            assert!(error.starts_with("--web-external-url: "), "{wrong}");
        }
    }
}
