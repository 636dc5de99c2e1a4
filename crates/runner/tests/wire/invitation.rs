//! Tokens, invitations and certificates as texts and files.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use gregaria_runner::wire::{Certificate, Invitation, JoinToken, NotAnInvitation, TokenError};

#[test]
fn a_token_shows_its_secret_only_when_asked() {
    let token = JoinToken::generate(None);
    let secret = token.reveal().rsplit('-').next().unwrap().to_owned();
    assert_eq!(secret.len(), 64);
    let invitation = Invitation {
        host: "master".into(),
        port: 5557,
        fingerprint: "ab".repeat(32).parse().unwrap(),
        token: token.clone(),
    };
    for text in [format!("{token:?}"), format!("{invitation:?}")] {
        assert!(!text.contains(&secret), "{text}");
        assert!(text.contains(&token.id().to_string()), "{text}");
    }
    assert_ne!(JoinToken::generate(None), token);
}

#[test]
fn a_token_carries_the_end_of_its_time() {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_001);
    let token = JoinToken::generate(Some(end));
    let read: JoinToken = token.reveal().parse().unwrap();
    assert_eq!(read, token);
    assert_eq!(read.expires_at(), Some(end));
    assert_eq!(JoinToken::generate(None).expires_at(), None);
}

#[test]
fn a_token_may_come_from_elsewhere_but_not_be_guessable() {
    let token: JoinToken = "Zk3+fV9!wq&Lr2#x".parse().unwrap();
    assert_eq!(token.expires_at(), None);
    for text in [
        "",
        "short",
        "a token with spaces in it",
        "a-token-with-ümlauts-in-it",
        "gjt1-tomorrow-00112233445566778899",
        "gjt1-99999999999999999999-001122334455",
        &"x".repeat(513),
    ] {
        assert_eq!(
            text.parse::<JoinToken>(),
            Err(TokenError::Malformed),
            "{text}"
        );
    }
}

#[test]
fn an_invitation_is_one_line() {
    for host in ["master.example", "10.0.0.1", "::1"] {
        let invitation = Invitation {
            host: host.into(),
            port: 5557,
            fingerprint: "0f".repeat(32).parse().unwrap(),
            token: JoinToken::generate(None),
        };
        let line = invitation.reveal();
        assert!(
            line.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b":/.-[]".contains(&byte))
        );
        assert_eq!(format!(" {line}\n").parse(), Ok(invitation));
    }
    for line in [
        "",
        "gregaria://",
        "gregaria://host/00/token",
        "gregaria://::1:5557/00/token",
        "http://master:5557/",
    ] {
        assert_eq!(line.parse::<Invitation>(), Err(NotAnInvitation), "{line}");
    }
}

#[test]
fn a_certificate_is_kept_and_is_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.pem");
    let made = Certificate::load_or_create(&path).unwrap();
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    let read = Certificate::load_or_create(&path).unwrap();
    assert_eq!(read.fingerprint(), made.fingerprint());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_ne!(
        Certificate::generate().unwrap().fingerprint(),
        made.fingerprint()
    );
}

#[test]
fn a_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("master.pem");
    let error = Certificate::load_or_create(&path).unwrap_err().to_string();
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert!(Certificate::from_pem(b"nothing").is_err());
}
