"""Who may see the page, and which hosts may be loaded: with the options of the command line."""

import http.client
import re
import socket
import urllib.parse
from argparse import Namespace
from pathlib import Path

import pytest

from gregaria.locust._page_access import Access
from tests.cli.command import run
from tests.web.page import LIMIT_SECONDS, PLAIN, own_port, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a locustfile whose user needs no network."""
    (tmp_path / "locustfile.py").write_text(PLAIN)
    return tmp_path


def test_who_has_to_sign_in_may_do_so_by_the_file_of_users(folder: Path) -> None:
    (folder / "users").write_text("# who may\noperator anna very secret\nread-only ben look\n")
    with serve(folder, "--web-users", "users") as page:
        assert page.get("/stats/requests").status == 401
        ben = {"Authorization": "Bearer look"}
        assert page.get("/stats/requests", **ben).status == 200
        assert page.post("/stop", **ben).status == 403
        body = {"name": "anna", "password": "very secret"}
        answer = page.send("/api/v1/session", body)
        assert answer.json["role"] == "operator"
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        assert page.post("/stop", **cookie).status == 200
        assert "anna has signed in from 127.0.0.1" in page.get("/logs", **cookie).body


def test_a_page_that_others_reach_makes_a_password_and_shows_it_once(folder: Path) -> None:
    with serve(folder, "--web-host", "*") as page:
        assert page.process.stderr is not None
        said = page.process.stderr.readline()
        found = re.search(r"with the password (\S+)", said)
        assert found is not None, said
        assert page.get("/stats/requests").status == 401
        token = {"Authorization": f"Bearer {found[1]}"}
        assert page.get("/stats/requests", **token).status == 200
        assert found[1] not in page.get("/logs", **token).body


def test_an_empty_password_is_none(folder: Path) -> None:
    result = run(folder, "-P", "0", variables={"GREGARIA_WEB_PASSWORD": ""})
    assert result.code == 1
    assert "the password in GREGARIA_WEB_PASSWORD is empty" in result.stderr


def test_another_name_of_the_machine_is_given_by_an_option(folder: Path) -> None:
    with serve(folder, "--web-name", "load.example") as page:
        assert page.get("/worker-count", Host="load.example:1").status == 200
        assert page.get("/worker-count", Host="other.example:1").status == 421


def test_without_a_page_a_public_host_is_named_in_one_line(folder: Path) -> None:
    arguments = ("--headless", "--only-summary", "-t", "1", "-H", "http://127.0.0.9:1")
    public = {"GREGARIA_TREAT_AS_PUBLIC": "127.0.0.9"}
    result = run(folder, *arguments, variables=public)
    line = "Load goes to 127.0.0.9 (127.0.0.9), a public host."
    assert result.stderr.count(line) == 1
    assert line not in run(folder, *arguments).stderr


def test_a_host_that_is_not_on_the_list_is_not_loaded(folder: Path) -> None:
    arguments = ("--headless", "-t", "1", "-H", "http://127.0.0.1:1")
    result = run(folder, *arguments, "--allowed-hosts", "shop.example")
    assert result.code == 1
    assert "`127.0.0.1` is not among the hosts of --allowed-hosts" in result.stderr
    result = run(folder, *arguments, "--allowed-hosts", "shop.example,127.0.0.0/8")
    assert result.code == 0


def test_a_confirmed_host_is_remembered_after_a_restart(folder: Path) -> None:
    variables = {"GREGARIA_TREAT_AS_PUBLIC": "127.0.0.9", "XDG_STATE_HOME": str(folder / "state")}
    request = {"users": 1, "spawn_rate": 1, "host": "http://127.0.0.9:1"}
    with serve(folder, variables=variables) as page:
        question = page.send("/api/v1/runs", request)
        assert (question.status, question.json["code"]) == (409, "confirm_required")
        confirmation = {"token": question.json["token"], "host": "127.0.0.9"}
        confirmed = {**request, "confirmation": confirmation}
        assert page.send("/api/v1/runs", confirmed).status == 201
    with serve(folder, variables=variables) as page:
        assert page.send("/api/v1/runs", request).status == 201


def provider(issuer: str, *more: str) -> tuple[str, ...]:
    """Options of a provider whose people at shop.example may do everything."""
    ours = ("--oidc-client-id", "us", "--oidc-operators", "@shop.example")
    return ("--oidc-issuer", issuer, *ours, *more)


def test_a_provider_that_is_away_keeps_nobody_with_a_password_out(folder: Path) -> None:
    with socket.socket() as nobody:
        # Bound and not listening: who comes here is refused.
        nobody.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        secrets = {"GREGARIA_WEB_PASSWORD": "pass", "GREGARIA_OIDC_CLIENT_SECRET": "hush"}
        options = provider(issuer, "--oidc-name", "Corp")
        with serve(folder, *options, variables=secrets) as page:
            assert page.get("/stats/requests").status == 401
            session = page.get("/api/v1/session").json
            assert (session["provider"], session["has_passwords"]) == ("Corp", True)
            where = urllib.parse.urlsplit(page.url)
            call = http.client.HTTPConnection(where.netloc, timeout=LIMIT_SECONDS)
            call.request("GET", "/login/oidc?next=/runs")
            assert call.getresponse().headers["Location"] == (
                "/login?next=%2Fruns&problem=unavailable"
            )
            call.close()
            token = {"Authorization": "Bearer pass"}
            assert page.send("/api/v1/runs", {"users": 1, "spawn_rate": 1}, **token).status == 201
            setup = page.get("/api/v1/runs/1/setup", **token).body
            assert "--oidc-issuer" in setup
            log = page.get("/logs", **token).body
            assert "sign-in by Corp from 127.0.0.1 refused: the provider cannot be used" in log
            for told in (setup, log, page.get("/api/v1/log", **token).body):
                assert "hush" not in told
                assert "shop.example" not in told


TELLING = """\

@events.test_start.add_listener
def tell(environment, **_):
    options = environment.parsed_options
    who = "WORKER" if options.worker else "MASTER"
    print(who, "KNOWS", options.oidc_client_secret, options.oidc_operators, flush=True)
    if who == "MASTER":
        sent = environment.runner._job()[3]
        print("SENT", "host" in sent, [name for name in sent if "oidc" in name], flush=True)
"""


def test_workers_are_not_told_what_the_master_shares_with_a_provider(folder: Path) -> None:
    (folder / "locustfile.py").write_text(PLAIN + TELLING)
    secret = {"GREGARIA_OIDC_CLIENT_SECRET": "hush", "GREGARIA_OIDC_ISSUER": "https://id.example"}
    rules = {"GREGARIA_OIDC_OPERATORS": "@shop.example", "GREGARIA_OIDC_CLIENT_ID": "us"}
    arguments = ("--processes", "1", "--headless", "-t", "1", *own_port())
    result = run(folder, *arguments, variables={**secret, **rules})
    assert "MASTER KNOWS hush @shop.example" in result.stdout
    assert "WORKER KNOWS None" in result.stdout
    shared = ["oidc_issuer", "oidc_client_id", "oidc_name", "oidc_scopes"]
    assert f"SENT True {shared}" in result.stdout


def test_where_a_provider_lets_people_in_no_password_is_made() -> None:
    options = Namespace(oidc_issuer="https://id.example", oidc_client_id="us")
    for host in ("*", ""):
        access = Access.of(options, host, is_wanted=True)
        assert (access.generated, access.users) == (None, [])
    assert Access.of(Namespace(), "*", is_wanted=False).generated is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--oidc-name", "Corp"), "--oidc-name needs --oidc-issuer"),
        (("--oidc-issuer", "https://id.example"), "--oidc-issuer needs --oidc-client-id"),
        (provider("http://id.example"), "`http://id.example` has to begin with https://"),
        (
            ("--oidc-issuer", "https://id.example", "--oidc-client-id", "us"),
            "nobody could sign in: name people by --oidc-operators or --oidc-viewers",
        ),
        (provider("https://id.example", "--oidc-viewers", "anna"), "`anna` is no rule"),
        (("--web-external-url", "load.example"), "--web-external-url: it begins with https://"),
        (
            ("--web-external-url", "https://load.example/load"),
            "--web-external-url: its path is `/load`, and that of --web-base-path is ``",
        ),
    ],
)
def test_options_of_a_provider_that_cannot_be_meant_are_told(
    folder: Path, options: tuple[str, ...], said: str
) -> None:
    result = run(folder, "-P", "0", *options)
    assert result.code == 1
    assert said in result.stderr


def test_a_page_behind_a_proxy_is_one_by_its_external_address(folder: Path) -> None:
    with serve(folder, "--web-external-url", "https://load.example") as page:
        outside = {"Host": "load.example", "Origin": "https://load.example"}
        assert page.post("/stop", **outside).status == 200
        other = {"Host": "load.example", "Origin": "https://other.example"}
        assert page.post("/stop", **other).status == 403
