//! Passwords, sessions and attempts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;

use crate::model::Role;

/// Name of the cookie.
pub const SESSION_COOKIE: &str = "gregaria_session";

/// Time without a request after which a session is over.
const IDLE: Duration = Duration::from_hours(12);

/// Failed attempts within [`WINDOW`] after which nobody gets in from there for as long.
const MAX_FAILURES: usize = 5;
const WINDOW: Duration = Duration::from_mins(1);

/// Sessions kept at most; the one that has been idle longest makes room.
const MAX_SESSIONS: usize = 1000;

/// Places remembered for their failures; the one that has been quiet longest makes room.
const MAX_PLACES: usize = 10_000;

/// Length of what is random, in bytes.
const RANDOM_BYTES: usize = 32;

/// Somebody who may sign in. The password is also the token of scripts.
#[derive(Clone)]
pub struct Credential {
    /// The name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    digest: [u8; 32],
}

impl Credential {
    /// With a password, which is not kept. `None` if it is empty.
    pub fn new(name: &str, role: Role, password: &str) -> Option<Self> {
        (!password.is_empty()).then(|| Self {
            name: name.to_owned(),
            role,
            digest: digest_of(password),
        })
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credential")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Why somebody does not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Name or password are wrong.
    #[error("That name or password is not right.")]
    Wrong,
    /// Too many attempts from there.
    #[error("Too many attempts. Try again in {0} s.")]
    Locked(u64),
}

#[derive(Clone, Debug)]
struct Session {
    name: String,
    role: Role,
    last_used: Instant,
    /// When it is over although it is used.
    ends: Option<Instant>,
}

impl Session {
    fn lasts(&self, now: Instant) -> bool {
        now.duration_since(self.last_used) < IDLE && self.ends.is_none_or(|ends| now < ends)
    }
}

/// Who may get in, and who is in.
#[derive(Debug)]
pub struct Login {
    credentials: Vec<Credential>,
    /// By the digest of their tokens: who reads this memory gets no token.
    sessions: Mutex<HashMap<[u8; 32], Session>>,
    failures: Mutex<HashMap<IpAddr, Vec<Instant>>>,
}

impl Login {
    /// For these people.
    pub fn new(credentials: Vec<Credential>) -> Self {
        Self {
            credentials,
            sessions: Mutex::default(),
            failures: Mutex::default(),
        }
    }

    /// Whether anybody has a password.
    pub fn has_passwords(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// Lets somebody in and returns the token of the session, with what it may do.
    pub fn sign_in(
        &self,
        name: &str,
        password: &str,
        from: IpAddr,
        now: Instant,
    ) -> Result<(String, Role), LoginError> {
        self.refuse_if_locked(from, now)?;
        let given = digest_of(password);
        // Every one is compared, whether or not the name fits: the time tells nothing.
        let mut found = None;
        for credential in &self.credentials {
            let fits = verify_slices_are_equal(&credential.digest, &given).is_ok();
            if fits && credential.name == name {
                found = Some(credential);
            }
        }
        let Some(credential) = found else {
            self.note_failure(from, now);
            return Err(LoginError::Wrong);
        };
        let token = self.admit(&credential.name, credential.role, None, now);
        Ok((token, credential.role))
    }

    /// Lets somebody in whom others have found to be who they say, and returns the token of the session,
    /// which is over after `limit` although it is used.
    pub fn admit(&self, name: &str, role: Role, limit: Option<Duration>, now: Instant) -> String {
        let token = random_token();
        let session = Session {
            name: name.to_owned(),
            role,
            last_used: now,
            ends: limit.map(|limit| now + limit),
        };
        let mut sessions = lock(&self.sessions);
        sessions.retain(|_, session| session.lasts(now));
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.last_used);
            if let Some(oldest) = oldest.map(|(token, _)| *token) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(digest_of(&token), session);
        token
    }

    /// Who a session's token belongs to; it is used by that.
    pub fn session(&self, token: &str, now: Instant) -> Option<(String, Role)> {
        let key = digest_of(token);
        let mut sessions = lock(&self.sessions);
        let session = sessions.get_mut(&key)?;
        if !session.lasts(now) {
            sessions.remove(&key);
            return None;
        }
        session.last_used = now;
        Some((session.name.clone(), session.role))
    }

    /// Whether a session lasts. Looking is no use of it: a page that nobody touches signs out, too.
    pub fn is_session(&self, token: &str, now: Instant) -> bool {
        let sessions = lock(&self.sessions);
        let session = sessions.get(&digest_of(token));
        session.is_some_and(|session| session.lasts(now))
    }

    /// Ends a session.
    pub fn sign_out(&self, token: &str) {
        lock(&self.sessions).remove(&digest_of(token));
    }

    /// Who a script's token belongs to.
    pub fn bearer(
        &self,
        token: &str,
        from: IpAddr,
        now: Instant,
    ) -> Result<(String, Role), LoginError> {
        self.refuse_if_locked(from, now)?;
        let given = digest_of(token);
        let mut found = None;
        for credential in &self.credentials {
            if verify_slices_are_equal(&credential.digest, &given).is_ok() {
                found = Some((credential.name.clone(), credential.role));
            }
        }
        found.ok_or_else(|| {
            self.note_failure(from, now);
            LoginError::Wrong
        })
    }

    fn refuse_if_locked(&self, from: IpAddr, now: Instant) -> Result<(), LoginError> {
        let mut failures = lock(&self.failures);
        let Some(moments) = failures.get_mut(&place_of(from)) else {
            return Ok(());
        };
        moments.retain(|moment| now.duration_since(*moment) < WINDOW);
        match moments.get(MAX_FAILURES - 1) {
            None => Ok(()),
            Some(last) => {
                let left = WINDOW.saturating_sub(now.duration_since(*last));
                Err(LoginError::Locked(left.as_secs().max(1)))
            }
        }
    }

    fn note_failure(&self, from: IpAddr, now: Instant) {
        let place = place_of(from);
        let mut failures = lock(&self.failures);
        if failures.len() >= MAX_PLACES && !failures.contains_key(&place) {
            let quietest = failures
                .iter()
                .min_by_key(|(_, moments)| moments.last().copied());
            if let Some(quietest) = quietest.map(|(place, _)| *place) {
                failures.remove(&quietest);
            }
        }
        let moments = failures.entry(place).or_default();
        if moments.len() < MAX_FAILURES {
            moments.push(now);
        }
    }
}

/// What failures and sign-ins under way are counted for: an address, or all those of IPv6 that one host can choose from.
pub(crate) fn place_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        short @ IpAddr::V4(_) => short,
    }
}

/// 64 hexadecimal digits that nobody can guess.
pub(crate) fn random_token() -> String {
    let mut bytes = [0; RANDOM_BYTES];
    rand::fill(&mut bytes).expect("the kernel gives random bytes");
    hex(&bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

fn digest_of(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    bytes
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn login() -> Login {
        let anna = Credential::new("anna", Role::Operator, "secret").unwrap();
        let ben = Credential::new("ben", Role::ReadOnly, "other").unwrap();
        Login::new(vec![anna, ben])
    }

    #[test]
    fn an_empty_password_is_none() {
        assert!(Credential::new("anna", Role::Operator, "").is_none());
    }

    #[test]
    fn the_password_of_another_does_not_open() {
        let (login, now) = (login(), Instant::now());
        assert_eq!(
            login.sign_in("anna", "other", HERE, now),
            Err(LoginError::Wrong)
        );
        let (token, role) = login.sign_in("ben", "other", HERE, now).unwrap();
        assert_eq!(role, Role::ReadOnly);
        assert_eq!(login.session(&token, now).unwrap().0, "ben");
        login.sign_out(&token);
        assert_eq!(login.session(&token, now), None);
    }

    #[test]
    fn a_session_ends_after_twelve_hours_without_use() {
        let (login, now) = (login(), Instant::now());
        let (token, _) = login.sign_in("anna", "secret", HERE, now).unwrap();
        let hour = Duration::from_hours(1);
        assert!(login.session(&token, now + 11 * hour).is_some());
        assert!(login.session(&token, now + 22 * hour).is_some());
        // Looking at it, as a stream does, is no use.
        assert!(login.is_session(&token, now + 33 * hour));
        assert!(!login.is_session(&token, now + 34 * hour));
        assert_eq!(login.session(&token, now + 34 * hour), None);
    }

    #[test]
    fn whoever_has_many_addresses_is_one_place() {
        let (login, now) = (login(), Instant::now());
        for host in 1..=5_u16 {
            let from = IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, host]);
            assert_eq!(
                login.bearer("guess", from, now),
                Err(LoginError::Wrong),
                "{from}"
            );
        }
        let sixth = "2001:db8:0:7:1::9".parse().unwrap();
        assert!(matches!(
            login.bearer("secret", sixth, now),
            Err(LoginError::Locked(_))
        ));
        let neighbour = "2001:db8:0:8::1".parse().unwrap();
        assert!(login.bearer("secret", neighbour, now).is_ok());
    }

    #[test]
    fn failures_from_everywhere_take_no_more_memory_than_from_many_places() {
        let (login, now) = (login(), Instant::now());
        let from = |host: usize| IpAddr::from(u32::try_from(host).unwrap().to_be_bytes());
        for host in 0..=MAX_PLACES {
            let at = now + Duration::from_millis(host as u64);
            assert_eq!(login.bearer("x", from(host), at), Err(LoginError::Wrong));
        }
        let failures = lock(&login.failures);
        assert_eq!(failures.len(), MAX_PLACES);
        assert!(!failures.contains_key(&from(0)) && failures.contains_key(&from(MAX_PLACES)));
    }

    #[test]
    fn five_failures_in_a_minute_lock_out_even_the_right_password() {
        let (login, now) = (login(), Instant::now());
        for attempt in 0..5 {
            let at = now + Duration::from_secs(attempt);
            assert_eq!(
                login.sign_in("anna", "guess", HERE, at),
                Err(LoginError::Wrong)
            );
        }
        let at = now + Duration::from_secs(10);
        assert!(matches!(
            login.sign_in("anna", "secret", HERE, at),
            Err(LoginError::Locked(_))
        ));
        assert!(matches!(
            login.bearer("secret", HERE, at),
            Err(LoginError::Locked(_))
        ));
        let elsewhere = "192.0.2.1".parse().unwrap();
        assert!(login.sign_in("anna", "secret", elsewhere, at).is_ok());
        let later = now + Duration::from_secs(65);
        assert!(login.sign_in("anna", "secret", HERE, later).is_ok());
    }
}
