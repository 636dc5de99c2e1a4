//! Why somebody does not get in by the provider.

/// Why somebody does not get in by the provider. The texts are for the log: the page has sentences of
/// its own for [`SignInError::code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignInError {
    /// No answer of the provider, or none that can be read.
    #[error("the provider cannot be used: {0}")]
    Unavailable(String),
    /// No sign-in is under way with this state in this browser: too old, done before, or begun
    /// elsewhere.
    #[error("there is no such sign-in under way in this browser")]
    Unknown,
    /// The provider says no, with its reason.
    #[error("the provider refuses it: {0}")]
    Refused(String),
    /// What the provider has sent does not prove anything.
    #[error("the answer of the provider is not trusted: {0}")]
    Untrusted(String),
    /// The provider knows the person and not whether the address is theirs; no other rule names them.
    #[error("the provider has not verified the address of `{0}`")]
    Unverified(String),
    /// No rule names this person.
    #[error("no rule names `{0}`")]
    Unlisted(String),
}

impl SignInError {
    /// The word by which the page knows it.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Unknown => "unknown",
            Self::Refused(_) => "refused",
            Self::Untrusted(_) => "untrusted",
            Self::Unverified(_) => "unverified",
            Self::Unlisted(_) => "unlisted",
        }
    }
}

/// Longest foreign text in a line of the log, in characters.
const MAX_SHOWN: usize = 200;

/// A text of somebody else as a line of the log may hold it.
pub(super) fn shown(text: &str) -> String {
    let plain = text.chars().filter(|char| !char.is_control());
    plain.take(MAX_SHOWN).collect()
}
