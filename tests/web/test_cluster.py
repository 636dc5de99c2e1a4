"""The page of a master: what it starts by itself, and what it never shows."""

import json
from pathlib import Path

import pytest

from tests.cli.command import OURS, run
from tests.web.page import PLAIN, own_port, serve

#: Everything that is served to whoever may see the page, and the paths of Locust beside it.
PATHS = (
    "/",
    "/logs",
    "/tasks",
    "/exceptions",
    "/stats/requests",
    "/api/v1/form",
    "/api/v1/runs/1",
    "/api/v1/delta",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    return tmp_path


def test_a_master_starts_by_itself_when_its_workers_are_there(folder: Path) -> None:
    words = ("-P", "0", "--autostart", "--autoquit", "0", "-t", "2", "-u", "2", "--json")
    result = run(folder, *own_port(), "--processes", "2", *words)
    assert result.code == 0, result.stderr
    assert "--run-time limit reached, stopping test" in result.stderr
    assert json.loads(result.stdout)[0]["num_requests"] > 0


def test_a_join_token_is_on_no_page_and_in_no_file_of_runs(folder: Path) -> None:
    token = run(folder, "token", program=OURS).stdout.strip()
    assert len(token) > 40
    (folder / "tokens").write_text(token)
    words = ("--join-token-file", "tokens", "--store", "runs.sqlite", "--processes", "1")
    with serve(folder, *own_port(), *words) as page:
        page.wait_for(lambda stats: stats["worker_count"] == 1)
        page.send("/api/v1/runs", {"users": 1, "spawn_rate": 100})
        page.wait_for(lambda stats: stats["user_count"] == 1 and stats["total_rps"] > 0)
        shown = {path: page.get(path).body for path in PATHS}
    assert "Visitor" in shown["/api/v1/form"]
    assert "invitation" in shown["/logs"]
    assert [path for path, body in shown.items() if token in body] == []
    kept = b"".join(file.read_bytes() for file in folder.glob("runs.sqlite*"))
    assert b"Visitor" in kept
    assert token.encode() not in kept
