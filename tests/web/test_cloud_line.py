"""A master that is told of the cloud it runs in: what its API says, and how it asks for the end."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.command import interrupt
from tests.web.page import LIMIT_SECONDS, PLAIN, Page, serve


def until(wanted: Callable[[], Any]) -> Any:
    """Asks until it is so."""
    end = time.monotonic() + LIMIT_SECONDS
    while not (found := wanted()):
        assert time.monotonic() < end, "it does not come"
    return found


def condition(page: Page) -> str:
    return str(page.get("/api/v1/cloud").json["condition"])


def test_the_line_is_told_and_the_end_comes_after_the_test(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    facts, end = tmp_path / "cloud.json", tmp_path / "end"
    variables = {
        "GREGARIA_CLOUD": str(facts),
        "GREGARIA_CLOUD_END": str(end),
        "GREGARIA_STORE": str(tmp_path / "runs.sqlite"),
    }
    with serve(tmp_path, variables=variables) as page:
        told = page.get("/api/v1/cloud").json
        assert told["condition"] == "unreadable" and "No such file" in told["problem"]
        now = time.time()
        whole = {
            "provider": "AWS",
            "region": "eu-north-1",
            "worker_count": 2,
            "worker_types": ["c7a.medium"],
            "usd_per_hour": 0.139,
            "usd_before": 1.5,
            "max_usd_in_all": 25,
            "started_at": now,
            "ends_at": now + 14400,
        }
        facts.write_text(json.dumps(whole))
        until(lambda: condition(page) == "normal")
        assert page.get("/api/v1/cloud").json["usd_before"] == 1.5
        until(lambda: page.get("/api/v1/delta").status == 200)
        until(lambda: page.get("/api/v1/delta").json["events"][0]["data"]["cloud"]["workers"] == 2)

        # Facts that are torn, and then facts that end soon: the test goes on through both.
        page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100})
        page.wait_for(lambda stats: stats["user_count"] == 2 and stats["total_rps"] > 0)
        facts.write_text(json.dumps(whole)[:40])
        told = until(lambda: condition(page) == "unreadable" and page.get("/api/v1/cloud").json)
        assert told["ends_at"] == whole["ends_at"] and "EOF" in told["problem"]
        facts.write_text(json.dumps({**whole, "ends_at": now + 60}))
        until(lambda: condition(page) == "last_minutes")
        assert page.stats()["user_count"] == 2

        refused = page.send("/api/v1/cloud/teardown", {})
        assert (refused.status, refused.json["code"]) == (409, "run_lasts")
        assert page.send("/api/v1/cloud/teardown", {"run": 1}).status == 202
        assert condition(page) == "tearing_down"
        until(end.exists)
        state = page.get("/api/v1/runs/1").json["state"]
        assert (state["phase"], state["end"]["kind"]) == ("ended", "stopped")
        report = page.get("/api/v1/runs/1/report.html")
        assert report.status == 200 and "<html" in report.body, "it can be exported to the end"
        refused = page.send("/api/v1/runs", {"users": 2, "spawn_rate": 100})
        assert refused.json["message"] == "the machines are being ended"
        assert end.read_text() == "127.0.0.1\n"
        storage = page.get("/api/v1/runs").json["storage"]
        assert storage["is_temporary"], "runs are lost with the machine, and the list says so"
        lines = page.get("/api/v1/log").json["lines"]
        assert "127.0.0.1 ends all machines" in [line["text"] for line in lines]
        interrupt(page.process)


def test_without_the_variables_there_is_no_cloud(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text(PLAIN)
    with serve(tmp_path) as page:
        assert page.get("/api/v1/cloud").status == 404
