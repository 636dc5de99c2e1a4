"""Pages that a locustfile adds by `web_ui.app`."""

from pathlib import Path

import pytest

from tests.cli.command import finish, start
from tests.web.page import PLAIN, serve

OWN = """
from flask import Blueprint, jsonify, make_response, request

own = Blueprint("own", __name__, url_prefix="/own")


@own.route("/echo", methods=["GET", "POST"])
def echo():
    return jsonify(
        path=request.path,
        word=request.args.get("word"),
        field=request.form.get("field"),
        root=request.script_root,
        json=request.get_json(silent=True),
    )


@events.init.add_listener
def add(environment, web_ui, **_):
    if not web_ui:
        return

    @web_ui.app.route("/hello")
    @web_ui.auth_required_if_enabled
    def hello():
        answer = make_response(f"{environment.runner.user_count} users \u00e9")
        answer.set_cookie("seen", "1")
        return answer

    @web_ui.app.route("/boom")
    def boom():
        raise KeyError("oh")

    @web_ui.app.after_request
    def mark(response):
        response.headers["X-Own"] = "1"
        return response

    web_ui.app.add_url_rule("/raw", "raw", lambda: bytes(range(256)).decode("latin-1"))
    web_ui.app.register_blueprint(own)
"""


def test_routes_blueprints_and_hooks_of_a_locustfile_are_served(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    (tmp_path / "locustfile.py").write_text(PLAIN + OWN)
    with serve(tmp_path, "--web-base-path", "/load") as page:
        hello = page.get("/hello")
        assert (hello.status, hello.body) == (200, "0 users \u00e9")
        assert (hello.headers["X-Own"], hello.headers["Set-Cookie"]) == ("1", "seen=1; Path=/")
        assert hello.headers["Content-Type"] == "text/html; charset=utf-8"
        assert hello.headers["X-Content-Type-Options"] == "nosniff"
        echo = page.post("/own/echo?word=a%C3%A9b", {"field": "x y"}).json
        expected = {"path": "/own/echo", "word": "a\u00e9b", "field": "x y", "root": "/load"}
        assert echo == {**expected, "json": None}
        assert page.send("/own/echo", {"a": [1]}).json["json"] == {"a": [1]}
        assert page.get("/raw").body == bytes(range(256)).decode("latin-1")
        assert page.get("/nowhere").status == 404
        assert page.get("/boom").status == 500
        assert page.post("/hello").status == 405
        assert page.post("/own/echo", Origin="http://evil.example").status == 403
        page.wait_for(lambda _: "KeyError: 'oh'" in page.get("/logs").body)
        # What the page itself knows stays its own.
        assert page.stats()["state"] == "ready"


def test_own_pages_are_for_those_who_have_signed_in(tmp_path: Path) -> None:
    pytest.importorskip("flask")
    (tmp_path / "locustfile.py").write_text(PLAIN + OWN)
    variables = {"GREGARIA_WEB_PASSWORD": "secret"}
    with serve(tmp_path, "--web-login", variables=variables) as page:
        assert page.get("/hello").status == 401
        assert page.get("/hello", Authorization="Bearer secret").status == 200


def test_without_flask_the_app_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "flask.py").write_text("raise ModuleNotFoundError(name='flask')\n")
    (tmp_path / "locustfile.py").write_text(
        PLAIN
        + """

@events.init.add_listener
def add(web_ui, **_):
    web_ui.app.route("/x")(lambda: "x")
"""
    )
    result = finish(start(tmp_path, "-P", "0"))
    assert result.code == 1
    assert "Flask is not installed: pip install flask" in result.stderr
