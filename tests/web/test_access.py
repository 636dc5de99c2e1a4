"""Who may see the page, and which hosts may be loaded: with the options of the command line."""

import re
from pathlib import Path

import pytest

from tests.cli.command import run
from tests.web.page import PLAIN, serve


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
