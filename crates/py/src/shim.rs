//! temporary
#![allow(missing_docs)]
pub mod url {
    use gregaria_http::{Origin, Scheme};
    #[derive(Debug, thiserror::Error)]
    #[error("bad url")]
    pub struct UrlError;
    pub struct Parsed { pub origin: Origin, pub target: String }
    pub fn parse(text: &str) -> Result<Parsed, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError)?;
        let scheme = match scheme { "http" => Scheme::Http, "https" => Scheme::Https, _ => return Err(UrlError) };
        let at = rest.find('/').unwrap_or(rest.len());
        let (authority, target) = rest.split_at(at);
        if authority.is_empty() { return Err(UrlError); }
        let (host, port) = match authority.rsplit_once(':') { Some((h, p)) => (h, p.parse().map_err(|_| UrlError)?), None => (authority, scheme.default_port()) };
        Ok(Parsed { origin: Origin { scheme, host: host.into(), port }, target: if target.is_empty() { "/".into() } else { target.into() } })
    }
}
pub mod body {
    #[derive(Debug, thiserror::Error)]
    #[error("bad body")]
    pub struct DecodeError;
    pub fn decode<'a>(_: &[u8], _: &'a [u8]) -> Result<std::borrow::Cow<'a, [u8]>, DecodeError> { Err(DecodeError) }
}
