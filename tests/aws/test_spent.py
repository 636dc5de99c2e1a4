"""What a cluster costs is counted from its first apply, through leases and sizes."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gregaria.cloud.cost import so_far
from gregaria.cloud.stack.node import spent

from .ladder import STACK

NOW = "2026-11-23T12:00:00Z"
T = spent.unix_time(NOW)


def asked(**changes: str) -> dict[str, str]:
    first = {"now": NOW, "lease": "1", "ttl_hours": "4", "usd_per_hour": "0.5"}
    return {**first, **changes}


def recorded(**changes: Any) -> dict[str, Any]:
    """A cluster that was made two hours ago."""
    made = {
        "before_usd": 0,
        "since": T - 7200,
        "usd_per_hour": 0.5,
        "lease": "1",
        "starts_at": "2026-11-23T10:00:00Z",
        "expires_at": "2026-11-23T14:00:00Z",
    }
    return {**made, **changes}


def figures(told: dict[str, str]) -> tuple[float, float, float]:
    """Dollars before, hours from then to now, and dollars at most."""
    since = (T - float(told["since"])) / 3600
    return float(told["before_usd"]), since, float(told["max_total_usd"])


def test_the_first_apply_begins_at_nothing() -> None:
    assert figures(spent.counted(asked(), None)) == (0, 0, 2)


def test_a_plan_without_changes_changes_nothing() -> None:
    assert figures(spent.counted(asked(), recorded())) == (0, 2, 2)


def test_another_lease_adds_what_was_spent() -> None:
    told = spent.counted(asked(lease="2"), recorded(before_usd=7.5))
    assert figures(told) == (8.5, 0, 10.5)


def test_another_size_adds_what_was_spent_and_keeps_the_end() -> None:
    assert figures(spent.counted(asked(usd_per_hour="2"), recorded())) == (1, 0, 5)


def test_a_longer_lease_costs_more_at_most() -> None:
    assert figures(spent.counted(asked(ttl_hours="6.5"), recorded())) == (0, 2, 3.25)


def test_a_lease_that_is_over_cost_nothing_after_its_end() -> None:
    over = recorded(since=T - 36000, expires_at="2026-11-23T06:00:00Z")
    assert figures(spent.counted(asked(lease="2"), over)) == (2, 0, 4)


def test_what_was_spent_is_told_up_to_the_end() -> None:
    outputs = {"spent": recorded(before_usd=1.25), "expires_at": "2026-11-23T14:00:00Z"}
    for hour, dollars in ((12, 2.25), (14, 3.25), (20, 3.25)):
        assert so_far(outputs, datetime(2026, 11, 23, hour, tzinfo=UTC)) == dollars


@pytest.mark.parametrize("workspace", ["default", "other"])
def test_the_record_is_that_of_the_workspace(workspace: str, tmp_path: Path) -> None:
    def run() -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, str(STACK / "node/spent.py")],
            input=json.dumps(asked(workspace=workspace)),
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(done.stdout)

    assert figures(run()) == (0, 0, 2)
    folder = tmp_path if workspace == "default" else tmp_path / "terraform.tfstate.d/other"
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "terraform.tfstate"
    state.write_text("")
    assert figures(run()) == (0, 0, 2), "it is being planned for the first time"
    state.write_text(json.dumps({"outputs": {"spent": {"value": recorded()}}}))
    assert figures(run()) == (0, 2, 2)
    state.write_text(json.dumps({"outputs": {}}))
    assert figures(run()) == (0, 0, 2), "what was destroyed is another cluster"


def test_a_state_elsewhere_is_asked_of_terraform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/terraform.tfstate").write_text('{"backend": {"type": "s3"}}')
    tool = tmp_path / "bin/terraform"
    tool.parent.mkdir()
    tool.write_text(
        f"#!/bin/sh\ntest \"$*\" = 'output -json spent' && echo '{json.dumps(recorded())}'\n"
    )
    tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    assert spent.recorded("default") == recorded()
    tool.write_text("#!/bin/sh\nexit 1\n")
    assert spent.recorded("default") is None, "nothing was applied yet"
