"""A test that is missing, broken or changed, as the page tells it."""

import time
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.command import finish, interrupt, wait_for
from tests.web.page import LIMIT_SECONDS, PLAIN, Page, serve


def state_when(page: Page, wanted: Callable[[Any], object]) -> Any:
    """The state as soon as it is as wanted. The server may be away for a moment."""
    until = time.monotonic() + LIMIT_SECONDS
    while True:
        assert time.monotonic() < until, f"never so: {page.process.poll()}"
        try:
            answer = page.get("/api/v1/delta")
            if answer.status != 200:
                continue
            events = {each["event"]: each["data"] for each in answer.json["events"]}
            if wanted(state := events["snapshot"]["state"]):
                return state
        except (urllib.error.URLError, ConnectionError):
            continue


def classes(page: Page) -> list[str]:
    """User classes that can be started; none as long as the server begins."""
    form = page.get("/api/v1/form")
    return [each["name"] for each in form.json["user_classes"]] if form.status == 200 else []


def test_a_missing_test_is_waited_for_and_loaded_when_it_comes(tmp_path: Path) -> None:
    with serve(tmp_path) as page:
        state = state_when(page, lambda _: True)
        assert state["test_error"]["kind"] == "missing"
        assert "Could not find 'locustfile.py'" in state["test_error"]["text"]
        refused = page.send("/api/v1/runs", {"users": 1, "spawn_rate": 1})
        assert (refused.status, refused.json["code"]) == (409, "cannot_start")
        assert page.get("/api/v1/runs").json["runs"] == []
        (tmp_path / "locustfile.py").write_text(PLAIN)
        state_when(page, lambda state: state["test_error"] is None)
        assert classes(page) == ["Visitor"]
        assert page.send("/api/v1/runs", {"users": 1, "spawn_rate": 1}).status == 201
        page.wait_for(lambda stats: stats["total_rps"] > 0)


def test_a_broken_test_is_shown_with_its_line_and_loaded_when_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text("def f(:\n    pass\n")
    with serve(tmp_path) as page:
        error = state_when(page, lambda _: True)["test_error"]
        assert error["kind"] == "broken"
        assert f'File "{file}", line 1' in error["text"]
        assert "SyntaxError" in error["text"]
        (tmp_path / "helper.py").write_text("1 / 0\n")
        file.write_text("import helper\n" + PLAIN)
        error = state_when(page, lambda it: "ZeroDivision" in str(it["test_error"]))["test_error"]
        assert "helper.py" in error["text"]
        (tmp_path / "helper.py").write_text("")
        state_when(page, lambda state: state["test_error"] is None)
        assert classes(page) == ["Visitor"]
        interrupt(page.process)
        assert finish(page.process).code == 0


def test_a_test_without_users_is_broken_and_ctrl_c_ends_the_wait(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("import locust\n")
    with serve(tmp_path) as page:
        error = state_when(page, lambda _: True)["test_error"]
        assert "No User class found!" in error["text"]
        interrupt(page.process)
        assert finish(page.process).code == 1


def test_files_are_read_again_when_asked_and_while_nothing_runs(tmp_path: Path) -> None:
    file = tmp_path / "locustfile.py"
    file.write_text(PLAIN)
    with serve(tmp_path, "--web-login") as page:
        # The generated password holds for the next life, too.
        said = page.process.stderr
        assert said is not None
        token = next(line for line in said if "Bearer" in line).split("Bearer ")[1].split("`")[0]
        headers = {"Authorization": f"Bearer {token}"}
        page.send("/api/v1/runs", {"users": 1, "spawn_rate": 1}, **headers)
        refused = page.send("/api/v1/form/reload", {}, **headers)
        assert (refused.status, refused.json["code"]) == (409, "already_running")
        page.post("/stop", **headers)
        file.write_text(PLAIN.replace("Visitor", "Guest"))
        assert page.send("/api/v1/form/reload", {}, **headers).status == 202
        until = time.monotonic() + LIMIT_SECONDS
        names: list[str] = []
        while names != ["Guest"]:
            assert time.monotonic() < until, names
            try:
                form = page.get("/api/v1/form", **headers).json
                names = [each["name"] for each in form.get("user_classes", [])]
            except (urllib.error.URLError, ConnectionError):
                continue


def names(page: Page, **headers: str) -> list[str]:
    """Files that can be chosen."""
    return [each["name"] for each in page.get("/api/v1/form/files", **headers).json["files"]]


def test_a_file_is_chosen_from_a_list_and_the_process_goes_on_with_it(tmp_path: Path) -> None:
    (tmp_path / "a_helper.py").write_text("x = 1\n")
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "shop.py").write_text(PLAIN)
    with serve(tmp_path) as page:
        state_when(page, lambda state: state["test_error"]["kind"] == "missing")
        listed = page.get("/api/v1/form/files").json
        assert listed == {
            "folder": str(tmp_path.resolve()),
            "files": [
                {"name": "load/shop.py", "is_likely": True},
                {"name": "a_helper.py", "is_likely": False},
            ],
            "is_cut": False,
        }
        assert page.send("/api/v1/form/choose", {"file": "a_helper.py"}).status == 202
        state = state_when(page, lambda state: state["test_error"]["kind"] == "broken")
        assert state["test_error"]["path"] == "a_helper.py"
        assert page.send("/api/v1/form/choose", {"file": "load/shop.py"}).status == 202
        state_when(page, lambda state: state["test_error"] is None)
        state_when(page, lambda _: classes(page) == ["Visitor"])
        # What is chosen stays chosen, and there is nothing to choose any more.
        refused = page.get("/api/v1/form/files")
        assert (refused.status, refused.json["code"]) == (409, "cannot_choose")
        refused = page.send("/api/v1/form/choose", {"file": "a_helper.py"})
        assert (refused.status, refused.json["code"]) == (409, "cannot_choose")
        (tmp_path / "load" / "shop.py").write_text(PLAIN.replace("Visitor", "Guest"))
        assert page.send("/api/v1/form/reload", {}).status == 202
        state_when(page, lambda _: classes(page) == ["Guest"])


def test_a_file_that_is_not_on_the_list_is_not_chosen(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text(PLAIN)
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "shop.py").write_text(PLAIN)
    (folder / "users").write_text("operator anna secret\nread-only ben look\n")
    anna = {"Authorization": "Bearer secret"}
    with serve(folder, "--web-users", "users") as page:
        path = "/api/v1/form/choose"
        for name in (
            "../outside.py",
            str(tmp_path / "outside.py"),
            "./shop.py",
            "here/../shop.py",
            "shop.py\n",
            "shop.py,../outside.py",
            "http://127.0.0.1:1/shop.py",
            "users",
            "-",
            "",
        ):
            refused = page.send(path, {"file": name}, **anna)
            assert (refused.status, refused.json["code"]) == (400, "unknown_file"), name
            assert "no file of the list" in refused.json["message"]
        choice = {"file": "shop.py"}
        assert page.send(path, choice).status == 401
        ben = {"Authorization": "Bearer look"}
        assert page.send(path, choice, **ben).json["code"] == "read_only"
        foreign = page.send(path, choice, Origin="http://evil.example", **anna)
        assert foreign.json["code"] == "foreign_origin"
        assert page.send(path, choice, **anna).status == 202
        wait_for(page.process, "anna at 127.0.0.1 chooses the test file `shop.py`")
