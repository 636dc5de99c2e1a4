use gregaria_http::auth::{Challenge, ChallengeError, basic};

#[test]
fn basic_is_latin_1_where_that_is_possible() {
    assert_eq!(basic("user", "pass"), "Basic dXNlcjpwYXNz");
    assert_eq!(basic("usär", "p:ß"), "Basic dXPkcjpwOt8=");
    assert_eq!(basic("", ""), "Basic Og==");
    assert_eq!(basic("a", "€"), "Basic YTrigqw=");
}

/// The example of RFC 7616, section 3.9.1.
fn challenge(algorithm: &str) -> String {
    format!(
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
         opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    )
}

fn answered(header: &str) -> String {
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    Challenge::parse(header).expect("a challenge").answer(
        ("Mufasa", "Circle of Life"),
        "GET",
        "/dir/index.html",
        1,
        cnonce,
    )
}

#[test]
fn the_examples_of_the_standard_are_answered_as_it_says() {
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let answer = answered(&challenge(algorithm));
        assert!(answer.starts_with("Digest username=\"Mufasa\", realm=\"http-auth@example.org\""));
        assert!(
            answer.contains(&format!("response=\"{response}\"")),
            "{answer}"
        );
        assert!(answer.contains("nc=00000001"), "{answer}");
        assert!(answer.contains("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""));
    }
}

#[test]
fn a_challenge_of_old_without_quality_of_protection_is_answered() {
    // RFC 2069, section 2.4, with the response of its erratum.
    let header = "Digest realm=\"testrealm@host.com\", \
                  nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"";
    let answer = Challenge::parse(header).unwrap().answer(
        ("Mufasa", "CircleOfLife"),
        "GET",
        "/dir/index.html",
        1,
        "x",
    );
    assert!(
        answer.contains("response=\"1949323746fe6a43ef61f9606e7febea\""),
        "{answer}"
    );
    assert!(!answer.contains("cnonce"), "{answer}");
}

#[test]
fn what_cannot_be_answered_says_why() {
    assert_eq!(
        Challenge::parse("Basic realm=\"x\""),
        Err(ChallengeError::NotDigest)
    );
    assert_eq!(
        Challenge::parse("Digest realm=\"x\""),
        Err(ChallengeError::Missing { name: "nonce" })
    );
    for header in [
        "Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256",
        "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"",
    ] {
        let error = Challenge::parse(header).unwrap_err();
        assert!(
            matches!(error, ChallengeError::Unsupported { .. }),
            "{header}"
        );
    }
}
