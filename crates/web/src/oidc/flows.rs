//! Sign-ins that are under way: begun here, and not yet back from the provider.
//!
//! A sign-in is known by its state, which goes with the browser to the provider and back, and belongs to
//! the browser that has the cookie of that state: a link that somebody else has begun leads nowhere.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::base64;
use crate::guard::random_token;

/// Time in which somebody has to be back.
pub(super) const LIFETIME: Duration = Duration::from_mins(10);

/// Sign-ins at once; the oldest makes room.
const MAX_FLOWS: usize = 10_000;

/// A sign-in that is under way.
#[derive(Debug)]
pub(super) struct Flow {
    /// What the token has to repeat.
    pub(super) nonce: String,
    /// What proves to the provider that the code comes back from where it was asked for.
    pub(super) verifier: String,
    /// The provider wants it a second time, with the code.
    pub(super) redirect_uri: String,
    /// The path that the person wanted to see.
    pub(super) next: String,
    browser: [u8; 32],
    begun: Instant,
}

/// What a browser takes along.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) challenge: String,
    /// The cookie's value.
    pub(super) browser: String,
}

/// All of them, by the digest of their states.
#[derive(Debug, Default)]
pub(super) struct Flows(Mutex<HashMap<[u8; 32], Flow>>);

impl Flows {
    /// Begins one.
    pub(super) fn begin(&self, next: &str, redirect_uri: &str, now: Instant) -> Begun {
        let [state, nonce, verifier, browser] = [(); 4].map(|()| random_token());
        let begun = Begun {
            challenge: base64::url(&sha256(&verifier)),
            state,
            nonce: nonce.clone(),
            browser,
        };
        let flow = Flow {
            nonce,
            verifier,
            redirect_uri: redirect_uri.to_owned(),
            next: next.to_owned(),
            browser: sha256(&begun.browser),
            begun: now,
        };
        let mut flows = self.lock();
        if flows.len() >= MAX_FLOWS {
            flows.retain(|_, flow| is_alive(flow, now));
        }
        if flows.len() >= MAX_FLOWS {
            let oldest = flows.iter().min_by_key(|(_, flow)| flow.begun);
            if let Some(oldest) = oldest.map(|(state, _)| *state) {
                flows.remove(&oldest);
            }
        }
        flows.insert(sha256(&begun.state), flow);
        begun
    }

    /// Ends the one with this state, if it belongs to the browser: it cannot be ended twice.
    pub(super) fn take(&self, state: &str, browser: Option<&str>, now: Instant) -> Option<Flow> {
        let key = sha256(state);
        let mut flows = self.lock();
        let flow = flows.get(&key)?;
        let given = sha256(browser?);
        verify_slices_are_equal(&flow.browser, &given).ok()?;
        flows.remove(&key).filter(|flow| is_alive(flow, now))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Flow>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_alive(flow: &Flow, now: Instant) -> bool {
    now.saturating_duration_since(flow.begun) < LIFETIME
}

fn sha256(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_is_ended_once_by_the_browser_that_began_it() {
        let (flows, now) = (Flows::default(), Instant::now());
        let begun = flows.begin("/runs", "http://localhost/cb", now);
        let other = flows.begin("/", "http://localhost/cb", now);
        assert!(flows.take(&begun.state, None, now).is_none());
        assert!(
            flows
                .take(&begun.state, Some(&other.browser), now)
                .is_none()
        );
        assert!(
            flows
                .take(&other.state, Some(&begun.browser), now)
                .is_none()
        );
        let flow = flows.take(&begun.state, Some(&begun.browser), now).unwrap();
        assert_eq!((flow.next.as_str(), &flow.nonce), ("/runs", &begun.nonce));
        assert!(
            flows
                .take(&begun.state, Some(&begun.browser), now)
                .is_none()
        );
    }

    #[test]
    fn who_takes_too_long_begins_again() {
        let (flows, now) = (Flows::default(), Instant::now());
        for (passed, is_there) in [
            (LIFETIME.saturating_sub(Duration::from_secs(1)), true),
            (LIFETIME, false),
        ] {
            let begun = flows.begin("/", "", now);
            let flow = flows.take(&begun.state, Some(&begun.browser), now + passed);
            assert_eq!(flow.is_some(), is_there);
        }
    }

    #[test]
    fn the_oldest_makes_room() {
        let (flows, now) = (Flows::default(), Instant::now());
        let first = flows.begin("/", "", now);
        let later = now + Duration::from_secs(1);
        let second = flows.begin("/", "", later);
        for _ in 0..MAX_FLOWS - 1 {
            flows.begin("/", "", later + Duration::from_secs(1));
        }
        assert!(
            flows
                .take(&first.state, Some(&first.browser), later)
                .is_none()
        );
        assert!(
            flows
                .take(&second.state, Some(&second.browser), later)
                .is_some()
        );
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = base64::url(&sha256(verifier));
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
