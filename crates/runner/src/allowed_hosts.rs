//! Which hosts may be loaded: the list of `--allowed-hosts`.
//!
//! A host is judged twice. Its name is, before anybody looks it up; and the address that is about to
//! be connected to, since a name leads wherever its owner points it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Names, `*.names`, addresses and networks that may be loaded. Everything else may not.
///
/// Link-local addresses and those at which clouds answer their machines are never loaded, whatever
/// entry they fit and whatever name leads to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHosts {
    entries: Vec<Entry>,
}

/// What the name of a host says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByName {
    /// It may not be loaded, wherever it leads.
    Refused,
    /// It may be loaded, unless it leads to an address that never is.
    Allowed,
    /// Its addresses decide, one by one.
    ByAddress,
}

/// Why a text is no list of hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedHostsError {
    /// There are commas and nothing between them.
    #[error("there is no host in `{0}`")]
    Empty(String),
    /// A URL in place of a host.
    #[error("`{0}` is a URL: give its host alone")]
    Url(String),
    /// A host with a port.
    #[error("`{0}` has a port: a host is allowed with all of its ports, so give it without one")]
    Port(String),
    /// A slash, but no address and number of bits around it.
    #[error("`{0}` is no network such as 10.0.0.0/8")]
    Network(String),
    /// An address, or a network of addresses, that is never loaded.
    #[error("`{0}` is link-local or a cloud's own, which is never loaded")]
    NeverLoaded(String),
    /// Letters outside ASCII.
    #[error("`{0}` is not written in ASCII: give the name in the form that begins with `xn--`")]
    NotAscii(String),
    /// Nothing of all that.
    #[error("`{0}` is neither a name, `*.name`, an address nor a network")]
    NoHost(String),
}

/// One of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// This name, in lower case.
    Name(String),
    /// Names that end so, with the dot.
    Below(String),
    /// Addresses whose first bits are those.
    Network(IpAddr, u8),
}

impl AllowedHosts {
    /// The list in a text, with commas between its entries; `None` for a text without any, which
    /// allows everything.
    pub fn parse(text: &str) -> Result<Option<Self>, AllowedHostsError> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let entries = text.split(',').map(str::trim);
        let entries = entries.filter(|entry| !entry.is_empty()).map(str::parse);
        let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
        if entries.is_empty() {
            return Err(AllowedHostsError::Empty(text.to_owned()));
        }
        Ok(Some(Self { entries }))
    }

    /// Whether a host may be loaded, as far as its name says. An address as the host is judged as
    /// what it is. Brackets, case and a dot at the end make no difference.
    pub fn by_name(&self, host: &str) -> ByName {
        match Host::of(host) {
            Host::Address(address) if self.has(address) => ByName::Allowed,
            Host::Name(name) if self.names(&name) => ByName::Allowed,
            Host::Name(_) if self.has_networks() => ByName::ByAddress,
            Host::Address(_) | Host::Neither | Host::Name(_) => ByName::Refused,
        }
    }

    /// Whether `host` may be loaded at an address that it leads to.
    pub fn admits(&self, host: &str, address: IpAddr) -> bool {
        self.has(address)
            || (!is_never_loaded(address)
                && matches!(Host::of(host), Host::Name(name) if self.names(&name)))
    }

    /// Whether an address itself is in the list, whatever has led to it.
    fn has(&self, address: IpAddr) -> bool {
        let is_in = |entry: &Entry| match entry {
            Entry::Network(network, bits) => is_in(address, *network, *bits),
            Entry::Name(_) | Entry::Below(_) => false,
        };
        !is_never_loaded(address) && self.entries.iter().any(is_in)
    }

    fn has_networks(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| matches!(entry, Entry::Network(..)))
    }

    fn names(&self, host: &str) -> bool {
        self.entries.iter().any(|entry| match entry {
            Entry::Name(name) => name == host,
            Entry::Below(end) => host.len() > end.len() && host.ends_with(end),
            Entry::Network(..) => false,
        })
    }
}

impl FromStr for Entry {
    type Err = AllowedHostsError;

    fn from_str(entry: &str) -> Result<Self, AllowedHostsError> {
        use AllowedHostsError as E;
        if entry.contains("://") {
            return Err(E::Url(entry.to_owned()));
        }
        if let Some((address, bits)) = entry.split_once('/') {
            let network = parse_address(address).zip(bits.parse().ok());
            let network = network.and_then(|(address, bits)| Self::network(address, bits));
            return match network {
                Some(Self::Network(first, _)) if is_never_loaded(first) => {
                    Err(E::NeverLoaded(entry.to_owned()))
                }
                Some(network) => Ok(network),
                None => Err(E::Network(entry.to_owned())),
            };
        }
        if let Some(address) = parse_address(entry) {
            return match address.to_canonical() {
                address if is_never_loaded(address) => Err(E::NeverLoaded(entry.to_owned())),
                address @ IpAddr::V4(_) => Ok(Self::Network(address, 32)),
                address @ IpAddr::V6(_) => Ok(Self::Network(address, 128)),
            };
        }
        if has_port(entry) {
            return Err(E::Port(entry.to_owned()));
        }
        if !entry.is_ascii() {
            return Err(E::NotAscii(entry.to_owned()));
        }
        let lower = entry.to_ascii_lowercase();
        let lower = lower.strip_suffix('.').unwrap_or(&lower);
        match lower.strip_prefix("*.") {
            Some(rest) if is_name(rest) => Ok(Self::Below(format!(".{rest}"))),
            None if is_name(lower) => Ok(Self::Name(lower.to_owned())),
            _ => Err(E::NoHost(entry.to_owned())),
        }
    }
}

impl Entry {
    /// A network of IPv4 in the clothes of IPv6 is one of IPv4.
    fn network(address: IpAddr, bits: u8) -> Option<Self> {
        match (address, address.to_canonical()) {
            (IpAddr::V4(_), _) if bits > 32 => None,
            (IpAddr::V6(_), _) if bits > 128 => None,
            (IpAddr::V6(_), short @ IpAddr::V4(_)) if bits >= 96 => {
                Some(Self::Network(short, bits - 96))
            }
            _ => Some(Self::Network(address, bits)),
        }
    }
}

/// What stands where a host is expected.
enum Host {
    Address(IpAddr),
    /// In lower case, without a dot at its end.
    Name(String),
    /// An address with something about it that no list can judge.
    Neither,
}

impl Host {
    fn of(text: &str) -> Self {
        if let Some(address) = parse_address(text) {
            return Self::Address(address);
        }
        if text.contains([':', '%', '[', ']']) {
            return Self::Neither;
        }
        let lower = text.to_ascii_lowercase();
        Self::Name(lower.strip_suffix('.').unwrap_or(&lower).to_owned())
    }
}

/// Whether an address is link-local, or one at which a cloud answers its machines: who they are, and
/// with which rights.
pub fn is_never_loaded(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_never_loaded_v4(address),
        IpAddr::V6(address) => {
            let segments = address.segments();
            address.is_unicast_link_local()
                || CLOUDS_V6
                    .iter()
                    .any(|(network, count)| segments[..*count] == network[..*count])
                || carried(segments).is_some_and(is_never_loaded_v4)
        }
    }
}

fn is_never_loaded_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || CLOUDS_V4.contains(&address.octets())
}

/// Alibaba Cloud, Azure, Oracle Cloud. All others answer at a link-local address.
const CLOUDS_V4: [[u8; 4]; 3] = [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]];

/// AWS, Google Cloud, Oracle Cloud: an address, and how many of its segments count.
const CLOUDS_V6: [([u16; 8], usize); 3] = [
    ([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0], 2),
    ([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254], 8),
    ([0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 8),
];

/// The address of IPv4 that a network takes out of one of IPv6: by NAT64 (RFC 6052), by 6to4
/// (RFC 3056), or written in its last bits (RFC 4291).
fn carried(segments: [u16; 8]) -> Option<Ipv4Addr> {
    let ([0x0064, 0xff9b, 0, 0, 0, 0, high, low]
    | [0x2002, high, low, ..]
    | [0, 0, 0, 0, 0, 0, high, low]) = segments
    else {
        return None;
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

/// An address with or without brackets.
fn parse_address(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

/// Whether digits follow the last colon, and a host stands before it.
fn has_port(entry: &str) -> bool {
    let Some((host, port)) = entry.rsplit_once(':') else {
        return false;
    };
    let is_host = is_name(&host.to_ascii_lowercase()) || parse_address(host).is_some();
    is_host && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it can be the name of a host. One whose last part is a number would be taken for an
/// address of IPv4 by those who look it up.
fn is_name(lower: &str) -> bool {
    let is_label = |label: &str| {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_good)
    };
    let last = lower.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
    lower.len() <= 253 && !is_number && lower.split('.').all(is_label)
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32 - u32::from(bits);
            let cut = |one: Ipv4Addr| u32::from(one).checked_shr(shift).unwrap_or(0);
            cut(address) == cut(network)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128 - u32::from(bits);
            let cut = |one: Ipv6Addr| u128::from(one).checked_shr(shift).unwrap_or(0);
            cut(address) == cut(network)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> AllowedHosts {
        AllowedHosts::parse(text).unwrap().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_text_without_hosts_allows_everything_but_commas_alone_are_a_mistake() {
        assert_eq!(AllowedHosts::parse(""), Ok(None));
        assert_eq!(AllowedHosts::parse("  "), Ok(None));
        assert!(AllowedHosts::parse(" , ").is_err());
        assert_eq!(list("a.example, ,b.example,"), list("a.example,b.example"));
    }

    #[test]
    fn a_name_is_allowed_in_any_case_and_with_a_dot_at_its_end() {
        let allowed = list("Shop.Example.,*.test.example");
        for (host, wanted) in [
            ("shop.example", ByName::Allowed),
            ("SHOP.example.", ByName::Allowed),
            ("shop.example..", ByName::Refused),
            ("shop.example.evil", ByName::Refused),
            ("evil-shop.example", ByName::Refused),
            ("www.shop.example", ByName::Refused),
            ("a.test.example", ByName::Allowed),
            ("b.a.TEST.example.", ByName::Allowed),
            ("test.example", ByName::Refused),
            (".test.example", ByName::Refused),
            ("evil-test.example", ByName::Refused),
            ("user@shop.example", ByName::Refused),
            ("shop.example:80", ByName::Refused),
            ("shop.example%", ByName::Refused),
            ("", ByName::Refused),
        ] {
            assert_eq!(allowed.by_name(host), wanted, "{host}");
        }
    }

    #[test]
    fn an_address_is_judged_by_the_networks_in_whatever_way_it_is_written() {
        let allowed = list("10.0.0.0/8,192.0.2.7,2001:db8::/32,[::1]");
        for (host, wanted) in [
            ("10.255.0.1", ByName::Allowed),
            ("11.0.0.1", ByName::Refused),
            ("192.0.2.7", ByName::Allowed),
            ("192.0.2.8", ByName::Refused),
            ("[2001:db8::5]", ByName::Allowed),
            ("2001:DB8:0::5", ByName::Allowed),
            ("2001:db9::5", ByName::Refused),
            ("::1", ByName::Allowed),
            ("::ffff:10.0.0.1", ByName::Allowed),
            ("[::ffff:a00:1]", ByName::Allowed),
            ("::ffff:11.0.0.1", ByName::Refused),
            ("fe80::1%eth0", ByName::Refused),
            ("[::1", ByName::Refused),
        ] {
            assert_eq!(allowed.by_name(host), wanted, "{host}");
        }
    }

    #[test]
    fn where_there_are_networks_the_address_behind_a_name_decides() {
        let allowed = list("10.0.0.0/8");
        // The second one is 127.0.0.1 to whoever looks it up.
        for host in ["db", "2130706433", "0x7f.1", "127.1"] {
            assert_eq!(allowed.by_name(host), ByName::ByAddress, "{host}");
            assert!(allowed.admits(host, address("10.1.2.3")), "{host}");
            assert!(allowed.admits(host, address("::ffff:10.1.2.3")), "{host}");
            assert!(!allowed.admits(host, address("127.0.0.1")), "{host}");
        }
        assert_eq!(list("shop.example").by_name("2130706433"), ByName::Refused);
    }

    #[test]
    fn the_widest_network_and_a_single_address_are_networks_too() {
        let allowed = list("0.0.0.0/0");
        assert!(allowed.admits("a", address("203.0.113.9")));
        assert!(!allowed.admits("a", address("2001:db8::1")));
        assert!(list("::/0").admits("a", address("2001:db8::1")));
        assert!(!list("192.0.2.7/32").admits("a", address("192.0.2.6")));
        assert!(list("::ffff:10.0.0.0/104").admits("a", address("10.9.9.9")));
        assert!(!list("::ffff:10.0.0.0/104").admits("a", address("11.9.9.9")));
    }

    #[test]
    fn a_name_that_is_allowed_may_lead_anywhere_except_where_nobody_may() {
        let allowed = list("shop.example,0.0.0.0/0,::/0");
        assert!(allowed.admits("shop.example", address("127.0.0.1")));
        for never in [
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
        ] {
            assert!(!allowed.admits("shop.example", address(never)), "{never}");
            assert!(!allowed.admits(never, address(never)), "{never}");
            assert_eq!(allowed.by_name(never), ByName::Refused, "{never}");
        }
        for near in [
            "169.253.0.1",
            "fec0::1",
            "fd00:ec3::254",
            "::1",
            "168.63.129.17",
        ] {
            assert!(allowed.admits("shop.example", address(near)), "{near}");
        }
    }

    #[test]
    fn what_is_no_host_is_said_with_what_to_do() {
        for (entry, text) in [
            (
                "https://a.example",
                "`https://a.example` is a URL: give its host alone",
            ),
            (
                "10.0.0.0/33",
                "`10.0.0.0/33` is no network such as 10.0.0.0/8",
            ),
            ("::/129", "`::/129` is no network such as 10.0.0.0/8"),
            (
                "a.example/8",
                "`a.example/8` is no network such as 10.0.0.0/8",
            ),
            ("10.0.0.0/", "`10.0.0.0/` is no network such as 10.0.0.0/8"),
            (
                "münchen.example",
                "`münchen.example` is not written in ASCII: give the name in the \
             form that begins with `xn--`",
            ),
            (
                "169.254.0.0/16",
                "`169.254.0.0/16` is link-local or a cloud's own, which is never \
             loaded",
            ),
            (
                "fe80::1",
                "`fe80::1` is link-local or a cloud's own, which is never loaded",
            ),
        ] {
            let error = AllowedHosts::parse(entry).unwrap_err();
            assert_eq!(error.to_string(), text, "{entry}");
        }
        for entry in ["a.example:80", "10.0.0.1:80", "[::1]:80"] {
            let error = AllowedHosts::parse(entry).unwrap_err();
            assert!(
                matches!(error, AllowedHostsError::Port(_)),
                "{entry}: {error}"
            );
        }
        for entry in [
            "*",
            "*.",
            "a.*.b",
            "a b",
            "a..b",
            ".a",
            "10.0.0",
            "300.1.1.1",
            "2130706433",
            "a.0x7f",
            "[10.0.0.1]",
            "a@b",
            "*.7",
            "a:b",
            ":80",
        ] {
            let error = AllowedHosts::parse(entry).unwrap_err();
            assert!(
                matches!(error, AllowedHostsError::NoHost(_)),
                "{entry}: {error}"
            );
        }
    }
}
