//! Sign-ins that are under way: begun here, and not yet back from the provider.
//!
//! A sign-in is known by its state, which goes with the browser to the provider and back, and belongs to
//! the browser that has the cookie of that state: a link that somebody else has begun leads nowhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::base64;
use crate::guard::{place_of, random_token};

/// Time in which somebody has to be back.
pub(super) const LIFETIME: Duration = Duration::from_mins(10);

/// Sign-ins at once; the oldest of the place that has most of them makes room, so that whoever begins
/// very many ends only their own. Each takes at most some 3 KB: about 30 MB in all.
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
    /// Where it was begun, as attempts with passwords are counted.
    place: IpAddr,
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
    /// Begins one for somebody at this address.
    pub(super) fn begin(
        &self,
        next: &str,
        redirect_uri: &str,
        from: IpAddr,
        now: Instant,
    ) -> Begun {
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
            place: place_of(from),
            begun: now,
        };
        let mut flows = self.lock();
        if flows.len() >= MAX_FLOWS {
            flows.retain(|_, flow| is_alive(flow, now));
        }
        if flows.len() >= MAX_FLOWS {
            make_room(&mut flows);
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

/// Ends the oldest of those of the place that has most.
fn make_room(flows: &mut HashMap<[u8; 32], Flow>) {
    let mut counts: HashMap<IpAddr, usize> = HashMap::new();
    for flow in flows.values() {
        *counts.entry(flow.place).or_default() += 1;
    }
    let fullest = counts.into_iter().max_by_key(|(_, count)| *count);
    let oldest = flows
        .iter()
        .filter(|(_, flow)| fullest.is_some_and(|(place, _)| place == flow.place))
        .min_by_key(|(_, flow)| flow.begun);
    if let Some(oldest) = oldest.map(|(state, _)| *state) {
        flows.remove(&oldest);
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

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_sign_in_is_ended_once_by_the_browser_that_began_it() {
        let (flows, now) = (Flows::default(), Instant::now());
        let begun = flows.begin("/runs", "http://localhost/cb", HERE, now);
        let other = flows.begin("/", "http://localhost/cb", HERE, now);
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
            let begun = flows.begin("/", "", HERE, now);
            let flow = flows.take(&begun.state, Some(&begun.browser), now + passed);
            assert_eq!(flow.is_some(), is_there);
        }
    }

    #[test]
    fn whoever_begins_very_many_ends_the_oldest_of_their_own() {
        let (flows, now) = (Flows::default(), Instant::now());
        let victim = flows.begin("/", "", "192.0.2.1".parse().unwrap(), now);
        let later = |seconds| now + Duration::from_secs(seconds);
        let first = flows.begin("/", "", "2001:db8:0:7::1".parse().unwrap(), later(1));
        let second = flows.begin("/", "", "2001:db8:0:7::2".parse().unwrap(), later(2));
        for _ in 0..MAX_FLOWS - 2 {
            let from = "2001:db8:0:7:1::3".parse().unwrap();
            flows.begin("/", "", from, later(3));
        }
        assert_eq!(flows.lock().len(), MAX_FLOWS);
        for (begun, is_there) in [(&victim, true), (&first, false), (&second, true)] {
            let taken = flows.take(&begun.state, Some(&begun.browser), later(3));
            assert_eq!(taken.is_some(), is_there);
        }
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = base64::url(&sha256(verifier));
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
