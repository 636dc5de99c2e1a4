//! A provider for tests: it signs what it is told to, and counts who asks for its keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};

use super::settings::OidcSettings;
use crate::base64;

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// A key, by its name.
pub(super) struct Signer {
    id: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl Signer {
    pub(super) fn rsa(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            key: Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        }
    }

    pub(super) fn ec(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            key: Key::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
        }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let kind = match self.key {
            Key::Rsa(_) => "RS256",
            Key::Ec(_) => "ES256",
        };
        let head = json!({"alg": kind, "kid": self.id}).to_string();
        let text = format!(
            "{}.{}",
            base64::url(head.as_bytes()),
            base64::url(claims.to_string().as_bytes())
        );
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
            Key::Ec(pair) => {
                let signature = pair.sign(&random, text.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
        };
        format!("{text}.{}", base64::url(&signature))
    }

    /// The public key as bytes.
    pub(super) fn public_bytes(&self) -> Vec<u8> {
        match &self.key {
            Key::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Key::Ec(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    pub(super) fn public(&self) -> Jwk {
        serde_json::from_value(self.document()).unwrap()
    }

    fn document(&self) -> Value {
        match &self.key {
            Key::Rsa(pair) => {
                let key = pair.public_key();
                json!({
                    "kty": "RSA", "kid": self.id, "use": "sig",
                    "n": base64::url(key.modulus().big_endian_without_leading_zero()),
                    "e": base64::url(key.exponent().big_endian_without_leading_zero()),
                })
            }
            Key::Ec(pair) => {
                // A byte for the form, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "kid": self.id, "crv": "P-256",
                    "x": base64::url(x), "y": base64::url(y),
                })
            }
        }
    }
}

/// A provider at a free port of this machine, until the test's runtime ends.
pub(super) struct StandIn {
    pub(super) issuer: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    issuer: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    looks: AtomicUsize,
    tokens: Mutex<Value>,
    instead: Mutex<Option<(u16, Value)>>,
    userinfo: Mutex<(u16, Value)>,
    asked: Mutex<Vec<(String, String)>>,
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let shared = Arc::<Shared>::default();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(keys))
            .route("/token", post(tokens))
            .route("/me", get(userinfo))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        issuer.clone_into(&mut shared.issuer.lock().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, shared }
    }

    /// Settings for it: `anna@a.example` is an operator, others of that domain may look.
    pub(super) fn settings(&self, secret: Option<&str>) -> OidcSettings {
        let lists = ("anna@a.example", "@a.example");
        OidcSettings::new(&self.issuer, "us", secret, Some("Corp"), lists, None).unwrap()
    }

    pub(super) fn shows_keys(&self, signers: &[&Signer]) {
        let keys = signers.iter().map(|signer| signer.document());
        *self.shared.keys.lock().unwrap() = keys.collect();
    }

    /// How often it was asked for its keys.
    pub(super) fn looks(&self) -> usize {
        self.shared.looks.load(Ordering::Relaxed)
    }

    pub(super) fn gives_tokens(&self, tokens: Value) {
        *self.shared.tokens.lock().unwrap() = tokens;
    }

    /// Gives this in the place of tokens.
    pub(super) fn gives_instead(&self, status: u16, body: Value) {
        *self.shared.instead.lock().unwrap() = Some((status, body));
    }

    pub(super) fn gives_userinfo(&self, status: u16, body: Value) {
        *self.shared.userinfo.lock().unwrap() = (status, body);
    }

    /// What it was asked for tokens: header and form.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        self.shared.asked.lock().unwrap().clone()
    }
}

type Answer = (StatusCode, Json<Value>);

fn answer((status, body): (u16, Value)) -> Answer {
    (StatusCode::from_u16(status).unwrap(), Json(body))
}

async fn document(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let issuer = shared.issuer.lock().unwrap().clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/me"),
    }))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.looks.fetch_add(1, Ordering::Relaxed);
    Json(json!({"keys": *shared.keys.lock().unwrap()}))
}

async fn tokens(State(shared): State<Arc<Shared>>, headers: HeaderMap, form: String) -> Answer {
    let header = headers.get("authorization");
    let header = header.map_or("", |value| value.to_str().unwrap());
    let asked = (header.to_owned(), form);
    shared.asked.lock().unwrap().push(asked);
    let tokens = shared.tokens.lock().unwrap().clone();
    let instead = shared.instead.lock().unwrap().clone();
    answer(instead.unwrap_or((200, tokens)))
}

async fn userinfo(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Answer {
    assert_eq!(headers["authorization"], "Bearer access");
    answer(shared.userinfo.lock().unwrap().clone())
}
