"""Where runs are kept if nobody says."""

from pathlib import Path

import pytest

from gregaria import report
from gregaria._state import state_folder


def test_a_service_without_a_home_is_told_to_name_a_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    for given in ("", "not/absolute"):
        monkeypatch.setenv("XDG_STATE_HOME", given)
        assert report.main(["list"]) == 1
        assert "set XDG_STATE_HOME to a folder" in capsys.readouterr().err
    monkeypatch.setenv("XDG_STATE_HOME", "/var/lib/x")
    assert state_folder() == Path("/var/lib/x/gregaria")
