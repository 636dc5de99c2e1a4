"""What `push` looks at, and what an apply that is interrupted leaves behind."""

import json
from pathlib import Path
from typing import Any

import pytest

from gregaria.cloud import push
from gregaria.cloud.applying import apply
from gregaria.cloud.console import Console
from gregaria.cloud.page import Page
from gregaria.cloud.terraform import Plan, Terraform
from gregaria.cloud.trouble import INTERRUPTED, Trouble
from gregaria.cloud.up import _tell_way
from tests.system import ROOT

PLAN = Plan("plan.out", {}, {}, {}, {})


class Master(Page):
    """A page that plays what a master says, a list of lines for each look."""

    def __init__(self, state: dict[str, Any] | None, *said: list[str]) -> None:
        self._state, self._said = state, list(said)

    def state(self) -> dict[str, Any] | None:
        return self._state

    def log(self, since: int = 0) -> tuple[list[str], int]:
        return (self._said.pop(0) if self._said else []), since + 1


IDLE = {"state": "stopped", "workers": [{"id": "a_1", "state": "ready"}]}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "LOOK", 0)


def test_push_waits_until_the_master_offers_the_test(capsys: pytest.CaptureFixture[str]) -> None:
    push._follow(Master(IDLE, [], ["another line"], [push.OFFERED]), 0, Console(False))
    assert "offers it to its workers" in capsys.readouterr().out


def test_what_the_master_does_not_offer_is_told_with_its_reason() -> None:
    told = f"{push.REFUSED}: locustfile.py, line 3: invalid syntax"
    with pytest.raises(Trouble, match=r"it is sent, but .* line 3: invalid syntax"):
        push._follow(Master(IDLE, [], [told]), 0, Console(False))


def test_a_master_that_says_nothing_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "TAKING", 0)
    with pytest.raises(Trouble, match="has not offered it to its workers within 0 s"):
        push._follow(Master(IDLE), 0, Console(False))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (None, "The page does not answer from here"),
        ({**IDLE, "state": "running"}, "A test runs: the master takes the new one when it is over"),
        ({"state": "ready", "workers": []}, "No worker has joined yet"),
    ],
)
def test_nobody_is_promised_an_offer_that_cannot_be_seen(
    state: dict[str, Any] | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    push._follow(Master(state), 0, Console(False))
    assert told in capsys.readouterr().out


def test_the_words_that_are_looked_for_are_those_of_the_master() -> None:
    text = (ROOT / "python/gregaria/locust/_offering.py").read_text()
    assert f'"{push.OFFERED}"' in text and f'"{push.REFUSED}: %s"' in text


def terraform(folder: Path, apply: str) -> Terraform:
    """One that has made a machine, and whose apply goes so."""
    program = folder / "terraform"
    made = {"address": "aws_instance.master", "type": "aws_instance", "mode": "managed"}
    shown = json.dumps({"values": {"root_module": {"resources": [made]}}})
    program.write_text(f"#!/bin/sh\n[ \"$1\" = apply ] && {{ {apply}; }}\necho '{shown}'\n")
    program.chmod(0o755)
    return Terraform(folder, str(program))


def test_an_interrupted_apply_lists_what_exists(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"(?s)This exists now.*aws_instance\.master\n") as found:
        apply(terraform(tmp_path, "kill -INT $PPID; exit 1"), PLAN)
    assert found.value.exit_code == INTERRUPTED


def test_an_apply_that_ends_in_spite_of_ctrl_c_is_the_last_thing_done(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        apply(terraform(tmp_path, "kill -INT $PPID"), PLAN)


def test_how_a_page_without_public_address_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = {
        "has_public_address": False,
        "master_ip": "10.9.8.10",
        "tunnel_command": "aws ssm start-session …",
    }
    _tell_way(outputs, None, Console(False))
    told = capsys.readouterr().out
    assert "  aws ssm start-session …\n" in told and "10.9.8.10" in told
    assert "--page https://127.0.0.1:8089" in told
    _tell_way(outputs, "https://127.0.0.1:8089", Console(False))
    _tell_way({**outputs, "has_public_address": True}, None, Console(False))
    assert capsys.readouterr().out == ""
