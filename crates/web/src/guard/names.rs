//! The names under which this server may be asked for.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// Longest `Host` that is looked at, in bytes: the longest name there is, and a port.
const MAX_HOST: usize = 260;

/// What may stand in the header `Host`.
#[derive(Clone, Debug)]
pub struct Names {
    known: BTreeSet<String>,
    /// Whether any address is one of ours: a server on all addresses has those of all networks.
    takes_addresses: bool,
    address: Option<IpAddr>,
}

impl Names {
    /// For a server that listens on `bound`, with further names.
    ///
    /// An attack by names (a name of the attacker's that leads to our address) comes with a name:
    /// so addresses are no danger.
    pub fn new(bound: IpAddr, further: impl IntoIterator<Item = String>) -> Self {
        let mut names: BTreeSet<String> = further
            .into_iter()
            .map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        if bound.is_loopback() || bound.is_unspecified() {
            names.insert("localhost".to_owned());
        }
        Self {
            known: names,
            takes_addresses: bound.is_unspecified(),
            address: Some(bound),
        }
    }

    /// Whether a value of `Host` names this server. One that is too long, or has a port that is none,
    /// names nobody.
    pub fn has(&self, host: &str) -> bool {
        let Some(name) = name_of(host) else {
            return false;
        };
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            let bound_is_loopback = self.address.is_some_and(|bound| bound.is_loopback());
            return self.takes_addresses
                || self.address == Some(address)
                || (bound_is_loopback && address.is_loopback());
        }
        self.known
            .contains(&name.trim_end_matches('.').to_ascii_lowercase())
    }
}

/// The value of `Host` without its port; `None` if it can be none.
fn name_of(host: &str) -> Option<&str> {
    if host.len() > MAX_HOST {
        return None;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            // `::1` without brackets is no host with a port.
            if name.contains(':') && !name.ends_with(']') {
                return Some(host);
            }
            let is_port = port.len() <= 5 && (port.is_empty() || port.parse::<u16>().is_ok());
            is_port.then_some(name)
        }
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bound: &str) -> Names {
        Names::new(bound.parse().unwrap(), ["Load.Example".to_owned()])
    }

    #[test]
    fn a_name_that_is_not_ours_is_none_wherever_it_leads() {
        for bound in ["127.0.0.1", "0.0.0.0", "10.0.0.5"] {
            let names = names(bound);
            for host in [
                "evil.example",
                "evil.example:8089",
                "localhost.evil.example",
                "",
                ":8089",
            ] {
                assert!(!names.has(host), "{host} at {bound}");
            }
            for host in ["load.example", "LOAD.example.:8089"] {
                assert!(names.has(host), "{host} at {bound}");
            }
        }
    }

    #[test]
    fn a_host_that_is_too_long_or_has_no_real_port_is_nobody_s() {
        let names = names("0.0.0.0");
        assert!(names.has("localhost:65535") && names.has("localhost:"));
        let dots = ".".repeat(MAX_HOST);
        for host in [
            "localhost:65536",
            "localhost:008089",
            "127.0.0.1:99999",
            "[::1]:123456",
            &format!("localhost:{}", "1".repeat(60_000)),
            &format!("localhost{dots}"),
        ] {
            assert!(!names.has(host), "{host}");
        }
    }

    #[test]
    fn addresses_are_ours_as_far_as_the_server_listens_there() {
        assert!(names("127.0.0.1").has("127.0.0.1:8089"));
        assert!(names("127.0.0.1").has("localhost:8089"));
        assert!(names("::1").has("[::1]:8089"));
        assert!(!names("127.0.0.1").has("10.0.0.5"));
        assert!(names("10.0.0.5").has("10.0.0.5"));
        assert!(!names("10.0.0.5").has("localhost"));
        assert!(names("0.0.0.0").has("192.0.2.7:1"));
        assert!(names("::").has("[2001:db8::1]:8089"));
    }
}
