//! Who gets in, and who does not.

use gregaria_web::guard::Credential;
use gregaria_web::model::Role;
use gregaria_web::server::Settings;
use serde_json::json;

use crate::common::Page;

/// What a browser may do with an answer, in full: nothing from elsewhere, and no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'";

fn page_with_login() -> Page {
    Page::with(Settings {
        credentials: vec![
            Credential::new("anna", Role::Operator, "secret").unwrap(),
            Credential::new("ben", Role::ReadOnly, "look").unwrap(),
        ],
        ..Settings::default()
    })
}

#[test]
fn a_page_of_another_site_can_neither_start_nor_stop_nor_read() {
    let page = Page::new();
    let own = format!("http://{}", page.address());
    for (name, value) in [
        ("Origin", "http://127.0.0.1:1"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        for path in ["/swarm", "/stop", "/stats/reset", "/user", "/api/v1/runs"] {
            let line = format!("POST {path} HTTP/1.1");
            let answer = page.ask(&line, &[form, (name, value)], "user_count=1&spawn_rate=1");
            assert_eq!(answer.status, 403, "{path} {name}: {value}");
        }
        let answer = page.ask("GET /stats/requests HTTP/1.1", &[(name, value)], "");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    }
    assert_eq!(page.take_wanted(), []);
    assert_eq!(
        page.post_form("/swarm", "user_count=1&spawn_rate=1").status,
        200
    );
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let answer = page.ask("POST /stop HTTP/1.1", &[form, ("Origin", &own)], "");
    assert_eq!(answer.status, 200);
    assert_eq!(page.take_wanted().len(), 2);
}

#[test]
fn a_name_that_leads_here_is_not_enough() {
    let page = Page::new();
    let answer = page.ask(
        "GET /stats/requests HTTP/1.1",
        &[("Host", "evil.example")],
        "",
    );
    assert_eq!(answer.status, 421);
    let answer = page.ask("GET http://evil.example/stats/requests HTTP/1.1", &[], "");
    assert_eq!(answer.status, 421);
    assert_eq!(
        page.send(b"GET /stats/requests HTTP/1.0\r\n\r\n").status,
        421
    );
}

#[test]
fn a_form_of_another_site_is_no_command_of_ours() {
    let page = Page::new();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let answer = page.ask(
            "POST /api/v1/runs HTTP/1.1",
            &[("Content-Type", kind)],
            "{\"users\": 1, \"spawn_rate\": 1}",
        );
        assert_eq!(answer.status, 415, "{kind}");
    }
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let page = Page::new();
    for path in [
        "/",
        "/stats/requests",
        "/nowhere",
        "/api/v1/nowhere",
        "/assets/x.js",
    ] {
        let answer = page.get(path);
        assert_eq!(answer.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

/// The paths that the server's own tables name, with numbers in the place of their parameters.
fn all_paths() -> Vec<String> {
    let tables = [
        ("/api/v1", include_str!("../../src/api/routes.rs")),
        ("", include_str!("../../src/locust/routes.rs")),
    ];
    let mut paths = Vec::new();
    for (base, table) in tables {
        // Every second piece between quotation marks is a text.
        let texts = table.split('"').skip(1).step_by(2);
        for path in texts.filter(|text| text.starts_with('/')) {
            let path = path.replace("{run}", "1").replace("{index}", "0");
            paths.push(format!("{base}{path}"));
        }
    }
    assert!(paths.len() > 30, "{paths:?}");
    paths
}

/// What whoever is not signed in may ask for: to sign in.
const OPEN: [&str; 2] = ["/api/v1/session", "/login"];

#[test]
fn no_path_at_all_answers_whoever_is_not_signed_in() {
    let page = page_with_login();
    let json = ("Content-Type", "application/json");
    for path in all_paths() {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PUT"] {
            let line = format!("{method} {path} HTTP/1.1");
            let answer = page.ask(&line, &[json], "{}");
            let is_open = OPEN.contains(&&*path);
            assert_eq!(answer.status == 401, !is_open, "{line}: {}", answer.status);
        }
    }
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn whoever_may_only_look_changes_nothing_on_any_path() {
    let page = page_with_login();
    let json = ("Content-Type", "application/json");
    let token = ("Authorization", "Bearer look");
    for path in all_paths() {
        for method in ["POST", "DELETE", "PUT", "PATCH"] {
            let line = format!("{method} {path} HTTP/1.1");
            let answer = page.ask(&line, &[json, token], "{}");
            let is_open = OPEN.contains(&&*path);
            assert_eq!(answer.status == 403, !is_open, "{line}: {}", answer.status);
        }
    }
    let wanted = page.take_wanted();
    assert!(wanted.iter().all(|(name, _)| name == "audit"), "{wanted:?}");
}

#[test]
fn without_signing_in_there_is_nothing_to_see() {
    let page = page_with_login();
    for path in [
        "/stats/requests",
        "/logs",
        "/tasks",
        "/api/v1/stream",
        "/api/v1/form",
    ] {
        let answer = page.get(path);
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.body.contains("lf.py"), "{path}");
    }
    assert_eq!(
        page.post_form("/swarm", "user_count=1&spawn_rate=1").status,
        401
    );
    let answer = page.ask(
        "GET /runs/1/log?x=1 HTTP/1.1",
        &[("Accept", "text/html")],
        "",
    );
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        "/login?next=%2Fruns%2F1%2Flog%3Fx%3D1"
    );
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn a_session_may_what_its_role_may() {
    let page = page_with_login();
    let sign_in = |name: &str, password: &str| {
        let body = json!({"name": name, "password": password});
        let answer = page.post_json("/api/v1/session", &body);
        let cookie = answer.header("set-cookie").to_owned();
        assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    };
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let ben = sign_in("ben", "look");
    let answer = page.ask("GET /stats/requests HTTP/1.1", &[("Cookie", &ben)], "");
    assert_eq!(answer.status, 200);
    let answer = page.ask("POST /stop HTTP/1.1", &[("Cookie", &ben), form], "");
    assert_eq!(answer.status, 403);
    let anna = sign_in("anna", "secret");
    let answer = page.ask("POST /stop HTTP/1.1", &[("Cookie", &anna), form], "");
    assert_eq!(answer.status, 200);
    let answer = page.ask("DELETE /api/v1/session HTTP/1.1", &[("Cookie", &anna)], "");
    assert_eq!(answer.status, 200);
    let answer = page.ask("GET /stats/requests HTTP/1.1", &[("Cookie", &anna)], "");
    assert_eq!(answer.status, 401);
    let audit: Vec<_> = page
        .take_wanted()
        .into_iter()
        .filter(|(name, _)| name == "audit")
        .collect();
    assert_eq!(audit[0].1["text"], "ben has signed in from 127.0.0.1");
}

#[test]
fn a_script_shows_its_token() {
    let page = page_with_login();
    let answer = page.ask(
        "GET /stats/requests HTTP/1.1",
        &[("Authorization", "Bearer look")],
        "",
    );
    assert_eq!(answer.status, 200);
    let answer = page.ask(
        "GET /stats/requests HTTP/1.1",
        &[("Authorization", "Bearer no")],
        "",
    );
    assert_eq!(answer.status, 401);
}

#[test]
fn who_is_signed_in_is_led_from_the_sign_in_to_a_path_of_the_page() {
    let page = page_with_login();
    let led = |next: &str| {
        let line = format!("GET /login?next={next} HTTP/1.1");
        let answer = page.ask(&line, &[("Authorization", "Bearer look")], "");
        (answer.status, answer.header("location").to_owned())
    };
    assert_eq!(
        led("%2Fruns%2F1%2Flog%3Fx%3D1"),
        (302, "/runs/1/log?x=1".to_owned())
    );
    for foreign in [
        "%2F%2Fevil.example",
        "https:%2F%2Fevil.example",
        "%2F%5Cevil",
        "",
    ] {
        assert_eq!(led(foreign), (302, "/".to_owned()), "{foreign}");
    }
}

#[test]
fn without_a_provider_nobody_signs_in_by_one() {
    for page in [Page::new(), page_with_login()] {
        for path in ["/login/oidc", "/login/oidc/callback?state=a&code=b"] {
            assert_eq!(page.get(path).json()["code"], "no_provider", "{path}");
        }
    }
}

#[test]
fn who_guesses_passwords_is_locked_out() {
    let page = page_with_login();
    let guess = json!({"name": "anna", "password": "guess"});
    for _ in 0..5 {
        let answer = page.post_json("/api/v1/session", &guess);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.json()["message"],
            "That name or password is not right."
        );
    }
    let right = json!({"name": "anna", "password": "secret"});
    let answer = page.post_json("/api/v1/session", &right);
    assert_eq!(answer.status, 429);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Too many attempts. Try again in "),
        "{message}"
    );
    assert_ne!(answer.header("retry-after"), "");
}

#[test]
fn who_guesses_tokens_is_locked_out_and_the_log_says_so() {
    let page = page_with_login();
    let ask = |token: &str| {
        let line = "GET /stats/requests HTTP/1.1";
        let answer = page.ask(line, &[("Authorization", &format!("Bearer {token}"))], "");
        answer.status
    };
    for _ in 0..5 {
        assert_eq!(ask("guess"), 401);
    }
    assert_eq!((ask("guess"), ask("secret")), (429, 429));
    let line = "a token from 127.0.0.1 refused";
    let told: Vec<_> = page.take_wanted();
    let said: Vec<_> = told.iter().map(|(_, told)| &told["text"]).collect();
    assert_eq!(said, [line; 5]);
}

#[test]
fn the_log_says_who_has_changed_what_and_from_where() {
    let page = page_with_login();
    let token = ("Authorization", "Bearer secret");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for path in ["/swarm", "/stop"] {
        let line = format!("POST {path} HTTP/1.1");
        page.ask(&line, &[token, form], "user_count=1&spawn_rate=1");
    }
    page.ask("POST /stats/reset HTTP/1.1", &[token, form], "");
    let json = ("Content-Type", "application/json");
    page.ask("POST /user HTTP/1.1", &[token, json], "{\"a\": 1}");
    let wanted = page.take_wanted();
    // A start and a stop are told by the test's thread, which is given the name for it.
    for (name, arguments) in &wanted[..2] {
        assert_eq!(arguments["by"], "anna", "{name}");
        assert_eq!(arguments["address"], "127.0.0.1", "{name}");
    }
    let audit: Vec<_> = wanted.iter().filter(|(name, _)| name == "audit").collect();
    let said: Vec<_> = audit.iter().map(|(_, told)| &told["text"]).collect();
    assert_eq!(
        said,
        [
            "anna from 127.0.0.1 resets the statistics",
            "anna from 127.0.0.1 changes a user class"
        ]
    );
}

#[test]
fn everything_lies_below_the_base_path() {
    let page = Page::with(Settings {
        base_path: "/lb".to_owned(),
        ..Settings::default()
    });
    assert_eq!(page.get("/lb/worker-count").status, 200);
    let answer = page.get("/lb");
    assert_eq!((answer.status, answer.header("location")), (308, "/lb/"));
    assert_eq!(page.get("/worker-count").status, 404);
    assert_eq!(page.get("/lbx/worker-count").status, 404);
}
