"""The page and the run store: runs have the numbers of the store, and earlier ones are shown."""

from pathlib import Path

from tests.cli.command import run
from tests.store.files import rows
from tests.web.page import PLAIN, Page, serve


def play(page: Page, **request: object) -> int:
    """Plays a short run on the page; returns its number."""
    answer = page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100, **request})
    assert answer.status == 201, answer.body
    page.wait_for(lambda stats: stats["user_count"] == 2 and stats["total_rps"] > 0)
    number = answer.json["run"]
    assert page.send(f"/api/v1/runs/{number}/notes", {"text": "halfway"}).status == 200
    page.post("/stop")
    return number


def test_runs_of_one_store_are_numbered_on_and_all_of_them_are_shown(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    store = ("--store", str(tmp_path / "runs.sqlite"))
    headless = ("--headless", "--only-summary", "-t", "1", *store)
    assert run(tmp_path, *headless).code == 0
    with serve(tmp_path, *store) as page:
        assert page.get("/api/v1/runs").json["total"] == 1
        assert play(page, note="before the change", name="evening") == 2
        # Another process takes a number in between.
        assert run(tmp_path, *headless).code == 0
        assert play(page) == 4
        listed = page.get("/api/v1/runs").json["runs"]
        assert [each["id"] for each in listed] == [4, 3, 2, 1]
        earlier = page.get("/api/v1/runs/2").json
        assert earlier["state"]["phase"] == "ended"
        assert earlier["state"]["name"] == "evening"
        assert earlier["state"]["end"]["reason"] == "stopped by 127.0.0.1"
        assert "halfway" in [mark["text"] for mark in earlier["marks"]]
        assert any("stops the run" in line["text"] for line in earlier["log"])
        setup = page.get("/api/v1/runs/2/setup").json
        assert setup["note"] == "before the change"
        assert (setup["started_from"], setup["load"]["users"]) == ("127.0.0.1", 2)
        report = page.get("/api/v1/runs/2/report.html")
        assert report.headers["Content-Disposition"].startswith('attachment; filename="evening_2_')
        assert "evening" in report.body
        assert page.get("/api/v1/compare?a=1&b=4").json["a"]["run"]["id"] == 1
    # A run of the page has no exit code: the process has gone on after it.
    codes = rows(tmp_path / "runs.sqlite", "SELECT exit_code FROM runs ORDER BY run")
    assert codes == [(0,), (None,), (0,), (None,)]


def test_a_store_that_cannot_be_used_is_said_on_the_page_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    (tmp_path / "runs.sqlite").write_text("no database " * 100)
    with serve(tmp_path, "--store", "runs.sqlite") as page:
        number = play(page)
        assert play(page) == number + 1
        listed = page.get("/api/v1/runs").json
        assert [each["id"] for each in listed["runs"]] == [number + 1, number]
        assert listed["storage"]["is_temporary"]
        assert "is no run store" in listed["storage"]["problem"]
        assert page.get(f"/api/v1/runs/{number}").json["state"]["phase"] == "ended"
    assert (tmp_path / "runs.sqlite").read_text().startswith("no database")


def test_without_a_store_the_present_run_is_shown_and_none_is_kept(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    with serve(tmp_path, "--no-store") as page:
        assert (play(page), play(page)) == (1, 2)
        assert page.get("/api/v1/runs").json["code"] == "no_store"
        assert page.get("/api/v1/runs/1").status == 404
        assert page.get("/api/v1/runs/2").status == 200
