//! A sign-in from end to end with a provider that is played.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::SignInError;
use super::provider::{Admitted, Arrival, Provider};
use super::stand_in::{Signer, StandIn, now};
use crate::model::Role;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const CALLBACK: &str = "http://localhost:8089/login/oidc/callback";

/// A provider that is played, and us.
struct Play {
    provider: StandIn,
    ours: Provider,
    signer: Signer,
}

impl Play {
    async fn new(secret: Option<&str>) -> Self {
        let provider = StandIn::start().await;
        let signer = Signer::ec("first");
        provider.shows_keys(&[&signer]);
        provider.gives_userinfo(200, json!({"sub": "1"}));
        Self {
            ours: Provider::new(provider.settings(secret)).unwrap(),
            provider,
            signer,
        }
    }

    /// Begins and ends a sign-in. The token says this besides what each token says.
    async fn sign_in(&self, at: Instant, said: &Value) -> Result<Admitted, SignInError> {
        let departure = self.ours.begin("/runs", CALLBACK, false, HERE, at).await?;
        let field = |name: &str| field_of(&departure.location, name);
        let mut claims = json!({
            "iss": self.provider.issuer, "aud": "us", "sub": "1", "nonce": field("nonce"),
            "iat": now(), "exp": now() + 300,
        });
        for (name, value) in said.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let tokens = json!({"id_token": self.signer.sign(&claims), "access_token": "access"});
        self.provider.gives_tokens(tokens);
        let arrival = arrival(&format!("state={}&code=c0de", departure.state));
        let flow = self.ours.take(&arrival, Some(&departure.browser), at)?;
        assert_eq!(flow.next, "/runs");
        self.ours.finish(&arrival, &flow, at).await
    }
}

fn arrival(query: &str) -> Arrival {
    let fields = form_urlencoded::parse(query.as_bytes());
    let fields = fields.map(|(name, value)| (name.into_owned(), json!(value)));
    serde_json::from_value(Value::Object(fields.collect())).unwrap()
}

fn field_of(location: &str, name: &str) -> String {
    let (_, query) = location.split_once('?').unwrap();
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let found = fields.find(|(field, _)| field == name);
    found.unwrap().1.into_owned()
}

fn anna() -> Value {
    json!({"email": "Anna@a.example", "email_verified": true})
}

#[tokio::test]
async fn who_is_named_gets_in_by_a_code_that_only_we_can_use() {
    let play = Play::new(Some("hush hush")).await;
    let at = Instant::now();
    let departure = play
        .ours
        .begin("/", CALLBACK, true, HERE, at)
        .await
        .unwrap();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "us"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
    ] {
        assert_eq!(field_of(&departure.location, name), value, "{name}");
    }
    let admitted = play.sign_in(at, &anna()).await.unwrap();
    let name = "anna@a.example".to_owned();
    let role = Role::Operator;
    assert_eq!(admitted, Admitted { name, role });
    let (header, form) = play.provider.asked().remove(0);
    assert_eq!(header, "Basic dXM6aHVzaCtodXNo");
    assert!(form.contains("code=c0de&redirect_uri=http%3A%2F%2Flocalhost%3A8089%2Flogin"));
    assert!(form.contains("&code_verifier="), "{form}");
    assert!(
        !form.contains("client_id") && !form.contains("hush"),
        "{form}"
    );
}

#[tokio::test]
async fn a_public_client_names_itself_and_has_no_secret() {
    let play = Play::new(None).await;
    play.sign_in(Instant::now(), &anna()).await.unwrap();
    let (header, form) = play.provider.asked().remove(0);
    assert_eq!(header, "");
    assert!(
        form.contains("&client_id=us") && !form.contains("secret"),
        "{form}"
    );
}

#[tokio::test]
async fn what_a_token_leaves_out_userinfo_says_about_the_same_person() {
    let play = Play::new(None).await;
    let at = Instant::now();
    let ben = json!({"sub": "1", "email": "ben@a.example", "email_verified": true});
    play.provider.gives_userinfo(200, ben);
    let admitted = play.sign_in(at, &json!({})).await.unwrap();
    assert_eq!(
        (admitted.name.as_str(), admitted.role),
        ("ben@a.example", Role::ReadOnly)
    );
    let eve = json!({"sub": "2", "email": "anna@a.example", "email_verified": true});
    play.provider.gives_userinfo(200, eve);
    let error = play.sign_in(at, &json!({})).await.unwrap_err();
    assert!(matches!(error, SignInError::Untrusted(_)), "{error}");
    play.provider.gives_userinfo(401, json!({}));
    let error = play.sign_in(at, &json!({})).await.unwrap_err();
    assert!(matches!(error, SignInError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn who_gets_in_by_the_token_does_so_also_while_userinfo_fails() {
    let play = Play::new(None).await;
    let at = Instant::now();
    let ben = json!({"email": "ben@a.example", "email_verified": true});
    play.provider.gives_userinfo(503, json!({}));
    let admitted = play.sign_in(at, &ben).await.unwrap();
    assert_eq!(
        (admitted.name.as_str(), admitted.role),
        ("ben@a.example", Role::ReadOnly)
    );
    play.provider.gives_userinfo(200, json!("no object"));
    assert!(play.sign_in(at, &ben).await.is_ok());
    // What it says of somebody else is no failure to pass over.
    play.provider.gives_userinfo(200, json!({"sub": "2"}));
    let error = play.sign_in(at, &ben).await.unwrap_err();
    assert!(matches!(error, SignInError::Untrusted(_)), "{error}");
}

#[tokio::test]
async fn who_is_not_named_is_told_why() {
    let play = Play::new(None).await;
    let at = Instant::now();
    let carl = json!({"email": "carl@b.example", "email_verified": true});
    let error = play.sign_in(at, &carl).await.unwrap_err();
    assert_eq!(error, SignInError::Unlisted("carl@b.example".to_owned()));
    let anna = json!({"email": "anna@a.example", "email_verified": false});
    let error = play.sign_in(at, &anna).await.unwrap_err();
    assert_eq!(error, SignInError::Unverified("anna@a.example".to_owned()));
    let error = play
        .sign_in(at, &json!({"preferred_username": "dan"}))
        .await
        .unwrap_err();
    assert_eq!(error, SignInError::Unlisted("dan (Corp)".to_owned()));
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_once_and_then_not_for_a_while() {
    let mut play = Play::new(None).await;
    let at = Instant::now();
    play.sign_in(at, &anna()).await.unwrap();
    assert_eq!(play.provider.looks(), 1);
    // The provider changes its keys: the next sign-in finds the new one.
    play.signer = Signer::rsa("second");
    play.provider.shows_keys(&[&play.signer]);
    play.sign_in(at, &anna()).await.unwrap();
    assert_eq!(play.provider.looks(), 2);
    // What nobody knows is not asked for again and again.
    play.signer = Signer::ec("nobody's");
    for _ in 0..3 {
        let error = play.sign_in(at, &anna()).await.unwrap_err();
        assert!(matches!(error, SignInError::Untrusted(_)), "{error}");
    }
    assert_eq!(play.provider.looks(), 2);
    let later = at + Duration::from_secs(31);
    assert!(play.sign_in(later, &anna()).await.is_err());
    assert_eq!(play.provider.looks(), 3);
}

#[tokio::test]
async fn keys_that_the_provider_takes_back_are_not_believed_for_ever() {
    let play = Play::new(None).await;
    let at = Instant::now();
    play.sign_in(at, &anna()).await.unwrap();
    play.provider.shows_keys(&[&Signer::ec("second")]);
    assert!(play.sign_in(at, &anna()).await.is_ok());
    let later = at + Duration::from_secs(3601);
    assert!(play.sign_in(later, &anna()).await.is_err());
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_a_refusal_lets_nobody_in() {
    let play = Play::new(None).await;
    let at = Instant::now();
    for (query, is_refusal) in [
        ("code=c0de&iss=http%3A%2F%2Fevil.example", false),
        ("error=access_denied&error_description=no", true),
        ("", false),
    ] {
        let departure = play
            .ours
            .begin("/", CALLBACK, false, HERE, at)
            .await
            .unwrap();
        let arrival = arrival(&format!("state={}&{query}", departure.state));
        let browser = Some(departure.browser.as_str());
        let flow = play.ours.take(&arrival, browser, at).unwrap();
        let error = play.ours.finish(&arrival, &flow, at).await.unwrap_err();
        assert_eq!(
            matches!(error, SignInError::Refused(_)),
            is_refusal,
            "{error}"
        );
        // It is over, also for whoever sends the same again.
        assert!(play.ours.take(&arrival, browser, at).is_err());
    }
    assert_eq!(play.provider.asked(), []);
}

#[tokio::test]
async fn a_code_that_the_provider_does_not_take_lets_nobody_in() {
    let play = Play::new(None).await;
    let at = Instant::now();
    for (status, body, is_refusal) in [
        (400, json!({"error": "invalid_grant"}), true),
        (500, json!({}), false),
        (200, json!({}), false),
    ] {
        play.provider.gives_instead(status, body);
        let error = play.sign_in(at, &anna()).await.unwrap_err();
        assert_eq!(
            matches!(error, SignInError::Refused(_)),
            is_refusal,
            "{error}"
        );
    }
}
