"""`gregaria report`, and the report at the end of a run."""

import json
from pathlib import Path

from tests.cli.command import Result, run
from tests.store.files import keep


def report(folder: Path, *words: str) -> Result:
    """Runs `gregaria report` on the store of that home."""
    return run(folder, "report", *words, variables={"XDG_STATE_HOME": ""})


def test_a_run_is_listed_shown_exported_and_taken_in(tmp_path: Path) -> None:
    assert keep(tmp_path, "--html", "end.html").code == 1
    listed = report(tmp_path, "list")
    assert listed.stdout.splitlines()[1].split()[0] == "1"
    assert "finished  locustfile.py" in listed.stdout
    [row] = json.loads(report(tmp_path, "list", "--json").stdout)
    assert (row["id"], row["peak_users"], row["end"]["kind"]) == (1, 5, "finished")
    shown = report(tmp_path, "show", "latest")
    assert "the run time is over" in shown.stdout and "no such page" in shown.stdout

    html = (tmp_path / "end.html").read_text()
    assert '<script type="application/json" id="report">{' in html
    written = report(tmp_path, "html", "1")
    assert (tmp_path / written.stdout.strip()).exists()
    assert report(tmp_path, "import", "end.html").stdout == "imported as run 2\n"
    again = json.loads(report(tmp_path, "list", "--json").stdout)[0]
    assert again["is_imported"]
    for figure in ("requests", "failures", "p95_ms", "peak_users"):
        assert again[figure] == row[figure]
    assert "warning: too short" in report(tmp_path, "compare", "1", "2").stdout


def test_runs_are_marked_and_deleted(tmp_path: Path) -> None:
    keep(tmp_path)
    assert report(tmp_path, "baseline", "1").code == 0
    assert report(tmp_path, "pin", "baseline").code == 0
    assert report(tmp_path, "note", "1", "before the change").code == 0
    assert "[baseline] [pinned]  before the change" in report(tmp_path, "list").stdout
    assert report(tmp_path, "delete", "latest").code == 0
    assert report(tmp_path, "list").stdout == ""


def test_mistakes_are_told_with_a_hint(tmp_path: Path) -> None:
    nothing = report(tmp_path, "list")
    assert nothing.code == 1
    assert "no run has been kept yet" in nothing.stderr
    keep(tmp_path)
    unknown = report(tmp_path, "show", "7")
    assert unknown.code == 1
    assert unknown.stderr.endswith("hint: there are runs from 1 to 1\n")
    wrong = report(tmp_path, "show", "last")
    assert "`last` is no run: give its number, `latest` or `baseline`" in wrong.stderr
    assert report(tmp_path, "shwo", "1").code == 2
    assert "is neither an HTML report nor" in report(tmp_path, "import", "locustfile.py").stderr


def test_a_report_without_a_store_is_refused_before_the_run(tmp_path: Path) -> None:
    result = keep(tmp_path, "--html", "end.html", "--no-store")
    assert result.code == 1
    assert "--html needs the run store" in result.stderr
    assert "Ramping" not in result.stderr
