//! Addresses of the provider: HTTPS, or plain HTTP on this machine.

use std::net::IpAddr;

use axum::http::Uri;
use axum::http::uri::Authority;

/// An address that may be asked, and to which a browser may be led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    text: String,
    /// Whether it is asked by TLS.
    pub(super) is_tls: bool,
    /// Name or address, without brackets.
    pub(super) host: String,
    /// Port.
    pub(super) port: u16,
    /// Host and port as the header `Host` has them.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
}

impl Address {
    /// Reads an absolute address. What is neither HTTPS nor on this machine is refused, and so is what
    /// has a name and a password, or a fragment.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{}` {why}", super::error::shown(text));
        let uri: Uri = text.parse().map_err(|_| wrong("is no URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("is no URL: it begins with https://"));
        };
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(wrong("may hold neither a password nor a fragment"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let is_tls = match scheme {
            "https" => true,
            "http" if is_loopback(&host) => false,
            "http" => return Err(wrong("has to begin with https://")),
            _ => return Err(wrong("is no URL: it begins with https://")),
        };
        let port = port_of(authority).map_err(|why| wrong(&why))?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self {
            is_tls,
            port: port.unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            target: target.to_owned(),
            host,
            text: text.to_owned(),
        })
    }

    /// As it was given.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// With fields of a query behind those that it has.
    pub(super) fn with_query(&self, fields: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields);
        let mark = if self.text.contains('?') { '&' } else { '?' };
        format!("{}{mark}{}", self.text, query.finish())
    }
}

/// The port that an authority without a password names, if it names one.
pub(super) fn port_of(authority: &Authority) -> Result<Option<u16>, String> {
    let port = authority.as_str().strip_prefix(authority.host());
    let port = port.and_then(|rest| rest.strip_prefix(':')).unwrap_or("");
    if port.is_empty() {
        return Ok(None);
    }
    let is_plain = port.bytes().all(|byte| byte.is_ascii_digit());
    let number = port.parse().ok().filter(|port| is_plain && *port != 0);
    let wrong = || format!("has the port {port}, and ports go from 1 to 65535");
    number.map(Some).ok_or_else(wrong)
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_addresses_of_a_provider() {
        let address = Address::parse("https://id.example/realms/a?b=c").unwrap();
        assert_eq!((address.port, address.is_tls), (443, true));
        assert_eq!(address.target, "/realms/a?b=c");
        let address = Address::parse("http://[::1]:8080").unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 8080));
        assert_eq!(
            (address.authority.as_str(), address.target.as_str()),
            ("[::1]:8080", "/")
        );
        for wrong in [
            "http://id.example",
            "http://127.0.0.1.id.example",
            "http://localhost.id.example",
            "ftp://localhost/",
            "https://anna:secret@id.example/",
            "https://id.example/#x",
            "id.example",
            "/realms",
            "https://id.example/ x",
            "https://id.example:65536/",
            "https://id.example:443443",
            "https://id.example:0",
            "https://[::1]:99999",
            "",
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_port_that_is_none_is_named() {
        let error = Address::parse("https://id.example:84430").unwrap_err();
        let why = "`https://id.example:84430` has the port 84430, and ports go from 1 to 65535";
        assert_eq!(error, why);
    }

    #[test]
    fn fields_are_added_to_a_query() {
        let address = Address::parse("https://id.example/a?b=c").unwrap();
        let with = address.with_query(&[("state", "x&y"), ("scope", "openid email")]);
        assert_eq!(
            with,
            "https://id.example/a?b=c&state=x%26y&scope=openid+email"
        );
    }
}
