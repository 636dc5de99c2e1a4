//! The keys by which the provider signs. They change: an unknown one is looked for once more, but not
//! as often as somebody sends unknown ones.

use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, Header};
use serde_json::Value;

use super::address::Address;
use super::error::SignInError;
use super::fetch::Fetcher;

/// Time for which keys hold: one that the provider has taken back is not believed for longer.
const LIFETIME: Duration = Duration::from_hours(1);

/// Least time between two looks for keys that were not there.
const PAUSE: Duration = Duration::from_secs(30);

/// Keys of the provider.
#[derive(Default)]
pub(super) struct Keys {
    known: Vec<Jwk>,
    fetched: Option<Instant>,
    /// When an unknown key was looked for last.
    looked: Option<Instant>,
}

impl Keys {
    /// The key that a token was signed with, as its head says.
    pub(super) async fn find(
        &mut self,
        header: &Header,
        fetcher: &Fetcher,
        place: &Address,
        now: Instant,
    ) -> Result<Jwk, SignInError> {
        let is_within = |moment: Option<Instant>, limit: Duration| {
            moment.is_some_and(|moment| now.saturating_duration_since(moment) < limit)
        };
        if !is_within(self.fetched, LIFETIME) {
            self.fetch(fetcher, place, now).await?;
        }
        if let Some(key) = choose(&self.known, header) {
            return Ok(key.clone());
        }
        if !is_within(self.looked, PAUSE) {
            self.looked = Some(now);
            self.fetch(fetcher, place, now).await?;
        }
        choose(&self.known, header).cloned().ok_or_else(|| {
            SignInError::Untrusted("it is signed with a key that the provider has not".to_owned())
        })
    }

    async fn fetch(
        &mut self,
        fetcher: &Fetcher,
        place: &Address,
        now: Instant,
    ) -> Result<(), SignInError> {
        let answer = fetcher.get(place, None).await?;
        let object = answer.object.filter(|_| answer.status.is_success());
        let keys = object.and_then(|mut object| object.remove("keys"));
        let Some(Value::Array(keys)) = keys else {
            let text = format!("`{}` has no keys", place.as_str());
            return Err(SignInError::Unavailable(text));
        };
        // One of a kind that nobody knows here spoils no other.
        self.known = keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        self.fetched = Some(now);
        Ok(())
    }
}

/// The key of that name, or the only one that fits where the token names none.
fn choose<'a>(keys: &'a [Jwk], header: &Header) -> Option<&'a Jwk> {
    let mut fitting = keys.iter().filter(|key| fits(key, header.alg));
    match &header.kid {
        Some(id) => fitting.find(|key| key.common.key_id.as_ref() == Some(id)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

/// Whether signatures of this kind are made with such a key.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let is_for_signing = common
        .public_key_use
        .as_ref()
        .is_none_or(|wanted| *wanted == PublicKeyUse::Signature);
    let wanted = KeyAlgorithm::from(algorithm);
    let is_for_this = common.key_algorithm.is_none_or(|given| given == wanted);
    let is_of_kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(
            algorithm,
            Algorithm::RS256
                | Algorithm::RS384
                | Algorithm::RS512
                | Algorithm::PS256
                | Algorithm::PS384
                | Algorithm::PS512
        ),
        AlgorithmParameters::EllipticCurve(curve) => {
            matches!(
                (&curve.curve, algorithm),
                (EllipticCurve::P256, Algorithm::ES256) | (EllipticCurve::P384, Algorithm::ES384)
            )
        }
        AlgorithmParameters::OctetKeyPair(pair) => {
            pair.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA
        }
        // A secret is no public key.
        _ => false,
    };
    is_for_signing && is_for_this && is_of_kind
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> Vec<Jwk> {
        let all = [
            json!({"kty": "RSA", "kid": "a", "use": "sig", "alg": "RS256", "n": "AQ", "e": "AQAB"}),
            json!({"kty": "RSA", "kid": "b", "use": "enc", "n": "AQ", "e": "AQAB"}),
            json!({"kty": "EC", "kid": "c", "crv": "P-256", "x": "AQ", "y": "AQ"}),
            json!({"kty": "oct", "kid": "d", "k": "AQ"}),
            json!({"kty": "OKP", "kid": "e", "crv": "Ed25519", "x": "AQ"}),
        ];
        all.map(|key| serde_json::from_value(key).unwrap()).to_vec()
    }

    fn chosen(algorithm: Algorithm, id: Option<&str>) -> Option<String> {
        let header = Header {
            kid: id.map(str::to_owned),
            ..Header::new(algorithm)
        };
        choose(&keys(), &header).and_then(|key| key.common.key_id.clone())
    }

    #[test]
    fn a_key_is_used_for_what_it_is_made_for() {
        assert_eq!(chosen(Algorithm::RS256, Some("a")).as_deref(), Some("a"));
        assert_eq!(chosen(Algorithm::ES256, Some("c")).as_deref(), Some("c"));
        assert_eq!(chosen(Algorithm::EdDSA, Some("e")).as_deref(), Some("e"));
        for (algorithm, id) in [
            (Algorithm::RS384, "a"),
            (Algorithm::RS256, "b"),
            (Algorithm::RS256, "c"),
            (Algorithm::ES384, "c"),
            (Algorithm::HS256, "a"),
            (Algorithm::HS256, "d"),
            (Algorithm::RS256, "z"),
        ] {
            assert_eq!(chosen(algorithm, Some(id)), None, "{algorithm:?} {id}");
        }
    }

    #[test]
    fn without_a_name_only_a_key_without_rivals_is_used() {
        assert_eq!(chosen(Algorithm::RS256, None).as_deref(), Some("a"));
        let twice = [keys(), keys()].concat();
        assert!(choose(&twice, &Header::new(Algorithm::RS256)).is_none());
    }
}
