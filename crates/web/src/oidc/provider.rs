//! The provider: a sign-in is begun, and ended with who it was and what they may do.

use std::fmt;
use std::net::IpAddr;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::Mutex;

use super::address::Address;
use super::discovery::{Discovery, Metadata};
use super::error::{SignInError, shown};
use super::fetch::Fetcher;
use super::flows::{Begun, Flow, Flows};
use super::grant::{Claims, email, verified_email};
use super::keys::Keys;
use super::settings::OidcSettings;
use super::token::{self, Expected};
use super::told::Told;
use crate::base64;
use crate::model::Role;

/// Longest name of somebody, in characters.
const MAX_NAME: usize = 64;

/// A provider, and the sign-ins that are under way there.
pub struct Provider {
    settings: OidcSettings,
    fetcher: Fetcher,
    flows: Flows,
    // Held while they are asked for: of many who come at once, one asks.
    discovery: Mutex<Discovery>,
    keys: Mutex<Keys>,
    pub(super) told: Told,
}

/// Where a browser goes to sign in, and what it keeps meanwhile.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) location: String,
    pub(super) state: String,
    /// The cookie's value.
    pub(super) browser: String,
}

/// What comes back with a browser.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Arrival {
    pub(super) state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Who has signed in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) name: String,
    pub(super) role: Role,
}

impl Provider {
    /// For these settings. Asks for nothing yet: a provider that is away keeps no page from starting.
    pub fn new(settings: OidcSettings) -> Result<Self, String> {
        Ok(Self {
            settings,
            fetcher: Fetcher::new()?,
            flows: Flows::default(),
            discovery: Mutex::default(),
            keys: Mutex::default(),
            told: Told::default(),
        })
    }

    /// What the button says.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Begins a sign-in of somebody at `from` that ends at `redirect_uri` and leads on to `next`. `is_again` asks the provider
    /// for another account than the one that it knows in this browser.
    pub(super) async fn begin(
        &self,
        next: &str,
        redirect_uri: &str,
        is_again: bool,
        from: IpAddr,
        now: Instant,
    ) -> Result<Departure, SignInError> {
        let metadata = self.metadata().await?;
        let begun: Begun = self.flows.begin(next, redirect_uri, from, now);
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", redirect_uri),
            ("scope", self.settings.scopes.as_str()),
            ("state", begun.state.as_str()),
            ("nonce", begun.nonce.as_str()),
            ("code_challenge", begun.challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        if is_again {
            fields.push(("prompt", "login"));
        }
        Ok(Departure {
            location: metadata.authorization.with_query(&fields),
            state: begun.state,
            browser: begun.browser,
        })
    }

    /// The sign-in that a browser comes back from; from here on it is over, whatever comes of it.
    pub(super) fn take(
        &self,
        arrival: &Arrival,
        browser: Option<&str>,
        now: Instant,
    ) -> Result<Flow, SignInError> {
        let state = arrival.state.as_deref().ok_or(SignInError::Unknown)?;
        let flow = self.flows.take(state, browser, now);
        flow.ok_or(SignInError::Unknown)
    }

    /// Asks the provider who it was, and the rules what they may do.
    pub(super) async fn finish(
        &self,
        arrival: &Arrival,
        flow: &Flow,
        now: Instant,
    ) -> Result<Admitted, SignInError> {
        let metadata = self.metadata().await?;
        let issuer = self.settings.issuer.as_str();
        match &arrival.iss {
            Some(named) if named != issuer => {
                let text = "the answer is of another issuer".to_owned();
                return Err(SignInError::Untrusted(text));
            }
            None if metadata.names_issuer => {
                let text = "the answer does not name its issuer".to_owned();
                return Err(SignInError::Untrusted(text));
            }
            _ => {}
        }
        if let Some(error) = &arrival.error {
            let more = arrival.error_description.as_deref().unwrap_or_default();
            return Err(SignInError::Refused(shown(&format!("{error} {more}"))));
        }
        let code = arrival
            .code
            .as_deref()
            .ok_or_else(|| SignInError::Untrusted("the answer has no code".to_owned()))?;
        let tokens = self.exchange(code, flow, &metadata).await?;
        let text = |name: &str| tokens.get(name).and_then(Value::as_str);
        let id_token = text("id_token")
            .ok_or_else(|| SignInError::Untrusted("there is no ID token".to_owned()))?;
        let claims = self.verify(id_token, &flow.nonce, &metadata, now).await?;
        let more = self
            .userinfo(&claims, text("access_token"), &metadata)
            .await?;
        self.admit(&claims, more.as_ref())
    }

    async fn metadata(&self) -> Result<std::sync::Arc<Metadata>, SignInError> {
        let mut discovery = self.discovery.lock().await;
        discovery.get(&self.fetcher, &self.settings.issuer).await
    }

    /// Gives the code back for the tokens.
    async fn exchange(
        &self,
        code: &str,
        flow: &Flow,
        metadata: &Metadata,
    ) -> Result<Claims, SignInError> {
        let (form, authorization) = self.request(code, flow, metadata);
        let asked = self.fetcher.post(&metadata.token, form, authorization);
        let answer = asked.await?;
        let object = answer.object.unwrap_or_default();
        if answer.status == StatusCode::OK {
            return Ok(object);
        }
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        match text("error") {
            Some(error) => {
                let more = text("error_description").unwrap_or_default();
                Err(SignInError::Refused(shown(&format!("{error} {more}"))))
            }
            None => Err(SignInError::Unavailable(format!(
                "`{}` answers with {}",
                metadata.token.as_str(),
                answer.status.as_u16()
            ))),
        }
    }

    /// The form that gives a code back, and the header that says who does.
    fn request(&self, code: &str, flow: &Flow, metadata: &Metadata) -> (String, Option<String>) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &flow.redirect_uri)
            .append_pair("code_verifier", &flow.verifier);
        let id = &self.settings.client_id;
        match &self.settings.client_secret {
            Some(secret) if !metadata.wants_secret_in_form => {
                return (form.finish(), Some(basic(id, secret)));
            }
            Some(secret) => form
                .append_pair("client_id", id)
                .append_pair("client_secret", secret),
            None => form.append_pair("client_id", id),
        };
        (form.finish(), None)
    }

    /// What an ID token says, if it is to be believed.
    pub(super) async fn verify(
        &self,
        id_token: &str,
        nonce: &str,
        metadata: &Metadata,
        now: Instant,
    ) -> Result<Claims, SignInError> {
        let header = token::header_of(id_token)?;
        let mut keys = self.keys.lock().await;
        let key = keys
            .find(&header, &self.fetcher, &metadata.jwks, now)
            .await?;
        drop(keys);
        let expected = Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce,
        };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = seconds.map_or(0, |since| since.as_secs());
        token::check(id_token, &header, &key, expected, seconds)
    }

    /// What the userinfo endpoint adds, where the token leaves anything to be asked: many providers
    /// keep addresses and groups out of it. Who may already come in by the token does so also while
    /// that endpoint fails, with what the token grants.
    async fn userinfo(
        &self,
        claims: &Claims,
        access_token: Option<&str>,
        metadata: &Metadata,
    ) -> Result<Option<Claims>, SignInError> {
        let role = self.settings.grants.role_of(&[claims]);
        let is_all_said = role == Some(Role::Operator) && email(claims).is_some();
        let (Some(place), Some(access_token)) = (&metadata.userinfo, access_token) else {
            return Ok(None);
        };
        if is_all_said {
            return Ok(None);
        }
        let more = match self.ask_userinfo(place, access_token).await {
            Ok(more) => more,
            Err(error) if role.is_some() => {
                tracing::warn!("sign-in goes by the ID token alone: {error}");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if token::subject(&more)? != token::subject(claims)? {
            let text = "userinfo is about somebody else".to_owned();
            return Err(SignInError::Untrusted(text));
        }
        Ok(Some(more))
    }

    async fn ask_userinfo(&self, place: &Address, token: &str) -> Result<Claims, SignInError> {
        let answer = self.fetcher.get(place, Some(token)).await?;
        let object = answer.object.filter(|_| answer.status == StatusCode::OK);
        object.ok_or_else(|| {
            SignInError::Unavailable(format!(
                "`{}` answers with {} and no JSON",
                place.as_str(),
                answer.status.as_u16()
            ))
        })
    }

    fn admit(&self, claims: &Claims, more: Option<&Claims>) -> Result<Admitted, SignInError> {
        let sources: Vec<&Claims> = [Some(claims), more].into_iter().flatten().collect();
        let verified = sources.iter().find_map(|source| verified_email(source));
        let any = sources.iter().find_map(|source| email(source));
        match self.settings.grants.role_of(&sources) {
            Some(role) => Ok(Admitted {
                name: verified.map_or_else(|| self.name_of(&sources), |email| cut(&email)),
                role,
            }),
            None => match (verified, any) {
                (None, Some(email)) => Err(SignInError::Unverified(shown(&email))),
                (Some(email), _) => Err(SignInError::Unlisted(shown(&email))),
                (None, None) => Err(SignInError::Unlisted(self.name_of(&sources))),
            },
        }
    }

    /// How somebody without an address is called: never as one who has a password here.
    fn name_of(&self, sources: &[&Claims]) -> String {
        let text = |name: &str| {
            let mut texts = sources
                .iter()
                .filter_map(|source| source.get(name)?.as_str());
            texts.find(|text| !text.is_empty())
        };
        let name = text("preferred_username").or_else(|| text("sub"));
        let (name, place) = (cut(name.unwrap_or_default()), &self.settings.name);
        format!("{name} ({place})")
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Provider")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Name and secret as the header `Authorization` has them: each is encoded as in a form first.
fn basic(id: &str, secret: &str) -> String {
    let encoded =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(id), encoded(secret));
    format!("Basic {}", base64::padded(pair.as_bytes()))
}

fn cut(name: &str) -> String {
    let plain = name.chars().filter(|char| !char.is_control());
    plain.take(MAX_NAME).collect()
}
