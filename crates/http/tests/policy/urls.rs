use gregaria_http::{Scheme, Url, UrlError};

fn shown(text: &str) -> String {
    Url::parse(text).map_or_else(|error| error.to_string(), |url| url.to_string())
}

#[test]
fn a_url_is_normalized_as_requests_does_it() {
    for (given, expected) in [
        ("http://shop.test", "http://shop.test/"),
        ("http://Shop.TEST:8080/a b", "http://shop.test:8080/a%20b"),
        (
            "http://shop.test/%7euser/%zz/%41",
            "http://shop.test/%257Euser/%25zz/%2541",
        ),
        ("http://shop.test/%7euser/%41", "http://shop.test/~user/A"),
        (
            "http://shop.test/a%2fb%20c?x=%e4",
            "http://shop.test/a%2Fb%20c?x=%E4",
        ),
        ("http://bücher.test/ü", "http://xn--bcher-kva.test/%C3%BC"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://[FE80::1]/", "http://[fe80::1]/"),
        ("http://shop.test?x=1", "http://shop.test/?x=1"),
        ("http://shop.test#f", "http://shop.test/#f"),
        ("http://shop.test/a/../b/./c", "http://shop.test/b/c"),
        ("http://shop.test/a/..", "http://shop.test/"),
        ("http://shop.test/../..", "http://shop.test/"),
        ("http://shop.test/a/.", "http://shop.test/a/"),
        (
            "http://shop.test/\"<>\\^`{|}",
            "http://shop.test/%22%3C%3E%5C%5E%60%7B%7C%7D",
        ),
        (
            "http://shop.test/?\"<>\\^`{|}'",
            "http://shop.test/?%22%3C%3E%5C%5E%60%7B%7C%7D'",
        ),
        ("http://shop.test:/x", "http://shop.test/x"),
        ("HTTP://shop.test/x", "http://shop.test/x"),
        (
            "http://shop.test/a;b=c,d:e@f!$&'()*+=~_-.",
            "http://shop.test/a;b=c,d:e@f!$&'()*+=~_-.",
        ),
        ("http://shop.test/100%/x", "http://shop.test/100%25/x"),
        ("http://shop_test/x", "http://shop_test/x"),
        ("http://a..b/", "http://a..b/"),
        ("  http://shop.test/x", "http://shop.test/x"),
        ("http://shop.test/x\ty\n", "http://shop.test/x%09y%0A"),
        ("http://shop.test/a?b?c#d?e", "http://shop.test/a?b?c#d?e"),
        ("http://shop.test/a#%zz x", "http://shop.test/a#%25zz%20x"),
        ("http://shop.test/a//b", "http://shop.test/a//b"),
        ("http://shop.test//a", "http://shop.test//a"),
        ("http://shop.test./x", "http://shop.test./x"),
        (
            "http://shop.test/[x]?[y]=1",
            "http://shop.test/%5Bx%5D?%5By%5D=1",
        ),
        (
            "http://shop.test/café?q=€",
            "http://shop.test/caf%C3%A9?q=%E2%82%AC",
        ),
        ("http://shop.test:0/", "http://shop.test/"),
        ("http://shop.test:08080/", "http://shop.test:8080/"),
        ("http://shop.test\\x/y", "http://shop.test/%5Cx/y"),
        ("http://shop.test/x?#", "http://shop.test/x"),
    ] {
        assert_eq!(shown(given), expected, "{given}");
    }
}

#[test]
fn the_parts_of_a_url_are_told_apart() {
    let url = Url::parse("https://us%40er:p%3Aw@[::1]/x?y=1#z").unwrap();
    assert_eq!(url.origin.scheme, Scheme::Https);
    assert_eq!((&*url.origin.host, url.origin.port), ("::1", 443));
    assert_eq!(url.target, "/x?y=1");
    assert_eq!(
        url.credentials,
        Some(("us@er".to_owned(), "p:w".to_owned()))
    );
    assert_eq!(url.fragment.as_deref(), Some("z"));
}

#[test]
fn what_no_request_can_be_sent_to_is_refused_with_its_reason() {
    for (given, text) in [
        (
            "shop.test/x",
            "URL `shop.test/x` has no scheme\nhint: did you mean `https://shop.test/x`?",
        ),
        (
            "ftp://shop.test/",
            "URL `ftp://shop.test/` is neither http nor https",
        ),
        (
            "localhost:8080/x",
            "URL `localhost:8080/x` is neither http nor https",
        ),
        ("http:///x", "URL `http:///x` has no host"),
        ("http:shop.test/x", "URL `http:shop.test/x` has no host"),
        ("http://:80/", "URL `http://:80/` has no host"),
        (
            "http://shop.test:99999/",
            "URL `http://shop.test:99999/` has an invalid port `99999`",
        ),
        (
            "http://shop.test:abc/",
            "URL `http://shop.test:abc/` has an invalid port `abc`",
        ),
        (
            "http://*.test/",
            "URL `http://*.test/` has an invalid host `*.test`",
        ),
        (
            "http://.test/",
            "URL `http://.test/` has an invalid host `.test`",
        ),
        (
            "http://sh op.test/",
            "URL `http://sh op.test/` has an invalid host `sh op.test`",
        ),
        (
            "http://[::g]/",
            "URL `http://[::g]/` has an invalid host `[::g]`",
        ),
        (
            "http://a\r\nb/",
            "URL `http://a\r\nb/` has an invalid host `a\r\nb`",
        ),
    ] {
        assert_eq!(shown(given), text, "{given}");
    }
    assert!(matches!(
        Url::parse(""),
        Err(UrlError::MissingScheme { .. })
    ));
}

#[test]
fn parameters_are_appended_to_the_query() {
    for (url, query, target) in [
        ("http://shop.test/x", "a=b+c&d=%C3%A4", "/x?a=b+c&d=%C3%A4"),
        ("http://shop.test/x?z=1", "a=1&a=2", "/x?z=1&a=1&a=2"),
        ("http://shop.test/x?", "a=b c", "/x?a=b%20c"),
        ("http://shop.test/x", "k=%41", "/x?k=A"),
        ("http://shop.test/x", "f[x]=1", "/x?f[x]=1"),
        ("http://shop.test", "", "/"),
    ] {
        assert_eq!(
            Url::parse_with(url, query).unwrap().target,
            target,
            "{url} {query}"
        );
    }
}

#[test]
fn a_target_holds_nothing_that_could_end_the_request_line() {
    for byte in 0..=255_u8 {
        let letter = char::from(byte);
        let url = Url::parse_with(&format!("http://h/{letter}?{letter}"), &letter.to_string());
        let target = url.unwrap().target;
        assert!(
            target.bytes().all(|byte| byte.is_ascii_graphic()),
            "{target}"
        );
    }
}
