//! What the provider says of itself: where its endpoints are, and how they are asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::address::Address;
use super::error::{SignInError, shown};
use super::fetch::Fetcher;

/// Time for which the document holds: whoever is led to the provider after that is led to one that has
/// just answered.
const LIFETIME: Duration = Duration::from_secs(30);

/// Time after a failure in which nobody asks again: whoever clicks does not flood a provider.
const PAUSE: Duration = Duration::from_secs(3);

/// Below the issuer.
const PATH: &str = "/.well-known/openid-configuration";

/// Where the endpoints are, and how they are asked.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) authorization: Address,
    pub(super) token: Address,
    pub(super) jwks: Address,
    pub(super) userinfo: Option<Address>,
    /// Whether the secret of a client goes into the form, since the header is not taken.
    pub(super) wants_secret_in_form: bool,
    /// Whether each answer names the issuer (RFC 9207).
    pub(super) names_issuer: bool,
}

/// The document, as long as it holds.
#[derive(Default)]
pub(super) struct Discovery {
    known: Option<(Arc<Metadata>, Instant)>,
    failed: Option<(SignInError, Instant)>,
}

impl Discovery {
    /// The document, asked for if it is not known or too old. The time is read here, by whoever has
    /// waited for their turn, and again when the answer is there: those who come next go by that.
    pub(super) async fn get(
        &mut self,
        fetcher: &Fetcher,
        issuer: &Address,
    ) -> Result<Arc<Metadata>, SignInError> {
        let is_within = |moment: Instant, limit: Duration| moment.elapsed() < limit;
        match (&self.known, &self.failed) {
            (Some((metadata, at)), _) if is_within(*at, LIFETIME) => {
                return Ok(Arc::clone(metadata));
            }
            (_, Some((error, at))) if is_within(*at, PAUSE) => return Err(error.clone()),
            _ => {}
        }
        let answer = ask(fetcher, issuer).await;
        let now = Instant::now();
        match answer {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                self.known = Some((Arc::clone(&metadata), now));
                self.failed = None;
                Ok(metadata)
            }
            Err(error) => {
                self.failed = Some((error.clone(), now));
                Err(error)
            }
        }
    }
}

async fn ask(fetcher: &Fetcher, issuer: &Address) -> Result<Metadata, SignInError> {
    let place = format!("{}{PATH}", issuer.as_str().trim_end_matches('/'));
    let place = Address::parse(&place).map_err(SignInError::Unavailable)?;
    let answer = fetcher.get(&place, None).await?;
    let Some(document) = answer.object.filter(|_| answer.status.is_success()) else {
        let text = format!(
            "`{}` answers with {} and no document",
            place.as_str(),
            answer.status.as_u16()
        );
        return Err(SignInError::Unavailable(text));
    };
    Metadata::read(&document, issuer.as_str())
}

impl Metadata {
    /// Reads the document. It has to be that of this issuer, letter by letter: another one's would
    /// send codes and secrets to the other.
    fn read(document: &Map<String, Value>, issuer: &str) -> Result<Self, SignInError> {
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let said = text("issuer").unwrap_or_default();
        if said != issuer {
            return Err(SignInError::Untrusted(format!(
                "its issuer is `{}`, and --oidc-issuer is `{issuer}`",
                shown(said)
            )));
        }
        let endpoint = |name: &str| match text(name) {
            None => Ok(None),
            Some(address) => Address::parse(address)
                .map(Some)
                .map_err(|why| SignInError::Untrusted(format!("its {name} {why}"))),
        };
        let needed = |name: &str| {
            endpoint(name)?.ok_or_else(|| SignInError::Unavailable(format!("it has no {name}")))
        };
        let lists = |name: &str, word: &str| {
            let list = document.get(name).and_then(Value::as_array);
            list.map(|words| words.iter().any(|one| one == word))
        };
        if lists("code_challenge_methods_supported", "S256") == Some(false) {
            return Err(SignInError::Unavailable("it has no PKCE".to_owned()));
        }
        let methods = "token_endpoint_auth_methods_supported";
        Ok(Self {
            authorization: needed("authorization_endpoint")?,
            token: needed("token_endpoint")?,
            jwks: needed("jwks_uri")?,
            userinfo: endpoint("userinfo_endpoint")?,
            // Without a list, the header is what a provider takes.
            wants_secret_in_form: lists(methods, "client_secret_basic") == Some(false),
            names_issuer: document.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn who_waits_while_a_silent_provider_is_asked_does_not_ask_it_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Address::parse(&issuer).unwrap();
        let patience = Duration::from_millis(50);
        let (mut discovery, begun) = (Discovery::default(), Instant::now());
        let fetcher = Fetcher::with_patience(patience);
        let first = discovery.get(&fetcher, &issuer).await.unwrap_err();
        // The failure counts from its end on: else a patience above the pause would leave none.
        let (_, failed) = discovery.failed.as_ref().unwrap();
        assert!(failed.duration_since(begun) >= patience);
        // Whoever asked again would have another answer: nobody listens any more.
        drop(listener);
        let next = discovery.get(&fetcher, &issuer).await.unwrap_err();
        assert_eq!(next, first);
    }

    const ISSUER: &str = "https://id.example/realm";

    fn document() -> Map<String, Value> {
        let document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://keys.example/jwks",
        });
        document.as_object().unwrap().clone()
    }

    #[test]
    fn a_document_of_another_issuer_is_not_taken() {
        assert!(Metadata::read(&document(), ISSUER).is_ok());
        for other in [
            "https://id.example/realm/",
            "https://id.example",
            "https://ID.example/realm",
            "https://evil.example/realm",
        ] {
            let error = Metadata::read(&document(), other).unwrap_err();
            assert!(matches!(error, SignInError::Untrusted(_)), "{other}");
        }
    }

    #[test]
    fn endpoints_that_are_not_safe_or_not_there_are_refused() {
        for (name, value) in [
            ("token_endpoint", json!("http://id.example/token")),
            ("jwks_uri", json!("file:///etc/passwd")),
            ("userinfo_endpoint", json!("http://id.example/me")),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("authorization_endpoint", json!(null)),
            ("code_challenge_methods_supported", json!(["plain"])),
        ] {
            let mut document = document();
            document.insert(name.to_owned(), value);
            assert!(Metadata::read(&document, ISSUER).is_err(), "{name}");
        }
    }

    #[test]
    fn how_a_secret_is_sent_is_what_the_provider_takes() {
        let read = |methods: Value| {
            let mut document = document();
            let name = "token_endpoint_auth_methods_supported";
            document.insert(name.to_owned(), methods);
            Metadata::read(&document, ISSUER)
                .unwrap()
                .wants_secret_in_form
        };
        assert!(read(json!(["client_secret_post"])));
        assert!(!read(json!(["client_secret_post", "client_secret_basic"])));
        assert!(!read(json!(null)));
    }
}
