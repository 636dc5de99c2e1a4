use gregaria_http::{Cookie, CookieJar, Origin, Url};

fn origin(url: &str) -> Origin {
    Url::parse(url).expect("a URL").origin
}

fn jar(url: &str, lines: &[&str]) -> CookieJar {
    let url = Url::parse(url).expect("a URL");
    let mut jar = CookieJar::default();
    jar.store(
        &url.origin,
        &url.target,
        lines.iter().map(|line| line.as_bytes()),
    );
    jar
}

fn sent(jar: &CookieJar, url: &str) -> Option<String> {
    let url = Url::parse(url).expect("a URL");
    jar.header(&url.origin, &url.target)
}

#[test]
fn a_jar_without_cookies_sends_nothing() {
    assert_eq!(sent(&CookieJar::default(), "http://shop.test/"), None);
    assert!(CookieJar::default().is_empty());
}

#[test]
fn a_cookie_goes_back_to_its_host_and_path() {
    let jar = jar(
        "http://shop.test/a/b",
        &["id=1", "deep=2; Path=/a/b", "top=3; Path=/"],
    );
    assert_eq!(
        sent(&jar, "http://shop.test/a/b/c").as_deref(),
        Some("deep=2; id=1; top=3")
    );
    assert_eq!(
        sent(&jar, "http://shop.test/a/x").as_deref(),
        Some("id=1; top=3")
    );
    assert_eq!(sent(&jar, "http://shop.test/ab").as_deref(), Some("top=3"));
    assert_eq!(sent(&jar, "http://other.test/a/b"), None);
    assert_eq!(sent(&jar, "http://sub.shop.test/a/b"), None);
}

#[test]
fn a_cookie_of_a_domain_goes_to_all_its_hosts() {
    let jar = jar(
        "http://www.shop.test/",
        &["id=1; Domain=.shop.test; Path=/"],
    );
    assert_eq!(sent(&jar, "http://api.shop.test/").as_deref(), Some("id=1"));
    assert_eq!(sent(&jar, "http://notshop.test/"), None);
}

#[test]
fn cookies_of_numbers_and_local_names_work() {
    for host in ["127.0.0.1:8080", "localhost:3000", "[::1]:80"] {
        let jar = jar(&format!("http://{host}/"), &["id=1"]);
        assert_eq!(
            sent(&jar, &format!("http://{host}/x")).as_deref(),
            Some("id=1"),
            "{host}"
        );
    }
}

#[test]
fn a_secure_cookie_needs_tls() {
    let jar = jar("https://shop.test/", &["id=1; Secure"]);
    assert_eq!(sent(&jar, "http://shop.test/"), None);
    assert_eq!(sent(&jar, "https://shop.test/").as_deref(), Some("id=1"));
}

#[test]
fn a_later_cookie_replaces_and_an_expired_one_removes() {
    let mut jar = jar("http://shop.test/", &["id=1", "id=2"]);
    assert_eq!(sent(&jar, "http://shop.test/").as_deref(), Some("id=2"));
    jar.store(&origin("http://shop.test/"), "/", [&b"id=; Max-Age=0"[..]]);
    assert_eq!(sent(&jar, "http://shop.test/"), None);
}

#[test]
fn nonsense_and_foreign_domains_are_ignored() {
    let jar = jar(
        "http://shop.test/",
        &["", "=", "no", "id=1; Domain=other.test", "\u{0}"],
    );
    assert_eq!(sent(&jar, "http://shop.test/"), None);
    assert_eq!(sent(&jar, "http://other.test/"), None);
}

#[test]
fn the_users_code_sees_what_was_stored() {
    let jar = jar(
        "https://shop.test/",
        &["id=1; Path=/x; Secure; HttpOnly; Expires=Fri, 01 Jan 2100 00:00:00 GMT"],
    );
    let seen: Vec<Cookie> = jar.iter().collect();
    let expected = Cookie {
        name: "id".to_owned(),
        value: "1".to_owned(),
        domain: "shop.test".to_owned(),
        path: "/x".to_owned(),
        expires: Some(4_102_444_800),
        is_secure: true,
        is_http_only: true,
        is_host_only: true,
    };
    assert_eq!(seen, [expected]);
}

#[test]
fn the_users_code_sets_and_removes() {
    let mut jar = CookieJar::default();
    let cookie = |name: &str, domain: &str| Cookie {
        name: name.to_owned(),
        value: "v".to_owned(),
        domain: domain.to_owned(),
        ..Cookie::default()
    };
    assert!(jar.set(cookie("any", "")));
    assert!(jar.set(cookie("one", "shop.test")));
    assert_eq!(
        sent(&jar, "http://shop.test/").as_deref(),
        Some("any=v; one=v")
    );
    assert_eq!(sent(&jar, "https://other.test/").as_deref(), Some("any=v"));
    assert!(jar.remove("any", "", "/"));
    assert!(!jar.remove("any", "", "/"));
    assert!(jar.remove("one", "shop.test", "/"));
    assert!(jar.is_empty());
    assert!(jar.set(cookie("one", "shop.test")));
    jar.clear();
    assert_eq!(jar.iter().count(), 0);
}

#[test]
fn a_cookie_cannot_break_the_request() {
    let mut jar = CookieJar::default();
    for (name, value) in [
        ("a", "x\r\nHost: y"),
        ("a\n", "x"),
        ("a", "x;b=c"),
        ("", "x"),
        ("a=b", "x"),
    ] {
        let cookie = Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            ..Cookie::default()
        };
        assert!(!jar.set(cookie), "{name:?} {value:?}");
    }
    jar.store(&origin("http://h/"), "/", [&b"a=x\r\nHost: y"[..], b"b=\0"]);
    let line = sent(&jar, "http://h/").unwrap_or_default();
    assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
}
