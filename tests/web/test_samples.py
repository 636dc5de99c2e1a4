"""`--sample-bodies`: what was answered, with the single requests that an endpoint shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import finish, start
from tests.web.page import Page, own_port, serve
from tests.web.shop import open_shop

#: What is then shown of it. What is read piece by piece, and what a locustfile reports, has none.
SHOWN = {
    "/login": '{"token":"***","name":"søren"}',
    "/photo": "binary, 12,345 bytes",
    "/gone": "no such page",
    "/stream": None,
    "/long": "<p>" + "x" * 2_045 + "…",
    "/own": None,
}

TEST = """\
from locust import FastHttpUser, HttpUser, constant, task


class Reader(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def read(self):
        self.client.post("/login")
        self.client.get("/photo")
        self.client.get("/stream", stream=True).content
        self.environment.events.request.fire(
            request_type="GET", name="/own", response_time=1.5, response_length=10, exception=None
        )


class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def visit(self):
        self.client.get("/long")
        with self.client.get("/gone", catch_response=True) as response:
            response.failure("gone")
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with open_shop() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text(TEST)
    return tmp_path


def bodies(page: Page, shop: str) -> dict[str, set[str | None]]:
    """Runs the test until each endpoint has requests of both kinds, and gives what they show."""
    started = page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100, "host": shop})
    assert started.json == {"run": 1}, started
    names = len(SHOWN) + 1
    page.wait_for(
        lambda stats: len(rows := stats["stats"]) == names and rows[0]["num_requests"] > 5
    )
    page.post("/stop")
    page.wait_for(lambda stats: stats["state"] == "stopped")
    shown: dict[str, set[str | None]] = {}
    for index in range(1, names):
        entry = page.get(f"/api/v1/runs/1/entries/{index}").json
        samples = entry["slow"] + entry["failed"]
        assert samples
        shown[entry["name"]["name"]] = {sample["body"] for sample in samples}
    return shown


def kept_bodies(page: Page, options: str = "") -> set[str]:
    """What the exported run tells of answers."""
    kept = page.get(f"/api/v1/runs/1/report.json{options}").json["kept"]["examples"]
    samples = [sample for entry in kept for kind in entry.values() for sample in kind]
    return {sample[6] for sample in samples if len(sample) > 6}


def test_workers_keep_what_was_answered_if_their_master_is_asked_to(
    folder: Path, shop: str
) -> None:
    port = own_port()
    with serve(folder, *port, "--master", "--sample-bodies") as page:
        worker = start(folder, "--worker", "--master-host", "127.0.0.1", *port[-2:])
        try:
            page.wait_for(lambda stats: stats["worker_count"] == 1)
            assert bodies(page, shop) == {name: {body} for name, body in SHOWN.items()}
            # Who takes the run away takes this along only if that is wanted.
            assert kept_bodies(page) == set()
            texts = {body for body in SHOWN.values() if body is not None}
            assert kept_bodies(page, "?with_bodies=1") == texts
        finally:
            worker.terminate()
            finish(worker)


def test_nothing_of_an_answer_is_kept_without_being_asked_for(folder: Path, shop: str) -> None:
    with serve(folder) as page:
        assert bodies(page, shop) == {name: {None} for name in SHOWN}
        assert kept_bodies(page, "?with_bodies=1") == set()
    for file in (folder / "state").rglob("*.sqlite*"):
        assert b"no such page" not in file.read_bytes()
