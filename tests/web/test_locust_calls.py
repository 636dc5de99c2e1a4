"""Calls that scripts make to Locust's page, in the settings in which Locust has them."""

import http.client
import json
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.command import run
from tests.web.page import LIMIT_SECONDS, PLAIN, serve

#: Two shapes: one that is asked for users, one that decides by itself.
SHAPES = """

from locust import LoadTestShape


class Steps(LoadTestShape):
    def tick(self):
        return (2, 100) if self.get_run_time() < 60 else None


class Asked(LoadTestShape):
    use_common_options = True

    def tick(self):
        users = self.runner.environment.parsed_options.num_users
        return (users, 100) if self.get_run_time() < 60 else None
"""

#: Options of a test, of all the types that a form can change.
OPTIONS = """

@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--word", default="a", choices=["a", "b"])
    parser.add_argument("--pin", default="hidden", is_secret=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--hidden", default="x", include_in_web_ui=False)


@events.test_start.add_listener
def tell(environment, **_):
    options = environment.parsed_options
    print("OPTIONS", options.depth, options.word, options.pin, options.fast, flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a locustfile whose user needs no network."""
    (tmp_path / "locustfile.py").write_text(PLAIN)
    return tmp_path


def add(folder: Path, text: str) -> None:
    with (folder / "locustfile.py").open("a") as file:
        file.write(text)


def test_the_report_is_that_of_the_present_run(folder: Path) -> None:
    with serve(folder) as page:
        assert page.get("/stats/report").status == 404
        assert page.post("/swarm", {"user_count": 1, "spawn_rate": 1, "host": "http://h"}).json[
            "success"
        ]
        page.wait_for(lambda stats: stats["user_count"] == 1)
        assert page.post("/stop").json["success"]
        report = page.get("/stats/report?theme=dark")
        assert (report.status, "content-disposition" in report.headers) == (200, False)
        assert report.headers["content-type"].startswith("text/html")
        assert '<script type="application/json" id="report">' in report.body
        assert '<html lang="en" data-theme="dark">' in report.body
        assert '<html lang="en">' in page.get("/stats/report?theme=other").body
        named = page.get("/stats/report?download=1").headers["content-disposition"]
        assert named.startswith("attachment;filename=Locust_"), named
        assert named.endswith("_locustfile.py_http://h.html"), named
    with serve(folder, "--no-store") as page:
        page.post("/swarm", {"user_count": 1, "spawn_rate": 1, "host": "http://h"})
        page.wait_for(lambda stats: stats["user_count"] == 1)
        refused = page.get("/stats/report")
        assert (refused.status, refused.json["code"]) == (404, "no_store")


def test_a_shape_runs_without_a_number_of_users(folder: Path) -> None:
    add(folder, SHAPES.partition("class Asked")[0])
    with serve(folder) as page:
        form = page.get("/api/v1/form").json
        assert (form["shape_sets_users"], form["load"]["shape"]) == (True, "Steps")
        answer = page.post("/swarm", {"host": "http://h"}).json
        message = "Swarming started using shape class 'Steps'"
        assert answer == {"success": True, "message": message, "host": "http://h"}
        page.wait_for(lambda stats: stats["user_count"] == 2)
        refused = page.send("/api/v1/runs/1/users", {"users": 1})
        assert (refused.status, refused.json["code"]) == (409, "shape")
        assert page.post("/stop").json["success"]
        assert page.send("/api/v1/runs", {}).json == {"run": 2}
        page.wait_for(lambda stats: stats["user_count"] == 2)
        state = page.get("/api/v1/runs/2").json["state"]
        assert (state["load"]["shape"], state["load"]["users"]) == ("Steps", None)


def test_a_shape_is_picked_and_one_that_uses_the_form_gets_its_users(folder: Path) -> None:
    add(folder, SHAPES)
    with serve(folder, "--class-picker") as page:
        names = [each["name"] for each in page.get("/api/v1/form").json["shape_classes"]]
        assert sorted(names) == ["Asked", "Steps"]
        fields = {"user_count": 4, "spawn_rate": 100, "shape_class": "Asked"}
        assert page.post("/swarm", fields).json["success"]
        page.wait_for(lambda stats: stats["user_count"] == 4)
        page.post("/stop")
        unknown = page.send("/api/v1/runs", {"shape_class": "Nobody"})
        assert (unknown.status, unknown.json["field"]) == (400, "shape_class")
        fields = {"user_count": 1, "spawn_rate": 100, "shape_class": "Default"}
        assert page.post("/swarm", fields).json["message"] == "Swarming started"
        page.wait_for(lambda stats: stats["user_count"] == 1)
        page.post("/stop")


def test_options_of_the_test_are_fields_of_a_swarm_with_their_own_types(folder: Path) -> None:
    add(folder, OPTIONS)
    with serve(folder, "--pin", "s3cret-pin") as page:
        form = page.get("/api/v1/form")
        names = [each["name"] for each in form.json["parameters"]]
        assert names == ["depth", "word", "pin", "fast"]
        fields = {
            "user_count": 1,
            "spawn_rate": 1,
            "depth": "7",
            "word": "b",
            "fast": "true",
            "nobody": "knows it",
        }
        assert page.post("/swarm", fields).json["success"]
        assert page.process.stdout is not None
        assert page.process.stdout.readline() == "OPTIONS 7 b s3cret-pin True\n"
        assert page.post("/swarm", {**fields, "depth": "deep"}).status == 500
        page.post("/stop")
        for path in ("/", "/api/v1/form", "/api/v1/runs/1", "/api/v1/runs/1/setup", "/logs"):
            assert "s3cret-pin" not in page.get(path).body, path


def test_a_page_with_a_certificate_is_served_by_tls_alone(folder: Path) -> None:
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out c.pem"
    )
    subprocess.run(words.split(), cwd=folder, check=True, capture_output=True)
    variables = {"GREGARIA_WEB_PASSWORD": "secret"}
    tls = ("--tls-cert", "c.pem", "--tls-key", "key.pem")
    with serve(folder, *tls, "--web-login", variables=variables) as page:
        assert page.url.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=str(folder / "c.pem"))
        body = json.dumps({"name": "gregaria", "password": "secret"}).encode()
        headers = {"Content-Type": "application/json", "Origin": page.url}
        request = urllib.request.Request(page.url + "/api/v1/session", body, headers)
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS, context=trust) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert "; Secure" in cookie and "; HttpOnly" in cookie
        plain = page.url.replace("https:", "http:")
        with pytest.raises((OSError, http.client.HTTPException)):
            urllib.request.urlopen(plain + "/worker-count", timeout=LIMIT_SECONDS)


def test_a_certificate_that_is_none_is_told_with_its_name(folder: Path) -> None:
    (folder / "c.pem").write_text("nothing\n")
    result = run(folder, "-P", "0", "--tls-cert", "c.pem", "--tls-key", "c.pem")
    assert result.code == 1
    assert "cannot use `c.pem` for TLS" in result.stderr
    alone = run(folder, "-P", "0", "--tls-cert", "c.pem")
    assert (alone.code, "belong together" in alone.stderr) == (2, True)


def test_all_paths_lie_below_the_base_path_and_so_does_the_sign_in(folder: Path) -> None:
    variables = {"GREGARIA_WEB_PASSWORD": "secret"}
    with serve(folder, "--web-base-path", "/load", "--web-login", variables=variables) as page:
        assert page.url.endswith("/load")
        root = page.url.removesuffix("/load")
        bearer = {"Authorization": "Bearer secret"}
        assert page.get("/stats/requests", **bearer).json["state"] == "ready"
        fields = {"user_count": 1, "spawn_rate": 1}
        assert page.post("/swarm", fields, **bearer).json["success"]
        assert page.post("/stop", **bearer).json["success"]
        assert page.get("/stats/requests").status == 401
        for path in ("/stats/requests", "/login", "/loader"):
            request = urllib.request.Request(root + path, headers=bearer)
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(request, timeout=LIMIT_SECONDS)
        login = page.get("/login")
        assert (login.status, login.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        shown = page.get("/", Accept="text/html")
        assert 'src="/load/assets/' in shown.body, "a browser is led to the sign-in"
        said = page.send("/api/v1/session", {"name": "gregaria", "password": "secret"})
        assert "Path=/load;" in said.headers["Set-Cookie"]
