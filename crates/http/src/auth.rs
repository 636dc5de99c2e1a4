//! Basic and digest authentication: the value of an `Authorization` header.
//!
//! Digest follows RFC 7616 with MD5 and SHA-256. Nothing here draws a random number: the client's
//! nonce comes in as an argument.

use std::fmt::Write;

use md5::{Digest, Md5};
use sha2::Sha256;

/// The value for a user and a password (RFC 7617), in Latin-1 as requests sends it; in UTF-8 if
/// they have characters beyond it.
pub fn basic(user: &str, password: &str) -> String {
    let text = format!("{user}:{password}");
    let latin: Option<Vec<u8>> = text
        .chars()
        .map(|letter| u8::try_from(letter).ok())
        .collect();
    format!(
        "Basic {}",
        base64(&latin.unwrap_or_else(|| text.into_bytes()))
    )
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for letter in 0..4 {
            if letter > group.len() {
                out.push('=');
            } else {
                let index = (bits >> (18 - 6 * letter)) & 63;
                out.push(LETTERS[index as usize].into());
            }
        }
    }
    out
}

/// A `WWW-Authenticate: Digest …` challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// As the server wrote it; MD5 if it wrote none.
    algorithm: Option<String>,
    hash: Hash,
    /// The nonce of the session goes into the user's hash.
    is_session: bool,
    /// The server offers `qop=auth`.
    has_qop: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
}

/// Why a challenge cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// It asks for another scheme.
    #[error("the server does not ask for digest authentication")]
    NotDigest,
    /// It lacks a realm or a nonce.
    #[error("the server's digest challenge has no `{name}`")]
    Missing {
        /// What it lacks.
        name: &'static str,
    },
    /// We know neither its hash nor its quality of protection.
    #[error("the server's digest challenge asks for `{value}`, which is not supported")]
    Unsupported {
        /// What it asks for.
        value: String,
    },
}

impl Challenge {
    /// Reads the value of a `WWW-Authenticate` header.
    pub fn parse(header: &str) -> Result<Self, ChallengeError> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("digest") {
            return Err(ChallengeError::NotDigest);
        }
        let parameters = parameters(rest);
        let find = |name: &str| {
            let found = parameters
                .iter()
                .find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let algorithm = find("algorithm");
        let name = algorithm.as_deref().unwrap_or("MD5").to_ascii_uppercase();
        let hash = match name.trim_end_matches("-SESS") {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            _ => return Err(ChallengeError::Unsupported { value: name }),
        };
        let qop = find("qop");
        let has_qop = match &qop {
            None => false,
            Some(list) if list.split(',').any(|item| item.trim() == "auth") => true,
            Some(list) => {
                return Err(ChallengeError::Unsupported {
                    value: list.clone(),
                });
            }
        };
        Ok(Self {
            realm: find("realm").ok_or(ChallengeError::Missing { name: "realm" })?,
            nonce: find("nonce").ok_or(ChallengeError::Missing { name: "nonce" })?,
            opaque: find("opaque"),
            is_session: name.ends_with("-SESS"),
            algorithm,
            hash,
            has_qop,
        })
    }

    /// The value of `Authorization` for one request.
    ///
    /// `count` is the number of requests answered with this challenge, beginning with 1. `cnonce`
    /// is a fresh random text without quotes.
    pub fn answer(
        &self,
        (user, password): (&str, &str),
        method: &str,
        target: &str,
        count: u32,
        cnonce: &str,
    ) -> String {
        let Self { realm, nonce, .. } = self;
        let mut secret = self.hash(&format!("{user}:{realm}:{password}"));
        if self.is_session {
            secret = self.hash(&format!("{secret}:{nonce}:{cnonce}"));
        }
        let asked = self.hash(&format!("{method}:{target}"));
        let response = if self.has_qop {
            self.hash(&format!(
                "{secret}:{nonce}:{count:08x}:{cnonce}:auth:{asked}"
            ))
        } else {
            self.hash(&format!("{secret}:{nonce}:{asked}"))
        };
        let mut out = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{nonce}\", uri=\"{target}\", \
             response=\"{response}\"",
            quoted(user),
            quoted(realm)
        );
        if let Some(opaque) = &self.opaque {
            let _ = write!(out, ", opaque=\"{opaque}\"");
        }
        if let Some(algorithm) = &self.algorithm {
            let _ = write!(out, ", algorithm=\"{algorithm}\"");
        }
        if self.has_qop {
            let _ = write!(out, ", qop=\"auth\", nc={count:08x}, cnonce=\"{cnonce}\"");
        }
        out
    }

    /// In lower-case hexadecimal digits.
    fn hash(&self, text: &str) -> String {
        match self.hash {
            Hash::Md5 => hexadecimal(&Md5::digest(text)),
            Hash::Sha256 => hexadecimal(&Sha256::digest(text)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut out, byte| {
            // Writing to a string cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Name and value of each parameter; values may be quoted, and then hold commas.
fn parameters(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', '\t', ',']).to_owned();
        let after = after.trim_start();
        let value;
        if let Some(quoted) = after.strip_prefix('"') {
            let mut text = String::new();
            let mut letters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
                    other => text.push(other),
                }
            }
            value = text;
            rest = &quoted[end..];
        } else {
            let end = after.find(',').unwrap_or(after.len());
            value = after[..end].trim().to_owned();
            rest = &after[end..];
        }
        found.push((name, value));
    }
    found
}
