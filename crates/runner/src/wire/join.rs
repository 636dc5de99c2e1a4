//! Joining is by invitation: tokens, and the one line that holds all a worker needs.
//!
//! A token is a secret of the cluster. It is compared as a hash in constant time, and nothing here
//! prints it by accident: `Debug` shows its id, a part of its hash, by which people can name it.

use std::fmt;
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use super::fingerprint::Fingerprint;

/// Characters below which a token could be guessed.
pub const MIN_TOKEN_CHARS: usize = 16;

/// Characters of the longest token.
pub const MAX_TOKEN_CHARS: usize = 512;

/// Begins tokens that we make; what follows is when they expire, and the secret.
const MADE_HERE: &str = "gjt1";

/// Stands for the date of a token that does not expire.
const NEVER: &str = "never";

const SECRET_BYTES: usize = 32;

/// A secret that lets a worker join.
///
/// `gregaria token` makes them. Any other text of 16 to 512 printable ASCII characters without
/// spaces is a token as well, one that does not expire.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken(String);

/// Names a token without giving it away: eight hexadecimal digits of its hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenId([u8; 4]);

/// Why a token opens no door. The texts tell a stranger nothing about tokens that would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not one of those that are valid: wrong, or revoked.
    #[error("the join token is not valid here")]
    Unknown,
    /// Its time is over.
    #[error("the join token has expired: make another with `gregaria token`")]
    Expired,
    /// It is no token at all.
    #[error(
        "a join token has {MIN_TOKEN_CHARS} to {MAX_TOKEN_CHARS} characters without spaces: \
         make one with `gregaria token`"
    )]
    Malformed,
}

impl JoinToken {
    /// Makes a token out of 256 random bits that is valid until `expires_at`, or for ever.
    ///
    /// # Panics
    ///
    /// If the system has no randomness to give.
    pub fn generate(expires_at: Option<SystemTime>) -> Self {
        let mut secret = [0; SECRET_BYTES];
        SystemRandom::new()
            .fill(&mut secret)
            .expect("the system gives random bytes");
        let expiry = match expires_at {
            Some(time) => since_epoch(time).as_secs().to_string(),
            None => NEVER.to_owned(),
        };
        Self(format!("{MADE_HERE}-{expiry}-{}", hex(&secret)))
    }

    /// When it stops to be valid. Part of the token, so it cannot be put off without being known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        let (expiry, _) = made_here(&self.0)?;
        UNIX_EPOCH.checked_add(Duration::from_secs(expiry.parse().ok()?))
    }

    /// Its name in logs.
    pub fn id(&self) -> TokenId {
        let hash = self.hash();
        TokenId([hash[0], hash[1], hash[2], hash[3]])
    }

    /// The secret itself: to be sent within TLS, written to a file or shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl FromStr for JoinToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let is_token = (MIN_TOKEN_CHARS..=MAX_TOKEN_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let token = Self(text.to_owned());
        // A date that cannot be read must not become a token without an end.
        let is_dated = made_here(text)
            .is_none_or(|(expiry, _)| expiry == NEVER || token.expires_at().is_some());
        (is_token && is_dated)
            .then_some(token)
            .ok_or(TokenError::Malformed)
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "JoinToken({})", self.id())
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The tokens that are valid at a master. To revoke one, set the list without it.
#[derive(Debug, Default)]
pub struct JoinTokens(RwLock<Vec<JoinToken>>);

impl JoinTokens {
    /// Takes the tokens of the command line or of a file.
    pub fn new(tokens: impl IntoIterator<Item = JoinToken>) -> Self {
        Self(RwLock::new(tokens.into_iter().collect()))
    }

    /// Replaces all tokens. Workers that are connected with one that is gone are to be sent away by
    /// [`Listener::dismiss_revoked`](super::Listener::dismiss_revoked).
    pub fn set(&self, tokens: impl IntoIterator<Item = JoinToken>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tokens.into_iter().collect();
    }

    /// Whether a token of this name has not been revoked. It may have expired: that closes the door
    /// to those who come, and leaves those inside where they are.
    pub fn holds(&self, id: TokenId) -> bool {
        self.read().iter().any(|token| token.id() == id)
    }

    /// Compares with every token, each in constant time, however many fit.
    pub(super) fn prove(&self, shown: &str, now: SystemTime) -> Result<TokenId, TokenError> {
        let shown = hash(shown);
        let mut found = Err(TokenError::Unknown);
        for token in self.read().iter() {
            if verify_slices_are_equal(&token.hash(), &shown).is_ok() {
                found = if is_current(token, now) {
                    Ok(token.id())
                } else {
                    Err(TokenError::Expired)
                };
            }
        }
        found
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<JoinToken>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that a worker needs, in one line to copy: where the master is, by which certificate it is
/// known, and the token.
///
/// It reads `gregaria://HOST:PORT/FINGERPRINT/TOKEN`, without a character that a shell would touch
/// unless the token has one. The line holds the secret; `Debug` does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Name or address of the master; an address of IPv6 without brackets.
    pub host: String,
    /// Its port for workers.
    pub port: u16,
    /// Its certificate.
    pub fingerprint: Fingerprint,
    /// The token.
    pub token: JoinToken,
}

/// A line that is no invitation. It is not repeated here, for it may hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an invitation reads gregaria://HOST:PORT/FINGERPRINT/TOKEN")]
pub struct NotAnInvitation;

impl Invitation {
    /// The line to copy.
    pub fn reveal(&self) -> String {
        let Self {
            host,
            port,
            fingerprint,
            token,
        } = self;
        let token = token.reveal();
        if host.contains(':') {
            format!("gregaria://[{host}]:{port}/{fingerprint}/{token}")
        } else {
            format!("gregaria://{host}:{port}/{fingerprint}/{token}")
        }
    }
}

impl FromStr for Invitation {
    type Err = NotAnInvitation;

    fn from_str(line: &str) -> Result<Self, NotAnInvitation> {
        parse_invitation(line).ok_or(NotAnInvitation)
    }
}

fn parse_invitation(line: &str) -> Option<Invitation> {
    let rest = line.trim().strip_prefix("gregaria://")?;
    let (address, rest) = rest.split_once('/')?;
    let (fingerprint, token) = rest.split_once('/')?;
    let (host, port) = address.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    Some(Invitation {
        host: (!host.is_empty()).then(|| host.to_owned())?,
        port: port.parse().ok()?,
        fingerprint: fingerprint.parse().ok()?,
        token: token.parse().ok()?,
    })
}

/// When a token made here expires, and its secret.
fn made_here(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(MADE_HERE)?.strip_prefix('-')?;
    rest.split_once('-')
}

fn is_current(token: &JoinToken, now: SystemTime) -> bool {
    token.expires_at().is_none_or(|end| now < end)
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn hash(text: &str) -> [u8; 32] {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}
