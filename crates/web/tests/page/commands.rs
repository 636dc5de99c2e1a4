//! What the page asks to be done.

use gregaria_web::server::Settings;
use serde_json::json;

use crate::common::Page;

fn start(host: &str) -> serde_json::Value {
    json!({"users": 5, "spawn_rate": 1, "host": host})
}

#[test]
fn a_double_click_starts_one_run() {
    let page = Page::new();
    let body = start("http://127.0.0.1:1").to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Idempotency-Key", "k1"),
    ];
    for _ in 0..2 {
        let answer = page.ask("POST /api/v1/runs HTTP/1.1", &headers, &body);
        assert_eq!((answer.status, answer.json()), (201, json!({"run": 1})));
    }
    assert_eq!(page.take_wanted().len(), 1);
}

#[test]
fn a_public_host_is_asked_about_once() {
    let page = Page::with(Settings {
        public_addresses: vec!["127.0.0.9".parse().unwrap()],
        ..Settings::default()
    });
    let host = "http://127.0.0.9:1";
    let check = page.get(&format!("/api/v1/target?host={host}")).json();
    assert_eq!(check["standing"], "asks");
    let question = page.post_json("/api/v1/runs", &start(host));
    assert_eq!(question.status, 409);
    let question = question.json();
    assert_eq!(
        (&question["code"], &question["host"]),
        (&json!("confirm_required"), &json!("127.0.0.9"))
    );
    assert_eq!(page.take_wanted(), []);
    let mut request = start(host);
    request["confirmation"] = json!({"token": question["token"], "host": "127.0.0.8"});
    assert_eq!(page.post_json("/api/v1/runs", &request).status, 409);
    request["confirmation"] = json!({"token": question["token"], "host": "127.0.0.9"});
    assert_eq!(page.post_json("/api/v1/runs", &request).status, 201);
    assert_eq!(page.post_json("/api/v1/runs", &start(host)).status, 201);
    // A script is not asked: the host is named to the test, which logs it.
    let form = format!("user_count=1&spawn_rate=1&host={host}");
    assert_eq!(page.post_form("/swarm", &form).status, 200);
    let wanted = page.take_wanted();
    assert_eq!(wanted.last().unwrap().1["public"][0]["host"], "127.0.0.9");
}

#[test]
fn a_host_that_is_not_on_the_list_is_not_loaded() {
    let page = Page::with(Settings {
        allowed_hosts: vec!["shop.example".to_owned()],
        ..Settings::default()
    });
    let answer = page.post_json("/api/v1/runs", &start("http://127.0.0.1:1"));
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (403, &json!("host_refused"))
    );
    let form = "user_count=1&spawn_rate=1&host=http%3A%2F%2F127.0.0.1%3A1";
    let answer = page.post_form("/swarm", form).json();
    assert_eq!(answer["success"], false);
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn a_great_leap_in_users_is_asked_about() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let few = json!({"users": 4});
    assert_eq!(page.post_json("/api/v1/runs/1/users", &few).status, 200);
    let mut many = json!({"users": 500});
    let question = page.post_json("/api/v1/runs/1/users", &many);
    assert_eq!(question.status, 409);
    let question = question.json();
    assert_eq!(question["message"], "Raise from 5 to 500 users?");
    many["confirmation"] = json!({"token": question["token"]});
    assert_eq!(page.post_json("/api/v1/runs/1/users", &many).status, 200);
    many["users"] = json!(501);
    assert_eq!(page.post_json("/api/v1/runs/1/users", &many).status, 409);
}

#[test]
fn commands_are_of_the_present_run() {
    let mut page = Page::new();
    assert_eq!(
        page.post_json("/api/v1/runs/1/stop", &json!({})).status,
        404
    );
    page.begin_run();
    page.second();
    assert_eq!(
        page.post_json("/api/v1/runs/1/stop", &json!({})).status,
        200
    );
    let again = page.post_json("/api/v1/runs", &start("http://127.0.0.1:1"));
    assert_eq!(
        (again.status, &again.json()["code"]),
        (409, &json!("already_running"))
    );
    let note = json!({"text": "deployed", "time": page.now});
    assert_eq!(page.post_json("/api/v1/runs/1/notes", &note).status, 200);
    page.second();
    let marks = &page.get("/api/v1/runs/1").json()["marks"];
    assert_eq!(
        (&marks[0]["kind"], &marks[0]["text"]),
        (&json!("note"), &json!("deployed"))
    );
}

#[test]
fn a_path_that_the_test_adds_is_answered_by_the_test() {
    let page = Page::new();
    assert_eq!(page.get("/own/page").status, 404);
    assert_eq!(page.take_wanted(), [], "the test adds none");
    page.seam.publish_form(gregaria_web::seam::FormData {
        has_own_pages: true,
        ..gregaria_web::seam::FormData::default()
    });
    let line = "POST /own/page?a=%C3%A9 HTTP/1.1";
    let answer = page.ask(line, &[("X-Ask", "1")], "body \u{e9}");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (201, "text/x-own")
    );
    let cookies = answer.head.matches("set-cookie: ").count();
    assert_eq!((cookies, answer.header("x-evil")), (2, ""));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_ne!(answer.header("content-length"), "77777");
    let (name, arguments) = page.take_wanted().remove(0);
    assert_eq!(name, "own_page");
    assert_eq!(
        (&arguments["path"], &arguments["query"]),
        (&json!("/own/page"), &json!("a=%C3%A9"))
    );
    assert_eq!(
        arguments["body"], "body \u{c3}\u{a9}",
        "a character for each byte"
    );
    // The API's own paths stay its own, and so do Locust's.
    assert_eq!(page.get("/api/v1/own").status, 404);
    assert_eq!(page.get("/swarm").status, 405);
    let foreign = [("Origin", "http://evil.example")];
    assert_eq!(page.ask(line, &foreign, "").status, 403);
    assert_eq!(page.take_wanted(), []);
}
