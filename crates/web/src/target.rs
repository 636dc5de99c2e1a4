//! Which hosts may be loaded: what a start asks before it happens.
//!
//! The addresses that a name leads to decide. Loopback and private networks are the tester's own; any
//! other host is asked about once. Where there is a list of allowed hosts, it alone decides, and the
//! workers go by it for every connection.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use gregaria_runner::{AllowedHosts, ByName, is_never_loaded};

use crate::guard::{hex, random_token};
use crate::model::{ConfirmKind, ConfirmRequired, Confirmation, TargetCheck, TargetStanding};
use crate::server::{Settings, now};

/// Seconds that a question may be answered.
const PATIENCE_SECONDS: f64 = 600.0;

/// Which hosts may be loaded.
#[derive(Debug)]
pub struct Targets {
    allowed: Option<AllowedHosts>,
    confirmed: Mutex<BTreeSet<String>>,
    file: Option<PathBuf>,
    public: Vec<IpAddr>,
    key: hmac::Key,
}

impl Targets {
    /// By the settings; the text says which entry of the list is none.
    pub fn new(settings: &Settings) -> Result<Self, String> {
        let allowed = AllowedHosts::parse(&settings.allowed_hosts.join(","))
            .map_err(|error| format!("--allowed-hosts: {error}"))?;
        let remembered = settings
            .confirmed_hosts
            .as_ref()
            .and_then(|file| fs::read_to_string(file).ok())
            .unwrap_or_default();
        let confirmed = remembered.lines().map(|line| line.trim().to_owned());
        Ok(Self {
            allowed,
            confirmed: Mutex::new(confirmed.filter(|line| !line.is_empty()).collect()),
            file: settings.confirmed_hosts.clone(),
            public: settings.public_addresses.clone(),
            key: hmac::Key::new(hmac::HMAC_SHA256, random_token().as_bytes()),
        })
    }

    /// What happens on a start against a base URL.
    pub async fn check(&self, url: &str) -> TargetCheck {
        let Some((host, port)) = host_of(url) else {
            return no_url(url);
        };
        let bare = host.trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((bare, port)).await;
        let found: BTreeSet<IpAddr> = found.into_iter().flatten().map(|one| one.ip()).collect();
        self.judge(host, &found)
    }

    /// The same where no runtime is; looking up the name may take a while.
    pub fn check_blocking(&self, url: &str) -> TargetCheck {
        let Some((host, port)) = host_of(url) else {
            return no_url(url);
        };
        let bare = host.trim_matches(['[', ']']).to_owned();
        let found = (bare, port).to_socket_addrs();
        let found: BTreeSet<IpAddr> = found.into_iter().flatten().map(|one| one.ip()).collect();
        self.judge(host, &found)
    }

    fn judge(&self, host: String, found: &BTreeSet<IpAddr>) -> TargetCheck {
        let addresses: Vec<IpAddr> = found.iter().copied().collect();
        let bare = host.trim_matches(['[', ']']);
        let (standing, message) = self.standing(bare, &addresses);
        TargetCheck {
            host,
            standing,
            addresses: addresses.iter().map(ToString::to_string).collect(),
            message,
        }
    }

    fn standing(&self, host: &str, addresses: &[IpAddr]) -> (TargetStanding, String) {
        use TargetStanding as S;
        if let Some(allowed) = &self.allowed {
            if let Some(bad) = addresses.iter().find(|one| is_never_loaded(**one)) {
                let text = format!("`{host}` leads to {bad}, which is never loaded");
                return (S::Refused, text);
            }
            let is_admitted = |one: &IpAddr| allowed.admits(host, *one);
            return match allowed.by_name(host) {
                ByName::Allowed => (S::Allowed, "among the hosts of --allowed-hosts".to_owned()),
                ByName::ByAddress if !addresses.is_empty() && addresses.iter().all(is_admitted) => {
                    (S::Allowed, "among the hosts of --allowed-hosts".to_owned())
                }
                _ => {
                    let text = format!("`{host}` is not among the hosts of --allowed-hosts");
                    (S::Refused, text)
                }
            };
        }
        if addresses.is_empty() {
            let text = format!("`{host}` leads to no address: requests will fail");
            return (S::Unresolved, text);
        }
        if addresses
            .iter()
            .all(|one| is_private(*one) && !self.public.contains(one))
        {
            return (S::Private, "a private address".to_owned());
        }
        if self.confirmed().contains(&host.to_ascii_lowercase()) {
            return (S::Confirmed, "confirmed before".to_owned());
        }
        (S::Asks, "a public host: asks before start".to_owned())
    }

    /// The question about a host.
    pub fn ask(&self, check: &TargetCheck) -> ConfirmRequired {
        let count = check.addresses.len();
        let addresses = check.addresses.first().map_or_else(String::new, |first| {
            let more = if count == 1 {
                String::new()
            } else {
                format!(", {count} addresses")
            };
            format!(" ({first}{more})")
        });
        ConfirmRequired {
            code: "confirm_required".to_owned(),
            kind: ConfirmKind::Host,
            message: format!(
                "This will send load to {}{addresses}. Load you are not allowed to send can break a \
                 service and can be an offence.",
                check.host
            ),
            token: self.token(&format!("host {}", check.host.to_ascii_lowercase())),
            host: Some(check.host.clone()),
            addresses: check.addresses.clone(),
            from_users: None,
            to_users: None,
        }
    }

    /// The question about many more users.
    pub fn ask_users(&self, from: u64, to: u64) -> ConfirmRequired {
        ConfirmRequired {
            code: "confirm_required".to_owned(),
            kind: ConfirmKind::Users,
            message: format!("Raise from {from} to {to} users?"),
            token: self.token(&format!("users {to}")),
            host: None,
            addresses: Vec::new(),
            from_users: Some(from),
            to_users: Some(to),
        }
    }

    /// Whether many more users are confirmed.
    pub fn confirms_users(&self, to: u64, confirmation: Option<&Confirmation>) -> bool {
        confirmation.is_some_and(|given| self.is_token(&given.token, &format!("users {to}")))
    }

    /// Whether a host is confirmed; it is remembered then.
    pub fn confirms(&self, host: &str, confirmation: Option<&Confirmation>) -> bool {
        let Some(given) = confirmation else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let typed = given
            .host
            .as_deref()
            .map(|typed| typed.trim().to_ascii_lowercase());
        let is_confirmed =
            typed.as_deref() == Some(&host) && self.is_token(&given.token, &format!("host {host}"));
        if is_confirmed {
            self.remember(&host);
        }
        is_confirmed
    }

    fn remember(&self, host: &str) {
        let host = host.trim_matches(['[', ']']);
        if !self.confirmed().insert(host.to_owned()) {
            return;
        }
        let Some(file) = &self.file else { return };
        let written = file
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::OpenOptions::new().create(true).append(true).open(file))
            .and_then(|mut file| writeln!(file, "{host}"));
        if let Err(error) = written {
            tracing::warn!(%error, "a confirmed host is remembered until the end of this process only");
        }
    }

    /// A token of a question and the moment: `<seconds>.<signature>`.
    fn token(&self, question: &str) -> String {
        let until = format!("{:.0}", now() + PATIENCE_SECONDS);
        let sign = hmac::sign(&self.key, format!("{until} {question}").as_bytes());
        format!("{until}.{}", hex(sign.as_ref()))
    }

    fn is_token(&self, token: &str, question: &str) -> bool {
        let Some((until, signature)) = token.split_once('.') else {
            return false;
        };
        let sign = hmac::sign(&self.key, format!("{until} {question}").as_bytes());
        until.parse::<f64>().is_ok_and(|until| now() <= until)
            && aws_lc_rs::constant_time::verify_slices_are_equal(
                hex(sign.as_ref()).as_bytes(),
                signature.as_bytes(),
            )
            .is_ok()
    }

    fn confirmed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn no_url(url: &str) -> TargetCheck {
    TargetCheck {
        host: url.chars().take(200).collect(),
        standing: TargetStanding::Invalid,
        addresses: Vec::new(),
        message: "this is no base URL such as https://shop.example".to_owned(),
    }
}

/// Host and port of a base URL; the host of an IPv6 address is in brackets.
fn host_of(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, digits)) if !host.ends_with(']') => (name, digits.parse().ok()?),
        _ => (host, port),
    };
    let is_good = !name.is_empty() && !name.contains(|char: char| char.is_whitespace());
    is_good.then(|| (name.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(allowed: &[&str]) -> Targets {
        let settings = Settings {
            allowed_hosts: allowed.iter().map(|&one| one.to_owned()).collect(),
            ..Settings::default()
        };
        Targets::new(&settings).unwrap()
    }

    fn standing(targets: &Targets, host: &str, addresses: &[&str]) -> TargetStanding {
        let addresses: Vec<IpAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        targets.standing(host, &addresses).0
    }

    #[test]
    fn only_private_addresses_start_without_a_question() {
        let targets = targets(&[]);
        assert_eq!(
            standing(&targets, "a", &["10.1.2.3", "fd00::1"]),
            TargetStanding::Private
        );
        assert_eq!(
            standing(&targets, "a", &["127.0.0.1"]),
            TargetStanding::Private
        );
        assert_eq!(
            standing(&targets, "a", &["10.1.2.3", "192.0.2.1"]),
            TargetStanding::Asks
        );
        assert_eq!(
            standing(&targets, "a", &["::ffff:192.0.2.1"]),
            TargetStanding::Asks
        );
        assert_eq!(standing(&targets, "a", &[]), TargetStanding::Unresolved);
    }

    #[test]
    fn where_there_is_a_list_it_alone_decides() {
        let targets = targets(&["shop.example", "*.test.example", "10.0.0.0/8"]);
        for (host, address, wanted) in [
            ("SHOP.example", "192.0.2.1", TargetStanding::Allowed),
            ("a.test.example", "192.0.2.1", TargetStanding::Allowed),
            ("test.example", "192.0.2.1", TargetStanding::Refused),
            ("evil-test.example", "192.0.2.1", TargetStanding::Refused),
            ("db", "10.2.3.4", TargetStanding::Allowed),
            ("db", "127.0.0.1", TargetStanding::Refused),
            ("shop.example", "169.254.169.254", TargetStanding::Refused),
            ("shop.example", "fe80::1", TargetStanding::Refused),
        ] {
            assert_eq!(
                standing(&targets, host, &[address]),
                wanted,
                "{host} {address}"
            );
        }
    }

    #[test]
    fn a_confirmation_is_of_its_host_alone() {
        let targets = targets(&[]);
        let check = TargetCheck {
            host: "Shop.example".to_owned(),
            standing: TargetStanding::Asks,
            addresses: vec!["192.0.2.1".to_owned()],
            message: String::new(),
        };
        let question = targets.ask(&check);
        let answer = |host: &str, token: &str| Confirmation {
            token: token.to_owned(),
            host: Some(host.to_owned()),
        };
        assert!(!targets.confirms("shop.example", Some(&answer("shop", &question.token))));
        assert!(!targets.confirms("shop.example", Some(&answer("shop.example", "1.2"))));
        assert!(!targets.confirms(
            "other.example",
            Some(&answer("other.example", &question.token))
        ));
        assert!(targets.confirms(
            "shop.example",
            Some(&answer(" SHOP.example", &question.token))
        ));
        assert_eq!(
            standing(&targets, "shop.example", &["192.0.2.1"]),
            TargetStanding::Confirmed
        );
    }

    #[test]
    fn the_host_of_a_url_is_what_is_connected_to() {
        for (url, host) in [
            ("https://shop.example/a", Some("shop.example")),
            ("http://user:pw@shop.example:81", Some("shop.example")),
            ("http://private@public.example", Some("public.example")),
            ("http://[::1]:80/", Some("[::1]")),
            ("http://[::1]", Some("[::1]")),
            ("http://good.example\\@evil.example/", Some("good.example")),
            ("ftp://shop.example", None),
            ("shop.example", None),
            ("http://", None),
        ] {
            assert_eq!(host_of(url).map(|(host, _)| host).as_deref(), host, "{url}");
        }
    }
}
