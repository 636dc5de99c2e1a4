//! Tokens of the provider: what has to be true of one before a word of it is believed.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::Value;

use super::error::SignInError;
use super::grant::Claims;

/// Kinds of signatures that are taken: those with a public key. A token cannot choose another one, and
/// above all not none, or one whose secret would be the public key.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Seconds by which the clocks of both machines may differ.
const LEEWAY: u64 = 60;

/// Seconds since a token was issued after which it is of another sign-in.
const MAX_AGE: u64 = 600;

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
}

/// The head of a token, if its signature is of a kind that is taken.
pub(super) fn header_of(token: &str) -> Result<Header, SignInError> {
    let header = decode_header(token).map_err(|error| untrusted(&error.to_string()))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(untrusted("it is signed in a way that is not taken"));
    }
    // What has to be understood by whoever reads it, nobody does here.
    if header.crit.is_some() {
        return Err(untrusted("it has critical extensions"));
    }
    Ok(header)
}

/// What a token says, if it is signed with this key, for us, for this sign-in, and at this time.
/// `now` is in seconds since 1970.
pub(super) fn check(
    token: &str,
    header: &Header,
    key: &Jwk,
    expected: Expected<'_>,
    now: u64,
) -> Result<Claims, SignInError> {
    let key = DecodingKey::from_jwk(key).map_err(|error| untrusted(&error.to_string()))?;
    let mut rules = Validation::new(header.alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[expected.issuer]);
    rules.set_audience(&[expected.client_id]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let token = decode::<Claims>(token, &key, &rules);
    let claims = token.map_err(|error| untrusted(&error.to_string()))?.claims;
    check_party(&claims, expected.client_id)?;
    let issued = claims.get("iat").and_then(Value::as_u64);
    let issued = issued.ok_or_else(|| untrusted("it does not say when it was issued"))?;
    if issued > now + LEEWAY || issued + MAX_AGE < now {
        return Err(untrusted("it was issued at another time"));
    }
    if claims.get("nonce").and_then(Value::as_str) != Some(expected.nonce) {
        return Err(untrusted("it is of another sign-in"));
    }
    subject(&claims)?;
    Ok(claims)
}

/// Whoever it was issued to is us, also where it is for several.
fn check_party(claims: &Claims, client_id: &str) -> Result<(), SignInError> {
    let is_for_others = claims
        .get("aud")
        .and_then(Value::as_array)
        .is_some_and(|all| all.len() > 1);
    match claims.get("azp") {
        None if is_for_others => Err(untrusted("it is for several, and does not say for whom")),
        Some(party) if *party != client_id => Err(untrusted("it was issued to another")),
        _ => Ok(()),
    }
}

/// Who it is about, as the provider names everybody for ever.
pub(super) fn subject(claims: &Claims) -> Result<&str, SignInError> {
    let subject = claims.get("sub").and_then(Value::as_str);
    subject
        .filter(|subject| !subject.is_empty())
        .ok_or_else(|| untrusted("it does not say whom it is about"))
}

fn untrusted(why: &str) -> SignInError {
    SignInError::Untrusted(format!("token: {why}"))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;
    use serde_json::json;

    use super::super::stand_in::{Signer, now};
    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id.example",
        client_id: "us",
        nonce: "once",
    };

    fn good() -> Value {
        json!({
            "iss": "https://id.example", "aud": "us", "sub": "1", "nonce": "once",
            "iat": now(), "exp": now() + 300,
        })
    }

    fn verdict(signer: &Signer, claims: &Value) -> Result<Claims, SignInError> {
        let token = signer.sign(claims);
        let header = header_of(&token)?;
        check(&token, &header, &signer.public(), EXPECTED, now())
    }

    #[test]
    fn a_token_for_us_is_believed_whatever_kind_of_key_has_signed_it() {
        for signer in [Signer::rsa("a"), Signer::ec("b")] {
            assert_eq!(verdict(&signer, &good()).unwrap()["sub"], "1");
        }
    }

    #[test]
    fn every_claim_has_to_be_as_expected() {
        let signer = Signer::ec("a");
        for (name, value) in [
            ("iss", json!("https://id.example/")),
            ("iss", json!("https://evil.example")),
            ("iss", json!(null)),
            ("aud", json!("them")),
            ("aud", json!(["them"])),
            ("aud", json!(["us", "them"])),
            ("aud", json!(null)),
            ("azp", json!("them")),
            ("nonce", json!("twice")),
            ("nonce", json!(null)),
            ("exp", json!(now() - 120)),
            ("exp", json!(null)),
            ("nbf", json!(now() + 120)),
            ("iat", json!(now() + 120)),
            ("iat", json!(now() - 1200)),
            ("iat", json!("now")),
            ("iat", json!(null)),
            ("sub", json!("")),
            ("sub", json!(1)),
            ("sub", json!(null)),
        ] {
            let mut claims = good();
            claims[name] = value.clone();
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            }
            let error = verdict(&signer, &claims).expect_err(&format!("{name}: {value}"));
            assert!(matches!(error, SignInError::Untrusted(_)), "{error}");
        }
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let signer = Signer::ec("a");
        let mut claims = good();
        claims["exp"] = json!(now() - 30);
        claims["iat"] = json!(now() + 30);
        claims["nbf"] = json!(now() + 30);
        assert!(verdict(&signer, &claims).is_ok());
    }

    #[test]
    fn one_for_several_says_that_it_is_ours() {
        let signer = Signer::ec("a");
        let mut claims = good();
        claims["aud"] = json!(["us", "them"]);
        claims["azp"] = json!("us");
        assert!(verdict(&signer, &claims).is_ok());
    }

    #[test]
    fn a_token_cannot_choose_how_it_is_checked() {
        let signer = Signer::rsa("a");
        let body = crate::base64::url(good().to_string().as_bytes());
        for head in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": ""}),
            json!({}),
            json!({"alg": "RS256", "crit": ["exp"]}),
        ] {
            let head = crate::base64::url(head.to_string().as_bytes());
            for token in [format!("{head}.{body}."), format!("{head}.{body}.AAAA")] {
                assert!(header_of(&token).is_err(), "{token}");
            }
        }
        // The public key, taken for a secret.
        let secret = EncodingKey::from_secret(&signer.public_bytes());
        let token = jsonwebtoken::encode(&Header::default(), &good(), &secret).unwrap();
        assert!(header_of(&token).is_err());
        let forged = Header {
            alg: Algorithm::HS256,
            ..Header::new(Algorithm::RS256)
        };
        assert!(check(&token, &forged, &signer.public(), EXPECTED, now()).is_err());
    }

    #[test]
    fn what_another_key_has_signed_or_somebody_has_changed_is_not_believed() {
        let signer = Signer::rsa("a");
        let (own, other) = (signer.sign(&good()), Signer::rsa("a").sign(&good()));
        let mut changed = good();
        changed["sub"] = json!("2");
        let changed = signer.sign(&changed);
        let parts: Vec<&str> = own.split('.').collect();
        let body = changed.split('.').nth(1).unwrap();
        let mixed = format!("{}.{body}.{}", parts[0], parts[2]);
        let unsigned = format!("{}.{}.", parts[0], parts[1]);
        for token in [other, mixed, unsigned, format!("{own}A"), "a.b".to_owned()] {
            let verdict = header_of(&token)
                .and_then(|header| check(&token, &header, &signer.public(), EXPECTED, now()));
            assert!(verdict.is_err(), "{token}");
        }
    }
}
